//! AVX2 and AVX-512: the macros that both share.
//!
//! The `SAFETY` of every intrinsic below is the same: a vector or a mask of an instruction set is made
//! only with its token, which `new` makes only where the processor has the features.

/// Methods that hand their operands to one intrinsic: `name(a, b) = intrinsic;`.
macro_rules! forward {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $out:ident = $intrinsic:expr;)*) => {$(
        #[inline(always)]
        fn $name(self $(, $arg: $ty)*) -> $out {
            // SAFETY: the vector proves the token, and the token the features.
            $out(unsafe { $intrinsic(self.0 $(, $arg.0)*) })
        }
    )*};
}

/// Binary operators that hand their operands to one intrinsic.
macro_rules! operators {
    ($vector:ident: $($trait:ident $name:ident = $intrinsic:expr;)*) => {$(
        impl std::ops::$trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $name(self, b: Self) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { $intrinsic(self.0, b.0) })
            }
        }
    )*};
}

/// Shifts of every lane by one count.
macro_rules! shifts {
    ($vector:ident: $($trait:ident $name:ident = $intrinsic:expr;)*) => {$(
        impl std::ops::$trait<u32> for $vector {
            type Output = Self;
            #[inline(always)]
            fn $name(self, n: u32) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { $intrinsic(self.0, _mm_cvtsi32_si128(n as i32)) })
            }
        }
    )*};
}

/// A vector type with its loads, stores and splat.
macro_rules! vector {
    ($(#[$doc:meta])* $vector:ident($raw:ty), $isa:ident, $elem:ty as $lane:ty, $lanes:literal,
     $splat:expr, $load:expr, $store:expr, $ptr:ty $(; $($rest:tt)*)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $vector(pub(super) $raw);

        impl Vector for $vector {
            type Isa = $isa;
            type Elem = $elem;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(_: $isa, x: $elem) -> Self {
                // SAFETY: the token proves the features.
                Self(unsafe { $splat(x as $lane) })
            }
            #[inline(always)]
            unsafe fn load_ptr(_: $isa, p: *const $elem) -> Self {
                // SAFETY: the token proves the features; the caller promises readable lanes.
                Self(unsafe { $load(p as *const $ptr) })
            }
            #[inline(always)]
            unsafe fn store_ptr(self, p: *mut $elem) {
                // SAFETY: the vector proves the features; the caller promises writable lanes.
                unsafe { $store(p as *mut $ptr, self.0) }
            }
            $($($rest)*)?
        }
    };
}

pub mod avx2;
pub mod avx512;
