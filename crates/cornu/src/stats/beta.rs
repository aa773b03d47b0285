//! The beta distribution.

use super::distribution::{Continuous, Distribution, quantile, quantiles};
use super::special::{
    HALF_LN_TAU, Tails, beta_quantile, beta_tails, digamma_rest, ln_beta_density, stirling_rest,
};
use crate::{Error, Result};

/// The beta distribution on `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    a: f64,
    b: f64,
}

impl Beta {
    /// The beta distribution with mean `a / (a + b)`.
    ///
    /// # Errors
    /// When `a` or `b` is not in `(0, 1e15]` (its continued fraction takes about `√(a + b)` steps).
    pub fn new(a: f64, b: f64) -> Result<Beta> {
        for (name, value) in [("a", a), ("b", b)] {
            if !(value > 0.0 && value <= 1e15) {
                return Err(Error::invalid("Beta", name, "must lie in (0, 1e15]", value));
            }
        }
        Ok(Beta { a, b })
    }

    fn tails(&self, x: f64) -> Tails {
        beta_tails(self.a, self.b, x, 1.0 - x)
    }

    fn quantile(&self, tails: Tails) -> f64 {
        quantile(tails, self.support(), |t| beta_quantile(self.a, self.b, t).0)
    }
}

impl Distribution for Beta {
    fn support(&self) -> (f64, f64) {
        (0.0, 1.0)
    }

    fn cdf(&self, x: f64) -> f64 {
        self.tails(x).lower
    }

    fn sf(&self, x: f64) -> f64 {
        self.tails(x).upper
    }

    quantiles!();

    fn mean(&self) -> f64 {
        self.a / (self.a + self.b)
    }

    fn var(&self) -> f64 {
        let n = self.a + self.b;
        (self.a / n) * (self.b / n) / (n + 1.0)
    }

    /// `ln B(a, b) - (a-1) ψ(a) - (b-1) ψ(b) + (a+b-2) ψ(a+b)`, arranged so that nothing large cancels.
    fn entropy(&self) -> f64 {
        let (a, b, n) = (self.a, self.b, self.a + self.b);
        0.5 * (a.ln() + b.ln()) - 1.5 * n.ln() + HALF_LN_TAU + stirling_rest(a) + stirling_rest(b)
            - stirling_rest(n)
            + (0.5 - 0.5 / a - 0.5 / b + 1.0 / n)
            + (a - 1.0) * digamma_rest(a)
            + (b - 1.0) * digamma_rest(b)
            - (n - 2.0) * digamma_rest(n)
    }
}

impl Continuous for Beta {
    fn logpdf(&self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        if !(0.0..=1.0).contains(&x) {
            return f64::NEG_INFINITY;
        }
        // At an end its own factor, x⁰, 0ᵃ⁻¹ or 0 to a negative power, decides.
        let end = |own: f64, other: f64| match own {
            a if a < 1.0 => f64::INFINITY,
            1.0 => other.ln(),
            _ => f64::NEG_INFINITY,
        };
        if x == 0.0 {
            end(self.a, self.b)
        } else if x == 1.0 {
            end(self.b, self.a)
        } else {
            ln_beta_density(self.a, self.b, x, 1.0 - x)
        }
    }
}
