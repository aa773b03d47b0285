//! What distributions of one number have in common.

use cornu_graph::{Array, DType};

use super::special::{Tails, normal_quantile};
use crate::{Error, Eval, Result, next_seed, random};

/// A distribution of one number, with SciPy's functions under SciPy's names.
///
/// All of them are total: a non-number gives a non-number, a probability outside `[0, 1]` has no quantile
/// (a non-number), and outside of the support densities are 0.
pub trait Distribution: std::fmt::Debug {
    /// The least and the greatest value with positive density, or the limits of such values.
    fn support(&self) -> (f64, f64);

    /// The probability of values up to `x`.
    fn cdf(&self, x: f64) -> f64;

    /// The probability of values above `x`: `1 - cdf(x)`, but exact where that is small.
    fn sf(&self, x: f64) -> f64;

    /// The logarithm of [`cdf`](Distribution::cdf).
    fn logcdf(&self, x: f64) -> f64 {
        let (below, above) = (self.cdf(x), self.sf(x));
        if above < below { (-above).ln_1p() } else { below.ln() }
    }

    /// The logarithm of [`sf`](Distribution::sf).
    fn logsf(&self, x: f64) -> f64 {
        let (below, above) = (self.cdf(x), self.sf(x));
        if below < above { (-below).ln_1p() } else { above.ln() }
    }

    /// The quantile: the least `x` with `cdf(x) ≥ p`.
    ///
    /// `ppf(0)` is the lower end of the support (one below it for whole numbers), `ppf(1)` the upper end.
    fn ppf(&self, p: f64) -> f64;

    /// The upper quantile: the least `x` with `sf(x) ≤ p`.
    fn isf(&self, p: f64) -> f64;

    /// The mean; infinite or a non-number where there is none.
    fn mean(&self) -> f64;

    /// The variance; infinite or a non-number where there is none.
    fn var(&self) -> f64;

    /// The standard deviation.
    fn std(&self) -> f64 {
        self.var().sqrt()
    }

    /// The entropy in nats; the differential entropy of a density.
    fn entropy(&self) -> f64;

    /// The type of samples: `int64` for whole numbers, `float64` otherwise.
    fn dtype(&self) -> DType {
        DType::F64
    }

    /// Independent random values: quantiles of counter-based uniform numbers, so that the same seed gives the
    /// same values on every machine's threads.
    ///
    /// `seed`: `None` takes the next one of the thread's stream.
    ///
    /// # Errors
    /// When the shape does not fit in memory.
    fn sample(&self, shape: &[usize], seed: Option<u64>) -> Result<Array> {
        let mut values = uniforms(shape, seed)?;
        for value in values.as_slice_mut::<f64>()? {
            *value = self.ppf(*value);
        }
        Ok(values.cast(self.dtype()))
    }

    /// One of these functions at each element of an array: `normal.each(&x, Normal::ppf)`; `float64`.
    fn each(&self, x: &Array, function: impl Fn(&Self, f64) -> f64) -> Array
    where
        Self: Sized,
    {
        let mut values = x.cast(DType::F64);
        for value in values.as_slice_mut::<f64>().unwrap_or_default() {
            *value = function(self, *value);
        }
        values
    }
}

/// A distribution with a density.
pub trait Continuous: Distribution {
    /// The probability density at `x`.
    fn pdf(&self, x: f64) -> f64 {
        self.logpdf(x).exp()
    }

    /// The logarithm of the density.
    fn logpdf(&self, x: f64) -> f64;
}

/// A distribution on whole numbers.
pub trait Discrete: Distribution {
    /// The probability of `k`; 0 where `k` is not whole.
    fn pmf(&self, k: f64) -> f64 {
        self.logpmf(k).exp()
    }

    /// The logarithm of the probability of `k`.
    fn logpmf(&self, k: f64) -> f64;
}

/// Uniform numbers strictly between 0 and 1.
pub(super) fn uniforms(shape: &[usize], seed: Option<u64>) -> Result<Array> {
    let seed = seed.unwrap_or_else(next_seed);
    // The generator gives multiples of 2⁻⁵³ from 0 on: half a step keeps them off 0.
    let half = f64::EPSILON / 4.0;
    let mut values = random::uniform(shape, 0.0, 1.0, DType::F64, Some(seed)).array()?;
    for value in values.as_slice_mut::<f64>()? {
        *value = value.max(half);
    }
    Ok(values)
}

/// An error unless `value` is a positive, finite number.
pub(super) fn check_positive(class: &str, argument: &str, value: f64) -> Result<()> {
    if value > 0.0 && value < f64::INFINITY {
        return Ok(());
    }
    Err(Error::invalid(class, argument, "must be positive and finite", value))
}

/// An error unless `value` is a finite number.
pub(super) fn check_finite(class: &str, argument: &str, value: f64) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::invalid(class, argument, "must be finite", value))
}

/// An error unless `value` is a probability.
pub(super) fn check_probability(class: &str, argument: &str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::invalid(class, argument, "must lie in [0, 1]", value))
}

/// A quantile inside `(0, 1)`, or what all laws with this support have at the ends.
pub(super) fn quantile(tails: Tails, support: (f64, f64), inner: impl FnOnce(Tails) -> f64) -> f64 {
    let Tails { lower, upper } = tails;
    if lower == 0.0 {
        support.0
    } else if upper == 0.0 {
        support.1
    } else if lower > 0.0 && upper > 0.0 {
        inner(tails)
    } else {
        f64::NAN
    }
}

/// `ppf` and `isf` from one function of both tails.
macro_rules! quantiles {
    () => {
        fn ppf(&self, p: f64) -> f64 {
            self.quantile(crate::stats::special::Tails::from_lower(p))
        }

        fn isf(&self, p: f64) -> f64 {
            self.quantile(crate::stats::special::Tails::from_upper(p))
        }
    };
}
pub(super) use quantiles;

/// The least whole number in the support where `reached` holds; the search goes out from `start` in
/// doubling strides and halves the last one.
pub(super) fn least(start: f64, support: (f64, f64), reached: impl Fn(f64) -> bool) -> f64 {
    let (first, last) = support;
    let start = start.round().clamp(first, last.min(f64::MAX));
    let (mut low, mut high, mut stride) = (start, start, 1.0);
    if reached(start) {
        loop {
            low = high - stride;
            if low < first {
                low = first - 1.0;
                break;
            }
            if !reached(low) {
                break;
            }
            high = low;
            stride *= 2.0;
        }
    } else {
        while high < last {
            high = (low + stride).min(last);
            if high == last || reached(high) {
                break;
            }
            low = high;
            stride *= 2.0;
        }
    }
    loop {
        let middle = (low + (high - low) / 2.0).floor();
        if middle <= low || middle >= high {
            return high;
        }
        if reached(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
}

/// Where a normal law with the same first three moments has its quantile (Cornish and Fisher, 1938).
pub(super) fn cornish_fisher(tails: Tails, mean: f64, std: f64, skewness: f64) -> f64 {
    let z = normal_quantile(tails.lower, tails.upper);
    mean + std * (z + skewness * (z * z - 1.0) / 6.0)
}

/// The whole numbers that hold all but 2⁻⁶⁰ of a law on either side, if they are at most a million.
pub(super) fn window<D: Distribution>(law: &D) -> Option<std::ops::RangeInclusive<i64>> {
    let edge = 2f64.powi(-60);
    let (low, high) = (law.ppf(edge), law.isf(edge));
    (high - low < 1e6).then_some(low as i64..=high as i64)
}

/// `-Σ p ln p` over a window.
pub(super) fn entropy_sum<D: Discrete>(law: &D, window: std::ops::RangeInclusive<i64>) -> f64 {
    let terms = window.map(|k| law.logpmf(k as f64)).filter(|log| log.is_finite());
    terms.map(|log| -log * log.exp()).sum()
}

/// [`Distribution::sample`] for whole numbers: one table of the cumulative probabilities serves all values.
pub(super) fn sample_whole<D: Discrete>(
    law: &D,
    shape: &[usize],
    seed: Option<u64>,
) -> Result<Array> {
    let mut values = uniforms(shape, seed)?;
    let table = window(law).map(|range| {
        let first = *range.start();
        let mut sum = law.cdf(first as f64 - 1.0);
        let cumulative: Vec<f64> = range
            .map(|k| {
                sum += law.pmf(k as f64);
                sum
            })
            .collect();
        (first as f64, cumulative)
    });
    for value in values.as_slice_mut::<f64>()? {
        *value = match &table {
            Some((first, sums)) => {
                first + sums.partition_point(|sum| sum < value).min(sums.len() - 1) as f64
            }
            None => law.ppf(*value),
        };
    }
    Ok(values.cast(DType::I64))
}

/// What every law of whole numbers has by its own `tails`, `start` and `reach`.
macro_rules! whole_numbers {
    () => {
        fn cdf(&self, x: f64) -> f64 {
            self.tails(x).lower
        }

        fn sf(&self, x: f64) -> f64 {
            self.tails(x).upper
        }

        fn ppf(&self, p: f64) -> f64 {
            self.quantile(crate::stats::special::Tails::from_lower(p), |k| self.cdf(k) >= p)
        }

        fn isf(&self, p: f64) -> f64 {
            self.quantile(crate::stats::special::Tails::from_upper(p), |k| self.sf(k) <= p)
        }

        fn dtype(&self) -> cornu_graph::DType {
            cornu_graph::DType::I64
        }

        fn sample(&self, shape: &[usize], seed: Option<u64>) -> crate::Result<cornu_graph::Array> {
            crate::stats::distribution::sample_whole(self, shape, seed)
        }
    };
}
pub(super) use whole_numbers;
