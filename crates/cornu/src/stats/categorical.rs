//! The categorical distribution.

use super::distribution::{Discrete, Distribution, quantile, whole_numbers};
use super::special::Tails;
use crate::{Error, Result};

/// The categorical distribution: one of the classes `0, 1, …` with given probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Categorical {
    probs: Vec<f64>,
    /// Each class's probability with all before it, and the probability of all after it.
    tails: Vec<Tails>,
}

/// Probabilities that add up to 1 exactly enough, or what is wrong with them.
///
/// Sums within 1e-6 of 1 are scaled to 1, as those of a `float32` softmax are.
pub(super) fn normalized(class: &str, argument: &str, probs: &[f64]) -> Result<Vec<f64>> {
    if let Some(bad) = probs.iter().find(|p| !(0.0..=1.000_001).contains(*p)) {
        return Err(Error::invalid(class, argument, "must be probabilities in [0, 1]", bad));
    }
    let sum: f64 = probs.iter().sum();
    if sum.is_nan() || (sum - 1.0).abs() > 1e-6 {
        let received = format!("a sum of {sum} over {} values", probs.len());
        return Err(Error::invalid(class, argument, "must add up to 1", received));
    }
    Ok(probs.iter().map(|p| p / sum).collect())
}

impl Categorical {
    /// Class `i` with probability `probs[i]`.
    ///
    /// # Errors
    /// When the values are not probabilities that add up to 1 (within 1e-6; they are scaled).
    pub fn new(probs: &[f64]) -> Result<Categorical> {
        let probs = normalized("Categorical", "probs", probs)?;
        let mut tails = vec![Tails::from_upper(0.0); probs.len()];
        let (mut lower, mut upper) = (0.0, 0.0);
        for (tail, p) in tails.iter_mut().zip(&probs) {
            lower += p;
            tail.lower = lower;
        }
        for (tail, p) in tails.iter_mut().zip(&probs).rev() {
            tail.upper = upper;
            upper += p;
        }
        // Rounding must not leave the last class short of certainty.
        if let Some(last) = tails.last_mut() {
            last.lower = 1.0;
        }
        Ok(Categorical { probs, tails })
    }

    /// The probabilities of the classes.
    pub fn probs(&self) -> &[f64] {
        &self.probs
    }

    fn tails(&self, x: f64) -> Tails {
        if x.is_nan() {
            Tails::from_lower(x)
        } else if x < 0.0 {
            Tails::from_lower(0.0)
        } else {
            self.tails.get(x as usize).copied().unwrap_or(Tails::from_upper(0.0))
        }
    }

    fn quantile(&self, tails: Tails, reached: impl Fn(f64) -> bool) -> f64 {
        let (_, last) = self.support();
        quantile(tails, (-1.0, last), |_| {
            let reached = |k: &usize| reached(*k as f64);
            (0..self.probs.len()).find(reached).map_or(last, |k| k as f64)
        })
    }

    /// `Σ p_i kⁱ`.
    fn expect(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.probs.iter().enumerate().map(|(k, p)| p * of(k as f64)).sum()
    }
}

impl Distribution for Categorical {
    fn support(&self) -> (f64, f64) {
        (0.0, self.probs.len() as f64 - 1.0)
    }

    whole_numbers!();

    fn mean(&self) -> f64 {
        self.expect(|k| k)
    }

    fn var(&self) -> f64 {
        let mean = self.mean();
        self.expect(|k| (k - mean) * (k - mean))
    }

    fn entropy(&self) -> f64 {
        self.probs.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum()
    }
}

impl Discrete for Categorical {
    fn pmf(&self, k: f64) -> f64 {
        if k.is_nan() {
            k
        } else if k < 0.0 || k.fract() != 0.0 {
            0.0
        } else {
            self.probs.get(k as usize).copied().unwrap_or(0.0)
        }
    }

    fn logpmf(&self, k: f64) -> f64 {
        self.pmf(k).ln()
    }
}
