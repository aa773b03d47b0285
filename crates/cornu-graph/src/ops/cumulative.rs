//! Sums and products of the elements up to each place along an axis.
//!
//! By doubling steps (Hillis and Steele, 1986): log2(n) element-wise operations, exact for integers, and
//! differentiable everywhere because each step is.

use crate::ops::{add, cast, isnan, multiply, ones_like, pad, slice_axis, where_, zeros_like};
use crate::{DType, Tensor, normalize_axis};

/// The sums of the elements up to each place along `axis`; `bool` counts as `int32`.
pub fn cumsum(x: &Tensor, axis: isize) -> Tensor {
    doubling("cumsum", x, axis, 0.0, add)
}

/// The products of the elements up to each place along `axis`; `bool` counts as `int32`.
pub fn cumprod(x: &Tensor, axis: isize) -> Tensor {
    doubling("cumprod", x, axis, 1.0, multiply)
}

/// [`cumsum`] with NaN as 0.
pub fn nancumsum(x: &Tensor, axis: isize) -> Tensor {
    cumsum(&where_(&isnan(x), &zeros_like(x), x), axis)
}

/// [`cumprod`] with NaN as 1.
pub fn nancumprod(x: &Tensor, axis: isize) -> Tensor {
    cumprod(&where_(&isnan(x), &ones_like(x), x), axis)
}

fn doubling(
    name: &str,
    x: &Tensor,
    axis: isize,
    neutral: f64,
    join: fn(&Tensor, &Tensor) -> Tensor,
) -> Tensor {
    Tensor::compose(&[x], || {
        let at = normalize_axis(name, axis, x.ndim())?;
        let size = x.shape()[at];
        let mut y = if x.dtype() == DType::Bool { cast(x, DType::I32) } else { x.clone() };
        let mut step = 1;
        while step < size {
            let mut padding = vec![(0, 0); x.ndim()];
            padding[at] = (step, 0);
            let shifted = pad(&slice_axis(&y, axis, 0, size - step), &padding, neutral);
            y = join(&y, &shifted);
            step *= 2;
        }
        Ok(y)
    })
}
