//! The Poisson distribution.

use super::distribution::{
    Discrete, Distribution, cornish_fisher, entropy_sum, least, quantile, whole_numbers, window,
};
use super::special::{HALF_LN_TAU, Tails, gamma_tails, ln_poisson_term};
use crate::{Error, Result};

/// The Poisson distribution: events that come independently at a steady rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Poisson {
    lam: f64,
}

impl Poisson {
    /// The number of events where `lam` are expected.
    ///
    /// # Errors
    /// When `lam` is not in `[0, 2⁵³]`.
    pub fn new(lam: f64) -> Result<Poisson> {
        if !(0.0..=9_007_199_254_740_992.0).contains(&lam) {
            return Err(Error::invalid("Poisson", "lam", "must lie in [0, 2^53]", lam));
        }
        Ok(Poisson { lam })
    }

    fn tails(&self, x: f64) -> Tails {
        if x < 0.0 {
            return Tails::from_lower(0.0);
        }
        if x == f64::INFINITY {
            return Tails::from_upper(0.0);
        }
        // DLMF 8.4.11.
        gamma_tails(x.floor() + 1.0, self.lam).swapped()
    }

    fn quantile(&self, tails: Tails, reached: impl Fn(f64) -> bool) -> f64 {
        quantile(tails, (-1.0, f64::INFINITY), |t| {
            let std = self.std();
            let skewness = if std > 0.0 { 1.0 / std } else { 0.0 };
            least(cornish_fisher(t, self.lam, std, skewness), self.support(), reached)
        })
    }
}

impl Distribution for Poisson {
    fn support(&self) -> (f64, f64) {
        (0.0, f64::INFINITY)
    }

    whole_numbers!();

    fn mean(&self) -> f64 {
        self.lam
    }

    fn var(&self) -> f64 {
        self.lam
    }

    fn entropy(&self) -> f64 {
        match window(self) {
            Some(window) => entropy_sum(self, window),
            // Evans, Boersma et al. (1988): the expansion for large means.
            None => 0.5 + HALF_LN_TAU + 0.5 * self.lam.ln() - 1.0 / (12.0 * self.lam),
        }
    }
}

impl Discrete for Poisson {
    fn logpmf(&self, k: f64) -> f64 {
        if k.is_nan() {
            k
        } else if k < 0.0 || k == f64::INFINITY || k.fract() != 0.0 {
            f64::NEG_INFINITY
        } else {
            ln_poisson_term(k, self.lam)
        }
    }
}
