//! The hyperbolic tangent.

use super::{Exp, Function, clamp, copysign, poly};
use crate::simd::{Float, Isa, Vector};

/// tanh(√z)/√z = 1 + z·P(z) below 0.625.
const P: [f32; 6] =
    [-0.333_333_3, 0.133_332_05, -0.053_946_704, 0.021_700_5, -0.008_177_094, 0.002_142_803_6];

/// The hyperbolic tangent; at most 1.5 ULP.
///
/// Below 0.625 an odd polynomial, above it 1 - 2/(e^2x + 1) (the split of Cephes).
#[derive(Debug, Clone, Copy)]
pub struct Tanh;

impl Function for Tanh {
    #[inline(always)]
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32 {
        let one = S::F32::splat(s, 1.0);
        let z = x * x;
        let near = (z * poly(s, z, P)).mul_add(x, x);
        // At 10 the result is 1 already.
        let t = clamp(s, x.abs(), 0.0, 10.0);
        let far = one - S::F32::splat(s, 2.0) / (Exp::eval(s, t + t) + one);
        let y = S::F32::select(t.lt(S::F32::splat(s, 0.625)), near, far);
        copysign(s, y, x)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn tanh_is_accurate() {
        check::<Tanh>(f64::tanh, 1.5);
    }
}
