//! Student's t distribution.

use super::distribution::{Continuous, Distribution, check_positive, quantile, quantiles};
use super::special::{
    HALF_LN_TAU, Tails, beta_quantile, beta_tails, digamma_rest, normal_cdf, normal_quantile,
    stirling_rest,
};
use crate::Result;

/// From here on the normal distribution is the same to double precision.
const NORMAL: f64 = 1e20;

/// Student's t distribution: the mean of few normal values over their own standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StudentT {
    df: f64,
}

impl StudentT {
    /// The t distribution with `df` degrees of freedom (not necessarily whole).
    ///
    /// # Errors
    /// When `df` is not positive and finite.
    pub fn new(df: f64) -> Result<StudentT> {
        check_positive("StudentT", "df", df)?;
        Ok(StudentT { df })
    }

    /// The density's normalization: `ln(B(½, df/2) √df)`, without large terms that cancel.
    fn ln_norm(&self) -> f64 {
        let (c, d) = ((self.df + 1.0) / 2.0, self.df / 2.0);
        HALF_LN_TAU + 0.5 + stirling_rest(d) - stirling_rest(c) - d * (1.0 / self.df).ln_1p()
    }

    /// `ln I_x(df/2, ½)` for small `x = df / t²`, less `df/2 · ln x`: the power law of the far tail.
    fn ln_far(&self) -> f64 {
        // √df B(½, df/2) · df/2 / √df.
        -(self.ln_norm() + (self.df / 2.0).ln() - 0.5 * self.df.ln())
    }

    /// The tails at `t`.
    fn tails(&self, t: f64) -> Tails {
        if t.is_nan() {
            return Tails::from_lower(t);
        }
        if self.df >= NORMAL {
            return Tails { lower: normal_cdf(t), upper: normal_cdf(-t) };
        }
        let size = t.abs();
        let upper = if size > 1e100 && size > 1e10 * self.df.sqrt() {
            0.5 * (self.ln_far() + self.df * (0.5 * self.df.ln() - size.ln())).exp()
        } else {
            let n = self.df + size * size;
            0.5 * beta_tails(self.df / 2.0, 0.5, self.df / n, size * size / n).lower
        };
        let tails = Tails::from_upper(upper);
        if t < 0.0 { tails.swapped() } else { tails }
    }

    fn quantile(&self, tails: Tails) -> f64 {
        quantile(tails, self.support(), |tails| {
            if self.df >= NORMAL {
                return normal_quantile(tails.lower, tails.upper);
            }
            let tail = tails.lower.min(tails.upper);
            let outside = Tails { lower: 2.0 * tail, upper: (tails.lower - tails.upper).abs() };
            if outside.upper == 0.0 {
                return 0.0;
            }
            // With x = df / (df + t²), I_x(df/2, ½) is the probability of both tails.
            let (x, y) = beta_quantile(self.df / 2.0, 0.5, outside);
            let size = if x < 1e-200 {
                let ln_x = (outside.lower.ln() - self.ln_far()) / (self.df / 2.0);
                (0.5 * (self.df.ln() - ln_x)).exp()
            } else {
                (self.df * y / x).sqrt()
            };
            if tails.lower < tails.upper { -size } else { size }
        })
    }
}

impl Distribution for StudentT {
    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }

    fn cdf(&self, x: f64) -> f64 {
        self.tails(x).lower
    }

    fn sf(&self, x: f64) -> f64 {
        self.tails(x).upper
    }

    quantiles!();

    fn mean(&self) -> f64 {
        if self.df > 1.0 { 0.0 } else { f64::INFINITY }
    }

    fn var(&self) -> f64 {
        match self.df {
            df if df > 2.0 => df / (df - 2.0),
            df if df > 1.0 => f64::INFINITY,
            _ => f64::NAN,
        }
    }

    /// `(df+1)/2 (ψ((df+1)/2) - ψ(df/2)) + ln(√df B(df/2, ½))`, arranged so that nothing large cancels.
    fn entropy(&self) -> f64 {
        let (c, d) = ((self.df + 1.0) / 2.0, self.df / 2.0);
        let digammas = (1.0 / self.df).ln_1p() + digamma_rest(d) - digamma_rest(c);
        0.5 / self.df + c * digammas + self.ln_norm()
    }
}

impl Continuous for StudentT {
    fn logpdf(&self, x: f64) -> f64 {
        // ln(1 + x²/df) also where x² is not a double.
        let ratio = x / self.df.sqrt();
        let log =
            if ratio.abs() > 1e100 { 2.0 * ratio.abs().ln() } else { (ratio * ratio).ln_1p() };
        -self.ln_norm() - (self.df + 1.0) / 2.0 * log
    }
}
