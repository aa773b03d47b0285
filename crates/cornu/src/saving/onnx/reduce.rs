//! Ops that see all elements along an axis: sums, extremes, orders, products of matrices.

use cornu_graph::DType;
use cornu_graph::ops::{ArgReduce, ArgSort, CumSum, MatMul, Reduce, ReduceKind};

use super::builder::{Builder, Value};
use super::formulas::Formula;
use super::trace::{Dim, Node};
use crate::Result;

impl Builder<'_> {
    fn cast(&mut self, x: &str, to: DType) -> String {
        Formula::new(self, to).cast(x, to)
    }

    pub(super) fn reduce(&mut self, node: &Node, op: &Reduce) -> Result<Value> {
        let value = self.full(node.inputs[0])?;
        if op.axes.is_empty() {
            return Ok(value);
        }
        let op_type = match op.kind {
            ReduceKind::Sum => "ReduceSum",
            ReduceKind::Prod => "ReduceProd",
            ReduceKind::Max => "ReduceMax",
            ReduceKind::Min => "ReduceMin",
        };
        let places: Vec<i64> = op.axes.iter().map(|&a| value.place(a) as i64).collect();
        let places = self.integers(&places)?;
        let mut name = self.ordered(&value, &value.order)?;
        // Any and all are extremes of numbers.
        let truth = node.dtype == DType::Bool;
        if truth {
            name = self.cast(&name, DType::I32);
        }
        name = self.node(op_type, &[&name, &places], [("keepdims", false.into())]);
        if truth {
            name = self.cast(&name, DType::Bool);
        }
        // The axes that stay keep their order; each is counted among those.
        let stays = |axis: &usize| !op.axes.contains(axis);
        let count = |axis: usize| (0..axis).filter(stays).count();
        let order = value.order.iter().copied().filter(stays).map(count).collect();
        Ok(Value { order, ..Value::tensor(name, node.shape.clone()) })
    }

    /// The operand in a type whose elements ONNX runtimes order.
    fn sortable(&mut self, at: usize) -> Result<String> {
        let dtype = self.traces.nodes[at].dtype;
        let name = self.full_plain(at)?;
        Ok(if dtype < DType::I32 { self.cast(&name, DType::I32) } else { name })
    }

    pub(super) fn arg_reduce(&mut self, node: &Node, op: &ArgReduce) -> Result<Value> {
        let x = self.sortable(node.inputs[0])?;
        let op_type = if op.kind == ReduceKind::Min { "ArgMin" } else { "ArgMax" };
        let attributes = [("axis", op.axis.into()), ("keepdims", false.into())];
        let name = self.node(op_type, &[&x], attributes);
        Ok(Value::tensor(self.cast(&name, DType::I32), node.shape.clone()))
    }

    /// The places of all elements in order: of equal ones the first comes first, as ONNX promises.
    pub(super) fn arg_sort(&mut self, node: &Node, op: &ArgSort) -> Result<Value> {
        let x = self.sortable(node.inputs[0])?;
        let size = self.sizes(&node.shape[op.axis..=op.axis], node)?;
        let attributes = [("axis", op.axis.into()), ("largest", op.descending.into())];
        let name = self.second("TopK", &[&x, &size], attributes);
        Ok(Value::tensor(self.cast(&name, DType::I32), node.shape.clone()))
    }

    pub(super) fn cum_sum(&mut self, node: &Node, op: &CumSum) -> Result<Value> {
        let x = self.sortable(node.inputs[0])?;
        let axis = self.number(DType::I64, op.axis as f64)?;
        let mut name = self.node("CumSum", &[&x, &axis], [("reverse", op.reverse.into())]);
        if node.dtype < DType::I32 {
            name = self.cast(&name, node.dtype);
        }
        Ok(Value::tensor(name, node.shape.clone()))
    }

    pub(super) fn mat_mul(&mut self, node: &Node, op: &MatMul) -> Result<Value> {
        let rank = node.shape.len();
        let mut operand = |at: usize, swapped: bool| -> Result<String> {
            let mut value = self.values[at].clone();
            // Leading axes repeat by themselves, those of the matrices do not.
            let own = &self.traces.nodes[at].shape[rank - 2..];
            if value.rank() < 2 || &value.shape[value.rank() - 2..] != own {
                value = self.full(at)?;
            }
            let mut order: Vec<usize> = (0..value.rank()).collect();
            if swapped {
                let last = order.len() - 1;
                order.swap(last - 1, last);
            }
            self.ordered(&value, &order)
        };
        let a = operand(node.inputs[0], op.transpose_a)?;
        let b = operand(node.inputs[1], op.transpose_b)?;
        let small = node.dtype < DType::I32;
        let (a, b) = match small {
            true => (self.cast(&a, DType::I32), self.cast(&b, DType::I32)),
            false => (a, b),
        };
        let mut name = self.node("MatMul", &[&a, &b], []);
        if small {
            name = self.cast(&name, node.dtype);
        }
        let held = |at: usize, axis: usize| {
            let value = &self.values[at];
            (axis + value.rank()).checked_sub(rank).map(|i| value.shape[i].clone())
        };
        let longest =
            node.inputs.iter().map(|&i| self.values[i].rank().max(2)).max().unwrap_or(rank);
        let leading = (rank - longest..rank - 2).map(|axis| {
            let sizes = node.inputs.iter().filter_map(|&i| held(i, axis));
            sizes.into_iter().find(|d| *d != Dim::ONE).unwrap_or(Dim::ONE)
        });
        let shape = leading.chain(node.shape[rank - 2..].iter().cloned()).collect();
        Ok(Value::tensor(name, shape))
    }
}
