//! One lane, plain Rust: the instruction set that every machine has, and the oracle of the others.

use super::{Float, Int, Int32, Isa, Mask, Vector};
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Shl, Shr, Sub};

/// The token of plain Rust.
#[derive(Debug, Clone, Copy)]
pub struct Scalar;

impl Isa for Scalar {
    const NAME: &'static str = "scalar";
    const REGISTERS: usize = 16;
    type M32 = Flag;
    type M64 = Flag;
    type U32 = One<u32>;
    type U64 = One<u64>;
    type F32 = One<f32>;
    type F64 = One<f64>;
}

/// A vector of one lane.
#[derive(Debug, Clone, Copy)]
pub struct One<T>(T);

/// A mask of one lane.
#[derive(Debug, Clone, Copy)]
pub struct Flag(bool);

impl BitAnd for Flag {
    type Output = Flag;
    #[inline(always)]
    fn bitand(self, b: Flag) -> Flag {
        Flag(self.0 & b.0)
    }
}
impl BitOr for Flag {
    type Output = Flag;
    #[inline(always)]
    fn bitor(self, b: Flag) -> Flag {
        Flag(self.0 | b.0)
    }
}
impl Not for Flag {
    type Output = Flag;
    #[inline(always)]
    fn not(self) -> Flag {
        Flag(!self.0)
    }
}
impl Mask for Flag {
    #[inline(always)]
    fn any(self) -> bool {
        self.0
    }
}

macro_rules! vector {
    ($($elem:ty),*) => {$(
        impl Vector for One<$elem> {
            type Isa = Scalar;
            type Elem = $elem;
            const LANES: usize = 1;
            #[inline(always)]
            fn splat(_: Scalar, x: $elem) -> Self {
                One(x)
            }
            #[inline(always)]
            unsafe fn load_ptr(_: Scalar, p: *const $elem) -> Self {
                // SAFETY: the caller promises that `p` can be read.
                One(unsafe { p.read_unaligned() })
            }
            #[inline(always)]
            unsafe fn store_ptr(self, p: *mut $elem) {
                // SAFETY: the caller promises that `p` can be written.
                unsafe { p.write_unaligned(self.0) }
            }
        }
    )*};
}
vector!(u32, u64, f32, f64);

macro_rules! operator {
    ($elem:ty: $($trait:ident $method:ident |$a:ident, $b:ident| $body:expr;)*) => {$(
        impl $trait for One<$elem> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, b: Self) -> Self {
                let ($a, $b) = (self.0, b.0);
                One($body)
            }
        }
    )*};
}

macro_rules! int {
    ($elem:ty) => {
        operator! { $elem:
            Add add |a, b| a.wrapping_add(b);
            Sub sub |a, b| a.wrapping_sub(b);
            BitAnd bitand |a, b| a & b;
            BitOr bitor |a, b| a | b;
            BitXor bitxor |a, b| a ^ b;
        }
        impl Not for One<$elem> {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                One(!self.0)
            }
        }
        impl Shl<u32> for One<$elem> {
            type Output = Self;
            #[inline(always)]
            fn shl(self, n: u32) -> Self {
                One(self.0.wrapping_shl(n))
            }
        }
        impl Shr<u32> for One<$elem> {
            type Output = Self;
            #[inline(always)]
            fn shr(self, n: u32) -> Self {
                One(self.0.wrapping_shr(n))
            }
        }
        impl Int for One<$elem> {
            type Mask = Flag;
            #[inline(always)]
            fn eq(self, b: Self) -> Flag {
                Flag(self.0 == b.0)
            }
            #[inline(always)]
            fn select(mask: Flag, a: Self, b: Self) -> Self {
                if mask.0 { a } else { b }
            }
        }
    };
}
int!(u32);
int!(u64);

impl Int32 for One<u32> {
    #[inline(always)]
    fn mul_wide(self, b: Self) -> (Self, Self) {
        let product = u64::from(self.0) * u64::from(b.0);
        (One((product >> 32) as u32), One(product as u32))
    }
}

macro_rules! float {
    ($elem:ty, $bits:ty, $int:ty) => {
        operator! { $elem:
            Add add |a, b| a + b;
            Sub sub |a, b| a - b;
            Mul mul |a, b| a * b;
            Div div |a, b| a / b;
        }
        impl Neg for One<$elem> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                One(-self.0)
            }
        }
        impl Float for One<$elem> {
            type Mask = Flag;
            type Bits = One<$bits>;
            // Two roundings: without the instruction, one rounding costs a library call.
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                One(self.0 * b.0 + c.0)
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                One(c.0 - self.0 * b.0)
            }
            #[inline(always)]
            fn min(self, b: Self) -> Self {
                One(if self.0 < b.0 { self.0 } else { b.0 })
            }
            #[inline(always)]
            fn max(self, b: Self) -> Self {
                One(if self.0 > b.0 { self.0 } else { b.0 })
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                One(self.0.sqrt())
            }
            #[inline(always)]
            fn abs(self) -> Self {
                One(self.0.abs())
            }
            #[inline(always)]
            fn round(self) -> Self {
                One(self.0.round_ties_even())
            }
            #[inline(always)]
            fn floor(self) -> Self {
                One(self.0.floor())
            }
            #[inline(always)]
            fn ceil(self) -> Self {
                One(self.0.ceil())
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                One(self.0.trunc())
            }
            #[inline(always)]
            fn lt(self, b: Self) -> Flag {
                Flag(self.0 < b.0)
            }
            #[inline(always)]
            fn le(self, b: Self) -> Flag {
                Flag(self.0 <= b.0)
            }
            #[inline(always)]
            fn eq(self, b: Self) -> Flag {
                Flag(self.0 == b.0)
            }
            #[inline(always)]
            fn select(mask: Flag, a: Self, b: Self) -> Self {
                if mask.0 { a } else { b }
            }
            #[inline(always)]
            fn to_bits(self) -> One<$bits> {
                One(self.0.to_bits())
            }
            #[inline(always)]
            fn from_bits(bits: One<$bits>) -> Self {
                One(<$elem>::from_bits(bits.0))
            }
            #[inline(always)]
            fn to_int(self) -> One<$bits> {
                One(self.0.round_ties_even() as $int as $bits)
            }
            #[inline(always)]
            fn from_int(n: One<$bits>) -> Self {
                One(n.0 as $int as $elem)
            }
            #[inline(always)]
            fn zip(self, b: Self) -> (Self, Self) {
                (self, b)
            }
            #[inline(always)]
            fn reduce_sum(self) -> $elem {
                self.0
            }
            #[inline(always)]
            fn reduce_max(self) -> $elem {
                self.0
            }
            #[inline(always)]
            fn reduce_min(self) -> $elem {
                self.0
            }
        }
    };
}
float!(f32, u32, i32);
float!(f64, u64, i64);
