//! Functions of two tensors, element by element, that are made of others.

use std::f64::consts::LOG2_E;

use crate::ops::{
    abs, all, cast, equal, exp, exp2, floor_divide, greater, isfinite, isnan, less, less_equal,
    log1p, logical_and, logical_or, maximum, minimum, mod_, power, unify, where_, zeros_like,
};
use crate::{DType, Tensor};

pub use super::{
    abs as absolute, bitwise_not as bitwise_invert, divide as true_divide,
    left_shift as bitwise_left_shift, max as amax, min as amin, mod_ as remainder,
    right_shift as bitwise_right_shift,
};

/// The larger, element by element; a number wins over NaN.
pub fn fmax(a: &Tensor, b: &Tensor) -> Tensor {
    ignoring_nan("fmax", maximum, a, b)
}

/// The smaller, element by element; a number wins over NaN.
pub fn fmin(a: &Tensor, b: &Tensor) -> Tensor {
    ignoring_nan("fmin", minimum, a, b)
}

fn ignoring_nan(
    name: &str,
    function: fn(&Tensor, &Tensor) -> Tensor,
    a: &Tensor,
    b: &Tensor,
) -> Tensor {
    Tensor::compose(&[a, b], || {
        let (a, b) = unify(name, a, b, |d| d)?;
        if !a.dtype().is_float() {
            return Ok(function(&a, &b));
        }
        Ok(function(&where_(&isnan(&a), &b, &a), &where_(&isnan(&b), &a, &b)))
    })
}

/// `log(exp(a) + exp(b))` without overflow.
pub fn logaddexp(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        let (top, gap) = top_and_gap("logaddexp", a, b)?;
        Ok(top + log1p(&exp(&gap)))
    })
}

/// `log2(2^a + 2^b)` without overflow.
pub fn logaddexp2(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        let (top, gap) = top_and_gap("logaddexp2", a, b)?;
        Ok(top + log1p(&exp2(&gap)) * LOG2_E)
    })
}

/// The larger, and how far the other is from it (not above 0).
fn top_and_gap(name: &str, a: &Tensor, b: &Tensor) -> crate::Result<(Tensor, Tensor)> {
    let (a, b) = unify(name, a, b, DType::to_float)?;
    // Equal infinities have no difference.
    let gap = where_(&equal(&a, &b), &zeros_like(&a), &-abs(&(&a - &b)));
    Ok((maximum(&a, &b), gap))
}

/// 0 where `x` is negative, 1 where it is positive, `at_zero` where it is 0; NaN stays.
pub fn heaviside(x: &Tensor, at_zero: &Tensor) -> Tensor {
    Tensor::compose(&[x, at_zero], || {
        let (x, at_zero) = unify("heaviside", x, at_zero, DType::to_float)?;
        let (zero, one) = (zeros_like(&x), super::ones_like(&x));
        let step = where_(&equal(&x, &zero), &at_zero, &where_(&greater(&x, &zero), &one, &x));
        Ok(where_(&less(&x, &zero), &zero, &step))
    })
}

/// The quotient, element by element, and 0 where `b` is 0.
pub fn divide_no_nan(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        let (a, b) = unify("divide_no_nan", a, b, DType::to_float)?;
        let zero = equal(&b, &zeros_like(&b));
        Ok(where_(&zero, &zeros_like(&a), &(a / where_(&zero, &super::ones_like(&b), &b))))
    })
}

/// [`floor_divide`] and [`mod_`].
pub fn divmod(a: &Tensor, b: &Tensor) -> (Tensor, Tensor) {
    (floor_divide(a, b), mod_(a, b))
}

/// [`power`] in `float64`, whatever the dtypes.
pub fn float_power(a: &Tensor, b: &Tensor) -> Tensor {
    power(&cast(a, DType::F64), &cast(b, DType::F64))
}

/// Whether two elements are equal within a tolerance: `|a - b| <= atol + rtol·|b|`. NumPy's defaults are
/// `rtol` 1e-5 and `atol` 1e-8. Infinities equal only themselves, and NaN equals NaN if `equal_nan`.
///
/// ```
/// use cornu_graph::{Tensor, ops, testing::value};
/// let (a, b) = (Tensor::from([1.0, 2.0]), Tensor::from([1.0 + 1e-9, 2.1]));
/// assert_eq!(value(&ops::isclose(&a, &b, 1e-5, 1e-8, false))?.to_vec::<bool>(), [true, false]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn isclose(a: &Tensor, b: &Tensor, rtol: f64, atol: f64, equal_nan: bool) -> Tensor {
    Tensor::compose(&[a, b], || {
        // Integers that single precision would merge stay apart.
        let exact = |d: DType| if d.is_float() { d } else { DType::F64 };
        let (a, b) = unify("isclose", a, b, exact)?;
        let near = less_equal(&abs(&(&a - &b)), &(abs(&b) * rtol + atol));
        let close = logical_or(&equal(&a, &b), &logical_and(&near, &isfinite(&b)));
        if equal_nan {
            return Ok(logical_or(&close, &logical_and(&isnan(&a), &isnan(&b))));
        }
        Ok(close)
    })
}

/// Whether all elements are equal within a tolerance, as one `bool`; see [`isclose`].
pub fn allclose(a: &Tensor, b: &Tensor, rtol: f64, atol: f64, equal_nan: bool) -> Tensor {
    all(&isclose(a, b, rtol, atol, equal_nan), &[], false)
}

/// Whether two tensors have one shape and equal elements, as one `bool`; NaN equals NaN if `equal_nan`.
pub fn array_equal(a: &Tensor, b: &Tensor, equal_nan: bool) -> Tensor {
    Tensor::compose(&[a, b], || {
        if a.shape() != b.shape() {
            return Ok(Tensor::scalar(false));
        }
        let mut same = equal(a, b);
        if equal_nan {
            same = logical_or(&same, &logical_and(&isnan(a), &isnan(b)));
        }
        Ok(all(&same, &[], false))
    })
}
