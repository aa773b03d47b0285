//! Powers.

use super::poly64;

/// log2((1 + √z)/(1 - √z))/√z.
const LOG2: [f64; 6] = [
    2.885_390_081_777_845_3,
    0.961_796_694_122_817_8,
    0.577_077_939_367_691_1,
    0.412_209_577_224_434_4,
    0.319_891_556_576_099_95,
    0.283_112_867_663_296_7,
];
/// (2^r - 1)/r.
const EXP2: [f64; 7] = [
    0.693_147_180_545_704_5,
    0.240_226_510_888_362_3,
    0.055_504_109_421_175_06,
    0.009_618_035_210_250_376,
    0.001_333_344_969_614_470_5,
    0.000_154_676_210_375_876_37,
    1.531_031_114_660_647_3e-5,
];
/// Adding it rounds to an integer, which stands in the low bits of the sum.
pub(super) const ROUND: f64 = 6_755_399_441_055_744.0;

/// `x` to the power of `y`, as C99 and NumPy define it; at most 0.51 ULP.
///
/// 2^(y·log2|x|) in double precision; log2 by the series in (m - 1)/(m + 1).
#[inline(always)]
pub fn pow(x: f32, y: f32) -> f32 {
    let (a, y64) = (f64::from(x.abs()), f64::from(y));
    let root = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    let shifted = a.to_bits().wrapping_add(1f64.to_bits() - root);
    // The exponent as a double: its field placed into the mantissa of 2^52.
    let e = f64::from_bits((shifted >> 52) | 4_503_599_627_370_496f64.to_bits())
        - (4_503_599_627_370_496.0 + 1023.0);
    let m = f64::from_bits((shifted & ((1 << 52) - 1)) + root);
    let t = (m - 1.0) / (m + 1.0);
    let log2 = e + t * poly64(t * t, LOG2);
    let log2 = if a == 0.0 { f64::NEG_INFINITY } else { log2 };
    let log2 = if a == f64::INFINITY { f64::INFINITY } else { log2 };
    let log2 = if x.is_nan() { f64::NAN } else { log2 };

    let p = y64 * log2;
    // Beyond these ends the result is infinity or 0 anyway.
    let p = if p > 200.0 { 200.0 } else { p };
    let p = if p < -200.0 { -200.0 } else { p };
    let n = p + ROUND;
    let r = p - (n - ROUND);
    let scale = f64::from_bits(n.to_bits().wrapping_add(1023) << 52);
    let power = ((1.0 + r * poly64(r, EXP2)) * scale) as f32;
    let power = if p.is_nan() { f32::NAN } else { power };

    // From 2^24 on every `f32` is an even integer.
    let limited = if y.abs() > 33_554_432.0 { 33_554_432.0 } else { y64 };
    let integer = limited + ROUND;
    let is_integer = integer - ROUND == limited;
    let odd = is_integer & (integer.to_bits() & 1 == 1);
    let negative = x.is_sign_negative();
    let power = if odd & negative { -power } else { power };
    let power = if (x < 0.0) & (a < f64::INFINITY) & !is_integer { f32::NAN } else { power };
    let unit = (y == 0.0) | (x == 1.0) | ((x == -1.0) & (y.abs() == f32::INFINITY));
    if unit { 1.0 } else { power }
}

#[cfg(test)]
mod tests {
    use super::super::testing::ulp;
    use super::*;

    #[test]
    fn pow_is_accurate() {
        let special = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -0.5,
            2.0,
            -2.0,
            3.0,
            -3.0,
            1e-40,
            -1e-40,
            1e38,
            -1e38,
            1e9,
            1e10,
            33_554_434.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            1.000_000_1,
            0.999_999_94,
        ];
        let some: Vec<f32> = (0..700).map(|i| f32::from_bits(i * 6_135_767)).collect();
        let plain: Vec<f32> = (1..600).map(|i| i as f32 * 0.037).collect();
        let mut worst = 0.0f64;
        let mut check = |x: f32, y: f32| {
            let want = f64::from(x).powf(f64::from(y));
            let error = ulp(pow(x, y), want);
            worst = worst.max(error);
            assert!(error <= 0.51, "pow({x:e}, {y:e}) = {:e}, not {want:e}", pow(x, y));
        };
        for &x in special.iter().chain(&some).chain(&plain) {
            for &y in special.iter().chain(&some).chain(&plain) {
                check(x, y);
            }
        }
        println!("pow: at most {worst:.3} ULP");
    }
}
