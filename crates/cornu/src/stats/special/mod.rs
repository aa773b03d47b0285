//! Special functions in double precision, with both tails at once: `1 - p` loses what a tail needs.

mod beta;
mod gamma;
mod normal;
mod root;

pub(super) use beta::{beta_quantile, beta_tails, ln_beta_density, ln_binomial_term};
pub(super) use gamma::{
    digamma_rest, gamma_quantile, gamma_tails, ln_gamma_density, ln_poisson_term, stirling_rest,
};
pub(super) use normal::{ln_normal_cdf, normal_cdf, normal_quantile};

/// ½ ln 2π.
pub(super) const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// The two tails of a law at a point: each one is computed where it is the smaller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tails {
    /// The probability of values up to the point.
    pub lower: f64,
    /// The probability of values above it.
    pub upper: f64,
}

impl Tails {
    pub fn from_lower(lower: f64) -> Tails {
        Tails { lower, upper: 1.0 - lower }
    }

    pub fn from_upper(upper: f64) -> Tails {
        Tails { lower: 1.0 - upper, upper }
    }

    pub fn swapped(self) -> Tails {
        Tails { lower: self.upper, upper: self.lower }
    }
}

/// `x ln(x / m) + m - x`, without the cancellation where `x` is near `m`.
///
/// The deviance of Loader, *Fast and accurate computation of binomial probabilities* (2000). With it a
/// density near its mode is the exponential of a small number rather than the difference of large ones.
/// `m` is `product + rest`, where `rest` is what the rounding of a product lost.
pub(super) fn deviance(x: f64, m: f64, rest: f64) -> f64 {
    if x == 0.0 {
        return m;
    }
    if m == 0.0 {
        return f64::INFINITY;
    }
    let d = x - m;
    // The derivative by m is (m - x) / m.
    let correction = -rest * d / m;
    if d.is_nan() || d.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() - d + correction;
    }
    // ln(x/m) = 2 artanh(v).
    let v = d / (x + m);
    let (mut sum, mut power, mut k) = (d * v, 2.0 * x * v, 1.0);
    loop {
        power *= v * v;
        k += 2.0;
        let next = sum + power / k;
        if next == sum {
            return sum + correction;
        }
        sum = next;
    }
}

/// The product and what its rounding lost.
pub(super) fn product(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    (p, libm::fma(a, b, -p))
}

/// The sum of a polynomial, highest coefficient last.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}
