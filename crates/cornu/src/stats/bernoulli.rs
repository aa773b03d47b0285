//! The Bernoulli distribution.

use super::distribution::{Discrete, Distribution, check_probability, quantile, whole_numbers};
use super::special::Tails;
use crate::Result;

/// The Bernoulli distribution: 1 with probability `p`, otherwise 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bernoulli {
    p: f64,
}

impl Bernoulli {
    /// 1 with probability `p`.
    ///
    /// # Errors
    /// When `p` is outside `[0, 1]`.
    pub fn new(p: f64) -> Result<Bernoulli> {
        check_probability("Bernoulli", "p", p)?;
        Ok(Bernoulli { p })
    }

    fn tails(&self, x: f64) -> Tails {
        if x.is_nan() {
            Tails::from_lower(x)
        } else if x < 0.0 {
            Tails::from_lower(0.0)
        } else if x < 1.0 {
            Tails::from_upper(self.p)
        } else {
            Tails::from_upper(0.0)
        }
    }

    fn quantile(&self, tails: Tails, reached: impl Fn(f64) -> bool) -> f64 {
        quantile(tails, (-1.0, 1.0), |_| f64::from(u8::from(!reached(0.0))))
    }
}

impl Distribution for Bernoulli {
    fn support(&self) -> (f64, f64) {
        (0.0, 1.0)
    }

    whole_numbers!();

    fn mean(&self) -> f64 {
        self.p
    }

    fn var(&self) -> f64 {
        self.p * (1.0 - self.p)
    }

    fn entropy(&self) -> f64 {
        let (p, q) = (self.p, 1.0 - self.p);
        let term = |p: f64, log: f64| if p > 0.0 { -p * log } else { 0.0 };
        term(p, p.ln()) + term(q, (-p).ln_1p())
    }
}

impl Discrete for Bernoulli {
    fn pmf(&self, k: f64) -> f64 {
        match k {
            0.0 => 1.0 - self.p,
            1.0 => self.p,
            k if k.is_nan() => k,
            _ => 0.0,
        }
    }

    fn logpmf(&self, k: f64) -> f64 {
        if k == 0.0 { (-self.p).ln_1p() } else { self.pmf(k).ln() }
    }
}
