//! Keras's configs of models.

use serde_json::{Value, json};

use super::operation::Operation;
use crate::Result;
use crate::config::Config;
use crate::layers::{KerasTensor, LayerRef};
use crate::models::Functional;

/// The config of layers one after another.
pub(crate) fn sequential_config(layers: &[LayerRef]) -> Result<Config> {
    let layers = layers.iter().map(LayerRef::serialize).collect::<Result<Vec<_>>>()?;
    let mut config = Config::new();
    config.insert("layers".into(), Value::Array(layers));
    Ok(config)
}

/// The config of a graph of layers: each with the places at which it is applied.
pub(crate) fn functional_config(model: &Functional) -> Result<Config> {
    // A tensor is named by its layer, the how-manieth application of it, and the place among the outputs.
    let history = |tensor: &KerasTensor| {
        let same = model.nodes.iter().filter(|n| n.layer.id() == tensor.node.layer.id());
        let index = same.take_while(|n| n.id != tensor.node.id).count();
        json!([tensor.layer().name(), index, tensor.index])
    };
    let mut layers = Vec::new();
    for layer in crate::layers::Layer::layers(model) {
        let mut entry = layer.serialize()?;
        let calls =
            model.nodes.iter().filter(|n| n.layer.id() == layer.id() && !n.inputs.is_empty());
        let tensor = |t: &KerasTensor| {
            json!({
                "class_name": "__keras_tensor__",
                "config": { "shape": t.shape(), "dtype": t.dtype(), "keras_history": history(t) },
            })
        };
        let node = |inputs: &[KerasTensor]| {
            let own = layer
                .with(|op: &Operation| op.node(&|i| inputs.get(i).map_or(Value::Null, tensor)));
            if let Some(node) = own {
                return node;
            }
            let tensors: Vec<Value> = inputs.iter().map(tensor).collect();
            let args = if tensors.len() == 1 { tensors } else { vec![Value::Array(tensors)] };
            json!({ "args": args, "kwargs": {} })
        };
        entry["name"] = json!(layer.name());
        entry["inbound_nodes"] = Value::Array(calls.map(|n| node(&n.inputs)).collect());
        layers.push(entry);
    }
    // Keras counts the making of a nested functional model as its first node, but here only.
    let end = |tensor: &KerasTensor| {
        let mut place = history(tensor);
        if tensor.layer().with(|_: &Functional| ()).is_some() {
            place[1] = json!(place[1].as_u64().unwrap_or(0) + 1);
        }
        place
    };
    let ends = |tensors: &[KerasTensor]| match tensors {
        [one] => end(one),
        many => Value::Array(many.iter().map(end).collect()),
    };
    let mut config = Config::new();
    config.insert("layers".into(), Value::Array(layers));
    config.insert("input_layers".into(), ends(&model.inputs));
    config.insert("output_layers".into(), ends(&model.outputs));
    Ok(config)
}
