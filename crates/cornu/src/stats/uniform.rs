//! The uniform distribution.

use super::distribution::{Continuous, Distribution, check_finite, check_positive, quantiles};
use super::special::Tails;
use crate::Result;

/// The uniform distribution on an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uniform {
    low: f64,
    high: f64,
}

impl Uniform {
    /// The uniform distribution on `[low, high]`.
    ///
    /// # Errors
    /// When the ends or their distance are not finite, or `high` is not above `low`.
    pub fn new(low: f64, high: f64) -> Result<Uniform> {
        check_finite("Uniform", "low", low)?;
        check_finite("Uniform", "high", high)?;
        check_positive("Uniform", "high - low", high - low)?;
        Ok(Uniform { low, high })
    }

    fn width(&self) -> f64 {
        self.high - self.low
    }

    fn quantile(&self, tails: Tails) -> f64 {
        if !(tails.lower >= 0.0 && tails.upper >= 0.0) {
            return f64::NAN;
        }
        if tails.lower < tails.upper {
            self.low + tails.lower * self.width()
        } else {
            self.high - tails.upper * self.width()
        }
    }
}

impl Distribution for Uniform {
    fn support(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    fn cdf(&self, x: f64) -> f64 {
        ((x - self.low) / self.width()).clamp(0.0, 1.0)
    }

    fn sf(&self, x: f64) -> f64 {
        ((self.high - x) / self.width()).clamp(0.0, 1.0)
    }

    quantiles!();

    fn mean(&self) -> f64 {
        self.low + self.width() / 2.0
    }

    fn var(&self) -> f64 {
        self.width() * self.width() / 12.0
    }

    fn entropy(&self) -> f64 {
        self.width().ln()
    }
}

impl Continuous for Uniform {
    fn logpdf(&self, x: f64) -> f64 {
        if x.is_nan() {
            x
        } else if x < self.low || x > self.high {
            f64::NEG_INFINITY
        } else {
            -self.width().ln()
        }
    }
}
