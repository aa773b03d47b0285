//! Vectors of the machine at hand, behind one trait.
//!
//! A [`Kernel`] is written once, generic over an [`Isa`] token; [`AnyIsa::run`] compiles it for every
//! instruction set and calls the one that the token stands for:
//!
//! ```
//! use cornu_cpu::simd::{Isa, Kernel, Vector, isa};
//!
//! struct Double<'a>(&'a mut [f32]);
//! impl Kernel for Double<'_> {
//!     type Output = ();
//!     #[inline(always)] // a must: see below
//!     fn run<S: Isa>(self, s: S) {
//!         for chunk in self.0.chunks_mut(S::F32::LANES) {
//!             let x = S::F32::load_partial(s, chunk);
//!             (x + x).store_partial(chunk);
//!         }
//!     }
//! }
//! let mut x = [1.0, 2.0, 3.0];
//! isa()?.run(Double(&mut x));
//! assert_eq!(x, [2.0, 4.0, 6.0]);
//! # Ok::<(), cornu_graph::Error>(())
//! ```
//!
//! Rules of the house:
//! - `run` and every function that it calls with vectors is `#[inline(always)]`, and takes no closure:
//!   only what is inlined into the `#[target_feature]` function is compiled with the features. A chain
//!   that is broken anywhere is 10 to 30 times slower.
//! - A token proves that the processor has the instructions, and a vector proves that a token existed.
//!   So the operations on vectors are safe.
//! - Plain loops over slices inside `run` are vectorised by the compiler for the same features.

mod float;
mod int;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
mod select;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use float::{Float, Real};
pub use int::{Int, Int32, Mask};
#[cfg(target_arch = "aarch64")]
pub use neon::Neon;
pub use scalar::Scalar;
pub use select::{AnyIsa, isa, isa_name};
#[cfg(target_arch = "x86_64")]
pub use x86::{avx2::Avx2, avx512::Avx512};

/// The proof that the processor has an instruction set, and the names of its vector types.
pub trait Isa: Copy + Send + Sync + std::fmt::Debug + 'static {
    /// The name that `CORNU_ISA` takes.
    const NAME: &'static str;
    /// The number of vector registers: it bounds the tile of a matrix kernel.
    const REGISTERS: usize;
    /// The mask of comparisons between 32-bit lanes.
    type M32: Mask;
    /// The mask of comparisons between 64-bit lanes.
    type M64: Mask;
    /// 32-bit integers.
    type U32: Int32<Isa = Self, Mask = Self::M32>;
    /// 64-bit integers.
    type U64: Int<Isa = Self, Elem = u64, Mask = Self::M64>;
    /// Single precision.
    type F32: Float<Isa = Self, Elem = f32, Mask = Self::M32, Bits = Self::U32>;
    /// Double precision.
    type F64: Float<Isa = Self, Elem = f64, Mask = Self::M64, Bits = Self::U64>;

    /// Whether [`Isa::lookup`] is one instruction or two.
    const LOOKUP: bool = false;

    /// The elements of a table, lane by lane, at the places that the lowest five bits of `i` say.
    #[inline(always)]
    fn lookup(self, table: &[f32; 32], i: Self::U32) -> Self::F32 {
        let (mut places, mut found) = ([0; MAX_LANES], [0.0; MAX_LANES]);
        i.store(&mut places);
        for (found, place) in found.iter_mut().zip(places) {
            *found = table[place as usize % 32];
        }
        Self::F32::load(self, &found)
    }

    /// `x · 2^n` for normal `x` from 0.5 to 2 and integral `n` from -150 to 128, rounded once.
    #[inline(always)]
    fn scale(self, x: Self::F32, n: Self::F32) -> Self::F32 {
        // In two factors, as n may leave the exponents of normal numbers.
        let n = n.to_int();
        let half = ((n + Self::U32::splat(self, 256)) >> 1) - Self::U32::splat(self, 128);
        let bias = Self::U32::splat(self, 127);
        let (a, b) = ((half + bias) << 23, (n - half + bias) << 23);
        x * Self::F32::from_bits(a) * Self::F32::from_bits(b)
    }

    /// `e` and `m` with x = m·2^e and ¾ ≤ m < 1½. Zeros have e = -∞ and infinity has e = ∞, both with a finite
    /// `m`; of NaN and of negative numbers m is NaN.
    #[inline(always)]
    fn split(self, x: Self::F32) -> (Self::F32, Self::F32) {
        let (zero, infinity) = (Self::F32::zero(self), Self::F32::splat(self, f32::INFINITY));
        let first = Self::U32::splat(self, 0.75f32.to_bits());
        let small = x.lt(Self::F32::splat(self, f32::MIN_POSITIVE));
        let normal = Self::F32::select(small, x * Self::F32::splat(self, 8_388_608.0), x);
        // Moves ¾ to the start of a binade, so that the exponent field counts from there.
        let shifted = normal.to_bits() + (Self::U32::splat(self, 1f32.to_bits()) - first);
        let m = Self::F32::from_bits((shifted & Self::U32::splat(self, (1 << 23) - 1)) + first);
        let e = Self::F32::from_int((shifted >> 23) - Self::U32::splat(self, 127));
        let e = e - Self::F32::select(small, Self::F32::splat(self, 23.0), zero);
        let e = Self::F32::select(x.eq(zero), -infinity, e);
        let e = Self::F32::select(x.eq(infinity), infinity, e);
        (e, Self::F32::select(x.ge(zero), m, Self::F32::splat(self, f32::NAN)))
    }

    /// `a / b` to within 0.6 ULP, where b is positive and 1/b normal, and |a| ≤ b; faster than the division where
    /// that takes long.
    #[inline(always)]
    fn ratio(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        a / b
    }
}

/// Work that is compiled for every instruction set.
pub trait Kernel {
    /// What the work returns.
    type Output;
    /// Does the work with the vectors of `S`. Implementations must be `#[inline(always)]`.
    fn run<S: Isa>(self, s: S) -> Self::Output;
}

/// A register's worth of numbers.
pub trait Vector: Copy + Send + Sync + 'static {
    /// The token that makes such vectors.
    type Isa: Isa;
    /// One lane.
    type Elem: Copy + Default + Send + Sync + 'static;
    /// The number of lanes.
    const LANES: usize;

    /// `x` in every lane.
    fn splat(s: Self::Isa, x: Self::Elem) -> Self;

    /// Reads `LANES` values at `p`, which needs no alignment.
    ///
    /// # Safety
    /// `p` must be valid for reading `LANES` values.
    unsafe fn load_ptr(s: Self::Isa, p: *const Self::Elem) -> Self;

    /// Writes `LANES` values at `p`, which needs no alignment.
    ///
    /// # Safety
    /// `p` must be valid for writing `LANES` values.
    unsafe fn store_ptr(self, p: *mut Self::Elem);

    /// Zero in every lane.
    #[inline(always)]
    fn zero(s: Self::Isa) -> Self {
        Self::splat(s, Self::Elem::default())
    }

    /// The first `LANES` values of `x`. Panics if it is shorter.
    #[inline(always)]
    fn load(s: Self::Isa, x: &[Self::Elem]) -> Self {
        assert!(x.len() >= Self::LANES, "a vector load past the end of a slice");
        // SAFETY: the slice holds LANES values, as was just checked.
        unsafe { Self::load_ptr(s, x.as_ptr()) }
    }

    /// Writes to the first `LANES` values of `x`. Panics if it is shorter.
    #[inline(always)]
    fn store(self, x: &mut [Self::Elem]) {
        assert!(x.len() >= Self::LANES, "a vector store past the end of a slice");
        // SAFETY: the slice holds LANES values, as was just checked.
        unsafe { self.store_ptr(x.as_mut_ptr()) }
    }

    /// The first values of `x`, at most `LANES`; the lanes beyond its end are zero.
    #[inline(always)]
    fn load_partial(s: Self::Isa, x: &[Self::Elem]) -> Self {
        if x.len() >= Self::LANES {
            return Self::load(s, x);
        }
        let mut lanes = [Self::Elem::default(); MAX_LANES];
        for (lane, &value) in lanes.iter_mut().zip(x) {
            *lane = value;
        }
        Self::load(s, &lanes)
    }

    /// Writes the first lanes to `x`, at most as many as it holds.
    #[inline(always)]
    fn store_partial(self, x: &mut [Self::Elem]) {
        if x.len() >= Self::LANES {
            return self.store(x);
        }
        let mut lanes = [Self::Elem::default(); MAX_LANES];
        self.store(&mut lanes);
        for (value, &lane) in x.iter_mut().zip(&lanes) {
            *value = lane;
        }
    }
}

/// The lanes of the widest vector of all instruction sets.
pub const MAX_LANES: usize = 16;

/// Asks for the cache line at `p`, which need not be valid. Nothing happens where the language has no word for it.
#[inline(always)]
pub fn prefetch<T>(p: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction, and it never faults.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(p.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

/// Asks for the cache line of `p` in the second-level cache: for what is read a few microseconds from now.
#[inline(always)]
pub fn prefetch_far<T>(p: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction, and it never faults.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(p.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

/// Orders what [`Int32::stream_ptr`] wrote before all that this thread writes from here on.
#[inline(always)]
pub fn end_streams() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

#[cfg(test)]
mod tests;
