//! What joins two values, for every kind and type.

use crate::runtime::Pod;

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
}

macro_rules! reducible {
    ($($t:ty, $zero:expr, $one:expr, $low:expr, $high:expr, $none:expr, |$a:ident, $b:ident| $sum:expr, $product:expr, |$x:pat_param| $nan:expr;)*) => {
        $(impl Reducible for $t {
            const ZERO: $t = $zero;
            const ONE: $t = $one;
            const LOWEST: $t = $low;
            const HIGHEST: $t = $high;
            const LEAST_OF_NONE: $t = $none;
            #[inline(always)]
            fn sum($a: $t, $b: $t) -> $t { $sum }
            #[inline(always)]
            fn product($a: $t, $b: $t) -> $t { $product }
            #[inline(always)]
            fn is_nan(self) -> bool { let $x = self; $nan }
        })*
    };
}

reducible! {
    f32, 0.0, 1.0, f32::NEG_INFINITY, f32::INFINITY, f32::INFINITY, |a, b| a + b, a * b, |x| x.is_nan();
    f64, 0.0, 1.0, f64::NEG_INFINITY, f64::INFINITY, f64::INFINITY, |a, b| a + b, a * b, |x| x.is_nan();
    i32, 0, 1, i32::MIN, i32::MAX, i32::MAX, |a, b| a.wrapping_add(b), a.wrapping_mul(b), |_| false;
    i64, 0, 1, i64::MIN, i64::MAX, i64::MAX, |a, b| a.wrapping_add(b), a.wrapping_mul(b), |_| false;
    u8, 0, 1, 0, 255, 1, |a, b| a.wrapping_add(b), a.wrapping_mul(b), |_| false;
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
