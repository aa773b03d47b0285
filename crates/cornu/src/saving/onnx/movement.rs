//! Ops that move elements, repeat them, or pick some.

use std::sync::Arc;

use cornu_graph::ops::Op;
use cornu_graph::{Array, DType};

use super::builder::{Attr, Builder, Source, Value};
use super::formulas::Formula;
use super::trace::{Dim, Node};
use crate::Result;

impl Builder<'_> {
    /// Nothing yet: operators that work element by element repeat by themselves.
    pub(super) fn broadcast(&mut self, node: &Node) -> Result<Value> {
        let value = self.values[node.inputs[0]].clone();
        if value.in_order() || value.rank() == node.shape.len() {
            return Ok(value);
        }
        let name = self.plain(&value)?;
        Ok(Value::tensor(name, value.shape))
    }

    pub(super) fn reshape(&mut self, node: &Node) -> Result<Value> {
        let value = self.full(node.inputs[0])?;
        let known = |d: &Dim| match d {
            Dim::Known(n) => Some(*n),
            Dim::Open(_) => None,
        };
        let sizes: Option<Vec<usize>> = node.shape.iter().map(known).collect();
        if let (Source::Array { name, array }, true, Some(sizes)) =
            (&value.source, value.in_order(), sizes)
        {
            let array = Arc::new((**array).clone().reshape(&sizes)?);
            return Ok(Value::array(name.clone(), array));
        }
        let name = self.plain(&value)?;
        let open = node.shape.iter().filter(|d| matches!(d, Dim::Open(_))).count();
        let shape = if open == 1 {
            let size = |d: &Dim| match d {
                Dim::Known(n) => *n as i64,
                Dim::Open(_) => -1,
            };
            self.integers(&node.shape.iter().map(size).collect::<Vec<_>>())?
        } else {
            self.sizes(&node.shape, node)?
        };
        // A size of 0 is one, and does not stand for the input's.
        let name = self.node("Reshape", &[&name, &shape], [("allowzero", (open != 1).into())]);
        Ok(Value::tensor(name, node.shape.clone()))
    }

    /// Nothing but another order: it is made where somebody needs it.
    pub(super) fn transpose(&mut self, node: &Node, axes: &[usize]) -> Result<Value> {
        let value = self.values[node.inputs[0]].clone();
        let value = self.ranked(&value, axes.len())?;
        let place = |axis: &usize| axes.iter().position(|a| a == axis).unwrap_or(*axis);
        Ok(Value {
            source: value.source,
            order: value.order.iter().map(place).collect(),
            shape: axes.iter().map(|&a| value.shape[a].clone()).collect(),
        })
    }

    pub(super) fn slice(&mut self, node: &Node) -> Result<Value> {
        let value = self.full(node.inputs[0])?;
        let of = |read: fn(&cornu_graph::ops::Slice) -> &Vec<usize>| {
            self.dims(node, |op| match op {
                Op::Slice(op) => Some(read(op).clone()),
                _ => None,
            })
        };
        let (start, stop, step) = (of(|s| &s.start), of(|s| &s.stop), of(|s| &s.step));
        let whole = |axis: &usize| {
            start[*axis] == Dim::Known(0)
                && stop[*axis] == value.shape[*axis]
                && step[*axis] == Dim::ONE
        };
        let axes: Vec<usize> = (0..node.shape.len()).filter(|axis| !whole(axis)).collect();
        if axes.is_empty() {
            return Ok(value);
        }
        let pick = |dims: &[Dim]| axes.iter().map(|&a| dims[a].clone()).collect::<Vec<_>>();
        let starts = self.sizes(&pick(&start), node)?;
        let stops = self.sizes(&pick(&stop), node)?;
        let steps = self.sizes(&pick(&step), node)?;
        let places: Vec<i64> = axes.iter().map(|&a| value.place(a) as i64).collect();
        let places = self.integers(&places)?;
        let name = self.ordered(&value, &value.order)?;
        let name = self.node("Slice", &[&name, &starts, &stops, &places, &steps], []);
        Ok(Value { order: value.order, ..Value::tensor(name, node.shape.clone()) })
    }

    pub(super) fn flip(&mut self, node: &Node, axes: &[usize]) -> Result<Value> {
        let value = self.full(node.inputs[0])?;
        if axes.is_empty() {
            return Ok(value);
        }
        let list = |v: i64| vec![v; axes.len()];
        let (last, before, back) =
            (self.integers(&list(-1))?, self.integers(&list(i64::MIN))?, self.integers(&list(-1))?);
        let places: Vec<i64> = axes.iter().map(|&a| value.place(a) as i64).collect();
        let places = self.integers(&places)?;
        let name = self.ordered(&value, &value.order)?;
        let name = self.node("Slice", &[&name, &last, &before, &places, &back], []);
        Ok(Value { order: value.order, ..Value::tensor(name, node.shape.clone()) })
    }

    pub(super) fn pad(&mut self, node: &Node) -> Result<Value> {
        let same = node.same(|op| match op {
            Op::Pad(op) => Some(op.clone()),
            _ => None,
        });
        let Some(Some(op)) = same else {
            return Err(self.refuse(node, "its padding depends on the inputs' open sizes"));
        };
        if op.interior.iter().any(|&n| n > 0) {
            return Err(self.refuse(node, "it pads between elements"));
        }
        let value = self.full(node.inputs[0])?;
        let by_place = |amounts: &[usize]| -> Vec<i64> {
            value.order.iter().map(|&axis| amounts[axis] as i64).collect()
        };
        let amounts = [by_place(&op.low), by_place(&op.high)].concat();
        let name = self.ordered(&value, &value.order)?;
        if amounts.iter().all(|&n| n == 0) {
            return Ok(value);
        }
        let amounts = self.integers(&amounts)?;
        let number = self.number(node.dtype, f64::from_bits(op.value))?;
        let name = self.node("Pad", &[&name, &amounts, &number], []);
        Ok(Value { order: value.order, ..Value::tensor(name, node.shape.clone()) })
    }

    pub(super) fn concatenate(&mut self, node: &Node, axis: usize) -> Result<Value> {
        let parts = node.inputs.iter().map(|&i| self.full(i)).collect::<Result<Vec<_>>>()?;
        let moved = parts.iter().find(|v| !v.in_order());
        let order = moved.map_or((0..node.shape.len()).collect(), |v| v.order.clone());
        let names = parts.iter().map(|v| self.ordered(v, &order)).collect::<Result<Vec<_>>>()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let place = order.iter().position(|&a| a == axis).unwrap_or(axis);
        let name = self.node("Concat", &names, [("axis", place.into())]);
        Ok(Value { order, ..Value::tensor(name, node.shape.clone()) })
    }

    /// The counted axis alone: the others repeat it.
    pub(super) fn iota(&mut self, node: &Node, axis: usize) -> Result<Value> {
        let size = node.shape[axis].clone();
        let shape = [vec![size.clone()], vec![Dim::ONE; node.shape.len() - axis - 1]].concat();
        if let Dim::Known(n) = size {
            let mut sizes = vec![1; shape.len()];
            sizes[0] = n;
            let count = Array::new(&sizes, (0..n as i64).collect::<Vec<_>>())?.cast(node.dtype);
            let name = self.scoped("iota");
            return Ok(Value::array(name, Arc::new(count)));
        }
        let list = self.sizes(&[size], node)?;
        let none = self.integers(&[])?;
        let end = self.node("Reshape", &[&list, &none], []);
        let (zero, one) = (self.number(DType::I64, 0.0)?, self.number(DType::I64, 1.0)?);
        let range = self.node("Range", &[&zero, &end, &one], []);
        let mut sizes = vec![1; shape.len()];
        sizes[0] = -1;
        let sizes = self.integers(&sizes)?;
        let range = self.node("Reshape", &[&range, &sizes], []);
        let name = Formula::new(self, node.dtype).cast(&range, node.dtype);
        Ok(Value::tensor(name, shape))
    }

    pub(super) fn gather(&mut self, node: &Node, axis: usize) -> Result<Value> {
        let (x, indices) = (self.full_plain(node.inputs[0])?, self.full_plain(node.inputs[1])?);
        let name = self.node("Gather", &[&x, &indices], [("axis", axis.into())]);
        Ok(Value::tensor(name, node.shape.clone()))
    }

    /// Rows of updates `(outer, places, inner)`, added to zeros `(outer, size, inner)`.
    pub(super) fn scatter_add(&mut self, node: &Node, axis: usize) -> Result<Value> {
        let updates = self.full_plain(node.inputs[0])?;
        let indices = self.full_plain(node.inputs[1])?;
        let [sizes, places] =
            [node.inputs[0], node.inputs[1]].map(|i| self.traces.nodes[i].shape.clone());
        let product = |dims: &[Dim]| {
            let count = node.ops.len();
            let at = |d: &Dim, i: usize| match d {
                Dim::Known(n) => *n,
                Dim::Open(values) => values[i],
            };
            Dim::of((0..count).map(|i| dims.iter().map(|d| at(d, i)).product()).collect())
        };
        let outer = product(&sizes[..axis]);
        let count = product(&places);
        let inner = product(&sizes[axis + places.len()..]);
        let flat = self.sizes(&[outer.clone(), count.clone(), inner.clone()], node)?;
        let updates = self.node("Reshape", &[&updates, &flat], []);
        let line = self.sizes(&[Dim::ONE, count, Dim::ONE], node)?;
        let line = self.node("Reshape", &[&indices, &line], []);
        let indices = self.node("Expand", &[&line, &flat], []);
        let shape = self.sizes(&[outer, node.shape[axis].clone(), inner], node)?;
        let zero = self.number(node.dtype, 0.0)?;
        let zeros = self.node("Expand", &[&zero, &shape], []);
        let attributes = [("axis", 1i64.into()), ("reduction", Attr::Text("add"))];
        let sums = self.node("ScatterElements", &[&zeros, &indices, &updates], attributes);
        let shape = self.sizes(&node.shape, node)?;
        let name = self.node("Reshape", &[&sums, &shape], []);
        Ok(Value::tensor(name, node.shape.clone()))
    }
}
