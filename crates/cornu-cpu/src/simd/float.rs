//! What vectors of floating point numbers can do.

use super::{Int, Isa, Mask, Vector};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Vectors of `f32` or `f64`.
pub trait Float:
    Vector
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The result of a comparison.
    type Mask: Mask;
    /// The integers of the same width.
    type Bits: Int<Isa = Self::Isa, Mask = Self::Mask>;

    /// `self * b + c`, rounded once where the processor can (the scalar instruction set rounds twice).
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `c - self * b`, rounded like [`Float::mul_add`].
    fn neg_mul_add(self, b: Self, c: Self) -> Self;
    /// `if self < b { self } else { b }`: `b` where one of them is not a number.
    fn min(self, b: Self) -> Self;
    /// `if self > b { self } else { b }`: `b` where one of them is not a number.
    fn max(self, b: Self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The absolute value.
    fn abs(self) -> Self;
    /// The nearest integral value, halves to even.
    fn round(self) -> Self;
    /// The largest integral value that is not above.
    fn floor(self) -> Self;
    /// The smallest integral value that is not below.
    fn ceil(self) -> Self;
    /// The integral part.
    fn trunc(self) -> Self;

    /// `self < b`
    fn lt(self, b: Self) -> Self::Mask;
    /// `self <= b`
    fn le(self, b: Self) -> Self::Mask;
    /// `self == b`
    fn eq(self, b: Self) -> Self::Mask;
    /// `self > b`
    #[inline(always)]
    fn gt(self, b: Self) -> Self::Mask {
        b.lt(self)
    }
    /// `self >= b`
    #[inline(always)]
    fn ge(self, b: Self) -> Self::Mask {
        b.le(self)
    }
    /// `self != b`, true if one of them is not a number.
    #[inline(always)]
    fn ne(self, b: Self) -> Self::Mask {
        !self.eq(b)
    }
    /// `a` where the mask is set, `b` elsewhere.
    fn select(mask: Self::Mask, a: Self, b: Self) -> Self;

    /// The same bits as integers.
    fn to_bits(self) -> Self::Bits;
    /// The same bits as a floating point number.
    fn from_bits(bits: Self::Bits) -> Self;
    /// The nearest integer in two's complement, halves to even. Only for |x| < 2^31 (`f32`) or
    /// 2^51 (`f64`); beyond it the result is unspecified.
    fn to_int(self) -> Self::Bits;
    /// The value of an integer in two's complement, |n| < 2^51 for `f64`.
    fn from_int(n: Self::Bits) -> Self;

    /// The lanes of both in turn, `self` first: those of the lower halves, then those of the upper ones. A
    /// single lane has no halves: then the two as they are.
    fn zip(self, b: Self) -> (Self, Self);

    /// The sum of the lanes: halves are added to each other until one is left.
    fn reduce_sum(self) -> Self::Elem;
    /// The largest lane; unspecified if one is not a number.
    fn reduce_max(self) -> Self::Elem;
    /// The smallest lane; unspecified if one is not a number.
    fn reduce_min(self) -> Self::Elem;
}

/// `f32` and `f64`: kernels that are generic over it serve both.
pub trait Real:
    Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::AddAssign
    + 'static
{
    /// The vector of such numbers.
    type Vec<S: Isa>: Float<Isa = S, Elem = Self>;
    /// The lowest value: minus infinity.
    const LOWEST: Self;
    /// The nearest value of this type.
    fn from_f64(x: f64) -> Self;
    /// The same value, exactly.
    fn to_f64(self) -> f64;
}

impl Real for f32 {
    type Vec<S: Isa> = S::F32;
    const LOWEST: f32 = f32::NEG_INFINITY;
    #[inline(always)]
    fn from_f64(x: f64) -> f32 {
        x as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.into()
    }
}

impl Real for f64 {
    type Vec<S: Isa> = S::F64;
    const LOWEST: f64 = f64::NEG_INFINITY;
    #[inline(always)]
    fn from_f64(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
}
