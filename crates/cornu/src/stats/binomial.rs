//! The binomial distribution.

use super::distribution::{
    Discrete, Distribution, check_probability, cornish_fisher, entropy_sum, least, quantile,
    whole_numbers, window,
};
use super::special::{HALF_LN_TAU, Tails, beta_tails, ln_binomial_term};
use crate::{Error, Result};

/// The binomial distribution: successes in `n` independent trials.
///
/// ```
/// use cornu::stats::{Binomial, Discrete, Distribution};
/// let shots = Binomial::new(10, 0.7)?;
/// assert!((shots.pmf(7.0) - 0.266827932).abs() < 1e-12);
/// let hits = shots.sample(&[20], Some(0))?;
/// assert!(hits.as_slice::<i64>()?.iter().all(|k| (0..=10).contains(k)));
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Binomial {
    n: f64,
    p: f64,
}

impl Binomial {
    /// The number of successes in `n` trials, each of which succeeds with probability `p`.
    ///
    /// # Errors
    /// When `n` is above 2⁵⁰ or `p` outside `[0, 1]`.
    pub fn new(n: u64, p: f64) -> Result<Binomial> {
        if n > 1 << 50 {
            return Err(Error::invalid("Binomial", "n", "must be at most 2^50", n));
        }
        check_probability("Binomial", "p", p)?;
        Ok(Binomial { n: n as f64, p })
    }

    fn tails(&self, x: f64) -> Tails {
        let k = x.floor();
        if k < 0.0 {
            Tails::from_lower(0.0)
        } else if k >= self.n {
            Tails::from_upper(0.0)
        } else {
            // DLMF 8.17.5.
            beta_tails(k + 1.0, self.n - k, self.p, 1.0 - self.p).swapped()
        }
    }

    fn quantile(&self, tails: Tails, reached: impl Fn(f64) -> bool) -> f64 {
        quantile(tails, (-1.0, self.n), |t| {
            let skewness = if self.var() > 0.0 { (1.0 - 2.0 * self.p) / self.std() } else { 0.0 };
            let start = cornish_fisher(t, self.mean(), self.std(), skewness);
            least(start, self.support(), reached)
        })
    }
}

impl Distribution for Binomial {
    fn support(&self) -> (f64, f64) {
        (0.0, self.n)
    }

    whole_numbers!();

    fn mean(&self) -> f64 {
        self.n * self.p
    }

    fn var(&self) -> f64 {
        self.n * self.p * (1.0 - self.p)
    }

    fn entropy(&self) -> f64 {
        match window(self) {
            Some(window) => entropy_sum(self, window),
            // Edgeworth's expansion for a large variance.
            None => {
                let v = self.var();
                let pq = self.p * (1.0 - self.p);
                0.5 + HALF_LN_TAU + 0.5 * v.ln() + (4.0 * pq - 1.0) / (12.0 * v)
            }
        }
    }
}

impl Discrete for Binomial {
    fn logpmf(&self, k: f64) -> f64 {
        if k.is_nan() {
            k
        } else if k < 0.0 || k > self.n || k.fract() != 0.0 {
            f64::NEG_INFINITY
        } else {
            ln_binomial_term(self.n, k, self.p)
        }
    }
}
