//! Repetition along axes of size 1.

use crate::ops::{Operation, Vjp, arity, place_of, rearrange, reshape, sum};
use crate::{Array, Error, Result, Spec, Tensor, broadcast_shapes};

/// The input repeated to a larger shape by NumPy's rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Broadcast {
    /// The result's shape.
    pub shape: Vec<usize>,
}

impl Operation for Broadcast {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        if broadcast_shapes(self.name(), &x.shape, &self.shape)? != self.shape {
            return Err(Error::invalid(
                self.name(),
                "shape",
                format!("must be one that {:?} broadcasts to", x.shape),
                format!("shape={:?}", self.shape),
            ));
        }
        Ok(Spec { shape: self.shape.clone(), dtype: x.dtype })
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let from = vjp.inputs[0].shape();
        let added = self.shape.len() - from.len();
        let repeated = |i: usize| i < added || (from[i - added] == 1 && self.shape[i] != 1);
        let axes: Vec<isize> =
            (0..self.shape.len()).filter(|&i| repeated(i)).map(|i| i as isize).collect();
        let total = if axes.is_empty() { vjp.dy.clone() } else { sum(vjp.dy, &axes, false) };
        Ok(vec![Some(reshape(&total, from))])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let from = inputs[0].shape();
        let added = spec.shape.len() - from.len();
        rearrange(inputs[0], spec, |index| {
            let index: Vec<usize> = index[added..]
                .iter()
                .zip(from)
                .map(|(&i, &d)| if d == 1 { 0 } else { i })
                .collect();
            Some(place_of(&index, from))
        })
    }
}

/// `x` repeated along axes of size 1, and along new leading axes, to `shape`.
pub fn broadcast_to(x: &Tensor, shape: &[usize]) -> Tensor {
    if x.check().is_ok() && x.shape() == shape {
        x.clone()
    } else {
        Tensor::apply(Broadcast { shape: shape.to_vec() }, &[x])
    }
}

/// The tensors repeated to the one shape that all of them broadcast to.
pub fn broadcast_arrays(tensors: &[Tensor]) -> Vec<Tensor> {
    let common = tensors.iter().try_fold(Vec::new(), |shape, t| {
        t.check()?;
        broadcast_shapes("broadcast_arrays", &shape, t.shape())
    });
    let spread = |t: &Tensor| match &common {
        Ok(shape) => broadcast_to(t, shape),
        Err(error) => Tensor::error(error.clone()),
    };
    tensors.iter().map(spread).collect()
}
