//! Reductions in which NaN counts as missing.

use crate::ops::{
    all, argmax, argmin, cast, isnan, logical_not, max, min, number_like, prod, sqrt, square, sum,
    where_, zeros_like,
};
use crate::{DType, Tensor};

/// `x` with NaN replaced.
fn fill(x: &Tensor, number: f64) -> Tensor {
    if x.dtype().is_float() { where_(&isnan(x), &number_like(x, number), x) } else { x.clone() }
}

/// How many elements are numbers, as a float beside `x`.
fn numbers(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    cast(&sum(&logical_not(&isnan(x)), axes, keepdims), x.dtype())
}

/// [`sum`] with NaN as 0.
pub fn nansum(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    sum(&fill(x, 0.0), axes, keepdims)
}

/// [`prod`] with NaN as 1.
pub fn nanprod(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    prod(&fill(x, 1.0), axes, keepdims)
}

/// The mean of the numbers over `axes` (all if empty), NaN where there are none; integers become `float32`.
pub fn nanmean(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let x = cast(x, x.dtype().to_float());
        Ok(nansum(&x, axes, keepdims) / numbers(&x, axes, keepdims))
    })
}

/// The variance of the numbers over `axes` (all if empty) with `ddof` as in [`var`](super::var); NaN where
/// there are not more numbers than `ddof`.
pub fn nanvar(x: &Tensor, axes: &[isize], ddof: usize, keepdims: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let x = cast(x, x.dtype().to_float());
        let total = nansum(&square(&(&x - nanmean(&x, axes, true))), axes, keepdims);
        let freedom = numbers(&x, axes, keepdims) - ddof as f64;
        let none = super::less_equal(&freedom, &zeros_like(&freedom));
        Ok(total / where_(&none, &number_like(&freedom, f64::NAN), &freedom))
    })
}

/// The standard deviation of the numbers over `axes` (all if empty): the root of [`nanvar`].
pub fn nanstd(x: &Tensor, axes: &[isize], ddof: usize, keepdims: bool) -> Tensor {
    sqrt(&nanvar(x, axes, ddof, keepdims))
}

/// The largest number over `axes` (all if empty); NaN where there are none.
pub fn nanmax(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    extreme(max, f64::NEG_INFINITY, x, axes, keepdims)
}

/// The smallest number over `axes` (all if empty); NaN where there are none.
pub fn nanmin(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    extreme(min, f64::INFINITY, x, axes, keepdims)
}

fn extreme(
    of: fn(&Tensor, &[isize], bool) -> Tensor,
    neutral: f64,
    x: &Tensor,
    axes: &[isize],
    keepdims: bool,
) -> Tensor {
    Tensor::compose(&[x], || {
        let found = of(&fill(x, neutral), axes, keepdims);
        if !x.dtype().is_float() {
            return Ok(found);
        }
        let none = all(&isnan(x), axes, keepdims);
        Ok(where_(&none, &number_like(x, f64::NAN), &found))
    })
}

/// The index (`int32`) of the first largest number along `axis`; -1 where there are only NaN, as in Keras.
pub fn nanargmax(x: &Tensor, axis: isize) -> Tensor {
    place(argmax, f64::NEG_INFINITY, x, axis)
}

/// The index (`int32`) of the first smallest number along `axis`; -1 where there are only NaN, as in Keras.
pub fn nanargmin(x: &Tensor, axis: isize) -> Tensor {
    place(argmin, f64::INFINITY, x, axis)
}

fn place(of: fn(&Tensor, isize) -> Tensor, neutral: f64, x: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let found = of(&fill(x, neutral), axis);
        found.check()?;
        if !x.dtype().is_float() {
            return Ok(found);
        }
        let none = all(&isnan(x), &[axis], false);
        Ok(where_(&none, &super::full(&[], -1i32), &cast(&found, DType::I32)))
    })
}
