//! Circular functions.
//!
//! x - n·π/2 in double precision with π/2 in two parts, the first of 33 bits so that its product with n
//! is exact (Cody and Waite, 1980); then polynomials on [-π/4, π/4]. The methods hold up to
//! [`TRIG_LIMIT`]; beyond it use `libm`, which reduces by many digits of π.

use super::poly;
use super::poly64;
use super::pow::ROUND;
use crate::simd::{Float, Int, Isa, Vector};

/// The largest magnitude for which [`sin`], [`cos`] and [`tan`] are accurate.
pub const TRIG_LIMIT: f32 = 1_048_576.0;

const HALF_PI_HI: f64 = 1.570_796_326_734_125_6;
const HALF_PI_LO: f64 = 6.077_100_506_506_192e-11;
const SIN: [f64; 4] = [
    -0.166_666_666_407_509_65,
    0.008_333_329_305_546_7,
    -0.000_198_393_127_697_197,
    2.718_124_078e-6,
];
const COS: [f64; 4] = [
    0.041_666_666_620_693_964,
    -0.001_388_888_359_650_627_6,
    2.479_948_347_250_678_4e-5,
    -2.720_751_124_582_701_6e-7,
];

/// The quadrant (in the low two bits), the sine and the cosine of the rest.
#[inline(always)]
fn reduce(x: f32) -> (u64, f64, f64) {
    let x = f64::from(x);
    let n = x * std::f64::consts::FRAC_2_PI + ROUND;
    let quadrant = n.to_bits();
    let n = n - ROUND;
    let r = (x - n * HALF_PI_HI) - n * HALF_PI_LO;
    let z = r * r;
    (quadrant, r * (1.0 + z * poly64(z, SIN)), 1.0 - 0.5 * z + z * z * poly64(z, COS))
}

/// The sine of `x` radians, |x| ≤ [`TRIG_LIMIT`]; at most 0.51 ULP.
#[inline(always)]
pub fn sin(x: f32) -> f32 {
    let (q, sin, cos) = reduce(x);
    let y = if q & 1 == 0 { sin } else { cos };
    (if q & 2 == 0 { y } else { -y }) as f32
}

/// The cosine of `x` radians, |x| ≤ [`TRIG_LIMIT`]; at most 0.51 ULP.
#[inline(always)]
pub fn cos(x: f32) -> f32 {
    let (q, sin, cos) = reduce(x);
    let y = if q & 1 == 0 { cos } else { sin };
    (if q.wrapping_add(1) & 2 == 0 { y } else { -y }) as f32
}

/// The tangent of `x` radians, |x| ≤ [`TRIG_LIMIT`]; at most 0.51 ULP.
#[inline(always)]
pub fn tan(x: f32) -> f32 {
    let (q, sin, cos) = reduce(x);
    let even = q & 1 == 0;
    (if even { sin } else { -cos } / if even { cos } else { sin }) as f32
}

const SIN32: [f32; 3] = [-0.166_666_55, 0.008_332_161, -0.000_195_153_07];
const COS32: [f32; 3] = [0.041_666_646, -0.001_388_733_5, 2.443_512_5e-5];

/// The cosine and sine of 2π·v for 0 ≤ v < 1; at most 2 ULP but near their zeros, where the absolute
/// error is at most 1e-7.
#[inline(always)]
pub fn cos_sin_turns<S: Isa>(s: S, v: S::F32) -> (S::F32, S::F32) {
    let v4 = v * S::F32::splat(s, 4.0);
    let n = v4.round();
    let r = (v4 - n) * S::F32::splat(s, std::f32::consts::FRAC_PI_2);
    let z = r * r;
    let sin = (z * poly(s, z, SIN32)).mul_add(r, r);
    let half = z.neg_mul_add(S::F32::splat(s, 0.5), S::F32::splat(s, 1.0));
    let cos = (z * z).mul_add(poly(s, z, COS32), half);

    let q = n.to_int();
    let one = S::U32::splat(s, 1);
    let odd = (q & one).eq(one);
    // Bit 1 of the quadrant, moved to the sign bit.
    let sign = |q: S::U32| (q & S::U32::splat(s, 2)) << 30;
    let flip = |x: S::F32, sign: S::U32| S::F32::from_bits(x.to_bits() ^ sign);
    (
        flip(S::F32::select(odd, sin, cos), sign(q + one)),
        flip(S::F32::select(odd, cos, sin), sign(q)),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Worst, numbers};
    use super::*;
    use crate::simd::{AnyIsa, Kernel};

    fn check(f: fn(f32) -> f32, want: &dyn Fn(f64) -> f64) {
        let mut worst = Worst::default();
        numbers(|all| {
            let x: Vec<f32> = all.iter().copied().filter(|x| x.abs() <= TRIG_LIMIT).collect();
            let y: Vec<f32> = x.iter().map(|&x| f(x)).collect();
            let want: Vec<f64> = x.iter().map(|&x| want(f64::from(x))).collect();
            worst.see(&x, &y, &want);
        });
        worst.check("plain", 0.51);
    }

    #[test]
    fn circular_functions_are_accurate() {
        check(sin, &f64::sin);
        check(cos, &f64::cos);
        check(tan, &f64::tan);
    }

    #[test]
    fn turns_are_accurate() {
        struct Turns(f32);
        impl Kernel for Turns {
            type Output = (f32, f32);
            #[inline(always)]
            fn run<S: Isa>(self, s: S) -> (f32, f32) {
                let (mut c, mut d) = ([0.0], [0.0]);
                let (cos, sin) = cos_sin_turns(s, S::F32::splat(s, self.0));
                cos.store_partial(&mut c);
                sin.store_partial(&mut d);
                (c[0], d[0])
            }
        }
        for isa in AnyIsa::available() {
            for i in 0..4096 {
                let v = i as f32 / 4096.0;
                let (cos, sin) = isa.run(Turns(v));
                let angle = f64::from(v) * std::f64::consts::TAU;
                assert!((f64::from(cos) - angle.cos()).abs() < 1e-7, "cos at {v}: {cos}");
                assert!((f64::from(sin) - angle.sin()).abs() < 1e-7, "sin at {v}: {sin}");
            }
        }
    }
}
