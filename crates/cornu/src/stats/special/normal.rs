//! The normal law.

use std::f64::consts::FRAC_1_SQRT_2;

use super::{HALF_LN_TAU, polynomial};

/// The standard normal law's cumulative function.
pub(in super::super) fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// Its logarithm, also where the probability itself is below the least double.
pub(in super::super) fn ln_normal_cdf(x: f64) -> f64 {
    if x > 0.0 {
        return (-normal_cdf(-x)).ln_1p();
    }
    if x > -30.0 {
        return normal_cdf(x).ln();
    }
    // Abramowitz and Stegun, 26.2.12: φ(x)/|x| · (1 - 1/x² + 3/x⁴ - 15/x⁶ + …).
    let series = polynomial(&[1.0, -1.0, 3.0, -15.0, 105.0, -945.0, 10_395.0], 1.0 / x / x);
    -0.5 * x * x - HALF_LN_TAU - (-x).ln() + series.ln()
}

/// The standard normal law's quantile, from the probability below it and the one above it.
///
/// Wichura, *Algorithm AS 241: the percentage points of the normal distribution* (1988), routine PPND16.
pub(in super::super) fn normal_quantile(lower: f64, upper: f64) -> f64 {
    const CENTRE: ([f64; 8], [f64; 8]) = (
        [
            3.387_132_872_796_366_5,
            133.141_667_891_784_38,
            1_971.590_950_306_551_3,
            13_731.693_765_509_46,
            45_921.953_931_549_87,
            67_265.770_927_008_7,
            33_430.575_583_588_13,
            2_509.080_928_730_122_7,
        ],
        [
            1.0,
            42.313_330_701_600_91,
            687.187_007_492_057_9,
            5_394.196_021_424_751,
            21_213.794_301_586_597,
            39_307.895_800_092_71,
            28_729.085_735_721_943,
            5_226.495_278_852_854,
        ],
    );
    const MIDDLE: ([f64; 8], [f64; 8]) = (
        [
            1.423_437_110_749_683_5,
            4.630_337_846_156_546,
            5.769_497_221_460_691,
            3.647_848_324_763_204_5,
            1.270_458_252_452_368_4,
            0.241_780_725_177_450_6,
            0.022_723_844_989_269_184,
            7.745_450_142_783_414e-4,
        ],
        [
            1.0,
            2.053_191_626_637_759,
            1.676_384_830_183_803_8,
            0.689_767_334_985_1,
            0.148_103_976_427_480_08,
            0.015_198_666_563_616_457,
            5.475_938_084_995_345e-4,
            1.050_750_071_644_416_9e-9,
        ],
    );
    const FAR: ([f64; 8], [f64; 8]) = (
        [
            6.657_904_643_501_103,
            5.463_784_911_164_114,
            1.784_826_539_917_291_3,
            0.296_560_571_828_504_87,
            0.026_532_189_526_576_124,
            1.242_660_947_388_078_4e-3,
            2.711_555_568_743_487_6e-5,
            2.010_334_399_292_288_2e-7,
        ],
        [
            1.0,
            0.599_832_206_555_888,
            0.136_929_880_922_735_8,
            0.014_875_361_290_850_615,
            7.868_691_311_456_133e-4,
            1.846_318_317_510_054_8e-5,
            1.421_511_758_316_446e-7,
            2.044_263_103_389_939_8e-15,
        ],
    );
    let ratio = |(p, q): ([f64; 8], [f64; 8]), r: f64| polynomial(&p, r) / polynomial(&q, r);
    let q = if lower < upper { lower - 0.5 } else { 0.5 - upper };
    if q.abs() <= 0.425 {
        return q * ratio(CENTRE, 0.180_625 - q * q);
    }
    let tail = lower.min(upper);
    if tail == 0.0 {
        return f64::INFINITY.copysign(q);
    }
    let r = (-tail.ln()).sqrt();
    let value = if r <= 5.0 { ratio(MIDDLE, r - 1.6) } else { ratio(FAR, r - 5.0) };
    value.copysign(q)
}
