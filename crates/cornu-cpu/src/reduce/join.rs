//! What joins two values, for every kind and type.

use std::ops::{Add, Mul};

use crate::runtime::Pod;
use crate::simd::{AnyIsa, Kernel, Scalar};

/// A number type that can be reduced; `u8` stands for `bool` too.
pub trait Reducible: Pod + PartialOrd + std::fmt::Debug {
    #[doc(hidden)]
    const ZERO: Self;
    #[doc(hidden)]
    const ONE: Self;
    #[doc(hidden)]
    const LOWEST: Self;
    #[doc(hidden)]
    const HIGHEST: Self;
    /// The least of no elements: "all" of no truth values is true.
    #[doc(hidden)]
    const LEAST_OF_NONE: Self;
    #[doc(hidden)]
    fn sum(a: Self, b: Self) -> Self;
    #[doc(hidden)]
    fn product(a: Self, b: Self) -> Self;
    #[doc(hidden)]
    fn is_nan(self) -> bool;
    /// Runs a kernel on this type: with `isa` in single precision; elsewhere with plain Rust, as one
    /// compilation per kernel is enough for types that are seldom reduced.
    #[doc(hidden)]
    fn dispatch<K: Kernel>(isa: AnyIsa, kernel: K) -> K::Output;
}

macro_rules! reducible {
    ($t:ty: $low:expr, $high:expr, $none:expr, $zero:expr, $one:expr, $sum:ident, $product:ident, $run:ident) => {
        impl Reducible for $t {
            const ZERO: $t = $zero;
            const ONE: $t = $one;
            const LOWEST: $t = $low;
            const HIGHEST: $t = $high;
            const LEAST_OF_NONE: $t = $none;
            #[inline(always)]
            fn sum(a: $t, b: $t) -> $t {
                a.$sum(b)
            }
            #[inline(always)]
            fn product(a: $t, b: $t) -> $t {
                a.$product(b)
            }
            #[inline(always)]
            #[allow(clippy::eq_op)] // Integers equal themselves, NaN does not.
            fn is_nan(self) -> bool {
                self != self
            }
            fn dispatch<K: Kernel>(isa: AnyIsa, kernel: K) -> K::Output {
                $run(isa, kernel)
            }
        }
    };
}

reducible!(f32: f32::NEG_INFINITY, f32::INFINITY, f32::INFINITY, 0.0, 1.0, add, mul, run_best);
reducible!(f64: f64::NEG_INFINITY, f64::INFINITY, f64::INFINITY, 0.0, 1.0, add, mul, run_plain);
reducible!(i32: i32::MIN, i32::MAX, i32::MAX, 0, 1, wrapping_add, wrapping_mul, run_plain);
reducible!(i64: i64::MIN, i64::MAX, i64::MAX, 0, 1, wrapping_add, wrapping_mul, run_plain);
reducible!(u8: 0, 255, 1, 0, 1, wrapping_add, wrapping_mul, run_plain);

fn run_best<K: Kernel>(isa: AnyIsa, kernel: K) -> K::Output {
    isa.run(kernel)
}

fn run_plain<K: Kernel>(_: AnyIsa, kernel: K) -> K::Output {
    kernel.run(Scalar)
}

/// An associative function of two values.
pub(super) trait Join<T>: Send + Sync {
    /// What leaves every value as it is.
    const IDENTITY: T;
    /// The result for no values.
    const EMPTY: T;
    fn join(a: T, b: T) -> T;
}

pub(super) struct Sum;
pub(super) struct Prod;
pub(super) struct Max;
pub(super) struct Min;

impl<T: Reducible> Join<T> for Sum {
    const IDENTITY: T = T::ZERO;
    const EMPTY: T = T::ZERO;
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        T::sum(a, b)
    }
}

impl<T: Reducible> Join<T> for Prod {
    const IDENTITY: T = T::ONE;
    const EMPTY: T = T::ONE;
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        T::product(a, b)
    }
}

impl<T: Reducible> Join<T> for Max {
    const IDENTITY: T = T::LOWEST;
    const EMPTY: T = T::LOWEST;
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        // Not `||`: both sides are cheap, and a branch would stop the vectoriser.
        if a.is_nan() | (a > b) { a } else { b }
    }
}

impl<T: Reducible> Join<T> for Min {
    const IDENTITY: T = T::HIGHEST;
    const EMPTY: T = T::LEAST_OF_NONE;
    #[inline(always)]
    fn join(a: T, b: T) -> T {
        if a.is_nan() | (a < b) { a } else { b }
    }
}
