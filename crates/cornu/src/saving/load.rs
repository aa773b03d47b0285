//! Models from configs and archives.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::{archive, compile, weights};
use crate::layers::{InputLayer, KerasTensor, LayerBuilder, LayerRef, Shape, input_from};
use crate::models::{Functional, Model, Sequential};
use crate::{Error, Result};

/// Opens a `.keras` file: the model with its weights, compiled as it was saved, its optimizer where it
/// stopped.
///
/// Layers of one's own must be known by [`crate::layers::register`] before. Nothing in a file is ever executed.
///
/// # Errors
/// When the file is not what it claims to be, holds a class that is not known, or its weights do not fit.
pub fn load_model(path: impl AsRef<Path>) -> Result<Model> {
    let path = path.as_ref();
    let what = path.display().to_string();
    let contents = archive::read(path)?;
    let model = Model::from_config(&contents.config)?;
    weights::restore(&what, &model, contents.weights)?;
    Ok(model)
}

impl Model {
    /// The model that [`Model::to_config`] describes, or Keras in a file's `config.json`: its layers with new
    /// weights, compiled as it was.
    ///
    /// ```
    /// use cornu::{layers::Dense, models::{Model, Sequential}};
    /// let model = Sequential::new().input([2]).add(Dense::new(3)).model()?;
    /// assert_eq!(Model::from_config(&model.to_config()?)?.summary(), model.summary());
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a class is not known, an argument is wrong, or the layers do not fit each other.
    pub fn from_config(config: &Value) -> Result<Model> {
        let model = Model::from_layer(layer(config)?);
        // Keras writes an empty dict for what was not compiled.
        let compiled = |c: &&Value| c.as_object().is_some_and(|c| !c.is_empty());
        if let Some(config) = config.get("compile_config").filter(compiled) {
            model.compile(compile::from_config(config, model.output_names().len())?)?;
        }
        Ok(model)
    }
}

/// A layer or model from Keras's dict.
fn layer(dict: &Value) -> Result<LayerRef> {
    let class_name = text(dict, "class_name")?;
    let config = match dict.get("config") {
        Some(Value::Object(config)) => config.clone(),
        _ => return Err(Error::format(class_name, "its config is missing")),
    };
    let config_value = Value::Object(config.clone());
    let name = config.get("name").and_then(Value::as_str);
    let trainable = config.get("trainable").and_then(Value::as_bool).unwrap_or(true);
    let named = |builder: LayerBuilder| match name {
        Some(name) => builder.name(name).trainable(trainable).shared(),
        None => builder.trainable(trainable).shared(),
    };
    let layer = match class_name {
        "Functional" | "Model" => {
            let model = functional(&config_value)?;
            let shapes: Vec<Shape> = model.inputs.iter().map(|t| t.shape().to_vec()).collect();
            let layer = named(LayerBuilder::new(model));
            layer.build(&shapes)?;
            layer
        }
        "Sequential" => {
            let mut model = Sequential::new();
            for inner in list(&config_value, "layers")? {
                model = model.add(self::layer(inner)?);
            }
            named(LayerBuilder::new(model))
        }
        _ => crate::layers::from_config(class_name, config)?,
    };
    let first = layer
        .layers()
        .first()
        .and_then(|l| l.with(|input: &InputLayer| (input.shape().clone(), input.dtype())));
    let saved = dict.get("build_config").and_then(|b| b.get("input_shape"));
    let saved = saved.and_then(|s| serde_json::from_value::<Shape>(s.clone()).ok());
    match (first, saved) {
        (Some(input), _) if !layer.is_built() => layer.infer(&[input]).map(|_| ())?,
        (None, Some(shape)) if !layer.is_built() && class_name == "Sequential" => {
            layer.infer(&[(shape, cornu_graph::DType::F32)]).map(|_| ())?;
        }
        _ => {}
    }
    Ok(layer)
}

/// A layer with the applications of it that are still to be made.
struct Pending<'a> {
    layer: LayerRef,
    nodes: std::iter::Peekable<std::slice::Iter<'a, Value>>,
    made: usize,
}

fn functional(config: &Value) -> Result<Functional> {
    let mut made: HashMap<(String, usize), Vec<KerasTensor>> = HashMap::new();
    let mut pending = Vec::new();
    for entry in list(config, "layers")? {
        let layer = layer(entry)?;
        let name = layer.name().to_string();
        if layer.with(|_: &InputLayer| ()).is_some() {
            made.insert((name, 0), vec![input_from(layer)]);
        } else {
            let nodes = list(entry, "inbound_nodes")?.iter().peekable();
            pending.push(Pending { layer, nodes, made: 0 });
        }
    }
    // A node may need one of a layer that is listed later: go round until nothing moves.
    loop {
        let mut moved = false;
        for entry in &mut pending {
            while let Some(node) = entry.nodes.peek() {
                let Some(inputs) = arguments(node, &made)? else { break };
                let outputs = entry.layer.apply_all(inputs)?;
                made.insert((entry.layer.name().to_string(), entry.made), outputs);
                entry.made += 1;
                entry.nodes.next();
                moved = true;
            }
        }
        let stuck = pending.iter().find(|p| p.nodes.len() > 0);
        match stuck.map(|p| p.layer.name().to_string()) {
            None => break,
            Some(_) if moved => {}
            Some(name) => {
                let reason = format!("layer {name:?} is applied to something that no layer makes");
                return Err(Error::format("config.json", reason));
            }
        }
    }
    let ends = |field: &str| -> Result<Vec<KerasTensor>> {
        let value = config.get(field).unwrap_or(&Value::Null);
        let single = value.get(0).is_some_and(Value::is_string);
        let places: Vec<&Value> = match value {
            Value::Array(_) if single => vec![value],
            Value::Array(items) => items.iter().collect(),
            Value::Object(named) => named.values().collect(),
            _ => return Err(Error::format("config.json", format!("{field} is missing"))),
        };
        let find = |place: &Value| {
            let (name, node, index) = history(place)?;
            // Keras counts the making of a nested functional model as its first node, here only.
            let nested = |n: &&Vec<KerasTensor>| {
                n.first().is_some_and(|t| t.layer().with(|_: &Functional| ()).is_some())
            };
            let shifted =
                node.checked_sub(1).and_then(|n| made.get(&(name.clone(), n))).filter(nested);
            let found = shifted.or_else(|| made.get(&(name.clone(), node)));
            found.and_then(|outputs| outputs.get(index)).cloned().ok_or_else(|| {
                Error::format("config.json", format!("{field} names {place}, which no layer makes"))
            })
        };
        places.into_iter().map(find).collect()
    };
    Functional::new(ends("input_layers")?, ends("output_layers")?)
}

/// The tensors that a node is applied to; `None` while one of them is still to be made.
fn arguments(
    node: &Value,
    made: &HashMap<(String, usize), Vec<KerasTensor>>,
) -> Result<Option<Vec<KerasTensor>>> {
    if let Some(Value::Object(kwargs)) = node.get("kwargs") {
        let idle = |v: &Value| v.is_null() || *v == Value::Bool(false);
        if let Some((name, value)) = kwargs.iter().find(|(_, v)| !idle(v)) {
            let reason =
                format!("a layer is called with {name}={value}, which cannot be done here");
            return Err(Error::format("config.json", reason));
        }
    }
    let mut inputs = Vec::new();
    let mut queue: Vec<&Value> = list(node, "args")?.iter().rev().collect();
    while let Some(value) = queue.pop() {
        if let Value::Array(items) = value {
            queue.extend(items.iter().rev());
            continue;
        }
        let config = value.get("config").and_then(|c| c.get("keras_history"));
        let Some(place) = config else {
            let reason = format!("a layer is applied to {value}, which is no tensor");
            return Err(Error::format("config.json", reason));
        };
        let (name, node, index) = history(place)?;
        match made.get(&(name, node)) {
            None => return Ok(None),
            Some(outputs) => match outputs.get(index) {
                Some(tensor) => inputs.push(tensor.clone()),
                None => {
                    return Err(Error::format(
                        "config.json",
                        format!("there is no output {place}"),
                    ));
                }
            },
        }
    }
    Ok(Some(inputs))
}

/// `["layer", node, tensor]`.
fn history(place: &Value) -> Result<(String, usize, usize)> {
    let number =
        |i: usize| place.get(i).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    match (place.get(0).and_then(Value::as_str), number(1), number(2)) {
        (Some(name), Some(node), Some(index)) => Ok((name.into(), node, index)),
        _ => Err(Error::format("config.json", format!("{place} names no tensor"))),
    }
}

fn text<'a>(dict: &'a Value, field: &str) -> Result<&'a str> {
    dict.get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| Error::format("config.json", format!("a layer has no {field}")))
}

fn list<'a>(dict: &'a Value, field: &str) -> Result<&'a Vec<Value>> {
    dict.get(field)
        .and_then(Value::as_array)
        .ok_or_else(|| Error::format("config.json", format!("{field} must be a list")))
}
