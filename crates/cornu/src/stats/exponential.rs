//! The exponential distribution.

use super::distribution::{Continuous, Distribution, check_positive, quantile, quantiles};
use super::special::Tails;
use crate::Result;

/// The exponential distribution: waiting times without memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponential {
    scale: f64,
}

impl Default for Exponential {
    /// Scale 1.
    fn default() -> Self {
        Exponential { scale: 1.0 }
    }
}

impl Exponential {
    /// The exponential distribution with mean `scale` (one over the rate).
    ///
    /// # Errors
    /// When `scale` is not positive and finite.
    pub fn new(scale: f64) -> Result<Exponential> {
        check_positive("Exponential", "scale", scale)?;
        Ok(Exponential { scale })
    }

    fn quantile(&self, tails: Tails) -> f64 {
        quantile(tails, self.support(), |t| {
            self.scale * if t.lower < t.upper { -(-t.lower).ln_1p() } else { -t.upper.ln() }
        })
    }
}

impl Distribution for Exponential {
    fn support(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    fn cdf(&self, x: f64) -> f64 {
        if x < 0.0 { 0.0 } else { -(-x / self.scale).exp_m1() }
    }

    fn sf(&self, x: f64) -> f64 {
        if x < 0.0 { 1.0 } else { (-x / self.scale).exp() }
    }

    fn logsf(&self, x: f64) -> f64 {
        if x < 0.0 { 0.0 } else { -x / self.scale }
    }

    quantiles!();

    fn mean(&self) -> f64 {
        self.scale
    }

    fn var(&self) -> f64 {
        self.scale * self.scale
    }

    fn entropy(&self) -> f64 {
        1.0 + self.scale.ln()
    }
}

impl Continuous for Exponential {
    fn logpdf(&self, x: f64) -> f64 {
        if x < 0.0 { f64::NEG_INFINITY } else { -x / self.scale - self.scale.ln() }
    }
}
