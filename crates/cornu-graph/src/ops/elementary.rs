//! Functions of one tensor, element by element, that are made of others.

use std::f64::consts::PI;

use crate::ops::{
    abs, cast, equal, greater, isnan, less, less_equal, maximum, minimum, number_like, rint, sin,
    square, where_, zeros_like,
};
use crate::{DType, Error, Tensor};

/// The number itself; an error for `bool`, as in NumPy.
pub fn positive(x: &Tensor) -> Tensor {
    Tensor::compose(&[x], || {
        if x.dtype() == DType::Bool {
            return Err(Error::invalid("positive", "x", "must be a numeric type", x.dtype()));
        }
        Ok(x.clone())
    })
}

/// Whether an element is positive infinity.
pub fn isposinf(x: &Tensor) -> Tensor {
    equal(x, &number_like(x, f64::INFINITY))
}

/// Whether an element is negative infinity.
pub fn isneginf(x: &Tensor) -> Tensor {
    equal(x, &number_like(x, f64::NEG_INFINITY))
}

/// `x` limited to `[low, high]`; NaN stays. An infinite bound is none; `bool` counts as `int32`.
pub fn clip(x: &Tensor, low: f64, high: f64) -> Tensor {
    Tensor::compose(&[x], || {
        let mut y = if x.dtype() == DType::Bool { cast(x, DType::I32) } else { x.clone() };
        if low != f64::NEG_INFINITY {
            y = maximum(&y, &number_like(&y, low));
        }
        if high != f64::INFINITY {
            y = minimum(&y, &number_like(&y, high));
        }
        Ok(y)
    })
}

/// The larger of `x` and 0; NaN stays.
pub fn relu(x: &Tensor) -> Tensor {
    where_(&less_equal(x, &zeros_like(x)), &zeros_like(x), x)
}

/// `x` to `decimals` places behind the point, before it if negative; halves go to the even neighbour.
///
/// As in NumPy the number is scaled by a power of ten and rounded, so decimal fractions that no float holds can
/// go either way. Integers keep their dtype.
pub fn round(x: &Tensor, decimals: i32) -> Tensor {
    Tensor::compose(&[x], || {
        let dtype = x.dtype();
        if !dtype.is_float() {
            if decimals >= 0 {
                return Ok(x.clone());
            }
            // Exact for integers up to 2^53.
            return Ok(cast(&round(&cast(x, DType::F64), decimals), dtype));
        }
        // No number has more digits before the point.
        let digits = decimals.unsigned_abs().min(if dtype == DType::F32 { 38 } else { 308 });
        let scale = number_like(x, 10f64.powi(digits as i32));
        Ok(match decimals {
            0 => rint(x),
            d if d > 0 => {
                // Beyond the largest number that is not an integer there is nothing to round.
                let scaled = x * &scale;
                where_(&super::isfinite(&scaled), &(rint(&scaled) / &scale), x)
            }
            _ => rint(&(x / &scale)) * &scale,
        })
    })
}

/// Degrees in radians.
pub fn deg2rad(x: &Tensor) -> Tensor {
    x * (PI / 180.0)
}

/// Radians in degrees.
pub fn rad2deg(x: &Tensor) -> Tensor {
    x * (180.0 / PI)
}

/// sin(πx)/(πx), and 1 at 0.
pub fn sinc(x: &Tensor) -> Tensor {
    Tensor::compose(&[x], || {
        let y = cast(x, x.dtype().to_float()) * PI;
        // Near 0 the series, whose slope has no cancellation; it is exact to double precision.
        let near = less(&abs(&y), &number_like(&y, 0.05));
        let z = square(&where_(&near, &y, &zeros_like(&y)));
        let series = 1.0 - &z / 6.0 * (1.0 - &z / 20.0 * (1.0 - &z / 42.0));
        let far = where_(&near, &super::ones_like(&y), &y);
        Ok(where_(&near, &series, &(sin(&far) / &far)))
    })
}

/// `x` with NaN replaced by `nan`, and infinities by `posinf` and `neginf` (`None`: the largest and the least
/// number of the dtype). NumPy's default for `nan` is 0. Integers stay as they are.
pub fn nan_to_num(x: &Tensor, nan: f64, posinf: Option<f64>, neginf: Option<f64>) -> Tensor {
    Tensor::compose(&[x], || {
        let largest = match x.dtype() {
            DType::F32 => f64::from(f32::MAX),
            DType::F64 => f64::MAX,
            _ => return Ok(x.clone()),
        };
        let number = |value: f64| number_like(x, value);
        let (high, low) = (posinf.unwrap_or(largest), neginf.unwrap_or(-largest));
        let y = where_(&isnan(x), &number(nan), x);
        let y = where_(&greater(x, &number(largest)), &number(high), &y);
        Ok(where_(&less(x, &number(-largest)), &number(low), &y))
    })
}
