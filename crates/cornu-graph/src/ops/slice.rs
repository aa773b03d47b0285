//! A regular part of a tensor.

use crate::ops::{Operation, Pad, Vjp, arity, attribute, place_of, rearrange};
use crate::{Array, Error, Result, Spec, Tensor, normalize_axis};

/// Elements `start, start + step, …` below `stop` along every axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slice {
    /// First index per axis.
    pub start: Vec<usize>,
    /// End (exclusive) per axis.
    pub stop: Vec<usize>,
    /// Distance per axis, at least 1; see [`crate::ops::flip`] for a reversal.
    pub step: Vec<usize>,
}

impl Operation for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        let rank = x.shape.len();
        let ranks = self.start.len() == rank && self.stop.len() == rank && self.step.len() == rank;
        let inside = |i: usize| {
            self.start[i] <= self.stop[i] && self.stop[i] <= x.shape[i] && self.step[i] > 0
        };
        if !ranks || !(0..rank).all(inside) {
            return Err(Error::invalid(
                self.name(),
                "range",
                format!("must satisfy start <= stop <= {:?} and step >= 1", x.shape),
                format!("start={:?} stop={:?} step={:?}", self.start, self.stop, self.step),
            ));
        }
        let size = |i: usize| (self.stop[i] - self.start[i]).div_ceil(self.step[i]);
        Ok(Spec { shape: (0..rank).map(size).collect(), dtype: x.dtype })
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (from, to) = (vjp.inputs[0].shape(), vjp.dy.shape());
        let covered = |i: usize| match to[i] {
            0 => 0,
            n => (n - 1) * self.step[i] + 1,
        };
        // An empty slice covers nothing: all of the axis is padding.
        let low = |i: usize| if to[i] == 0 { 0 } else { self.start[i] };
        let pad = Pad {
            low: (0..from.len()).map(low).collect(),
            high: (0..from.len()).map(|i| from[i] - low(i) - covered(i)).collect(),
            interior: self.step.iter().map(|s| s - 1).collect(),
            value: 0f64.to_bits(),
        };
        Ok(vec![Some(Tensor::apply(pad, &[vjp.dy]))])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut list = vec![attribute("start", &self.start), attribute("stop", &self.stop)];
        if self.step.iter().any(|&s| s != 1) {
            list.push(attribute("step", &self.step));
        }
        list
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let from = inputs[0].shape();
        let mut source = vec![0; from.len()];
        rearrange(inputs[0], spec, |index| {
            for (i, s) in source.iter_mut().enumerate() {
                *s = self.start[i] + index[i] * self.step[i];
            }
            Some(place_of(&source, from))
        })
    }
}

/// Elements `start..stop` with a step along every axis.
pub fn slice(x: &Tensor, start: &[usize], stop: &[usize], step: &[usize]) -> Tensor {
    let op = Slice { start: start.to_vec(), stop: stop.to_vec(), step: step.to_vec() };
    Tensor::apply(op, &[x])
}

/// Elements `start..stop` along one axis.
pub fn slice_axis(x: &Tensor, axis: isize, start: usize, stop: usize) -> Tensor {
    Tensor::compose(&[x], || {
        let axis = normalize_axis("slice", axis, x.ndim())?;
        let (mut starts, mut stops) = (vec![0; x.ndim()], x.shape().to_vec());
        starts[axis] = start;
        stops[axis] = stop;
        Ok(slice(x, &starts, &stops, &vec![1; x.ndim()]))
    })
}
