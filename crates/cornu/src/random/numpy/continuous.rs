//! Gamma and beta values.

use super::BitGenerator;

/// A gamma value of scale 1: Marsaglia and Tsang's *A simple method for generating gamma variables* (2000); below shape 1
/// Ahrens and Dieter's GS (1974) with exponential values.
pub(super) fn standard_gamma(bits: &mut impl BitGenerator, shape: f64) -> f64 {
    if shape == 1.0 {
        return bits.next_exponential();
    }
    if shape == 0.0 {
        return 0.0;
    }
    if shape < 1.0 {
        loop {
            let u = bits.next_f64();
            let v = bits.next_exponential();
            let (x, bound) = if u <= 1.0 - shape {
                (u.powf(1.0 / shape), v)
            } else {
                let y = -((1.0 - u) / shape).ln();
                ((1.0 - shape + shape * y).powf(1.0 / shape), v + y)
            };
            if x <= bound {
                return x;
            }
        }
    }
    let b = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * b).sqrt();
    loop {
        let (x, v) = loop {
            let x = bits.next_normal();
            let v = 1.0 + c * x;
            if v > 0.0 {
                break (x, v);
            }
        };
        let v = v * v * v;
        let u = bits.next_f64();
        if u < 1.0 - 0.0331 * (x * x) * (x * x) || u.ln() < 0.5 * x * x + b * (1.0 - v + v.ln()) {
            return b * v;
        }
    }
}

/// A beta value: Jöhnk's method (1964) where both parameters are at most 1, else a ratio of gamma values.
pub(super) fn beta<B: BitGenerator>(bits: &mut B, a: f64, b: f64) -> f64 {
    // Below this a value other than 0 and 1 has a probability of about 10⁻¹⁰⁰.
    const TINY: f64 = 3e-103;
    if a > 1.0 || b > 1.0 {
        let x = standard_gamma(bits, a);
        let y = standard_gamma(bits, b);
        return x / (x + y);
    }
    if !B::LEGACY && a < TINY && b < TINY {
        return f64::from((a + b) * bits.next_f64() < a);
    }
    loop {
        let (u, v) = (bits.next_f64(), bits.next_f64());
        let (x, y) = (u.powf(1.0 / a), v.powf(1.0 / b));
        if x + y > 1.0 || (!B::LEGACY && u + v == 0.0) {
            continue;
        }
        let exact = if B::LEGACY { x + y > 0.0 } else { x > 0.0 && y > 0.0 };
        if exact {
            return x / (x + y);
        }
        // A power underflowed: the ratio from the logarithms.
        let (log_x, log_y) = (u.ln() / a, v.ln() / b);
        if B::LEGACY {
            let largest = if log_x > log_y { log_x } else { log_y };
            let (log_x, log_y) = (log_x - largest, log_y - largest);
            return (log_x - (log_x.exp() + log_y.exp()).ln()).exp();
        }
        let delta = log_x - log_y;
        return if delta > 0.0 {
            (-(-delta).exp().ln_1p()).exp()
        } else {
            (delta - delta.exp().ln_1p()).exp()
        };
    }
}
