//! The normal distribution.

use std::f64::consts::PI;

use cornu_graph::{Array, DType};

use super::distribution::{Continuous, Distribution, check_finite, check_positive, quantiles};
use super::special::{HALF_LN_TAU, Tails, ln_normal_cdf, normal_cdf, normal_quantile};
use crate::{Eval, Result, random};

/// The normal distribution.
///
/// ```
/// use cornu::stats::{Distribution, Normal};
/// let weight = Normal::new(70.0, 10.0)?;
/// assert!((weight.cdf(80.0) - 0.8413447460685429).abs() < 1e-15);
/// assert_eq!(weight.sample(&[2, 3], Some(1))?.shape(), [2, 3]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normal {
    loc: f64,
    scale: f64,
}

impl Default for Normal {
    /// Mean 0, standard deviation 1.
    fn default() -> Self {
        Normal { loc: 0.0, scale: 1.0 }
    }
}

impl Normal {
    /// A normal distribution with mean `loc` and standard deviation `scale`.
    ///
    /// # Errors
    /// When `loc` is not finite or `scale` not positive and finite.
    pub fn new(loc: f64, scale: f64) -> Result<Normal> {
        check_finite("Normal", "loc", loc)?;
        check_positive("Normal", "scale", scale)?;
        Ok(Normal { loc, scale })
    }

    fn standardize(&self, x: f64) -> f64 {
        (x - self.loc) / self.scale
    }

    fn quantile(&self, tails: Tails) -> f64 {
        if tails.lower < 0.0 || tails.upper < 0.0 || tails.lower.is_nan() {
            return f64::NAN;
        }
        self.loc + self.scale * normal_quantile(tails.lower, tails.upper)
    }
}

impl Distribution for Normal {
    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }

    fn cdf(&self, x: f64) -> f64 {
        normal_cdf(self.standardize(x))
    }

    fn sf(&self, x: f64) -> f64 {
        normal_cdf(-self.standardize(x))
    }

    fn logcdf(&self, x: f64) -> f64 {
        ln_normal_cdf(self.standardize(x))
    }

    fn logsf(&self, x: f64) -> f64 {
        ln_normal_cdf(-self.standardize(x))
    }

    quantiles!();

    fn mean(&self) -> f64 {
        self.loc
    }

    fn var(&self) -> f64 {
        self.scale * self.scale
    }

    fn std(&self) -> f64 {
        self.scale
    }

    fn entropy(&self) -> f64 {
        0.5 * (2.0 * PI).ln() + 0.5 + self.scale.ln()
    }

    fn sample(&self, shape: &[usize], seed: Option<u64>) -> Result<Array> {
        random::normal(shape, self.loc, self.scale, DType::F64, seed).array()
    }
}

impl Continuous for Normal {
    fn logpdf(&self, x: f64) -> f64 {
        let z = self.standardize(x);
        -0.5 * z * z - HALF_LN_TAU - self.scale.ln()
    }
}
