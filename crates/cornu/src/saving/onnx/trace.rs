//! A model's inference graph at several sizes of what is open (the batch, and other sizes that are `None`): what is
//! the same in all of them is known, and what differs follows from the open sizes.

use std::collections::HashMap;

use cornu_graph::ops::{Op, Operation};
use cornu_graph::{DType, Tensor};

use crate::layers::{Call, Context, Shape};
use crate::models::Model;
use crate::{Error, Result};

/// A size: known, or what it is in each trace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Dim {
    Known(usize),
    Open(Vec<usize>),
}

impl Dim {
    pub const ONE: Dim = Dim::Known(1);

    /// The size in a trace.
    pub fn at(&self, trace: usize) -> usize {
        match self {
            Dim::Known(size) => *size,
            Dim::Open(sizes) => sizes[trace],
        }
    }

    pub fn of(values: Vec<usize>) -> Dim {
        match values.iter().all(|v| *v == values[0]) {
            true => Dim::Known(values[0]),
            false => Dim::Open(values),
        }
    }
}

/// An open size of the model's inputs.
#[derive(Debug)]
pub(super) struct Symbol {
    pub name: String,
    /// The first input that has it, and the axis there.
    pub input: usize,
    pub axis: usize,
    first: usize,
    step: usize,
}

/// A constant and a multiple of each symbol.
#[derive(Debug, PartialEq)]
pub(super) struct Affine {
    pub constant: i64,
    pub factors: Vec<i64>,
}

/// An op that all traces have at the same place.
pub(super) struct Node {
    /// The op of each trace: they differ in sizes.
    pub ops: Vec<Op>,
    pub inputs: Vec<usize>,
    pub shape: Vec<Dim>,
    pub dtype: DType,
    /// The layer that describes it, and those around that: `outer/inner`.
    pub layer: String,
    /// How many nodes read it; an output counts as one.
    pub uses: usize,
}

impl Node {
    pub fn op(&self) -> &Op {
        &self.ops[0]
    }

    /// What `read` says of the op, if that is the same in all traces.
    pub fn same<R: PartialEq>(&self, read: impl Fn(&Op) -> R) -> Option<R> {
        let first = read(self.op());
        self.ops.iter().all(|op| read(op) == first).then_some(first)
    }
}

pub(super) struct Traces {
    pub symbols: Vec<Symbol>,
    /// Each after its inputs.
    pub nodes: Vec<Node>,
    pub inputs: Vec<usize>,
    pub outputs: Vec<usize>,
}

impl Traces {
    pub fn new(model: &Model) -> Result<Traces> {
        let inputs = input_specs(model)?;
        let trace = |spatial: (usize, usize)| {
            let symbols = symbols(model, &inputs, spatial);
            let traces = (0..Traces::count(&symbols))
                .map(|i| Trace::new(model, &inputs, &symbols, i))
                .collect::<Result<Vec<_>>>()?;
            Ok::<_, Error>((symbols, traces))
        };
        // Sizes of many remainders, so that nothing looks constant that is so for multiples of a stride only. A model
        // that refuses them, such as one that halves and doubles beside a way around, is for multiples.
        let (symbols, traces) = trace((61, 37)).or_else(|_| trace((64, 32)))?;
        let first = &traces[0];
        let alike = |t: &Trace| {
            let kinds = t.nodes.iter().zip(&first.nodes);
            t.edges == first.edges
                && t.outputs == first.outputs
                && t.nodes.len() == first.nodes.len()
                && kinds.clone().all(|(a, b)| {
                    let name = |t: &Tensor| t.op().map(Operation::name);
                    a.ndim() == b.ndim() && name(a) == name(b)
                })
        };
        if !traces.iter().all(alike) {
            let rule = "must do the same whatever the size of the batch";
            return Err(Error::invalid("export", "model", rule, model.name()));
        }
        let mut uses = vec![0; first.nodes.len()];
        first.edges.iter().flatten().chain(&first.outputs).for_each(|&i| uses[i] += 1);
        let node = |(i, &uses): (usize, &usize)| Node {
            ops: traces.iter().filter_map(|t| t.nodes[i].op().cloned()).collect(),
            inputs: first.edges[i].clone(),
            shape: (0..first.nodes[i].ndim())
                .map(|axis| Dim::of(traces.iter().map(|t| t.nodes[i].shape()[axis]).collect()))
                .collect(),
            dtype: first.nodes[i].dtype(),
            layer: layer_of(&first.calls, first.nodes[i].id()),
            uses,
        };
        let nodes = uses.iter().enumerate().map(node).collect();
        let (inputs, outputs) = (first.inputs.clone(), first.outputs.clone());
        Ok(Traces { symbols, nodes, inputs, outputs })
    }

    /// One trace with the first sizes, one with another size for each symbol, and one more to check what is
    /// concluded from these.
    fn count(symbols: &[Symbol]) -> usize {
        if symbols.is_empty() { 1 } else { symbols.len() + 2 }
    }

    /// How numbers, one per trace, follow from the symbols, if by a constant and a multiple of each.
    pub fn affine(&self, values: &[i64]) -> Option<Affine> {
        let first = *values.first()?;
        let slope = |(i, s): (usize, &Symbol)| {
            let (rise, step) = (values[i + 1] - first, s.step as i64);
            (rise % step == 0).then_some(rise / step)
        };
        let factors = self.symbols.iter().enumerate().map(slope).collect::<Option<Vec<i64>>>()?;
        let at = |i: usize| -> i64 {
            let parts = self.symbols.iter().zip(&factors);
            parts.enumerate().map(|(k, (s, f))| f * size(s, k, i, self.symbols.len()) as i64).sum()
        };
        let constant = first - at(0);
        (0..values.len())
            .all(|i| values[i] == constant + at(i))
            .then_some(Affine { constant, factors })
    }

    pub fn affine_dim(&self, dim: &Dim) -> Option<Affine> {
        match dim {
            Dim::Known(n) => {
                Some(Affine { constant: *n as i64, factors: vec![0; self.symbols.len()] })
            }
            Dim::Open(values) => self.affine(&values.iter().map(|&v| v as i64).collect::<Vec<_>>()),
        }
    }

    /// The name of a size that is one of the symbols.
    pub fn symbol_name(&self, dim: &Dim) -> Option<&str> {
        let affine = self.affine_dim(dim)?;
        let mut at = affine.factors.iter().enumerate().filter(|(_, f)| **f != 0);
        match (affine.constant, at.next(), at.next()) {
            (0, Some((i, 1)), None) => Some(&self.symbols[i].name),
            _ => None,
        }
    }
}

/// The value of symbol `k` in trace `i`.
fn size(symbol: &Symbol, k: usize, i: usize, symbols: usize) -> usize {
    match i {
        0 => symbol.first,
        i if i == symbols + 1 => symbol.first + 3 * symbol.step,
        i if i == k + 1 => symbol.first + symbol.step,
        _ => symbol.first,
    }
}

fn input_specs(model: &Model) -> Result<Vec<(Shape, DType)>> {
    let known = model.inputs();
    if !known.is_empty() {
        return Ok(known.iter().map(|t| (t.shape().to_vec(), t.dtype())).collect());
    }
    let shapes = model.as_layer().input_shapes().ok_or_else(|| {
        Error::invalid("export", "model", "must have been built for its inputs", model.name())
    })?;
    Ok(shapes.into_iter().map(|shape| (shape, DType::F32)).collect())
}

/// The open sizes; those beside the batch are traced from the first number of `spatial` on, in steps of the second.
fn symbols(model: &Model, inputs: &[(Shape, DType)], spatial: (usize, usize)) -> Vec<Symbol> {
    let (first, step) = spatial;
    let names = model.input_names();
    let mut symbols: Vec<Symbol> = Vec::new();
    for (input, (shape, _)) in inputs.iter().enumerate() {
        for (axis, _) in shape.iter().enumerate().filter(|(_, size)| size.is_none()) {
            if axis > 0 {
                let name = format!("{}_{axis}", names[input]);
                symbols.push(Symbol { name, input, axis, first, step });
            } else if !symbols.iter().any(|s| s.axis == 0) {
                symbols.push(Symbol { name: "batch".into(), input, axis, first: 2, step: 1 });
            }
        }
    }
    symbols
}

/// One trace.
struct Trace {
    nodes: Vec<Tensor>,
    edges: Vec<Vec<usize>>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    calls: Vec<Call>,
}

impl Trace {
    fn new(
        model: &Model,
        inputs: &[(Shape, DType)],
        symbols: &[Symbol],
        i: usize,
    ) -> Result<Trace> {
        let open = |input: usize, axis: usize| {
            let of = |s: &Symbol| s.axis == axis && (axis == 0 || s.input == input);
            let k = symbols.iter().position(of).unwrap_or(0);
            size(&symbols[k], k, i, symbols.len())
        };
        let tensor = |(input, (shape, dtype)): (usize, &(Shape, DType))| {
            let sizes = shape.iter().enumerate();
            let sizes = sizes.map(|(axis, size)| size.unwrap_or_else(|| open(input, axis)));
            Tensor::input(&sizes.collect::<Vec<_>>(), *dtype)
        };
        let x: Vec<Tensor> = inputs.iter().enumerate().map(tensor).collect();
        let mut cx = Context::recording();
        let outputs = model.as_layer().trace(&x, &mut cx)?;
        let roots: Vec<Tensor> = x.iter().chain(&outputs).cloned().collect();
        let nodes = Tensor::topological(&roots)?;
        let places: HashMap<u64, usize> =
            nodes.iter().enumerate().map(|(i, t)| (t.id(), i)).collect();
        let place = |t: &Tensor| places[&t.id()];
        Ok(Trace {
            edges: nodes.iter().map(|t| t.inputs().iter().map(place).collect()).collect(),
            inputs: x.iter().map(place).collect(),
            outputs: outputs.iter().map(place).collect(),
            calls: cx.calls().to_vec(),
            nodes,
        })
    }
}

/// The layers in whose calls a tensor was made, outer before inner, but for the model itself.
fn layer_of(calls: &[Call], id: u64) -> String {
    let mut around: Vec<&Call> = calls.iter().filter(|c| c.tensors.contains(&id)).collect();
    around.sort_by_key(|c| c.tensors.start);
    around.iter().skip(1).map(|c| c.layer.as_str()).collect::<Vec<_>>().join("/")
}
