//! Functional models from configs: layers, the places at which they are applied, inputs and outputs.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::load::{UniqueNames, layer, list, text};
use super::operation::{Argument, Operation};
use super::shared::Shared;
use crate::layers::{InputLayer, KerasTensor, LayerBuilder, LayerRef, input_from};
use crate::models::Functional;
use crate::{Error, Result};

/// The application of a layer: its name and the how-manieth one it is.
type Place = (String, usize);

/// An application that is still to be made.
struct Node {
    place: Place,
    layer: LayerRef,
    inputs: Vec<(Place, usize)>,
    /// How many of the inputs are still missing.
    missing: usize,
}

/// The graph of a functional model's config.
pub(super) fn functional(config: &Value, shared: &mut Shared) -> Result<Functional> {
    let mut made: HashMap<Place, Vec<KerasTensor>> = HashMap::new();
    let mut nodes: Vec<Node> = Vec::new();
    let mut names = UniqueNames::default();
    let mut nested: HashSet<String> = HashSet::new();
    for entry in list(config, "layers")? {
        let applications = list(entry, "inbound_nodes")?;
        if Operation::is_one(entry) {
            for (i, node) in applications.iter().enumerate() {
                nodes.push(operation(entry, node, i)?);
            }
            continue;
        }
        let layer = layer(entry, shared)?;
        names.add(&layer)?;
        let name = layer.name().to_string();
        if !layer.layers().is_empty() {
            nested.insert(name.clone());
        }
        if layer.with(|_: &InputLayer| ()).is_some() {
            made.insert((name, 0), vec![input_from(layer)]);
            continue;
        }
        for (i, node) in applications.iter().enumerate() {
            let inputs = layer_inputs(&name, node)?;
            nodes.push(Node { place: (name.clone(), i), layer: layer.clone(), inputs, missing: 0 });
        }
    }
    let counted = Counted::new(config, nested);
    for (place, _) in nodes.iter_mut().flat_map(|node| &mut node.inputs) {
        counted.correct(place);
    }
    apply(nodes, &mut made)?;
    let inputs = ends(config, "input_layers", &made, &counted)?;
    Functional::new(inputs, ends(config, "output_layers", &made, &counted)?)
}

/// The models within a model of Keras 2 whose making counts as their first application, so that the first call is
/// number 1: all but sequential ones without an input layer, and those that Keras 3 wrote.
struct Counted(HashSet<String>);

impl Counted {
    fn new(config: &Value, nested: HashSet<String>) -> Counted {
        let entries = config.get("layers").and_then(Value::as_array);
        let nodes =
            entries.into_iter().flatten().filter_map(|e| e.get("inbound_nodes")?.as_array());
        let nodes: Vec<&Value> = nodes.flatten().collect();
        let mut former = nested;
        if !nodes.iter().any(|node| node.is_array()) {
            former.clear();
        }
        // A call with the number 0 says that counting starts there.
        fn visit(value: &Value, former: &mut HashSet<String>) {
            match value {
                Value::Array(items) => {
                    match (items.first().and_then(Value::as_str), items.get(1)) {
                        (Some(name), Some(node)) if *node == 0 => drop(former.remove(name)),
                        _ => items.iter().for_each(|item| visit(item, former)),
                    }
                }
                Value::Object(named) => named.values().for_each(|item| visit(item, former)),
                _ => {}
            }
        }
        nodes.into_iter().for_each(|node| visit(node, &mut former));
        config.get("output_layers").into_iter().for_each(|ends| visit(ends, &mut former));
        Counted(former)
    }

    fn correct(&self, place: &mut Place) {
        if self.0.contains(&place.0) {
            place.1 = place.1.saturating_sub(1);
        }
    }
}

/// Makes all applications, each as soon as its inputs are there.
fn apply(mut nodes: Vec<Node>, made: &mut HashMap<Place, Vec<KerasTensor>>) -> Result<()> {
    let mut waiting: HashMap<Place, Vec<usize>> = HashMap::new();
    let mut ready = Vec::new();
    for (i, node) in nodes.iter_mut().enumerate() {
        for (place, _) in node.inputs.iter().filter(|(place, _)| !made.contains_key(place)) {
            waiting.entry(place.clone()).or_default().push(i);
            node.missing += 1;
        }
        if node.missing == 0 {
            ready.push(i);
        }
    }
    // In the order of the list where there is a choice, as layers without a name are numbered by it.
    let mut ready: std::collections::BTreeSet<usize> = ready.into_iter().collect();
    let mut left = nodes.len();
    while let Some(i) = ready.pop_first() {
        let node = &nodes[i];
        let find = |(place, index): &(Place, usize)| {
            made.get(place).and_then(|outputs| outputs.get(*index)).cloned().ok_or_else(|| {
                let reason = format!("needs output {index} of {:?}, which has fewer", place.0);
                Error::format(format!("layer {:?}", node.place.0), reason)
            })
        };
        let inputs = node.inputs.iter().map(find).collect::<Result<Vec<_>>>()?;
        let outputs = node.layer.apply_all(inputs)?;
        let place = node.place.clone();
        for next in waiting.remove(&place).unwrap_or_default() {
            nodes[next].missing -= 1;
            if nodes[next].missing == 0 {
                ready.insert(next);
            }
        }
        made.insert(place, outputs);
        left -= 1;
    }
    match nodes.iter().find(|node| node.missing > 0) {
        Some(node) if left > 0 => {
            let reason = "is applied to something that no layer makes";
            Err(Error::format(format!("layer {:?}", node.place.0), reason))
        }
        _ => Ok(()),
    }
}

/// The inputs or outputs of a model: `["layer", 0, 0]`, or a list or dict of such.
fn ends(
    config: &Value,
    field: &str,
    made: &HashMap<Place, Vec<KerasTensor>>,
    counted: &Counted,
) -> Result<Vec<KerasTensor>> {
    fn places<'a>(value: &'a Value, out: &mut Vec<&'a Value>) {
        match value {
            Value::Array(items) if items.first().is_some_and(Value::is_string) => out.push(value),
            Value::Array(items) => items.iter().for_each(|item| places(item, out)),
            Value::Object(named) => named.values().for_each(|item| places(item, out)),
            other => out.push(other),
        }
    }
    let value = config.get(field).unwrap_or(&Value::Null);
    if value.is_null() {
        return Err(Error::format("config.json", format!("{field} is missing")));
    }
    let mut all = Vec::new();
    places(value, &mut all);
    let find = |place: &Value| {
        let (mut at, index) = history(place)?;
        counted.correct(&mut at);
        let (name, node) = at;
        // Keras counts the making of a nested functional model as its first node, here only.
        let nested = |n: &&Vec<KerasTensor>| {
            n.first().is_some_and(|t| t.layer().with(|_: &Functional| ()).is_some())
        };
        let shifted = node.checked_sub(1).filter(|_| !counted.0.contains(&name));
        let shifted = shifted.and_then(|n| made.get(&(name.clone(), n))).filter(nested);
        let found = shifted.or_else(|| made.get(&(name, node)));
        found.and_then(|outputs| outputs.get(index)).cloned().ok_or_else(|| {
            Error::format("config.json", format!("{field} names {place}, which no layer makes"))
        })
    };
    all.into_iter().map(find).collect()
}

/// The tensors that a layer is applied to.
fn layer_inputs(name: &str, node: &Value) -> Result<Vec<(Place, usize)>> {
    let mut inputs = Vec::new();
    let (args, kwargs) = arguments(node, &mut inputs)?;
    let refuse = |what: String| {
        let reason = format!("is called with {what}, which cannot be done here");
        Err(Error::format(format!("layer {name:?}"), reason))
    };
    for (argument, value) in &kwargs {
        match value {
            Argument::Constant(Value::Null | Value::Bool(false)) => {}
            other => return refuse(format!("{argument}={other:?}")),
        }
    }
    fn constant(argument: &Argument) -> Option<&Value> {
        match argument {
            Argument::Input(_) => None,
            Argument::Constant(value) => Some(value),
            Argument::List(items) => items.iter().find_map(constant),
        }
    }
    match args.iter().find_map(constant) {
        Some(value) => refuse(value.to_string()),
        None => Ok(inputs),
    }
}

/// The application of a `keras.ops` function, which is a layer of its own with its constants.
fn operation(entry: &Value, node: &Value, i: usize) -> Result<Node> {
    let name = text(entry, "name")?;
    let mut inputs = Vec::new();
    let (args, kwargs) = arguments(node, &mut inputs)?;
    let named = |e| Error::format(format!("layer {name:?}"), e);
    let operation = Operation::new(entry, args, kwargs).map_err(named)?;
    let own = if i == 0 { name.to_string() } else { format!("{name}_call_{i}") };
    let layer = LayerBuilder::new(operation).name(&own).shared();
    Ok(Node { place: (name.into(), i), layer, inputs, missing: 0 })
}

type Parsed = (Vec<Argument>, Vec<(String, Argument)>);

/// The arguments of a node; its tensors go to `inputs`.
fn arguments(node: &Value, inputs: &mut Vec<(Place, usize)>) -> Result<Parsed> {
    if let Value::Array(items) = node {
        return Ok((vec![legacy(items, inputs)?], Vec::new()));
    }
    let args = list(node, "args")?.iter().map(|value| argument(value, inputs));
    let args = args.collect::<Result<Vec<_>>>()?;
    let kwargs = node.get("kwargs").and_then(Value::as_object).into_iter().flatten();
    let kwargs = kwargs.map(|(name, value)| Ok((name.clone(), argument(value, inputs)?)));
    Ok((args, kwargs.collect::<Result<Vec<_>>>()?))
}

fn argument(value: &Value, inputs: &mut Vec<(Place, usize)>) -> Result<Argument> {
    if let Value::Array(items) = value {
        let items = items.iter().map(|item| argument(item, inputs));
        return Ok(Argument::List(items.collect::<Result<_>>()?));
    }
    match value.get("config").and_then(|c| c.get("keras_history")) {
        None => Ok(Argument::Constant(value.clone())),
        Some(place) => {
            check_tensor(&value["config"])?;
            inputs.push(history(place)?);
            Ok(Argument::Input(inputs.len() - 1))
        }
    }
}

/// Checks what a tensor's dict says of it; what it is follows from the layer that makes it.
fn check_tensor(config: &Value) -> Result<()> {
    let refuse = |argument: &str, rule: &str| {
        let received = config.get(argument).unwrap_or(&Value::Null);
        Err(Error::invalid("__keras_tensor__", argument, rule, received))
    };
    let sizes = config
        .get("shape")
        .is_none_or(|shape| serde_json::from_value::<crate::layers::Shape>(shape.clone()).is_ok());
    if !sizes {
        return refuse("shape", "must be a list of sizes, null where one is open");
    }
    match config.get("dtype") {
        None | Some(Value::String(_)) => Ok(()),
        Some(_) => refuse("dtype", "must be the name of a type"),
    }
}

/// Keras 2's nodes: `[["layer", 0, 0, {kwargs}], …]`, or one such.
fn legacy(items: &[Value], inputs: &mut Vec<(Place, usize)>) -> Result<Argument> {
    if !items.first().is_some_and(Value::is_string) {
        let items = items.iter().map(|item| match item {
            Value::Array(items) => legacy(items, inputs),
            other => Ok(Argument::Constant(other.clone())),
        });
        return Ok(Argument::List(items.collect::<Result<_>>()?));
    }
    let idle = |v: &Value| v.is_null() || *v == Value::Bool(false);
    let kwargs = items.get(3).and_then(Value::as_object).into_iter().flatten();
    if let Some((name, value)) = kwargs.into_iter().find(|(_, v)| !idle(v)) {
        let reason = format!("a layer is called with {name}={value}, which cannot be done here");
        return Err(Error::format("model_config", reason));
    }
    inputs.push(history(&Value::Array(items.to_vec()))?);
    Ok(Argument::Input(inputs.len() - 1))
}

/// `["layer", node, tensor]`.
fn history(place: &Value) -> Result<(Place, usize)> {
    let number =
        |i: usize| place.get(i).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    match (place.get(0).and_then(Value::as_str), number(1), number(2)) {
        (Some(name), Some(node), Some(index)) => Ok(((name.into(), node), index)),
        _ => Err(Error::format("config.json", format!("{place} names no tensor"))),
    }
}
