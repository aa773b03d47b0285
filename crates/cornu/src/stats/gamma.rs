//! The gamma distribution.

use super::distribution::{Continuous, Distribution, check_positive, quantile, quantiles};
use super::special::{
    HALF_LN_TAU, Tails, digamma_rest, gamma_quantile, gamma_tails, ln_gamma_density, stirling_rest,
};
use crate::Result;

/// The gamma distribution: the sum of `shape` exponential waiting times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gamma {
    shape: f64,
    scale: f64,
}

impl Gamma {
    /// The gamma distribution with mean `shape · scale`.
    ///
    /// # Errors
    /// When an argument is not positive and finite.
    pub fn new(shape: f64, scale: f64) -> Result<Gamma> {
        check_positive("Gamma", "shape", shape)?;
        check_positive("Gamma", "scale", scale)?;
        Ok(Gamma { shape, scale })
    }

    fn tails(&self, x: f64) -> Tails {
        gamma_tails(self.shape, x / self.scale)
    }

    fn quantile(&self, tails: Tails) -> f64 {
        quantile(tails, self.support(), |t| self.scale * gamma_quantile(self.shape, t))
    }
}

impl Distribution for Gamma {
    fn support(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    fn cdf(&self, x: f64) -> f64 {
        self.tails(x).lower
    }

    fn sf(&self, x: f64) -> f64 {
        self.tails(x).upper
    }

    quantiles!();

    fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    fn var(&self) -> f64 {
        self.shape * self.scale * self.scale
    }

    /// `a + ln Γ(a) + (1 - a) ψ(a) + ln scale`, arranged so that nothing large cancels.
    fn entropy(&self) -> f64 {
        let a = self.shape;
        0.5 * a.ln() + HALF_LN_TAU + stirling_rest(a) + 0.5 - 0.5 / a
            + (a - 1.0) * digamma_rest(a)
            + self.scale.ln()
    }
}

impl Continuous for Gamma {
    fn logpdf(&self, x: f64) -> f64 {
        let x = x / self.scale;
        let at_unit_scale = if x.is_nan() {
            x
        } else if x < 0.0 || x == f64::INFINITY {
            f64::NEG_INFINITY
        } else if x == 0.0 {
            // xᵃ⁻¹ alone decides.
            match self.shape {
                a if a < 1.0 => f64::INFINITY,
                1.0 => 0.0,
                _ => f64::NEG_INFINITY,
            }
        } else {
            ln_gamma_density(self.shape, x)
        };
        at_unit_scale - self.scale.ln()
    }
}
