//! Means, spreads and counts over axes.

use crate::ops::{broadcast_to, cast, max, min, multiply, reshape, sqrt, square, sum, with_ones};
use crate::{DType, Error, Tensor, normalize_axes, normalize_axis};

/// How many elements each result of a reduction of `x` to `y` is made of; NaN if there are no results.
fn ratio(x: &Tensor, y: &Tensor) -> f64 {
    x.count() as f64 / y.count() as f64
}

/// The mean over `axes` (all if empty), NaN of nothing; integers become `float32`.
pub fn mean(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let x = cast(x, x.dtype().to_float());
        let total = sum(&x, axes, keepdims);
        let ratio = ratio(&x, &total);
        Ok(total / ratio)
    })
}

/// The variance over `axes` (all if empty): the sum of squared distances from the mean, divided by the number
/// of elements less `ddof` (0 for a population, 1 for a sample); integers become `float32`. NaN or infinite
/// where that is not above 0, as in NumPy.
pub fn var(x: &Tensor, axes: &[isize], ddof: usize, keepdims: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let x = cast(x, x.dtype().to_float());
        let total = sum(&square(&(&x - mean(&x, axes, true))), axes, keepdims);
        let freedom = (ratio(&x, &total) - ddof as f64).max(0.0);
        Ok(total / freedom)
    })
}

/// The standard deviation over `axes` (all if empty): the root of [`var`].
pub fn std(x: &Tensor, axes: &[isize], ddof: usize, keepdims: bool) -> Tensor {
    sqrt(&var(x, axes, ddof, keepdims))
}

/// [`mean`] and [`var`] (of a population) over `axes` (all if empty).
pub fn moments(x: &Tensor, axes: &[isize], keepdims: bool) -> (Tensor, Tensor) {
    (mean(x, axes, keepdims), var(x, axes, 0, keepdims))
}

/// The largest element less the smallest over `axes` (all if empty).
pub fn ptp(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    max(x, axes, keepdims) - min(x, axes, keepdims)
}

/// The number (`int32`) of elements over `axes` (all if empty) that are not 0; NaN is not 0.
pub fn count_nonzero(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    sum(&cast(x, DType::Bool), axes, keepdims)
}

/// The mean over `axes` (all if empty), each element as often as `weights` says: all alike if `None`; else
/// weights of the shape of `x`, or one per index of a single axis. Integers become `float32`. NaN or infinite
/// where the weights sum to 0.
pub fn average(x: &Tensor, axes: &[isize], weights: Option<&Tensor>, keepdims: bool) -> Tensor {
    let Some(weights) = weights else { return mean(x, axes, keepdims) };
    Tensor::compose(&[x, weights], || {
        let dtype = x.dtype().promote(weights.dtype()).to_float();
        let (x, weights) = (cast(x, dtype), cast(weights, dtype));
        let weights = match axes {
            _ if weights.shape() == x.shape() => weights,
            &[axis] if weights.ndim() == 1 => {
                let axis = normalize_axis("average", axis, x.ndim())?;
                let others: Vec<usize> = (0..x.ndim()).filter(|&i| i != axis).collect();
                let shape = with_ones(x.shape(), &others);
                if weights.shape() != [shape[axis]] {
                    let rule = format!("must have {} elements for axis {axis}", shape[axis]);
                    return Err(Error::invalid("average", "weights", rule, weights.spec()));
                }
                broadcast_to(&reshape(&weights, &shape), x.shape())
            }
            _ => {
                normalize_axes("average", axes, x.ndim())?;
                let rule = format!("must have the shape {:?}, or one axis of it", x.shape());
                return Err(Error::invalid("average", "weights", rule, weights.spec()));
            }
        };
        Ok(sum(&multiply(&x, &weights), axes, keepdims) / sum(&weights, axes, keepdims))
    })
}
