//! Functions whose outputs share a total of 1 along an axis.

use cornu_graph::ops::{self, cast, greater, iota, less, number_like, sum, where_};
use cornu_graph::{Tensor, normalize_axis};

use super::rectifiers::float;

/// [`softmax_with`] along the last axis.
pub fn softmax(x: &Tensor) -> Tensor {
    softmax_with(x, -1)
}

/// `exp(x) / Σ exp(x)` along `axis`.
pub fn softmax_with(x: &Tensor, axis: isize) -> Tensor {
    ops::softmax(x, &[axis])
}

/// [`log_softmax_with`] along the last axis.
pub fn log_softmax(x: &Tensor) -> Tensor {
    log_softmax_with(x, -1)
}

/// `log(softmax(x))` along `axis`, exact where the softmax is close to 0.
pub fn log_softmax_with(x: &Tensor, axis: isize) -> Tensor {
    ops::log_softmax(x, &[axis])
}

/// [`sparsemax_with`] along the last axis.
pub fn sparsemax(x: &Tensor) -> Tensor {
    sparsemax_with(x, -1)
}

/// The point of the probability simplex closest to `x` along `axis`: `max(x - τ, 0)`, with sum 1 and mostly
/// zeros (Martins and Astudillo, 2016).
///
/// Keras up to 3.15 computes too large a τ when several elements stay above 0; later versions do as this does
/// (keras-team/keras#23469).
pub fn sparsemax_with(x: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let at = normalize_axis("sparsemax", axis, x.ndim())?;
        let x = float(x);
        let sorted = ops::sort(&x, axis, true);
        let running = ops::cumsum(&sorted, axis);
        let mut counter = vec![1; x.ndim()];
        counter[at] = x.shape()[at];
        let rank = iota(&counter, at as isize, x.dtype()) + 1.0;
        let zero = number_like(&x, 0.0);
        let support = greater(&(&sorted - (&running - 1.0) / rank), &zero);
        let count = sum(&cast(&support, x.dtype()), &[axis], true);
        let total = sum(&where_(&support, &sorted, &zero), &[axis], true);
        let above = &x - (total - 1.0) / count;
        // On the edge the slope is 1, as in TensorFlow.
        Ok(where_(&less(&above, &zero), &zero, &above))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Eval};

    #[test]
    fn sparsemax_is_the_projection_onto_the_simplex() {
        let x = Tensor::from(
            Array::new(&[3, 3], vec![0.0, 0.5, 1.0, 2.0, 2.0, 2.0, -3.0, 9.0, 0.5]).unwrap(),
        );
        let y = sparsemax(&x).array().unwrap().to_vec::<f64>();
        let third = 1.0 / 3.0;
        for (y, expected) in y.iter().zip([0.0, 0.25, 0.75, third, third, third, 0.0, 1.0, 0.0]) {
            assert!((y - expected).abs() < 1e-15, "{y} instead of {expected}");
        }
        let columns = sparsemax_with(&x, 0);
        let total = ops::sum(&columns, &[0], false).array().unwrap().to_vec::<f64>();
        assert!(total.iter().all(|t| (t - 1.0).abs() < 1e-15), "{total:?}");
    }

    #[test]
    fn slopes_of_sparsemax_are_centered_on_the_support() {
        let x = Tensor::from(Array::new(&[4], vec![0.1, 0.6, -9.0, 0.5]).unwrap());
        let weights = Tensor::from(Array::new(&[4], vec![1.0, 2.0, 50.0, 6.0]).unwrap());
        let total = ops::sum(&(sparsemax(&x) * weights), &[], false);
        let slope = crate::gradients(&total, &[x]).unwrap()[0].array().unwrap().to_vec::<f64>();
        for (slope, expected) in slope.iter().zip([-2.0, -1.0, 0.0, 3.0]) {
            assert!((slope - expected).abs() < 1e-12, "{slope} instead of {expected}");
        }
    }

    #[test]
    fn a_missing_axis_is_an_error() {
        let x = Tensor::scalar(1.0f32);
        for y in [softmax(&x), log_softmax(&x), sparsemax(&x)] {
            assert!(y.check().unwrap_err().to_string().contains("axis"));
        }
    }
}
