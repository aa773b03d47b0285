//! The beta function's relatives.

use super::gamma::ln_gamma_1p;
use super::root::{Curve, solve};
use super::{HALF_LN_TAU, Tails, deviance, product, stirling_rest};

/// The logarithm of the beta density times `x y`: `xᵃ yᵇ / B(a, b)`, where `y = 1 - x`.
///
/// Both are given because neither follows from the other when it is small.
fn ln_weight(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    // n to full precision: what its rounding loses counts where a and b are large.
    let lost = if a > b { b - (n - a) } else { a - (n - b) };
    let ((nx, dx), (ny, dy)) = (product(n, x), product(n, y));
    // The parts of deviance that are linear in x and y cancel only if x + y is 1.
    let (dx, dy) = (dx + lost * x, dy + lost * y);
    let far = deviance(a, nx, dx) + deviance(b, ny, dy);
    0.5 * (a.ln() + b.ln() - n.ln()) - HALF_LN_TAU + stirling_rest(n)
        - stirling_rest(a)
        - stirling_rest(b)
        - far
}

/// The logarithm of `xᵃ⁻¹ yᵇ⁻¹ / B(a, b)`.
pub(in super::super) fn ln_beta_density(a: f64, b: f64, x: f64, y: f64) -> f64 {
    ln_weight(a, b, x, y) - x.ln() - y.ln()
}

/// The regularized incomplete beta functions `I_x(a, b)` and `I_y(b, a)`, where `y = 1 - x`.
pub(in super::super) fn beta_tails(a: f64, b: f64, x: f64, y: f64) -> Tails {
    if x.is_nan() {
        return Tails::from_lower(x);
    }
    if x <= 0.0 {
        return Tails::from_lower(0.0);
    }
    if y <= 0.0 {
        return Tails::from_upper(0.0);
    }
    if x * (a + b + 2.0) > a + 1.0 {
        return beta_tails_below(b, a, y, x).swapped();
    }
    beta_tails_below(a, b, x, y)
}

fn beta_tails_below(a: f64, b: f64, x: f64, y: f64) -> Tails {
    Tails::from_lower(ln_weight(a, b, x, y).exp() / fraction(a, b, x, y))
}

/// `xᵃ yᵇ / (B(a, b) I_x(a, b))` by a continued fraction, with Lentz's method.
///
/// The even part of DLMF 8.17.22 in the form of DiDonato and Morris (1992, routine BFRAC): it uses both `x` and
/// `y`, and below the mean its terms do not cancel.
fn fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let excess = a * y - b * x;
    let term = |m: f64| {
        let n = a + 2.0 * m;
        m + m * (b - m) * x / (n - 1.0) + (a + m) * (excess + 1.0 + m * (1.0 + y)) / (n + 1.0)
    };
    let mut value = a * (excess + 1.0) / (a + 1.0);
    let (mut c, mut d) = (value, 0.0);
    let mut m = 1.0;
    loop {
        let n = a + 2.0 * m - 1.0;
        let numerator = m * (a + m - 1.0) / n * ((a + b + m - 1.0) / n) * (b - m) * x * x;
        let term = term(m);
        d = 1.0 / (term + numerator * d);
        c = term + numerator / c;
        let factor = c * d;
        value *= factor;
        m += 1.0;
        if factor.is_nan() || (factor - 1.0).abs() <= f64::EPSILON {
            return value;
        }
    }
}

/// `ln(a B(a, b)) = ln Γ(a + 1) + ln Γ(b) - ln Γ(a + b)`, where the last two nearly cancel for small `a`.
fn ln_a_beta(a: f64, b: f64) -> f64 {
    let n = a + b;
    let rest = stirling_rest(b) - stirling_rest(n);
    ln_gamma_1p(a) - (b - 0.5) * (a / b).ln_1p() - a * n.ln() + a + rest
}

/// The `(x, 1 - x)` at which the incomplete beta functions are `tails`.
pub(in super::super) fn beta_quantile(a: f64, b: f64, tails: Tails) -> (f64, f64) {
    let middle = beta_tails(a, b, 0.5, 0.5);
    // By the smaller tail: the other one may be 1 at both points.
    let above = if tails.lower < tails.upper {
        middle.lower < tails.lower
    } else {
        middle.upper > tails.upper
    };
    if above {
        let (y, x) = small_quantile(b, a, tails.swapped());
        return (x, y);
    }
    small_quantile(a, b, tails)
}

/// [`beta_quantile`] where `x` is at most ½.
fn small_quantile(a: f64, b: f64, tails: Tails) -> (f64, f64) {
    // The first term of the series in x: exact where x is small.
    let first = (tails.lower.ln() + ln_a_beta(a, b)) / a;
    if first < -40.0 - (1.0 + b).ln() {
        return (first.exp(), 1.0);
    }
    let mean = a / (a + b);
    let start = if a > 1.0 && b > 1.0 {
        let z = super::normal_quantile(tails.lower, tails.upper);
        // A normal law on the scale of the log-odds.
        let odds = (mean / (1.0 - mean)).ln() + z * (1.0 / a + 1.0 / b).sqrt();
        1.0 / (1.0 + (-odds).exp())
    } else {
        first.exp()
    };
    let x = solve(start.clamp(f64::MIN_POSITIVE, 0.5), 0.5000001, tails, |x| {
        let y = 1.0 - x;
        // By ln x: the density times x.
        let slope = (ln_weight(a, b, x, y) - y.ln()).exp();
        Curve { tails: beta_tails(a, b, x, y), slope }
    });
    (x, 1.0 - x)
}

/// The logarithm of `C(n, k) pᵏ (1 - p)ⁿ⁻ᵏ` for whole `0 ≤ k ≤ n`, in Loader's form (2000).
pub(in super::super) fn ln_binomial_term(n: f64, k: f64, p: f64) -> f64 {
    if p == 0.0 || p == 1.0 {
        return if k == n * p { 0.0 } else { f64::NEG_INFINITY };
    }
    if k == 0.0 {
        return n * (-p).ln_1p();
    }
    if k == n {
        return n * p.ln();
    }
    let (q, rest) = (1.0 - p, n - k);
    let ((np, np_lost), (nq, nq_lost)) = (product(n, p), product(n, q));
    // What the rounding of 1 - p lost.
    let q_lost = (1.0 - q) - p;
    0.5 * (n / k / rest).ln() - HALF_LN_TAU + stirling_rest(n)
        - stirling_rest(k)
        - stirling_rest(rest)
        - deviance(k, np, np_lost)
        - deviance(rest, nq, nq_lost + n * q_lost)
}
