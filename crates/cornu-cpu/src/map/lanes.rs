//! Element-wise functions of plain numbers, and the loop over a strip that vectorises them.

use cornu_graph::ops::BinaryKind;

use super::STRIP;
use crate::math;

/// A function of one number.
pub(super) trait Op1<T, U> {
    fn f(x: T) -> U;
}

/// A function of two numbers.
pub(super) trait Op2<T, U> {
    fn f(a: T, b: T) -> U;
}

// These two are functions, not loops inside others, because only the arguments of a function tell the
// compiler that reads and writes do not overlap.

#[inline(always)]
pub(super) fn strip1<O: Op1<T, U>, T: Copy, U>(x: &[T; STRIP], y: &mut [U; STRIP]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = O::f(x);
    }
}

#[inline(always)]
pub(super) fn strip2<O: Op2<T, U>, T: Copy, U>(a: &[T; STRIP], b: &[T; STRIP], y: &mut [U; STRIP]) {
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = O::f(a, b);
    }
}

/// Elements as bits, for choices.
pub(super) trait Bits: Copy {
    /// `a` where `condition` is 1, `b` where it is 0.
    fn choose(condition: u8, a: Self, b: Self) -> Self;
}

macro_rules! bits {
    ($($t:ty)*) => {$(
        impl Bits for $t {
            #[inline(always)]
            fn choose(condition: u8, a: $t, b: $t) -> $t {
                // As a plain `if` this becomes a branch, which costs ten times as much on mixed data.
                let mask = <$t>::from(condition).wrapping_neg();
                (a & mask) | (b & !mask)
            }
        }
    )*};
}
bits!(u8 u32 u64);

#[inline(always)]
pub(super) fn strip_select<T: Bits>(
    condition: &[u8; STRIP],
    a: &[T; STRIP],
    b: &[T; STRIP],
    y: &mut [T; STRIP],
) {
    for (((y, &c), &a), &b) in y.iter_mut().zip(condition).zip(a).zip(b) {
        *y = T::choose(c, a, b);
    }
}

macro_rules! ops {
    ($($name:ident $types:tt ($($x:ident),*) $body:expr;)*) => {
        $(pub(super) struct $name;)*
        $(ops!(@each $name $types ($($x),*) $body);)*
    };
    (@each $name:ident {$($t:ty => $u:ty),*} $x:tt $body:expr) => {
        $(ops!(@one $name $t, $u, $x $body);)*
    };
    (@one $name:ident $t:ty, $u:ty, ($x:ident) $body:expr) => {
        impl Op1<$t, $u> for $name {
            #[inline(always)]
            fn f($x: $t) -> $u {
                $body
            }
        }
    };
    (@one $name:ident $t:ty, $u:ty, ($a:ident, $b:ident) $body:expr) => {
        impl Op2<$t, $u> for $name {
            #[inline(always)]
            fn f($a: $t, $b: $t) -> $u {
                $body
            }
        }
    };
}

ops! {
    // Of one float.
    Neg {f32 => f32, f64 => f64} (x) -x;
    Abs {f32 => f32, f64 => f64} (x) x.abs();
    Sign {f32 => f32, f64 => f64} (x) if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { x + 0.0 };
    Square {f32 => f32, f64 => f64} (x) x * x;
    Reciprocal {f32 => f32, f64 => f64} (x) 1.0 / x;
    Sqrt {f32 => f32, f64 => f64} (x) x.sqrt();
    Rsqrt {f32 => f32, f64 => f64} (x) 1.0 / x.sqrt();
    Floor {f32 => f32, f64 => f64} (x) x.floor();
    Ceil {f32 => f32, f64 => f64} (x) x.ceil();
    Round {f32 => f32, f64 => f64} (x) x.round_ties_even();
    Trunc {f32 => f32, f64 => f64} (x) x.trunc();
    IsNan {f32 => u8, f64 => u8} (x) u8::from(x.is_nan());
    IsInf {f32 => u8, f64 => u8} (x) u8::from(x.is_infinite());
    IsFinite {f32 => u8, f64 => u8} (x) u8::from(x.is_finite());
    SignBit {f32 => u8, f64 => u8} (x) u8::from(x.is_sign_negative());
    Sin {f32 => f32} (x) math::sin(x);
    Cos {f32 => f32} (x) math::cos(x);
    Tan {f32 => f32} (x) math::tan(x);
    // Of one integer.
    NegInt {i32 => i32, i64 => i64, u8 => u8} (x) x.wrapping_neg();
    AbsInt {i32 => i32, i64 => i64} (x) x.wrapping_abs();
    SignInt {i32 => i32, i64 => i64} (x) x.signum();
    SignByte {u8 => u8} (x) x.min(1);
    SquareInt {i32 => i32, i64 => i64, u8 => u8} (x) x.wrapping_mul(x);
    BitNot {i32 => i32, i64 => i64, u8 => u8} (x) !x;
    Negative {i32 => u8, i64 => u8} (x) u8::from(x < 0);
    Not {u8 => u8} (x) x ^ 1;
    // Of two floats.
    Add {f32 => f32, f64 => f64} (a, b) a + b;
    Sub {f32 => f32, f64 => f64} (a, b) a - b;
    Mul {f32 => f32, f64 => f64} (a, b) a * b;
    Div {f32 => f32, f64 => f64} (a, b) a / b;
    Mod {f32 => f32, f64 => f64} (a, b) {
        let r = a % b;
        let moved = if (r < 0.0) != (b < 0.0) { r + b } else { r };
        if r == 0.0 { r.copysign(b) } else { moved }
    };
    Max {f32 => f32, f64 => f64} (a, b) if a.is_nan() | (a > b) { a } else { b };
    Min {f32 => f32, f64 => f64} (a, b) if a.is_nan() | (a < b) { a } else { b };
    // In single precision the quotient may round up to an integer that it does not reach.
    FloorDiv32 {f32 => f32} (a, b) {
        let q = (f64::from(a) / f64::from(b)).floor() as f32;
        let below = b.is_infinite() & (a != 0.0) & ((a < 0.0) != (b < 0.0));
        let q = if below { -1.0 } else { q };
        if a.is_infinite() & (b != 0.0) { f32::NAN } else { q }
    };
    Pow32 {f32 => f32} (a, b) math::pow(a, b);
    Pow {f64 => f64} (a, b) a.powf(b);
    Atan2 {f32 => f32, f64 => f64} (a, b) a.atan2(b);
    CopySign {f32 => f32, f64 => f64} (a, b) a.copysign(b);
    NextAfter {f32 => f32} (a, b) libm::nextafterf(a, b);
    // Of two integers.
    AddInt {i32 => i32, i64 => i64, u8 => u8} (a, b) a.wrapping_add(b);
    SubInt {i32 => i32, i64 => i64, u8 => u8} (a, b) a.wrapping_sub(b);
    MulInt {i32 => i32, i64 => i64, u8 => u8} (a, b) a.wrapping_mul(b);
    MaxInt {i32 => i32, i64 => i64, u8 => u8} (a, b) a.max(b);
    MinInt {i32 => i32, i64 => i64, u8 => u8} (a, b) a.min(b);
    FloorDivInt {i32 => i32, i64 => i64, u8 => u8} (a, b)
        BinaryKind::FloorDiv.evaluate_integer(a as i64, b as i64) as _;
    ModInt {i32 => i32, i64 => i64, u8 => u8} (a, b)
        BinaryKind::Mod.evaluate_integer(a as i64, b as i64) as _;
    PowInt {i32 => i32, i64 => i64, u8 => u8} (a, b)
        BinaryKind::Pow.evaluate_integer(a as i64, b as i64) as _;
    // Of bits; truth values are 0 or 1.
    And {u8 => u8, i32 => i32, i64 => i64} (a, b) a & b;
    Or {u8 => u8, i32 => i32, i64 => i64} (a, b) a | b;
    Xor {u8 => u8, i32 => i32, i64 => i64} (a, b) a ^ b;
    // Comparisons.
    Eq {f32 => u8, f64 => u8, i32 => u8, i64 => u8, u8 => u8} (a, b) u8::from(a == b);
    Ne {f32 => u8, f64 => u8, i32 => u8, i64 => u8, u8 => u8} (a, b) u8::from(a != b);
    Lt {f32 => u8, f64 => u8, i32 => u8, i64 => u8, u8 => u8} (a, b) u8::from(a < b);
    Le {f32 => u8, f64 => u8, i32 => u8, i64 => u8, u8 => u8} (a, b) u8::from(a <= b);
    Gt {f32 => u8, f64 => u8, i32 => u8, i64 => u8, u8 => u8} (a, b) u8::from(a > b);
    Ge {f32 => u8, f64 => u8, i32 => u8, i64 => u8, u8 => u8} (a, b) u8::from(a >= b);
    // Conversions.
    Same {u8 => u8, u32 => u32, u64 => u64} (x) x;
    ToBool {f32 => u8, f64 => u8, i32 => u8, i64 => u8, u8 => u8} (x) u8::from(x != 0 as _);
    ToF32 {f64 => f32, i32 => f32, i64 => f32, u8 => f32} (x) x as f32;
    ToF64 {f32 => f64, i32 => f64, i64 => f64, u8 => f64} (x) x as f64;
    ToI32 {f32 => i32, f64 => i32, i64 => i32, u8 => i32} (x) x as i32;
    ToI64 {f32 => i64, f64 => i64, i32 => i64, u8 => i64} (x) x as i64;
    ToU8 {f32 => u8, f64 => u8, i32 => u8, i64 => u8} (x) x as u8;
}
