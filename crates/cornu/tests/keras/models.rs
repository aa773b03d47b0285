//! Models from Keras's configs, wired by the public API.

use std::collections::HashMap;

use cornu::layers::{Input, KerasTensor, LayerRef, from_config};
use cornu::models::{Model, Sequential};
use cornu::{Array, Result};
use serde_json::Value;

use crate::support::{array, object};

/// The model of a fixture's config.
pub fn model(dict: &Value) -> Result<Model> {
    match dict["class_name"].as_str().unwrap() {
        "Sequential" => sequential(&dict["config"]),
        _ => functional(&dict["config"]),
    }
}

fn layer(entry: &Value) -> Result<LayerRef> {
    let (class_name, config) = object(entry);
    from_config(class_name, config)
}

fn sequential(config: &Value) -> Result<Model> {
    let mut model = Sequential::new().name(config["name"].as_str().unwrap());
    for entry in config["layers"].as_array().unwrap() {
        model = model.add(layer(entry)?);
    }
    model.model()
}

/// A tensor by its layer and the how-manieth call of it.
type Tensors = HashMap<(String, u64), KerasTensor>;

fn of(tensors: &Tensors, history: &Value) -> KerasTensor {
    let key = (history[0].as_str().unwrap().into(), history[1].as_u64().unwrap());
    tensors[&key].clone()
}

fn functional(config: &Value) -> Result<Model> {
    let mut tensors = Tensors::new();
    for entry in config["layers"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap().to_string();
        let batch_shape = &entry["config"]["batch_shape"];
        if let Some(sizes) = batch_shape.as_array() {
            let sizes: Vec<usize> =
                sizes[1..].iter().map(|n| n.as_u64().unwrap() as usize).collect();
            tensors.insert((name, 0), Input(sizes));
            continue;
        }
        let layer = layer(entry)?;
        for (i, node) in entry["inbound_nodes"].as_array().unwrap().iter().enumerate() {
            let arg = &node["args"][0];
            let list = arg.as_array().cloned().unwrap_or_else(|| vec![arg.clone()]);
            let history = |t: &Value| of(&tensors, &t["config"]["keras_history"]);
            let inputs: Vec<KerasTensor> = list.iter().map(history).collect();
            tensors.insert((name.clone(), i as u64), layer.apply(inputs)?);
        }
    }
    let ends = |key: &str| -> Vec<KerasTensor> {
        let ends = config[key].as_array().unwrap();
        let single = ends[0].is_string();
        let one = [config[key].clone()];
        let list = if single { &one[..] } else { &ends[..] };
        list.iter().map(|h| of(&tensors, h)).collect()
    };
    Model::named(config["name"].as_str().unwrap(), ends("input_layers"), ends("output_layers"))
}

/// Sets weights listed layer by layer, as Keras lists them.
pub fn set_weights(model: &Model, listed: &[Value]) -> Result<()> {
    let weights = in_order(model);
    assert_eq!(weights.len(), listed.len());
    for (weight, value) in weights.iter().zip(listed) {
        let path = value["path"].as_str().unwrap();
        assert!(path.ends_with(&format!("/{}", weight.name())), "{path} is no {}", weight.name());
        weight.assign(array(value))?;
    }
    Ok(())
}

pub fn weights(model: &Model) -> Vec<Array> {
    in_order(model).iter().map(|w| w.value()).collect()
}

fn in_order(model: &Model) -> Vec<cornu::Variable> {
    let own = |l: LayerRef| l.own_weights().into_iter().map(|w| w.variable);
    model.as_layer().flatten().into_iter().flat_map(own).collect()
}
