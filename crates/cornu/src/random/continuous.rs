//! Uniform, normal, gamma and beta values.

use cornu_graph::ops::{self, Distribution, Law, random, random_variate};
use cornu_graph::{DType, Error, Result, Tensor};

use super::Seed;

/// Checks the type of real values.
pub(super) fn check_float(function: &str, dtype: DType) -> Result<()> {
    if dtype.is_float() {
        return Ok(());
    }
    Err(Error::invalid(function, "dtype", "must be a floating-point type", dtype))
}

/// Uniform values in `[minval, maxval)`. Keras's defaults: 0, 1, `float32`.
///
/// # Errors
/// The tensor carries one when the dtype is not floating-point or the shape does not fit in memory.
pub fn uniform(
    shape: &[usize],
    minval: f64,
    maxval: f64,
    dtype: DType,
    seed: impl Into<Seed>,
) -> Tensor {
    random(Distribution::Uniform, &seed.into().0, shape, dtype) * (maxval - minval) + minval
}

/// Normal values. Keras's defaults: mean 0, standard deviation 1, `float32`.
///
/// # Errors
/// The tensor carries one when the dtype is not floating-point or the shape does not fit in memory.
pub fn normal(
    shape: &[usize],
    mean: f64,
    stddev: f64,
    dtype: DType,
    seed: impl Into<Seed>,
) -> Tensor {
    random(Distribution::Normal, &seed.into().0, shape, dtype) * stddev + mean
}

/// Normal values, none farther from the mean than two standard deviations. Keras's defaults: mean 0,
/// standard deviation 1, `float32`.
///
/// By inversion: uniform values between the quantiles of ±2.
///
/// # Errors
/// The tensor carries one when the dtype is not floating-point or the shape does not fit in memory.
pub fn truncated_normal(
    shape: &[usize],
    mean: f64,
    stddev: f64,
    dtype: DType,
    seed: impl Into<Seed>,
) -> Tensor {
    // erf(√2): the part of a normal law within two standard deviations.
    const WITHIN: f64 = 0.954_499_736_103_641_6;
    Tensor::compose(&[], || {
        check_float("truncated_normal", dtype)?;
        let uniform = random(Distribution::Uniform, &seed.into().0, shape, DType::F64);
        let standard = ops::erfinv(&((uniform * 2.0 - 1.0) * WITHIN)) * std::f64::consts::SQRT_2;
        Ok(ops::cast(&(standard * stddev + mean), dtype))
    })
}

/// Gamma values of scale 1.
///
/// `alpha`: the shape parameter, a number or a tensor that broadcasts to `shape`; not positive ones give NaN. For small ones most
/// values are smaller than the smallest number of `dtype`, and 0. Keras's default for `dtype`: `float32`.
///
/// # Errors
/// The tensor carries one when the dtype is not floating-point or `alpha` does not broadcast to the shape.
pub fn gamma(
    shape: &[usize],
    alpha: impl Into<Tensor>,
    dtype: DType,
    seed: impl Into<Seed>,
) -> Tensor {
    let alpha = alpha.into();
    Tensor::compose(&[&alpha], || {
        check_float("gamma", dtype)?;
        let log =
            random_variate(Law::LogGamma, &seed.into().0, &alpha, &Tensor::scalar(0.0), shape);
        Ok(ops::cast(&ops::exp(&log), dtype))
    })
}

/// Beta values: in `[0, 1]`, by two gamma values `X` and `Y` as `X / (X + Y)`, computed from their logarithms, so that small
/// parameters do not divide 0 by 0.
///
/// `alpha`, `beta`: numbers or tensors that broadcast to `shape`; not positive ones give NaN. Keras's default for `dtype`:
/// `float32`.
///
/// # Errors
/// The tensor carries one when the dtype is not floating-point or a parameter does not broadcast to the shape.
pub fn beta(
    shape: &[usize],
    alpha: impl Into<Tensor>,
    beta: impl Into<Tensor>,
    dtype: DType,
    seed: impl Into<Seed>,
) -> Tensor {
    let (alpha, beta) = (alpha.into(), beta.into());
    Tensor::compose(&[&alpha, &beta], || {
        check_float("beta", dtype)?;
        // Both sides are one draw, so that their streams differ.
        let sides = [&[2], shape].concat();
        let ends =
            [&alpha, &beta].map(|side| ops::broadcast_to(&ops::cast(side, DType::F64), shape));
        let parameters = ops::stack(&ends, 0);
        let log = random_variate(
            Law::LogGamma,
            &seed.into().0,
            &parameters,
            &Tensor::scalar(0.0),
            &sides,
        );
        let side = |i| ops::squeeze(&ops::slice_axis(&log, 0, i, i + 1), &[0]);
        Ok(ops::cast(&ops::sigmoid(&(side(0) - side(1))), dtype))
    })
}
