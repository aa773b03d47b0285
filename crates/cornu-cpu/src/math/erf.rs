//! The error function.

use super::exp::exp;
use super::{Function, clamp, copysign, poly};
use crate::simd::{Float, Isa, Vector};

const SPLIT: f32 = 0.9277;
/// erf(√z)/√z - 1 below the split.
const NEAR: [f32; 7] = [
    0.128_379_17,
    -0.376_126_35,
    0.112_836_95,
    -0.026_859_337,
    0.005_200_814_4,
    -0.000_813_961_85,
    8.354_907e-5,
];
/// -log(erfc(t)) above it.
const FAR: [f32; 8] = [
    -0.000_179_01,
    1.129_536_6,
    0.633_301_26,
    0.108_332_42,
    -0.025_154_672,
    0.004_184_998,
    -0.000_437_455_56,
    2.136_429_6e-5,
];

/// The error function; at most 1.3 ULP.
///
/// Near 0 an odd polynomial of degree 13, elsewhere 1 - exp(-Q(|x|)) with Q of degree 7.
#[derive(Debug, Clone, Copy)]
pub struct Erf;

impl Function for Erf {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let near = poly(s, x * x, NEAR).mul_add(x, x);
        // erfc(3.95) is less than half a unit in the last place of 1.
        let t = clamp(s, x.abs(), 0.0, 3.95);
        let far = S::F32::splat(s, 1.0) - exp(s, -poly(s, t, FAR));
        let y = S::F32::select(t.lt(S::F32::splat(s, SPLIT)), near, far);
        copysign(s, y, x)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn erf_is_accurate() {
        check::<Erf>(libm::erf, 1.3);
    }
}
