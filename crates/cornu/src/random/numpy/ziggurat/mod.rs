//! The ziggurat method: normal and exponential values from one word, mostly.

mod exponential;
mod normal;

use super::BitGenerator;

const NORMAL_EDGE: f64 = 3.654_152_885_361_009;
const NORMAL_EDGE_INVERSE: f64 = 0.273_661_237_329_758_3;
const EXPONENTIAL_EDGE: f64 = 7.697_117_470_131_05;

/// A standard normal value.
pub(super) fn normal(bits: &mut impl BitGenerator) -> f64 {
    use normal::{F, K, W};
    loop {
        let word = bits.next_u64();
        let strip = (word & 0xFF) as usize;
        let size = (word >> 9) & 0x000F_FFFF_FFFF_FFFF;
        let magnitude = size as f64 * W[strip];
        let x = if word >> 8 & 1 == 1 { -magnitude } else { magnitude };
        if size < K[strip] {
            return x;
        }
        if strip == 0 {
            loop {
                let beyond = -NORMAL_EDGE_INVERSE * (-bits.next_f64()).ln_1p();
                let height = -(-bits.next_f64()).ln_1p();
                if height + height > beyond * beyond {
                    let x = NORMAL_EDGE + beyond;
                    return if size >> 8 & 1 == 1 { -x } else { x };
                }
            }
        }
        if (F[strip - 1] - F[strip]) * bits.next_f64() + F[strip] < (-0.5 * x * x).exp() {
            return x;
        }
    }
}

/// A standard normal value in single precision: another stream than [`normal`]'s.
pub(super) fn normal_f32(bits: &mut impl BitGenerator) -> f32 {
    use normal::{F, K_SINGLE, W};
    // NumPy's tables for single precision are the rounded ones for double, but for K.
    let f = |strip: usize| F[strip] as f32;
    loop {
        let word = bits.next_u32();
        let strip = (word & 0xFF) as usize;
        let size = word >> 9;
        let magnitude = size as f32 * (W[strip] * f64::from(1 << 29)) as f32;
        let x = if word >> 8 & 1 == 1 { -magnitude } else { magnitude };
        if size < K_SINGLE[strip] {
            return x;
        }
        if strip == 0 {
            loop {
                let beyond = -(NORMAL_EDGE_INVERSE as f32) * (-bits.next_f32()).ln_1p();
                let height = -(-bits.next_f32()).ln_1p();
                if height + height > beyond * beyond {
                    let x = NORMAL_EDGE as f32 + beyond;
                    return if size >> 8 & 1 == 1 { -x } else { x };
                }
            }
        }
        let density = (-0.5 * f64::from(x) * f64::from(x)).exp();
        if f64::from((f(strip - 1) - f(strip)) * bits.next_f32() + f(strip)) < density {
            return x;
        }
    }
}

/// A standard exponential value.
pub(super) fn exponential(bits: &mut impl BitGenerator) -> f64 {
    use exponential::{F, K, W};
    loop {
        let word = bits.next_u64() >> 3;
        let strip = (word & 0xFF) as usize;
        let size = word >> 8;
        let x = size as f64 * W[strip];
        if size < K[strip] {
            return x;
        }
        if strip == 0 {
            return EXPONENTIAL_EDGE - (-bits.next_f64()).ln_1p();
        }
        if (F[strip - 1] - F[strip]) * bits.next_f64() + F[strip] < (-x).exp() {
            return x;
        }
    }
}
