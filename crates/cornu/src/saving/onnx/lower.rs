//! Every op of a trace as ONNX nodes.

use cornu_graph::Array;
use cornu_graph::ops::{BinaryKind, Constant, Op, UnaryKind};

use super::builder::{Builder, Source, Value};
use super::formulas::Formula;
use super::trace::{Dim, Node};
use crate::Result;

impl Builder<'_> {
    /// The value of a node whose inputs have theirs.
    pub fn lower(&mut self, at: usize) -> Result<Value> {
        let traces = self.traces;
        let node = &traces.nodes[at];
        match node.op() {
            // The inputs and the weights have their values before.
            Op::Input(_) | Op::Parameter(_) => Err(self.refuse(node, "it has no name")),
            Op::Constant(_) => self.constant(node),
            Op::StopGradient(_) => Ok(self.values[node.inputs[0]].clone()),
            Op::Broadcast(_) => self.broadcast(node),
            Op::Reshape(_) => self.reshape(node),
            Op::Transpose(op) => {
                let axes = op.axes.clone();
                self.transpose(node, &axes)
            }
            Op::Slice(_) => self.slice(node),
            Op::Pad(_) => self.pad(node),
            Op::Concatenate(op) => self.concatenate(node, op.axis),
            Op::Flip(op) => self.flip(node, &op.axes),
            Op::Iota(op) => self.iota(node, op.axis),
            Op::Gather(op) => self.gather(node, op.axis),
            Op::ScatterAdd(op) => self.scatter_add(node, op.axis),
            Op::Reduce(op) => self.reduce(node, op),
            Op::ArgReduce(op) => self.arg_reduce(node, op),
            Op::ArgSort(op) => self.arg_sort(node, op),
            Op::CumSum(op) => self.cum_sum(node, op),
            Op::MatMul(op) => self.mat_mul(node, op),
            Op::Conv(op) => self.conv(node, &op.0),
            Op::ConvInputGrad(op) => self.conv_input_grad(node, op),
            Op::Pool(op) => self.pool(node, op),
            Op::Unary(op) => self.unary(node, op.0),
            Op::Binary(op) => match self.bias(node, op.0)? {
                Some(value) => Ok(value),
                None => self.binary(node, op.0),
            },
            Op::Compare(op) => {
                let dtype = traces.nodes[node.inputs[0]].dtype;
                self.elementwise(
                    node,
                    |b, x| Ok(Formula::new(b, dtype).compare(op.0, &x[0], &x[1])),
                )
            }
            Op::Logical(op) => self.elementwise(node, |b, x| {
                Ok(Formula::new(b, node.dtype).logical(op.0, &x[0], &x[1]))
            }),
            Op::Select(_) => self.elementwise(node, |b, x| {
                Ok(Formula::new(b, node.dtype).choose_any(&x[0], &x[1], &x[2]))
            }),
            Op::Cast(op) => {
                self.elementwise(node, |b, x| Ok(Formula::new(b, op.dtype).cast(&x[0], op.dtype)))
            }
            Op::Random(_) | Op::RandomVariate(_) => {
                Err(self.refuse(node, "random numbers would not be the same"))
            }
            Op::ConvFilterGrad(_) | Op::PoolGrad(_) | Op::Custom(_) => {
                Err(self.refuse(node, "there is no such operator"))
            }
        }
    }

    fn unary(&mut self, node: &Node, kind: UnaryKind) -> Result<Value> {
        let dtype = self.traces.nodes[node.inputs[0]].dtype;
        self.elementwise(node, |b, x| {
            let made = Formula::new(b, dtype).unary(kind, &x[0])?;
            made.ok_or_else(|| b.refuse(node, "there is no such operator"))
        })
    }

    fn binary(&mut self, node: &Node, kind: BinaryKind) -> Result<Value> {
        self.elementwise(node, |b, x| {
            let made = Formula::new(b, node.dtype).binary(kind, &x[0], &x[1])?;
            made.ok_or_else(|| b.refuse(node, "there is no such operator"))
        })
    }

    /// A constant that is the same whatever the open sizes, or a number that follows from them.
    fn constant(&mut self, node: &Node) -> Result<Value> {
        let array = |op: &Op| match op {
            Op::Constant(Constant(array)) => Some(array.clone()),
            _ => None,
        };
        let all: Vec<_> = node.ops.iter().filter_map(array).collect();
        if let Some(first) = all.first().filter(|first| all.iter().all(|a| a == *first)) {
            let name = self.scoped("constant");
            return Ok(Value::array(name, first.clone()));
        }
        let numbers = |a: &std::sync::Arc<Array>| {
            a.item().ok().filter(|v| a.ndim() == 0 && v.fract() == 0.0).map(|v| v as i64)
        };
        let numbers: Option<Vec<i64>> = all.iter().map(numbers).collect();
        let affine = numbers.and_then(|n| self.traces.affine(&n)).ok_or_else(|| {
            self.refuse(node, "its value is no sum of multiples of the inputs' open sizes")
        })?;
        let list = self.affine(&affine)?;
        let shape = self.integers(&[])?;
        let scalar = self.node("Reshape", &[&list, &shape], []);
        let name = Formula::new(self, node.dtype).cast(&scalar, node.dtype);
        Ok(Value::tensor(name, Vec::new()))
    }

    /// The sum of a convolution that nobody else reads and a bias per filter: ONNX's operator adds it itself.
    fn bias(&mut self, node: &Node, kind: BinaryKind) -> Result<Option<Value>> {
        let (Some(&conv), Some(&bias)) = (node.inputs.first(), node.inputs.get(1)) else {
            return Ok(None);
        };
        let reads = |op: &Op| matches!(op, Op::Conv(_) | Op::ConvInputGrad(_));
        let convolution = &self.traces.nodes[conv];
        let added = self.values[bias].clone();
        let per_filter = added.rank() == 1
            && added.shape.last() == node.shape.last()
            && matches!(added.source, Source::Array { .. });
        if kind != BinaryKind::Add
            || !reads(convolution.op())
            || convolution.uses != 1
            || !per_filter
        {
            return Ok(None);
        }
        let value = self.values[conv].clone();
        let Source::Tensor(name) = &value.source else { return Ok(None) };
        let bias = self.plain(&added)?;
        let Some(made) = self.nodes.iter_mut().rev().find(|n| n.output.first() == Some(name))
        else {
            return Ok(None);
        };
        made.input.push(bias);
        Ok(Some(value))
    }

    /// What an op says of its sizes, one list per trace, as sizes.
    pub fn dims(&self, node: &Node, read: impl Fn(&Op) -> Option<Vec<usize>>) -> Vec<Dim> {
        let lists: Vec<Vec<usize>> = node.ops.iter().filter_map(read).collect();
        let count = lists.first().map_or(0, Vec::len);
        (0..count).map(|i| Dim::of(lists.iter().map(|l| l[i]).collect())).collect()
    }
}
