//! Random numbers: stateless functions of a seed, and the seeds that layers carry.

mod arguments;
pub mod numpy;

use cornu_graph::ops::{Distribution, random};
use cornu_graph::{Array, DType, Tensor, Variable};

use crate::{Eval, Result, next_seed};

/// A key tensor (`int64[2]`) from a seed.
pub fn key(seed: u64) -> Tensor {
    Tensor::apply(cornu_graph::ops::Constant(std::sync::Arc::new(key_array(seed))), &[])
}

fn key_array(seed: u64) -> Array {
    let mut array = Array::full(&[2], 0i64).unwrap_or_else(|_| Array::scalar(0i64));
    if let Ok(words) = array.as_slice_mut::<i64>() {
        words[0] = seed as i64;
    }
    array
}

/// Uniform values in `[low, high)`.
///
/// `seed`: `None` takes the next one of the thread's stream.
///
/// # Errors
/// When the shape does not fit in memory or the dtype is not floating-point.
pub fn uniform(
    shape: &[usize],
    low: f64,
    high: f64,
    dtype: DType,
    seed: Option<u64>,
) -> Result<Array> {
    let key = key(seed.unwrap_or_else(next_seed));
    (random(Distribution::Uniform, &key, shape, dtype) * (high - low) + low).array()
}

/// Normal values.
///
/// `seed`: `None` takes the next one of the thread's stream.
///
/// # Errors
/// When the shape does not fit in memory or the dtype is not floating-point.
pub fn normal(
    shape: &[usize],
    mean: f64,
    stddev: f64,
    dtype: DType,
    seed: Option<u64>,
) -> Result<Array> {
    let key = key(seed.unwrap_or_else(next_seed));
    (random(Distribution::Normal, &key, shape, dtype) * stddev + mean).array()
}

/// Normal values, none farther from the mean than two standard deviations.
///
/// By inversion: uniform values between the quantiles of ±2.
/// `seed`: `None` takes the next one of the thread's stream.
///
/// # Errors
/// When the shape does not fit in memory or the dtype is not floating-point.
pub fn truncated_normal(
    shape: &[usize],
    mean: f64,
    stddev: f64,
    dtype: DType,
    seed: Option<u64>,
) -> Result<Array> {
    // erf(√2): the part of a normal law within two standard deviations.
    const WITHIN: f64 = 0.954_499_736_103_641_6;
    let key = key(seed.unwrap_or_else(next_seed));
    let uniform = random(Distribution::Uniform, &key, shape, DType::F64);
    let standard =
        cornu_graph::ops::erfinv(&((uniform * 2.0 - 1.0) * WITHIN)) * std::f64::consts::SQRT_2;
    Ok((standard * stddev + mean).array()?.cast(dtype))
}

/// The state of a layer that draws random numbers: a seed and a count of draws, as Keras's `SeedGenerator`.
#[derive(Debug, Clone)]
pub struct SeedGenerator(Variable);

impl SeedGenerator {
    /// A generator; `None` takes the next seed of the thread's stream.
    pub fn new(seed: Option<u64>) -> SeedGenerator {
        let array = key_array(seed.unwrap_or_else(next_seed));
        SeedGenerator(Variable::new("seed_generator_state", array))
    }

    /// The variable behind it: `int64[2]`, the seed and the count.
    pub fn state(&self) -> &Variable {
        &self.0
    }

    /// A key that no other draw has; raises the count when the step has run.
    pub fn next(&self, cx: &mut crate::layers::Context) -> Tensor {
        let key = cx.read(&self.0);
        let one = Array::new(&[2], vec![0i64, 1]).map_or_else(Tensor::error, Tensor::from);
        cx.update(&self.0, &key + one);
        key
    }
}

/// The numbers `0..count` in random order (Fisher and Yates).
pub fn permutation(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = seed;
    for i in (1..count).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = crate::session::mix(state);
        // The high part of the product is uniform in 0..=i but for a bias below 2⁻⁴⁰.
        let j = (u128::from(word) * (i as u128 + 1)) >> 64;
        order.swap(i, j as usize);
    }
    order
}
