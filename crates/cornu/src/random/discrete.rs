//! Integers, counts and classes.

use cornu_graph::ops::{self, Distribution, Law, random, random_variate};
use cornu_graph::{DType, Error, Tensor};

use super::Seed;
use super::continuous::check_float;

/// Integers in `minval..maxval`, `maxval` left out. Keras's default for `dtype`: `int32`.
///
/// From 53 random bits each: in a range of `n` integers the probabilities differ by a factor of up to `1 + n · 2⁻⁵³`.
///
/// # Errors
/// The tensor carries one when the dtype is not an integer type, or the range is empty, leaves the type or has more than 2⁵³
/// integers.
pub fn randint(
    shape: &[usize],
    minval: i64,
    maxval: i64,
    dtype: DType,
    seed: impl Into<Seed>,
) -> Tensor {
    Tensor::compose(&[], || {
        let invalid = |name: &str, rule: &str, received: String| {
            Err(Error::invalid("randint", name, rule, received))
        };
        let ends = match dtype {
            DType::U8 => 0..=i64::from(u8::MAX),
            DType::I32 => i64::from(i32::MIN)..=i64::from(i32::MAX),
            DType::I64 => i64::MIN..=i64::MAX,
            _ => return invalid("dtype", "must be an integer type", dtype.to_string()),
        };
        let received = || format!("minval={minval}, maxval={maxval}");
        if minval >= maxval {
            return invalid("minval", "must be less than `maxval`", received());
        }
        if !ends.contains(&minval) || !ends.contains(&(maxval - 1)) {
            return invalid("minval..maxval", &format!("must fit {dtype}"), received());
        }
        let range = maxval.abs_diff(minval);
        if range > 1 << 53 {
            return invalid("minval..maxval", "must have at most 2^53 integers", received());
        }
        let uniform = random(Distribution::Uniform, &seed.into().0, shape, DType::F64);
        let place = ops::cast(&ops::floor(&(uniform * range as f64)), DType::I64);
        Ok(ops::cast(&(place + Tensor::scalar(minval)), dtype))
    })
}

/// Classes drawn by their logarithmic probabilities, which need not be normalized: `logits` of shape `[batch, classes]` give
/// `[batch, num_samples]` places of classes. Keras's default for `dtype`: `int32`.
///
/// By inversion: a uniform value against the cumulative probabilities, in `float64`.
///
/// # Errors
/// The tensor carries one when `logits` does not have two axes or no classes, or the dtype is `bool`.
///
/// ```
/// use cornu::{DType, Eval, Tensor, random};
/// let logits = Tensor::from([[0.5f32.ln(), 0.5f32.ln(), f32::NEG_INFINITY]]);
/// let y = random::categorical(&logits, 1000, DType::I32, 1).array()?;
/// assert_eq!(y.shape(), [1, 1000]);
/// assert!(y.to_vec::<i32>().iter().all(|&class| class < 2));
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn categorical(
    logits: &Tensor,
    num_samples: usize,
    dtype: DType,
    seed: impl Into<Seed>,
) -> Tensor {
    Tensor::compose(&[logits], || {
        let &[batch, classes @ 1..=usize::MAX] = logits.shape() else {
            let rule = "must have shape [batch_size, num_classes] with at least one class";
            return Err(Error::invalid("categorical", "logits", rule, logits.spec()));
        };
        if dtype == DType::Bool {
            return Err(Error::invalid("categorical", "dtype", "must hold classes", dtype));
        }
        let shape = [batch, num_samples];
        let uniform = random(Distribution::Uniform, &seed.into().0, &shape, DType::F64);
        let sums = ops::cumsum(&ops::softmax(&ops::cast(logits, DType::F64), &[1]), 1);
        // A class is passed when its sum is not above the value; the last one, whose sum is 1 but for rounding, never is.
        let passed = ops::slice_axis(&sums, 1, 0, classes - 1);
        let below = ops::less_equal(&ops::expand_dims(&passed, 1), &ops::expand_dims(&uniform, 2));
        Ok(ops::cast(&ops::sum(&ops::cast(&below, DType::I32), &[2], false), dtype))
    })
}

/// Numbers of successes.
///
/// `counts`: numbers of trials, rounded down; negative ones count as 0. `probabilities`: of success in each; those beyond 0 and
/// 1 count as these. NaN gives NaN. Both are numbers or tensors that broadcast to `shape`. Keras's default for `dtype`, a
/// floating-point type: `float32`.
///
/// Exact for all numbers of trials that `float64` holds: waiting times where few successes are expected, else
/// transformed rejection ([`ops::Law::Binomial`]).
///
/// # Errors
/// The tensor carries one when the dtype is not floating-point or a parameter does not broadcast to the shape.
pub fn binomial(
    shape: &[usize],
    counts: impl Into<Tensor>,
    probabilities: impl Into<Tensor>,
    dtype: DType,
    seed: impl Into<Seed>,
) -> Tensor {
    let (counts, probabilities) = (counts.into(), probabilities.into());
    Tensor::compose(&[&counts, &probabilities], || {
        check_float("binomial", dtype)?;
        let drawn = random_variate(Law::Binomial, &seed.into().0, &counts, &probabilities, shape);
        Ok(ops::cast(&drawn, dtype))
    })
}
