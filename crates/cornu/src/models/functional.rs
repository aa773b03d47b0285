//! A graph of layers between input and output tensors.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cornu_graph::{DType, Tensor, ops};

use crate::config::Config;
use crate::layers::{CallNode, Context, InputLayer, KerasTensor, Layer, LayerBuilder, LayerRef};
use crate::{Error, Result};

/// The layers between inputs and outputs, as the functional API connects them.
///
/// [`crate::models::Model::new`] makes one.
pub struct Functional {
    pub(crate) inputs: Vec<KerasTensor>,
    pub(crate) outputs: Vec<KerasTensor>,
    /// The applications of layers, each after those that it needs.
    pub(crate) nodes: Vec<Arc<CallNode>>,
    layers: Vec<LayerRef>,
    /// Tensors that stand for the inputs where a model starts in the middle of another.
    starts: Vec<(u64, usize)>,
}

impl Functional {
    /// The graph between tensors.
    ///
    /// # Errors
    /// When there are no inputs or outputs, one is listed twice, or an output needs an input that is not listed.
    pub fn new(inputs: Vec<KerasTensor>, outputs: Vec<KerasTensor>) -> Result<Functional> {
        let starts: Vec<(u64, usize)> = inputs.iter().map(KerasTensor::key).collect();
        let distinct: HashSet<_> = starts.iter().collect();
        if inputs.is_empty() || outputs.is_empty() || distinct.len() < inputs.len() {
            return Err(Error::invalid(
                "Model",
                "inputs",
                "and outputs must not be empty, and no input may be listed twice",
                format!("{inputs:?} and {outputs:?}"),
            ));
        }
        let (nodes, order) = traverse(&starts, &outputs)?;
        let inputs: Vec<KerasTensor> = inputs.iter().map(entry).collect();
        let layers = sort_layers(&inputs, &starts, &nodes, &order);
        Ok(Functional { inputs, outputs, nodes, layers, starts })
    }
}

/// The tensor of an input layer: the tensor itself, or a new one where a model starts in the middle.
fn entry(tensor: &KerasTensor) -> KerasTensor {
    if tensor.layer().with(|_: &InputLayer| ()).is_some() {
        return tensor.clone();
    }
    let layer = InputLayer::new(tensor.shape().to_vec(), tensor.dtype());
    crate::layers::input_from(LayerBuilder::new(layer).shared())
}

/// The nodes that the outputs need, each after its inputs, and the layers in the order in which a walk from
/// the outputs meets them.
fn traverse(
    starts: &[(u64, usize)],
    outputs: &[KerasTensor],
) -> Result<(Vec<Arc<CallNode>>, Vec<u64>)> {
    let mut nodes: Vec<Arc<CallNode>> = Vec::new();
    let mut met: Vec<u64> = Vec::new();
    let mut seen: HashSet<u64> = HashSet::new();
    for output in outputs {
        let mut stack = vec![(output.clone(), false)];
        while let Some((tensor, inputs_done)) = stack.pop() {
            let node = tensor.node.clone();
            if inputs_done {
                nodes.push(node);
                continue;
            }
            let starts_here = starts.contains(&tensor.key());
            if starts_here && tensor.layer().with(|_: &InputLayer| ()).is_none() {
                continue;
            }
            if !seen.insert(node.id) {
                continue;
            }
            if !met.contains(&node.layer.id()) {
                met.push(node.layer.id());
            }
            if node.inputs.is_empty() && !starts_here {
                return Err(Error::invalid(
                    "Model",
                    "inputs",
                    "must list every input that the outputs need",
                    format!("without {:?}", node.layer.name()),
                ));
            }
            stack.push((tensor, true));
            stack.extend(node.inputs.iter().rev().map(|t| (t.clone(), false)));
        }
    }
    Ok((nodes, met))
}

/// Layers as Keras lists them: farthest from the outputs first, ties in the order of the walk.
fn sort_layers(
    inputs: &[KerasTensor],
    starts: &[(u64, usize)],
    nodes: &[Arc<CallNode>],
    met: &[u64],
) -> Vec<LayerRef> {
    let mut node_depth: HashMap<u64, usize> = HashMap::new();
    let mut layer_depth: HashMap<u64, usize> = HashMap::new();
    for node in nodes.iter().rev() {
        let known = node_depth.get(&node.id).copied().unwrap_or(0);
        let depth = known.max(layer_depth.get(&node.layer.id()).copied().unwrap_or(0));
        node_depth.insert(node.id, depth);
        layer_depth.insert(node.layer.id(), depth);
        for input in &node.inputs {
            let place = starts.iter().position(|s| *s == input.key());
            let parent = place.map_or(input.node.id, |i| inputs[i].node.id);
            let deeper = node_depth.entry(parent).or_insert(0);
            *deeper = (*deeper).max(depth + 1);
        }
    }
    let mut layers: Vec<LayerRef> = Vec::new();
    for layer in nodes.iter().map(|n| &n.layer).chain(inputs.iter().map(|t| &t.node.layer)) {
        if !layers.iter().any(|l| l.id() == layer.id()) {
            layers.push(layer.clone());
        }
    }
    let deepest = node_depth.values().max().copied().unwrap_or(0);
    layers.sort_by_key(|layer| {
        let input = inputs.iter().find(|t| t.node.layer.id() == layer.id());
        let depth = match input {
            // An input that nothing reads still comes first.
            Some(t) => node_depth.get(&t.node.id).copied().unwrap_or(deepest),
            None => layer_depth.get(&layer.id()).copied().unwrap_or(0),
        };
        let place = met.iter().position(|&id| id == layer.id()).unwrap_or(usize::MAX);
        (std::cmp::Reverse(depth), place)
    });
    layers
}

/// The input in the dtype and rank that the model was made for: a missing last axis of size 1 is added,
/// a superfluous one dropped. As in Keras, a fixed size of the batch is that of training, not a rule.
pub(super) fn fit_input(
    model: &str,
    (name, shape, dtype): (&str, &[Option<usize>], DType),
    given: &Tensor,
) -> Result<Tensor> {
    let mut x = ops::cast(given, dtype);
    if x.ndim() + 1 == shape.len() && shape.last() == Some(&Some(1)) {
        x = ops::expand_dims(&x, -1);
    } else if x.ndim() == shape.len() + 1 && x.shape().last() == Some(&1) {
        x = ops::squeeze(&x, &[-1]);
    }
    let fits = |(e, g): (&Option<usize>, &usize)| e.is_none_or(|e| e == *g);
    if x.ndim() != shape.len() || !shape.iter().zip(x.shape()).skip(1).all(fits) {
        return Err(Error::invalid(
            model,
            name,
            format!("must have shape {}", crate::layers::show(shape)),
            format!("shape={:?}", given.shape()),
        ));
    }
    Ok(x)
}

impl Layer for Functional {
    fn class_name(&self) -> &str {
        "Functional"
    }

    fn config(&self) -> Result<Config> {
        crate::saving::functional_config(self)
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        if inputs.len() != self.inputs.len() {
            let rule = format!("must be {} tensors", self.inputs.len());
            return Err(Error::invalid("Functional", "inputs", rule, inputs.len()));
        }
        let mut values: HashMap<(u64, usize), Tensor> = HashMap::new();
        for ((expected, start), given) in self.inputs.iter().zip(&self.starts).zip(inputs) {
            let input = (expected.layer().name(), expected.shape(), expected.dtype());
            let value = fit_input("Functional", input, given)?;
            values.insert(*start, value.clone());
            values.insert(expected.key(), value);
        }
        let find = |values: &HashMap<(u64, usize), Tensor>, tensor: &KerasTensor| {
            values.get(&tensor.key()).cloned().ok_or_else(|| {
                Error::invalid("Functional", "graph", "must be connected", format!("{tensor:?}"))
            })
        };
        for node in self.nodes.iter().filter(|node| !node.inputs.is_empty()) {
            let args = node.inputs.iter().map(|t| find(&values, t)).collect::<Result<Vec<_>>>()?;
            let results = node.layer.trace(&args, cx)?;
            for (index, result) in results.into_iter().enumerate() {
                values.entry((node.id, index)).or_insert(result);
            }
        }
        self.outputs.iter().map(|t| find(&values, t)).collect()
    }

    fn layers(&self) -> Vec<LayerRef> {
        self.layers.clone()
    }
}
