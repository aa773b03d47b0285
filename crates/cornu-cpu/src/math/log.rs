//! Logarithms.
//!
//! x = 2^e·m with m in [√½, √2), f = m - 1, log m = f - f²/2 + f³·P(f), P of degree 8; e·ln 2 is added in
//! two parts (the scheme of Cephes and fdlibm).

use super::{Function, poly};
use crate::simd::{Float, Isa, Vector};

const LN2_HI: f32 = 0.693_359_4;
const LN2_LO: f32 = -2.121_944_4e-4;
const P: [f32; 9] = [
    0.333_333_1,
    -0.25,
    0.200_022_47,
    -0.166_685_13,
    0.142_177_63,
    -0.123_964_45,
    0.118_909_89,
    -0.117_266_05,
    0.068_009_12,
];

/// `e` and `f` for a positive normal number.
#[inline(always)]
fn split<S: Isa>(s: S, x: S::F32) -> (S::F32, S::F32) {
    let root = S::U32::splat(s, std::f32::consts::FRAC_1_SQRT_2.to_bits());
    // Moves √½ to the start of a binade, so that the exponent field counts from there.
    let shifted = x.to_bits() + (S::U32::splat(s, 1f32.to_bits()) - root);
    let e = S::F32::from_int((shifted >> 23) - S::U32::splat(s, 127));
    let m = S::F32::from_bits((shifted & S::U32::splat(s, (1 << 23) - 1)) + root);
    (e, m - S::F32::splat(s, 1.0))
}

/// `e` and `f` for any number: subnormal ones are scaled up first.
#[inline(always)]
fn split_any<S: Isa>(s: S, x: S::F32) -> (S::F32, S::F32) {
    let small = x.lt(S::F32::splat(s, f32::MIN_POSITIVE));
    let x = S::F32::select(small, x * S::F32::splat(s, 8_388_608.0), x);
    let (e, f) = split(s, x);
    (e - S::F32::select(small, S::F32::splat(s, 23.0), S::F32::zero(s)), f)
}

/// `log(1 + f) - f`.
#[inline(always)]
fn tail<S: Isa>(s: S, f: S::F32) -> S::F32 {
    let f2 = f * f;
    (poly(s, f, P) * f).mul_add(f2, f2 * S::F32::splat(s, -0.5))
}

/// `y` where x is positive and finite; the logarithm's special values elsewhere.
#[inline(always)]
fn special<S: Isa>(s: S, x: S::F32, y: S::F32) -> S::F32 {
    let (zero, infinity) = (S::F32::zero(s), S::F32::splat(s, f32::INFINITY));
    // What is neither above 0 nor 0 is negative or NaN.
    let edge = S::F32::select(x.eq(zero), -infinity, S::F32::splat(s, f32::NAN));
    let edge = S::F32::select(x.eq(infinity), infinity, edge);
    S::F32::select(x.gt(zero) & x.lt(infinity), y, edge)
}

/// The natural logarithm; at most 1 ULP.
#[derive(Debug, Clone, Copy)]
pub struct Log;

impl Function for Log {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let (e, f) = split_any(s, x);
        let low = e.mul_add(S::F32::splat(s, LN2_LO), tail(s, f));
        special(s, x, e.mul_add(S::F32::splat(s, LN2_HI), f + low))
    }
}

/// The logarithm to base 2; at most 2 ULP, exact for powers of two.
#[derive(Debug, Clone, Copy)]
pub struct Log2;

impl Function for Log2 {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let (e, f) = split_any(s, x);
        let y = (f + tail(s, f)).mul_add(S::F32::splat(s, std::f32::consts::LOG2_E), e);
        special(s, x, y)
    }
}

/// The logarithm to base 10; at most 2 ULP.
#[derive(Debug, Clone, Copy)]
pub struct Log10;

/// log10 2 in two parts; the product of the first with any exponent is exact.
const LOG10_2_HI: f32 = 0.301_025_4;
const LOG10_2_LO: f32 = 4.605_039e-6;

impl Function for Log10 {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let (e, f) = split_any(s, x);
        let low = e * S::F32::splat(s, LOG10_2_LO);
        let y = (f + tail(s, f)).mul_add(S::F32::splat(s, std::f32::consts::LOG10_E), low);
        special(s, x, e.mul_add(S::F32::splat(s, LOG10_2_HI), y))
    }
}

/// The natural logarithm of 1 + x; at most 1.6 ULP.
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
        let (e, f) = split(s, u);
        let low = e.mul_add(S::F32::splat(s, LN2_LO), tail(s, f) + lost / u);
        let y = special(s, u, e.mul_add(S::F32::splat(s, LN2_HI), f + low));
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
        check::<Log2>(f64::log2, 2.0);
    }

    #[test]
    fn log10_is_accurate() {
        check::<Log10>(f64::log10, 2.0);
    }

    #[test]
    fn log1p_is_accurate() {
        check::<Log1p>(f64::ln_1p, 1.6);
    }
}
