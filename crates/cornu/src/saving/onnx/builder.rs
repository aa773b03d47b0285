//! The ONNX graph while it grows: names, initializers, and values that are transposed and repeated only where
//! somebody needs them so.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cornu_graph::{Array, DType, with_dtype};

use super::proto;
use super::trace::{Affine, Dim, Node, Traces};
use crate::{Error, Result};

/// What a node of the trace gives: an ONNX tensor whose axes may have another order, and be of size 1 or missing
/// where the node's repeat.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub source: Source,
    /// Axis `i` of the ONNX tensor is axis `order[i]` of the value.
    pub order: Vec<usize>,
    /// The sizes in the value's own order.
    pub shape: Vec<Dim>,
}

#[derive(Debug, Clone)]
pub(super) enum Source {
    /// What a node gives, or an input.
    Tensor(String),
    /// Weights and constants: they become initializers in the form in which they are read.
    Array { name: String, array: Arc<Array> },
}

impl Value {
    pub fn tensor(name: String, shape: Vec<Dim>) -> Value {
        Value { source: Source::Tensor(name), order: (0..shape.len()).collect(), shape }
    }

    pub fn array(name: String, array: Arc<Array>) -> Value {
        let shape: Vec<Dim> = array.shape().iter().map(|&n| Dim::Known(n)).collect();
        Value { source: Source::Array { name, array }, order: (0..shape.len()).collect(), shape }
    }

    pub fn rank(&self) -> usize {
        self.order.len()
    }

    pub fn in_order(&self) -> bool {
        self.order.iter().copied().eq(0..self.rank())
    }

    /// Where an axis of the value stands in the ONNX tensor.
    pub fn place(&self, axis: usize) -> usize {
        self.order.iter().position(|&a| a == axis).unwrap_or(axis)
    }

    fn is_array(&self) -> bool {
        matches!(self.source, Source::Array { .. })
    }
}

/// An attribute of an ONNX node.
pub(super) enum Attr {
    Int(i64),
    Ints(Vec<i64>),
    Text(&'static str),
}

impl From<i64> for Attr {
    fn from(value: i64) -> Attr {
        Attr::Int(value)
    }
}

impl From<usize> for Attr {
    fn from(value: usize) -> Attr {
        Attr::Int(value as i64)
    }
}

impl From<bool> for Attr {
    fn from(value: bool) -> Attr {
        Attr::Int(i64::from(value))
    }
}

impl From<&[usize]> for Attr {
    fn from(values: &[usize]) -> Attr {
        Attr::Ints(values.iter().map(|&v| v as i64).collect())
    }
}

pub(super) struct Builder<'a> {
    pub traces: &'a Traces,
    pub values: Vec<Value>,
    pub nodes: Vec<proto::Node>,
    pub initializers: Vec<proto::Tensor>,
    input_names: Vec<String>,
    layer: String,
    taken: HashMap<String, usize>,
    /// Tensors that were made before: an initializer's content or a node's operator and inputs.
    known: HashMap<String, String>,
    outputs: HashSet<String>,
    /// How many arrays have got a name.
    arrays: HashMap<String, usize>,
}

impl<'a> Builder<'a> {
    pub fn new(traces: &'a Traces, input_names: Vec<String>, output_names: &[String]) -> Self {
        let taken = input_names.iter().chain(output_names).map(|n| (n.clone(), 1)).collect();
        Builder {
            traces,
            values: Vec::new(),
            nodes: Vec::new(),
            initializers: Vec::new(),
            input_names,
            layer: String::new(),
            taken,
            known: HashMap::new(),
            outputs: HashSet::new(),
            arrays: HashMap::new(),
        }
    }

    /// From here on nodes are named after this layer.
    pub fn enter(&mut self, layer: &str) {
        self.layer = layer.into();
    }

    /// A name that nothing else has.
    pub fn unique(&mut self, base: &str) -> String {
        let mut base = base.to_string();
        loop {
            let count = self.taken.entry(base.clone()).or_insert(0);
            *count += 1;
            if *count == 1 {
                return base;
            }
            base = format!("{base}_{}", *count - 1);
        }
    }

    /// The error of what ONNX cannot express.
    pub fn refuse(&self, node: &Node, reason: impl std::fmt::Display) -> Error {
        use cornu_graph::ops::Operation;
        let layer = if node.layer.is_empty() { "the model" } else { &node.layer };
        let received = format!("{} in {layer:?}: {reason}", node.op().name());
        Error::invalid("export", "model", "must hold only what ONNX can express", received)
    }

    /// Adds a node with one output; gives the output's name.
    pub fn node<const N: usize>(
        &mut self,
        op_type: &str,
        inputs: &[&str],
        attributes: [(&str, Attr); N],
    ) -> String {
        let name = self.unique(&self.scope(op_type));
        let attribute = |(name, attr): (&str, Attr)| {
            let name = name.to_string();
            match attr {
                Attr::Int(i) => {
                    proto::Attribute { name, i, kind: proto::INT, ..Default::default() }
                }
                Attr::Ints(ints) => {
                    proto::Attribute { name, ints, kind: proto::INTS, ..Default::default() }
                }
                Attr::Text(text) => proto::Attribute {
                    name,
                    s: text.as_bytes().to_vec(),
                    kind: proto::STRING,
                    ..Default::default()
                },
            }
        };
        self.nodes.push(proto::Node {
            input: inputs.iter().map(|s| s.to_string()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op_type.into(),
            attribute: attributes.into_iter().map(attribute).collect(),
        });
        name
    }

    /// As [`Builder::node`], for operators whose second output is what is wanted.
    pub fn second<const N: usize>(
        &mut self,
        op_type: &str,
        inputs: &[&str],
        attributes: [(&str, Attr); N],
    ) -> String {
        let name = self.node(op_type, inputs, attributes);
        let first = self.unique(&format!("{name}/first"));
        if let Some(made) = self.nodes.last_mut() {
            made.output.insert(0, first);
        }
        name
    }

    /// A name within the layer.
    fn scope(&self, base: &str) -> String {
        if self.layer.is_empty() { base.into() } else { format!("{}/{base}", self.layer) }
    }

    /// A name within the layer that no array has yet.
    pub fn scoped(&mut self, base: &str) -> String {
        let base = self.scope(base);
        let count = self.arrays.entry(base.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { base } else { format!("{base}_{}", *count - 1) }
    }

    /// Makes a tensor an output: under its new name where a node gives it.
    pub fn output(&mut self, made: &str, name: &str) {
        let taken = self.outputs.contains(made);
        let by_node = self.nodes.iter().any(|n| n.output.iter().any(|o| o == made));
        if taken || !by_node {
            self.nodes.push(proto::Node {
                input: vec![made.into()],
                output: vec![name.into()],
                name: name.into(),
                op_type: "Identity".into(),
                attribute: Vec::new(),
            });
            return;
        }
        for node in &mut self.nodes {
            let names = node.input.iter_mut().chain(&mut node.output);
            names.filter(|n| *n == made).for_each(|n| *n = name.into());
        }
        self.known.values_mut().filter(|n| *n == made).for_each(|n| *n = name.into());
        for value in &mut self.values {
            match &mut value.source {
                Source::Tensor(n) if n == made => *n = name.into(),
                _ => {}
            }
        }
        self.outputs.insert(name.into());
    }

    /// A node of which one is enough for the same inputs and attributes, which `key` tells.
    fn once(
        &mut self,
        key: String,
        make: impl FnOnce(&mut Self) -> Result<String>,
    ) -> Result<String> {
        if let Some(name) = self.known.get(&key) {
            return Ok(name.clone());
        }
        let name = make(self)?;
        self.known.insert(key, name.clone());
        Ok(name)
    }

    /// Adds an initializer under this name, or one like it.
    pub fn initializer(&mut self, name: &str, array: &Array) -> String {
        let name = self.unique(name);
        let raw_data = bytes(array);
        self.initializers.push(proto::Tensor {
            dims: array.shape().iter().map(|&n| n as i64).collect(),
            data_type: data_type(array.dtype()),
            name: name.clone(),
            raw_data,
        });
        name
    }

    /// A scalar of a dtype.
    pub fn number(&mut self, dtype: DType, value: f64) -> Result<String> {
        self.once(format!("{dtype} {value:?}"), |b| {
            Ok(b.initializer("number", &Array::scalar_of(dtype, value)))
        })
    }

    /// A list of integers.
    pub fn integers(&mut self, values: &[i64]) -> Result<String> {
        self.once(format!("{values:?}"), |b| {
            Ok(b.initializer("integers", &Array::new(&[values.len()], values.to_vec())?))
        })
    }

    /// Sizes as a list of integers: computed from the inputs' shapes where they are open.
    pub fn sizes(&mut self, dims: &[Dim], node: &Node) -> Result<String> {
        let known = |d: &Dim| match d {
            Dim::Known(n) => Some(*n as i64),
            Dim::Open(_) => None,
        };
        if let Some(all) = dims.iter().map(known).collect::<Option<Vec<i64>>>() {
            return self.integers(&all);
        }
        let mut parts = Vec::new();
        for dim in dims {
            parts.push(match known(dim) {
                Some(n) => self.integers(&[n])?,
                None => {
                    let affine = self.traces.affine_dim(dim).ok_or_else(|| {
                        let reason = "its size is no sum of multiples of the inputs' open sizes";
                        self.refuse(node, reason)
                    })?;
                    self.affine(&affine)?
                }
            });
        }
        if let [one] = &parts[..] {
            return Ok(one.clone());
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.once(format!("concat {parts:?}"), |b| {
            Ok(b.node("Concat", &parts, [("axis", 0i64.into())]))
        })
    }

    /// What follows from the open sizes, as a list of one integer.
    pub fn affine(&mut self, affine: &Affine) -> Result<String> {
        self.once(format!("{affine:?}"), |b| {
            let mut sum: Option<String> = None;
            for (i, &factor) in affine.factors.iter().enumerate().filter(|(_, f)| **f != 0) {
                let symbol = &b.traces.symbols[i];
                let (input, axis) = (b.input_names[symbol.input].clone(), symbol.axis);
                let shape =
                    b.once(format!("shape {input}"), |b| Ok(b.node("Shape", &[&input], [])))?;
                let at = b.integers(&[axis as i64])?;
                let mut part = b.once(format!("{shape} {axis}"), |b| {
                    Ok(b.node("Gather", &[&shape, &at], []))
                })?;
                if factor != 1 {
                    let factor = b.integers(&[factor])?;
                    part = b.node("Mul", &[&part, &factor], []);
                }
                sum = Some(match sum {
                    Some(sum) => b.node("Add", &[&sum, &part], []),
                    None => part,
                });
            }
            let constant = b.integers(&[affine.constant])?;
            Ok(match sum {
                Some(sum) if affine.constant == 0 => sum,
                Some(sum) => b.node("Add", &[&sum, &constant], []),
                None => constant,
            })
        })
    }

    /// The value's tensor with its axes in this order.
    pub fn ordered(&mut self, value: &Value, order: &[usize]) -> Result<String> {
        let axes: Vec<usize> = order.iter().map(|&axis| value.place(axis)).collect();
        let moved = !axes.iter().copied().eq(0..axes.len());
        match &value.source {
            Source::Tensor(name) if !moved => Ok(name.clone()),
            // The elements along one axis keep their order.
            Source::Tensor(name) if value.shape.iter().filter(|d| **d != Dim::ONE).count() < 2 => {
                let size = |&axis: &usize| match value.shape[axis] {
                    Dim::Known(n) => n as i64,
                    Dim::Open(_) => -1,
                };
                let sizes = self.integers(&order.iter().map(size).collect::<Vec<_>>())?;
                self.once(format!("{name} {axes:?}"), |b| {
                    Ok(b.node("Reshape", &[name, &sizes], []))
                })
            }
            Source::Tensor(name) => self.once(format!("{name} {axes:?}"), |b| {
                Ok(b.node("Transpose", &[name], [("perm", axes[..].into())]))
            }),
            Source::Array { name, array } => {
                let key = format!("{name} {:?} {axes:?}", array.shape());
                self.once(key, |b| {
                    let transposed = moved.then(|| transposed(array, &axes)).transpose()?;
                    Ok(b.initializer(name, transposed.as_ref().unwrap_or(array)))
                })
            }
        }
    }

    /// The value's tensor with its axes in their own order; it may still have to be repeated.
    pub fn plain(&mut self, value: &Value) -> Result<String> {
        self.ordered(value, &(0..value.rank()).collect::<Vec<_>>())
    }

    /// The value with axes of size 1 in front, so that it has `rank`.
    pub fn ranked(&mut self, value: &Value, rank: usize) -> Result<Value> {
        let missing = rank.saturating_sub(value.rank());
        if missing == 0 {
            return Ok(value.clone());
        }
        let shape = [vec![Dim::ONE; missing], value.shape.clone()].concat();
        if let (Source::Array { name, array }, true) = (&value.source, value.in_order()) {
            let sizes = [&vec![1; missing][..], array.shape()].concat();
            let array = Arc::new((**array).clone().reshape(&sizes)?);
            return Ok(Value::array(name.clone(), array));
        }
        let name = self.plain(value)?;
        let axes = self.integers(&(0..missing as i64).collect::<Vec<_>>())?;
        let name = self.once(format!("{name} + {missing}"), |b| {
            Ok(b.node("Unsqueeze", &[&name, &axes], []))
        })?;
        Ok(Value::tensor(name, shape))
    }

    /// The value of a node with all its elements: repeated to the node's shape where it is not yet.
    pub fn full(&mut self, at: usize) -> Result<Value> {
        let traces = self.traces;
        let (node, value) = (&traces.nodes[at], self.values[at].clone());
        if value.shape == node.shape {
            return Ok(value);
        }
        let name = self.plain(&value)?;
        // Where the value is as large as the node, 1 leaves it so.
        let missing = node.shape.len() - value.rank();
        let size = |(i, dim): (usize, &Dim)| match i.checked_sub(missing) {
            Some(i) if value.shape[i] == *dim => Dim::ONE,
            _ => dim.clone(),
        };
        let sizes: Vec<Dim> = node.shape.iter().enumerate().map(size).collect();
        let sizes = self.sizes(&sizes, node)?;
        let name = self
            .once(format!("{name} to {sizes}"), |b| Ok(b.node("Expand", &[&name, &sizes], [])))?;
        let value = Value::tensor(name, node.shape.clone());
        self.values[at] = value.clone();
        Ok(value)
    }

    /// All elements of a node's value in a tensor whose axes are in their own order.
    pub fn full_plain(&mut self, at: usize) -> Result<String> {
        let value = self.full(at)?;
        self.plain(&value)
    }

    /// Applies a function element by element: `make` is given the names of tensors that broadcast, and gives that
    /// of the result. Axes stay in the order in which the first large operand has them.
    pub fn elementwise(
        &mut self,
        node: &Node,
        make: impl FnOnce(&mut Self, &[String]) -> Result<String>,
    ) -> Result<Value> {
        let rank = node.shape.len();
        let operands: Vec<Value> = node.inputs.iter().map(|&i| self.values[i].clone()).collect();
        let moved = operands.iter().find(|v| v.rank() == rank && !v.is_array() && !v.in_order());
        let order = moved.map(|v| v.order.clone());
        let mut names = Vec::new();
        for operand in &operands {
            let single = operand.shape.iter().all(|d| *d == Dim::ONE);
            names.push(match &order {
                Some(order) if !single => {
                    let operand = self.ranked(operand, rank)?;
                    self.ordered(&operand, order)?
                }
                _ => self.plain(operand)?,
            });
        }
        let largest = operands.iter().map(Value::rank).max().unwrap_or(0);
        let rank = if order.is_some() { rank } else { largest };
        let size = |axis: usize| {
            let of = |v: &Value| v.shape.get((axis + v.rank()).wrapping_sub(rank)).cloned();
            operands.iter().filter_map(of).find(|d| *d != Dim::ONE).unwrap_or(Dim::ONE)
        };
        let shape = (0..rank).map(size).collect();
        let order = order.unwrap_or_else(|| (0..rank).collect());
        Ok(Value { source: Source::Tensor(make(self, &names)?), order, shape })
    }
}

fn transposed(array: &Array, axes: &[usize]) -> cornu_graph::Result<Array> {
    let shape: Vec<usize> = axes.iter().map(|&a| array.shape()[a]).collect();
    let mut strides = vec![1; axes.len()];
    for i in (1..axes.len()).rev() {
        strides[i - 1] = strides[i] * array.shape()[i];
    }
    let strides: Vec<usize> = axes.iter().map(|&a| strides[a]).collect();
    with_dtype!(array.dtype(), T => {
        let source = array.as_slice::<T>()?;
        let mut values = Vec::with_capacity(source.len());
        let mut index = vec![0; shape.len()];
        for _ in 0..source.len() {
            let at: usize = index.iter().zip(&strides).map(|(i, s)| i * s).sum();
            values.push(source[at]);
            for (i, size) in index.iter_mut().zip(&shape).rev() {
                *i += 1;
                if *i < *size {
                    break;
                }
                *i = 0;
            }
        }
        Array::new::<T>(&shape, values)
    })
}

fn bytes(array: &Array) -> Vec<u8> {
    use cornu_graph::Data;
    match array.data() {
        Data::Bool(v) => v.iter().map(|&b| u8::from(b)).collect(),
        Data::U8(v) => v.clone(),
        Data::I32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Data::I64(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Data::F32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Data::F64(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}

/// ONNX's number of a dtype.
pub(super) fn data_type(dtype: DType) -> i32 {
    match dtype {
        DType::F32 => 1,
        DType::U8 => 2,
        DType::I32 => 6,
        DType::I64 => 7,
        DType::Bool => 9,
        DType::F64 => 11,
    }
}
