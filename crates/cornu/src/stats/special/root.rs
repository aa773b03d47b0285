//! Inversion of cumulative functions on the positive half-line.

use super::Tails;

/// A cumulative function at a point.
pub(super) struct Curve {
    pub tails: Tails,
    /// The derivative by the logarithm of the point.
    pub slope: f64,
}

/// The point in `(0, end)` where both tails are the wanted ones.
///
/// Newton's method on the logarithm of the smaller tail as a function of `ln x`, which is concave for the
/// laws here, so that the steps do not overshoot twice; a bracket keeps them honest, and where a tail
/// vanishes it is halved instead. Precision is relative, at any distance from 0.
pub(super) fn solve(start: f64, end: f64, wanted: Tails, curve: impl Fn(f64) -> Curve) -> f64 {
    let below = wanted.lower <= wanted.upper;
    let (mut low, mut high) = (0.0, end);
    let mut x = start;
    // Halving alone needs about 64 + 1074 rounds in the worst case; Newton's method about six.
    for _ in 0..2000 {
        let Curve { tails, slope } = curve(x);
        let (tail, target) =
            if below { (tails.lower, wanted.lower) } else { (tails.upper, wanted.upper) };
        // Positive when the point must move up.
        let error = (target / tail).ln() * if below { 1.0 } else { -1.0 };
        if error == 0.0 {
            return x;
        }
        if error > 0.0 {
            low = x;
        } else {
            high = x;
        }
        let step = error * tail / slope;
        let mut next = if step.abs() < 1e3 { x * step.exp() } else { f64::NAN };
        // The error after a step is of the order of its square.
        if step.abs() < 1e-11 {
            return next;
        }
        if !(next > low && next < high) {
            next = match (low > 0.0, high < f64::INFINITY) {
                (true, true) if high / low > 4.0 => low.sqrt() * high.sqrt(),
                (true, true) => low + (high - low) / 2.0,
                (false, _) => x / 1e3,
                (true, false) => x * 1e3,
            };
            if next == low || next == high || next == 0.0 || next == f64::INFINITY {
                return next;
            }
        }
        x = next;
    }
    x
}
