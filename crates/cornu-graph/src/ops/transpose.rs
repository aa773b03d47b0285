//! Permutation and reversal of axes.

use crate::ops::{Operation, Vjp, arity, attribute, check_axis, place_of, rearrange};
use crate::{Array, Error, Result, Spec, Tensor, normalize_axes, normalize_axis};

/// The axes in another order: axis `i` of the result is axis `axes[i]` of the input.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transpose {
    /// The permutation.
    pub axes: Vec<usize>,
}

impl Operation for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        let mut sorted = self.axes.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..x.shape.len()) {
            return Err(Error::invalid(
                self.name(),
                "axes",
                format!("must be a permutation of the axes of {:?}", x.shape),
                format!("axes={:?}", self.axes),
            ));
        }
        Ok(Spec { shape: self.axes.iter().map(|&a| x.shape[a]).collect(), dtype: x.dtype })
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let mut inverse = vec![0; self.axes.len()];
        for (i, &a) in self.axes.iter().enumerate() {
            inverse[a] = i;
        }
        Ok(vec![Some(Tensor::apply(Transpose { axes: inverse }, &[vjp.dy]))])
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axes", &self.axes)]
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let from = inputs[0].shape();
        let mut source = vec![0; from.len()];
        rearrange(inputs[0], spec, |index| {
            for (&i, &a) in index.iter().zip(&self.axes) {
                source[a] = i;
            }
            Some(place_of(&source, from))
        })
    }
}

/// The elements in reverse order along some axes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Flip {
    /// The axes, sorted.
    pub axes: Vec<usize>,
}

impl Operation for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        for &axis in &self.axes {
            check_axis(self.name(), axis, x.shape.len())?;
        }
        Ok(x.clone())
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(Tensor::apply(self.clone(), &[vjp.dy]))])
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axes", &self.axes)]
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let mut source = vec![0; spec.shape.len()];
        rearrange(inputs[0], spec, |index| {
            source.copy_from_slice(index);
            for &a in &self.axes {
                source[a] = spec.shape[a] - 1 - index[a];
            }
            Some(place_of(&source, &spec.shape))
        })
    }
}

/// `x` with its axes in another order; an empty list reverses them.
pub fn transpose(x: &Tensor, axes: &[isize]) -> Tensor {
    Tensor::compose(&[x], || {
        let axes = if axes.is_empty() {
            (0..x.ndim()).rev().collect()
        } else {
            let at = |&a: &isize| normalize_axis("transpose", a, x.ndim());
            axes.iter().map(at).collect::<Result<Vec<_>>>()?
        };
        Ok(Tensor::apply(Transpose { axes }, &[x]))
    })
}

/// `x` with the order of its elements reversed along `axes`; an empty list means all.
pub fn flip(x: &Tensor, axes: &[isize]) -> Tensor {
    Tensor::compose(&[x], || {
        let axes = normalize_axes("flip", axes, x.ndim())?;
        Ok(Tensor::apply(Flip { axes }, &[x]))
    })
}
