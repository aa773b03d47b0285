//! The windows of signal processing: weights that fall off towards both ends.
//!
//! Formulas: F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier
//! transform", 1978, in the symmetric form that NumPy gives.

use crate::ops::{abs, cast, cos, iota};
use crate::{Array, DType, Error, Tensor};

/// A function of the places of `m` points, spread evenly over [-1, 1], computed in double precision.
fn window(m: usize, dtype: DType, f: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
    if m == 1 {
        return crate::ops::ones(&[1], dtype);
    }
    let last = m.saturating_sub(1) as f64;
    let at = (iota(&[m], 0, DType::F64) * 2.0 - last) / last;
    cast(&f(&at), dtype)
}

/// The Bartlett window of `m` points: a triangle that is 0 at both ends.
pub fn bartlett(m: usize, dtype: DType) -> Tensor {
    window(m, dtype, |x| 1.0 - abs(x))
}

/// The Hann window of `m` points: 0.5 + 0.5 cos πx for x over [-1, 1].
///
/// ```
/// use cornu_graph::{DType, ops, testing::value};
/// assert_eq!(value(&ops::hanning(3, DType::F32))?.to_vec::<f32>(), [0.0, 1.0, 0.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn hanning(m: usize, dtype: DType) -> Tensor {
    window(m, dtype, |x| cos(&(x * std::f64::consts::PI)) * 0.5 + 0.5)
}

/// The Hamming window of `m` points: 0.54 + 0.46 cos πx for x over [-1, 1].
pub fn hamming(m: usize, dtype: DType) -> Tensor {
    window(m, dtype, |x| cos(&(x * std::f64::consts::PI)) * 0.46 + 0.54)
}

/// The Blackman window of `m` points: 0.42 + 0.5 cos πx + 0.08 cos 2πx for x over [-1, 1].
pub fn blackman(m: usize, dtype: DType) -> Tensor {
    window(m, dtype, |x| {
        let x = x * std::f64::consts::PI;
        cos(&x) * 0.5 + cos(&(x * 2.0)) * 0.08 + 0.42
    })
}

/// The Kaiser window of `m` points: I₀(β √(1 − x²)) / I₀(β) for x over [-1, 1].
///
/// A larger `beta` is narrower: 0 is a rectangle, 5 is like [`hamming`], 8.6 like [`blackman`].
///
/// Errors when `beta` is not in [-700, 700], where I₀ is a double.
pub fn kaiser(m: usize, beta: f64, dtype: DType) -> Tensor {
    if !(-700.0..=700.0).contains(&beta) {
        return Tensor::error(Error::invalid("kaiser", "beta", "must be in [-700, 700]", beta));
    }
    if let Err(error) = crate::array::check_memory("kaiser", &[m], DType::F64) {
        return Tensor::error(error);
    }
    let (last, whole) = (m.saturating_sub(1).max(1) as f64, i0(beta));
    let weight = |i: usize| {
        let (left, right) = (2.0 * i as f64 / last, 2.0 * (last - i as f64) / last);
        // 1 − x² as a product, without cancellation at the ends.
        if m == 1 { 1.0 } else { i0(beta * (left * right).sqrt()) / whole }
    };
    Tensor::from(Array::from((0..m).map(weight).collect::<Vec<f64>>()).cast(dtype))
}

/// The modified Bessel function of order 0 by its power series Σ ((x/2)ᵏ / k!)², all of one sign.
fn i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut total, mut k) = (1.0, 1.0, 1.0);
    while term > total * f64::EPSILON / 4.0 {
        term *= quarter / (k * k);
        total += term;
        k += 1.0;
    }
    total
}
