//! Poisson counts.

use super::{BitGenerator, to_i64};

/// The largest mean whose counts fit an `i64`, by NumPy's rule.
pub(super) const LARGEST_MEAN: f64 = 9_223_372_006_484_771_000.0;

/// A Poisson count: a product of uniform values for means below 10, else Hörmann's PTRS (1993).
pub(super) fn poisson(bits: &mut impl BitGenerator, mean: f64) -> i64 {
    if mean >= 10.0 {
        rejection(bits, mean)
    } else if mean == 0.0 {
        0
    } else {
        let limit = (-mean).exp();
        let (mut count, mut product) = (0, 1.0);
        loop {
            product *= bits.next_f64();
            if product <= limit {
                return count;
            }
            count += 1;
        }
    }
}

fn rejection(bits: &mut impl BitGenerator, mean: f64) -> i64 {
    let log_mean = mean.ln();
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let v_r = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let u = bits.next_f64() - 0.5;
        let v = bits.next_f64();
        let us = 0.5 - u.abs();
        let k = to_i64(((2.0 * a / us + b) * u + mean + 0.43).floor());
        if us >= 0.07 && v <= v_r {
            return k;
        }
        if k < 0 || (us < 0.013 && v > us) {
            continue;
        }
        let count = k as f64;
        if v.ln() + inverse_alpha.ln() - (a / (us * us) + b).ln()
            <= -mean + count * log_mean - log_gamma(count + 1.0)
        {
            return k;
        }
    }
}

/// ln Γ(x) by Stirling's series after a shift to x ≥ 7 (Zhang and Jin, *Computation of Special Functions*, 1996). The C
/// library's rounds otherwise, which would change the stream.
fn log_gamma(x: f64) -> f64 {
    const SERIES: [f64; 10] = [
        8.333333333333333e-02,
        -2.777777777777778e-03,
        7.936507936507937e-04,
        -5.952380952380952e-04,
        8.417508417508418e-04,
        -1.917526917526918e-03,
        6.41025641025641e-03,
        -2.955065359477124e-02,
        1.796443723688307e-01,
        -1.39243221690590e+00,
    ];
    const LOG_TWO_PI: f64 = 1.837_877_066_409_345_3;
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let shift = if x < 7.0 { (7.0 - x).trunc() } else { 0.0 };
    let mut shifted = x + shift;
    let inverse_square = (1.0 / shifted) * (1.0 / shifted);
    let series = SERIES.iter().rev().copied().reduce(|sum, a| sum * inverse_square + a);
    let series = series.unwrap_or(0.0);
    let mut value = series / shifted + 0.5 * LOG_TWO_PI + (shifted - 0.5) * shifted.ln() - shifted;
    while shifted > x {
        value -= (shifted - 1.0).ln();
        shifted -= 1.0;
    }
    value
}
