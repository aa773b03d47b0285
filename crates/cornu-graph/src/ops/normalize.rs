//! Vectors of length 1.

use crate::ops::{abs, cast, max, maximum, multiply, number_like, power, rsqrt, square, sum};
use crate::{Error, Tensor};

/// `x` divided by its Euclidean length over `axes` (all if empty), or by `epsilon` if that is larger.
pub fn l2_normalize(x: &Tensor, axes: &[isize], epsilon: f64) -> Tensor {
    Tensor::compose(&[x], || {
        let x = cast(x, x.dtype().to_float());
        let square_sum = sum(&square(&x), axes, true);
        // Limited before the root, where the slope would be infinite at 0.
        let least = number_like(&x, (epsilon * epsilon).max(f64::from(f32::MIN_POSITIVE)));
        Ok(multiply(&x, &rsqrt(&maximum(&square_sum, &least))))
    })
}

/// `x` divided by its norm of order `order` over `axes` (all if empty), or by `epsilon` if that is larger:
/// Keras's defaults are the last axis, order 2 and `epsilon` 1e-7. Order infinity is the largest magnitude.
pub fn normalize(x: &Tensor, axes: &[isize], order: f64, epsilon: f64) -> Tensor {
    if order == 2.0 {
        return l2_normalize(x, axes, epsilon);
    }
    Tensor::compose(&[x], || {
        if order.is_nan() || order < 1.0 {
            return Err(Error::invalid("normalize", "order", "must be at least 1", order));
        }
        let x = cast(x, x.dtype().to_float());
        let size = abs(&x);
        let norm = if order == 1.0 {
            sum(&size, axes, true)
        } else if order == f64::INFINITY {
            max(&size, axes, true)
        } else {
            let total = sum(&power(&size, &number_like(&x, order)), axes, true);
            power(&total, &number_like(&x, 1.0 / order))
        };
        Ok(&x / maximum(&norm, &number_like(&norm, epsilon)))
    })
}
