//! exp, expm1 and the logistic function.
//!
//! x = n·ln 2 + r with |r| ≤ ln 2 / 2; ln 2 is split in two so that n·hi is exact (Cody and Waite, 1980).
//! Then e^x = 2^n·(1 + p), p = e^r - 1 = r + r²·q(r), q of degree 4 (relative error of e^r: 4e-9), or 5 where p alone
//! must be accurate (5e-11).

use super::{Function, clamp, poly};
use crate::simd::{Float, Isa, Vector};

const LN2_HI: f32 = 0.693_359_4;
const LN2_LO: f32 = -2.121_944_4e-4;
const Q4: [f32; 5] = [0.5, 0.166_665_18, 0.041_666_85, 0.008_368_961, 0.001_389_926_9];
const Q5: [f32; 6] =
    [0.5, 0.166_666_67, 0.041_666_247, 0.008_333_278, 0.001_394_760_6, 0.000_199_110_23];
/// Adding it rounds to an integer, which stands in the low bits of the sum.
const ROUND: f32 = 12_582_912.0;

/// `n`, as it stands in the sum with [`ROUND`] and as a number, and `r`.
#[inline(always)]
fn reduce<S: Isa>(s: S, x: S::F32) -> (S::U32, S::F32, S::F32) {
    let round = S::F32::splat(s, ROUND);
    let sum = x.mul_add(S::F32::splat(s, std::f32::consts::LOG2_E), round);
    let n = sum - round;
    let r = n.neg_mul_add(S::F32::splat(s, LN2_HI), x);
    (sum.to_bits(), n, n.neg_mul_add(S::F32::splat(s, LN2_LO), r))
}

/// e to the power of x for -104 ≤ x ≤ 89.
#[inline(always)]
pub(super) fn exp<S: Isa>(s: S, x: S::F32) -> S::F32 {
    let (_, n, r) = reduce(s, x);
    let p = (r * r).mul_add(poly(s, r, Q4), r);
    s.scale(p + S::F32::splat(s, 1.0), n)
}

/// e to the power of x; at most 1.1 ULP, subnormal results included.
#[derive(Debug, Clone, Copy)]
pub struct Exp;

impl Function for Exp {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        // Beyond these ends the result is 0 or infinity anyway.
        exp(s, clamp(s, x, -104.0, 89.0))
    }
}

/// e to the power of x, less 1; at most 1.6 ULP.
#[derive(Debug, Clone, Copy)]
pub struct Expm1;

impl Function for Expm1 {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let (n, _, r) = reduce(s, clamp(s, x, -18.0, 89.0));
        let p = (r * r).mul_add(poly(s, r, Q5), r);
        // 2^n·p + (2^n - 1), halved so that 2^128 does not overflow; the shift leaves only n of the sum.
        let half = S::F32::from_bits((n << 23) + S::U32::splat(s, 0.5f32.to_bits()));
        let y = half.mul_add(p, half - S::F32::splat(s, 0.5));
        // Tiny x, subnormal and -0 among them, is its own result.
        S::F32::select(x.abs().lt(S::F32::splat(s, 1e-9)), x, y + y)
    }
}

/// 1/(1 + e^-x); at most 2.5 ULP.
#[derive(Debug, Clone, Copy)]
pub struct Sigmoid;

impl Function for Sigmoid {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        // With e^-|x| nothing overflows, and the left tail keeps its relative accuracy.
        let one = S::F32::splat(s, 1.0);
        let e = exp(s, S::F32::splat(s, -104.0).max(-x.abs()));
        s.ratio(S::F32::select(x.ge(S::F32::zero(s)), one, e), one + e)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn exp_is_accurate() {
        check::<Exp>(f64::exp, 1.1);
    }

    #[test]
    fn expm1_is_accurate() {
        check::<Expm1>(f64::exp_m1, 1.6);
    }

    #[test]
    fn sigmoid_is_accurate() {
        check::<Sigmoid>(
            |x| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) },
            2.5,
        );
    }
}
