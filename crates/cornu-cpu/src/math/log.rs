//! Logarithms.
//!
//! x = 2^e·m with m in [¾, 1½), f = m - 1, log m = f - f²/2 + f³·P(f), P of degree 7 (relative error
//! 6e-9); e·ln 2 is added in two parts, both positive, as e is infinite for 0 and infinity.

use super::{Function, poly};
use crate::simd::{Float, Isa, Vector};

const LN2_HI: f32 = 0.693_145_75;
const LN2_LO: f32 = 1.428_606_8e-6;
/// P, behind the coefficient of f².
const P: [f32; 9] = [
    -0.5,
    0.333_334_57,
    -0.250_000_57,
    0.199_904_87,
    -0.166_485_85,
    0.144_861_83,
    -0.131_546_5,
    0.104_018_51,
    -0.044_446_778,
];

/// `e`, `f` and `log(1 + f) - f`.
#[inline(always)]
fn parts<S: Isa>(s: S, x: S::F32) -> (S::F32, S::F32, S::F32) {
    let (e, m) = s.split(x);
    let f = m - S::F32::splat(s, 1.0);
    (e, f, poly(s, f, P) * (f * f))
}

/// The natural logarithm; at most 1 ULP.
#[derive(Debug, Clone, Copy)]
pub struct Log;

impl Function for Log {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let (e, f, tail) = parts(s, x);
        let low = e.mul_add(S::F32::splat(s, LN2_LO), tail);
        e.mul_add(S::F32::splat(s, LN2_HI), f + low)
    }
}

/// The logarithm to base 2; at most 1.7 ULP, exact for powers of two.
#[derive(Debug, Clone, Copy)]
pub struct Log2;

impl Function for Log2 {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let (e, f, tail) = parts(s, x);
        // The 1 before log2(e)'s point apart: e + f is exact where they cancel.
        let low = tail * S::F32::splat(s, std::f32::consts::LOG2_E);
        (e + f) + f.mul_add(S::F32::splat(s, 0.442_695_04), low)
    }
}

/// The logarithm to base 10; at most 1.7 ULP.
#[derive(Debug, Clone, Copy)]
pub struct Log10;

/// log10 2 in two parts; the product of the first with any exponent is exact.
const LOG10_2_HI: f32 = 0.301_025_4;
const LOG10_2_LO: f32 = 4.605_039e-6;
/// log10 e less a half: half of f is exact, and so is its sum with the large part of e·log10 2 where they cancel.
const LOG10_E_REST: f32 = -0.065_705_52;

impl Function for Log10 {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let (e, f, tail) = parts(s, x);
        let low = e * S::F32::splat(s, LOG10_2_LO);
        let low = tail.mul_add(S::F32::splat(s, std::f32::consts::LOG10_E), low);
        let low = f.mul_add(S::F32::splat(s, LOG10_E_REST), low);
        e.mul_add(S::F32::splat(s, LOG10_2_HI), f * S::F32::splat(s, 0.5)) + low
    }
}

/// The natural logarithm of 1 + x; at most 1.1 ULP.
///
/// With u = 1 + x rounded, log(1 + x) = log u + c/u where c is what the rounding lost.
#[derive(Debug, Clone, Copy)]
pub struct Log1p;

impl Function for Log1p {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let one = S::F32::splat(s, 1.0);
        let u = one + x;
        let lost = S::F32::select(x.ge(one), one - (u - x), x - (u - one));
        // From 2^25 on nothing of weight is lost, and infinity would make it NaN.
        let lost = S::F32::select(x.lt(S::F32::splat(s, 33_554_432.0)), lost, S::F32::zero(s));
        let (e, f, tail) = parts(s, u);
        // At -1 nothing is lost: 0, not 0/0.
        let lost = lost / u.max(S::F32::splat(s, f32::MIN_POSITIVE));
        let low = e.mul_add(S::F32::splat(s, LN2_LO), tail + lost);
        let y = e.mul_add(S::F32::splat(s, LN2_HI), f + low);
        let tiny = x.abs().lt(S::F32::splat(s, 1e-9));
        S::F32::select(tiny, x, y)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn log_is_accurate() {
        check::<Log>(f64::ln, 1.0);
    }

    #[test]
    fn log2_is_accurate() {
        check::<Log2>(f64::log2, 1.7);
    }

    #[test]
    fn log10_is_accurate() {
        check::<Log10>(f64::log10, 1.7);
    }

    #[test]
    fn log1p_is_accurate() {
        check::<Log1p>(f64::ln_1p, 1.1);
    }
}
