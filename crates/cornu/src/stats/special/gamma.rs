//! The gamma function's relatives.

use super::root::{Curve, solve};
use super::{HALF_LN_TAU, Tails, deviance, polynomial};

/// `ln Γ(a) - (a - ½) ln a + a - ½ ln 2π`: what Stirling's formula leaves out.
pub(in super::super) fn stirling_rest(a: f64) -> f64 {
    if a < 10.0 {
        return libm::lgamma(a) - (a - 0.5) * a.ln() + a - HALF_LN_TAU;
    }
    // Abramowitz and Stegun, 6.1.41: B₂ₖ / (2k (2k-1) a²ᵏ⁻¹).
    const TERMS: [f64; 9] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
        -3617.0 / 122_400.0,
        43_867.0 / 244_188.0,
    ];
    polynomial(&TERMS, 1.0 / a / a) / a
}

/// `ln a - 1 / (2a) - ψ(a)`, where ψ is the digamma function.
pub(in super::super) fn digamma_rest(a: f64) -> f64 {
    // Abramowitz and Stegun, 6.3.18: B₂ₖ / (2k a²ᵏ).
    const TERMS: [f64; 9] = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
        -3617.0 / 8160.0,
        43_867.0 / 14_364.0,
    ];
    if a >= 10.0 {
        return polynomial(&TERMS, 1.0 / a / a) / a / a;
    }
    // ψ(a) = ψ(a + n) - Σ 1 / (a + i).
    let (mut shifted, mut below) = (a, 0.0);
    while shifted < 10.0 {
        below += 1.0 / shifted;
        shifted += 1.0;
    }
    a.ln() - 0.5 / a - (shifted.ln() - 0.5 / shifted - digamma_rest(shifted)) + below
}

/// `ln Γ(1 + a)`, to full relative precision at 0.
pub(super) fn ln_gamma_1p(a: f64) -> f64 {
    if a.abs() > 0.05 {
        return libm::lgamma(1.0 + a);
    }
    // Abramowitz and Stegun, 6.1.33: -γ a + Σ ζ(k) (-a)ᵏ / k.
    const TERMS: [f64; 12] = [
        0.0,
        -0.577_215_664_901_532_9,
        0.822_467_033_424_113_2,
        -0.400_685_634_386_531_4,
        0.270_580_808_427_784_5,
        -0.207_385_551_028_673_98,
        0.169_557_176_997_408_2,
        -0.144_049_896_768_846_1,
        0.125_509_669_524_743,
        -0.111_334_265_869_564_7,
        0.100_099_457_512_781_8,
        -0.090_954_017_145_829_04,
    ];
    polynomial(&TERMS, a)
}

/// The logarithm of `xᵃ e⁻ˣ / Γ(a + 1)`: the probability that a Poisson variable of mean `x` is `a`.
pub(in super::super) fn ln_poisson_term(a: f64, x: f64) -> f64 {
    if a == 0.0 {
        return -x;
    }
    -0.5 * a.ln() - HALF_LN_TAU - stirling_rest(a) - deviance(a, x, 0.0)
}

/// The logarithm of `xᵃ⁻¹ e⁻ˣ / Γ(a)`, for positive `a` and `x`.
pub(in super::super) fn ln_gamma_density(a: f64, x: f64) -> f64 {
    ln_poisson_term(a, x) + (a / x).ln()
}

/// The regularized incomplete gamma functions `P(a, x)` and `Q(a, x)`.
pub(in super::super) fn gamma_tails(a: f64, x: f64) -> Tails {
    if x.is_nan() {
        return Tails::from_lower(x);
    }
    if x <= 0.0 {
        return Tails::from_lower(0.0);
    }
    if x == f64::INFINITY {
        return Tails::from_upper(0.0);
    }
    if a >= 1e5 {
        return uniform_expansion(a, x);
    }
    if x >= a + 1.0 {
        return Tails::from_upper(ln_poisson_term(a, x).exp() * a * fraction(a, x));
    }
    if a < 1.0 && x < 1.1 {
        return small_shape(a, x);
    }
    // DLMF 8.7.1: P = xᵃ e⁻ˣ / Γ(a+1) · Σ xⁿ / ((a+1) … (a+n)).
    let (mut sum, mut term, mut n) = (1.0, 1.0, a);
    while term > sum * 1e-17 {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    Tails::from_lower(ln_poisson_term(a, x).exp() * sum)
}

/// `Q(a, x) Γ(a) x⁻ᵃ eˣ` by its continued fraction (DLMF 8.9.2), with Lentz's method.
fn fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = f64::MAX;
    let mut d = 1.0 / b;
    let mut value = d;
    let mut i = 1.0;
    loop {
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        let factor = c * d;
        value *= factor;
        i += 1.0;
        if factor.is_nan() || (factor - 1.0).abs() <= f64::EPSILON {
            return value;
        }
    }
}

/// For `a < 1` and small `x`, where `P` is near 1 though `x` is small: both tails by their own sums.
fn small_shape(a: f64, x: f64) -> Tails {
    // DLMF 8.7.1: P = xᵃ / Γ(a+1) · (1 + a Σ (-x)ⁿ / (n! (a + n))).
    let (mut sum, mut term, mut n) = (0.0, 1.0, 0.0);
    loop {
        n += 1.0;
        term *= -x / n;
        let next = sum + term / (a + n);
        if next == sum {
            break;
        }
        sum = next;
    }
    let log = a * x.ln() - ln_gamma_1p(a);
    let rest = log.exp() * a * sum;
    Tails { lower: log.exp() + rest, upper: -log.exp_m1() - rest }
}

/// For large `a`: the uniform expansion of Temme (1979), DLMF 8.12.3 with the coefficients' Taylor series
/// (DiDonato and Morris, 1986).
fn uniform_expansion(a: f64, x: f64) -> Tails {
    const C0: [f64; 11] = [
        -1.0 / 3.0,
        1.0 / 12.0,
        -2.0 / 135.0,
        1.0 / 864.0,
        1.0 / 2835.0,
        -139.0 / 777_600.0,
        1.0 / 25_515.0,
        -2.185_448_510_679_992e-6,
        -1.854_062_210_715_16e-6,
        8.296_711_340_953_086e-7,
        -1.766_595_273_682_607_8e-7,
    ];
    const C1: [f64; 7] = [
        -1.0 / 540.0,
        -1.0 / 288.0,
        1.0 / 378.0,
        -77.0 / 77_760.0,
        2.057_613_168_724_28e-4,
        -4.018_775_720_164_61e-7,
        -1.809_855_033_448_997_7e-5,
    ];
    const C2: [f64; 3] =
        [4.133_597_883_597_884e-3, -2.681_327_160_493_827e-3, 7.716_049_382_716_049e-4];
    let half_square = deviance(a, x, 0.0);
    if half_square > 760.0 {
        return if x < a { Tails::from_lower(0.0) } else { Tails::from_upper(0.0) };
    }
    let eta = (2.0 * half_square / a).sqrt().copysign(x - a);
    let series = polynomial(&C0, eta) + (polynomial(&C1, eta) + polynomial(&C2, eta) / a) / a;
    let rest = (-half_square).exp() / (std::f64::consts::TAU * a).sqrt() * series;
    let small = 0.5 * libm::erfc(half_square.sqrt());
    if x < a { Tails::from_lower(small - rest) } else { Tails::from_upper(small + rest) }
}

/// The `x` at which the incomplete gamma functions are `tails`.
pub(in super::super) fn gamma_quantile(a: f64, tails: Tails) -> f64 {
    // The first term of the series: exact where x is small.
    let ln_first = (tails.lower.ln() + ln_gamma_1p(a)) / a;
    let start = if a < 1.0 && ln_first < 0.0 {
        // Below this the second term of the series does not count.
        if ln_first < -40.0 {
            return ln_first.exp();
        }
        ln_first.exp()
    } else {
        // Wilson and Hilferty (1931).
        let z = super::normal_quantile(tails.lower, tails.upper);
        let cube = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * a.sqrt());
        if cube > 0.1 { a * cube * cube * cube } else { ln_first.exp() }
    };
    solve(start.max(f64::MIN_POSITIVE), f64::INFINITY, tails, |x| {
        let density = (ln_gamma_density(a, x) + x.ln()).exp();
        Curve { tails: gamma_tails(a, x), slope: density }
    })
}
