//! The same elements under another shape.

use crate::ops::{Operation, Vjp, arity};
use crate::{Array, Error, Result, Spec, Tensor, element_count, normalize_axes};

/// The same elements in row-major order under another shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// The result's shape.
    pub shape: Vec<usize>,
}

impl Operation for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        if element_count(self.name(), &self.shape)? != x.count() {
            return Err(Error::invalid(
                self.name(),
                "shape",
                format!("must have the {} elements of {:?}", x.count(), x.shape),
                format!("shape={:?}", self.shape),
            ));
        }
        Ok(Spec { shape: self.shape.clone(), dtype: x.dtype })
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(reshape(vjp.dy, vjp.inputs[0].shape()))])
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        inputs[0].clone().reshape(&spec.shape)
    }
}

/// The elements of `x` in row-major order under another shape.
pub fn reshape(x: &Tensor, shape: &[usize]) -> Tensor {
    if x.check().is_ok() && x.shape() == shape {
        x.clone()
    } else {
        Tensor::apply(Reshape { shape: shape.to_vec() }, &[x])
    }
}

/// `x` with a new axis of size 1 at `axis` (counted in the result).
pub fn expand_dims(x: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let at = crate::normalize_axis("expand_dims", axis, x.ndim() + 1)?;
        let mut shape = x.shape().to_vec();
        shape.insert(at, 1);
        Ok(reshape(x, &shape))
    })
}

/// `x` without axes of size 1: the given ones, or all if `axes` is empty.
pub fn squeeze(x: &Tensor, axes: &[isize]) -> Tensor {
    Tensor::compose(&[x], || {
        let chosen = normalize_axes("squeeze", axes, x.ndim())?;
        if let Some(&bad) = chosen.iter().find(|&&a| !axes.is_empty() && x.shape()[a] != 1) {
            return Err(Error::invalid(
                "squeeze",
                "axes",
                "must name axes of size 1",
                format!("axis {bad} of {:?}", x.shape()),
            ));
        }
        let kept = |(i, d): (usize, &usize)| (*d != 1 || !chosen.contains(&i)).then_some(*d);
        let shape: Vec<usize> = x.shape().iter().enumerate().filter_map(kept).collect();
        Ok(reshape(x, &shape))
    })
}
