//! Advanced SIMD of 64-bit ARM: 128 bits.
//!
//! The `SAFETY` of every intrinsic below is the same: a vector or a mask is made only with the token,
//! which `new` makes only where the processor has the feature.

use super::{Float, Int, Int32, Isa, Kernel, Mask, Vector};
use std::arch::aarch64::*;

/// The token of Advanced SIMD.
#[derive(Debug, Clone, Copy)]
pub struct Neon(());

impl Neon {
    /// The token, if the processor has Advanced SIMD.
    pub fn new() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

impl Isa for Neon {
    const NAME: &'static str = "neon";
    const REGISTERS: usize = 32;
    type M32 = Mask32;
    type M64 = Mask64;
    type U32 = U32x4;
    type U64 = U64x2;
    type F32 = F32x4;
    type F64 = F64x2;
}

/// # Safety
/// The processor must have the feature, as a `Neon` proves.
#[target_feature(enable = "neon")]
pub(super) fn run<K: Kernel>(kernel: K, s: Neon) -> K::Output {
    kernel.run(s)
}

macro_rules! forward {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $out:ident = $intrinsic:expr;)*) => {$(
        #[inline(always)]
        fn $name(self $(, $arg: $ty)*) -> $out {
            // SAFETY: the vector proves the token, and the token the feature.
            $out(unsafe { $intrinsic(self.0 $(, $arg.0)*) })
        }
    )*};
}

macro_rules! operators {
    ($vector:ident: $($trait:ident $name:ident = $intrinsic:expr;)*) => {$(
        impl std::ops::$trait for $vector {
            type Output = Self;
            #[inline(always)]
            fn $name(self, b: Self) -> Self {
                // SAFETY: the vector proves the token, and the token the feature.
                Self(unsafe { $intrinsic(self.0, b.0) })
            }
        }
    )*};
}

macro_rules! vector {
    ($(#[$doc:meta])* $vector:ident($raw:ty), $elem:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $vector($raw);
        impl Vector for $vector {
            type Isa = Neon;
            type Elem = $elem;
            const LANES: usize = $lanes;
            #[inline(always)]
            fn splat(_: Neon, x: $elem) -> Self {
                // SAFETY: the token proves the feature.
                Self(unsafe { $splat(x) })
            }
            #[inline(always)]
            unsafe fn load_ptr(_: Neon, p: *const $elem) -> Self {
                // SAFETY: the token proves the feature; the caller promises readable lanes.
                Self(unsafe { $load(p) })
            }
            #[inline(always)]
            unsafe fn store_ptr(self, p: *mut $elem) {
                // SAFETY: the vector proves the feature; the caller promises writable lanes.
                unsafe { $store(p, self.0) }
            }
        }
    };
}
vector!(
    /// Four `f32`.
    F32x4(float32x4_t), f32, 4, vdupq_n_f32, vld1q_f32, vst1q_f32);
vector!(
    /// Two `f64`.
    F64x2(float64x2_t), f64, 2, vdupq_n_f64, vld1q_f64, vst1q_f64);
vector!(
    /// Four `u32`.
    U32x4(uint32x4_t), u32, 4, vdupq_n_u32, vld1q_u32, vst1q_u32);
vector!(
    /// Two `u64`.
    U64x2(uint64x2_t), u64, 2, vdupq_n_u64, vld1q_u64, vst1q_u64);

macro_rules! int {
    ($vector:ident, $mask:ident($raw:ty), $signed:ty: $add:ident $sub:ident $and:ident $or:ident $xor:ident $shl:ident
     $dup:ident $dup_signed:ident $eq:ident $select:ident) => {
        /// A mask, all bits of a lane equal.
        #[derive(Debug, Clone, Copy)]
        pub struct $mask($raw);
        operators! { $mask:
            BitAnd bitand = $and;
            BitOr bitor = $or;
        }
        operators! { $vector:
            Add add = $add;
            Sub sub = $sub;
            BitAnd bitand = $and;
            BitOr bitor = $or;
            BitXor bitxor = $xor;
        }
        impl std::ops::Not for $mask {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                // SAFETY: the mask proves the token, and the token the feature.
                Self(unsafe { $xor(self.0, $dup(!0)) })
            }
        }
        impl std::ops::Not for $vector {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                // SAFETY: the vector proves the token, and the token the feature.
                Self(unsafe { $xor(self.0, $dup(!0)) })
            }
        }
        impl std::ops::Shl<u32> for $vector {
            type Output = Self;
            #[inline(always)]
            fn shl(self, n: u32) -> Self {
                // SAFETY: the vector proves the token, and the token the feature.
                Self(unsafe { $shl(self.0, $dup_signed(n as $signed)) })
            }
        }
        impl std::ops::Shr<u32> for $vector {
            type Output = Self;
            // A shift to the left by a negative count is one to the right.
            #[inline(always)]
            fn shr(self, n: u32) -> Self {
                // SAFETY: the vector proves the token, and the token the feature.
                Self(unsafe { $shl(self.0, $dup_signed(-(n as $signed))) })
            }
        }
        impl Int for $vector {
            type Mask = $mask;
            forward! { eq(b: Self) -> $mask = $eq; }
            #[inline(always)]
            fn select(mask: $mask, a: Self, b: Self) -> Self {
                // SAFETY: the vectors prove the token, and the token the feature.
                Self(unsafe { $select(mask.0, a.0, b.0) })
            }
        }
    };
}
int!(U32x4, Mask32(uint32x4_t), i32: vaddq_u32 vsubq_u32 vandq_u32 vorrq_u32 veorq_u32 vshlq_u32
    vdupq_n_u32 vdupq_n_s32 vceqq_u32 vbslq_u32);
int!(U64x2, Mask64(uint64x2_t), i64: vaddq_u64 vsubq_u64 vandq_u64 vorrq_u64 veorq_u64 vshlq_u64
    vdupq_n_u64 vdupq_n_s64 vceqq_u64 vbslq_u64);

impl Mask for Mask32 {
    #[inline(always)]
    fn any(self) -> bool {
        // SAFETY: the mask proves the token, and the token the feature.
        unsafe { vmaxvq_u32(self.0) != 0 }
    }
}

impl Mask for Mask64 {
    #[inline(always)]
    fn any(self) -> bool {
        // SAFETY: the mask proves the token, and the token the feature.
        unsafe { vmaxvq_u32(vreinterpretq_u32_u64(self.0)) != 0 }
    }
}

impl Int32 for U32x4 {
    #[inline(always)]
    fn mul_wide(self, b: Self) -> (Self, Self) {
        // SAFETY: the vectors prove the token, and the token the feature.
        unsafe {
            let front = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(self.0), vget_low_u32(b.0)));
            let back = vreinterpretq_u32_u64(vmull_high_u32(self.0, b.0));
            (Self(vuzp2q_u32(front, back)), Self(vuzp1q_u32(front, back)))
        }
    }
}

macro_rules! float {
    ($vector:ident, $mask:ident, $bits:ident, $elem:ty: $add:ident $sub:ident $mul:ident $div:ident $neg:ident
     $fma:ident $fms:ident $select:ident $sqrt:ident $abs:ident $round:ident $floor:ident $ceil:ident $trunc:ident
     $lt:ident $le:ident $eq:ident $to_bits:ident $from_bits:ident $to_int:expr, $from_int:expr,
     $sum:ident $max:ident $min:ident $zip1:ident $zip2:ident) => {
        operators! { $vector:
            Add add = $add;
            Sub sub = $sub;
            Mul mul = $mul;
            Div div = $div;
        }
        impl std::ops::Neg for $vector {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                // SAFETY: the vector proves the token, and the token the feature.
                Self(unsafe { $neg(self.0) })
            }
        }
        impl Float for $vector {
            type Mask = $mask;
            type Bits = $bits;
            forward! {
                sqrt() -> Self = $sqrt;
                abs() -> Self = $abs;
                round() -> Self = $round;
                floor() -> Self = $floor;
                ceil() -> Self = $ceil;
                trunc() -> Self = $trunc;
                lt(b: Self) -> $mask = $lt;
                le(b: Self) -> $mask = $le;
                eq(b: Self) -> $mask = $eq;
                to_bits() -> $bits = $to_bits;
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: the vectors prove the token, and the token the feature.
                Self(unsafe { $fma(c.0, self.0, b.0) })
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: the vectors prove the token, and the token the feature.
                Self(unsafe { $fms(c.0, self.0, b.0) })
            }
            // Not the processor's own minimum and maximum: they treat not-a-number differently.
            #[inline(always)]
            fn min(self, b: Self) -> Self {
                Self::select(self.lt(b), self, b)
            }
            #[inline(always)]
            fn max(self, b: Self) -> Self {
                Self::select(b.lt(self), self, b)
            }
            #[inline(always)]
            fn select(mask: $mask, a: Self, b: Self) -> Self {
                // SAFETY: the vectors prove the token, and the token the feature.
                Self(unsafe { $select(mask.0, a.0, b.0) })
            }
            #[inline(always)]
            fn from_bits(bits: $bits) -> Self {
                // SAFETY: the vector proves the token, and the token the feature.
                Self(unsafe { $from_bits(bits.0) })
            }
            #[inline(always)]
            fn to_int(self) -> $bits {
                // SAFETY: the vector proves the token, and the token the feature.
                $bits(unsafe { $to_int(self.0) })
            }
            #[inline(always)]
            fn from_int(n: $bits) -> Self {
                // SAFETY: the vector proves the token, and the token the feature.
                Self(unsafe { $from_int(n.0) })
            }
            #[inline(always)]
            fn reduce_max(self) -> $elem {
                // SAFETY: the vector proves the token, and the token the feature.
                unsafe { $max(self.0) }
            }
            #[inline(always)]
            fn reduce_min(self) -> $elem {
                // SAFETY: the vector proves the token, and the token the feature.
                unsafe { $min(self.0) }
            }
            #[inline(always)]
            fn zip(self, b: Self) -> (Self, Self) {
                // SAFETY: the vectors prove the token, and the token the feature.
                unsafe { (Self($zip1(self.0, b.0)), Self($zip2(self.0, b.0))) }
            }
            #[inline(always)]
            fn reduce_sum(self) -> $elem {
                // SAFETY: the vector proves the token, and the token the feature.
                unsafe { $sum(self.0) }
            }
        }
    };
}

/// # Safety
/// The processor must have the feature.
#[inline(always)]
unsafe fn to_int32(x: float32x4_t) -> uint32x4_t {
    // SAFETY: the caller promises the feature.
    unsafe { vreinterpretq_u32_s32(vcvtnq_s32_f32(x)) }
}
/// # Safety
/// The processor must have the feature.
#[inline(always)]
unsafe fn from_int32(n: uint32x4_t) -> float32x4_t {
    // SAFETY: the caller promises the feature.
    unsafe { vcvtq_f32_s32(vreinterpretq_s32_u32(n)) }
}
/// # Safety
/// The processor must have the feature.
#[inline(always)]
unsafe fn to_int64(x: float64x2_t) -> uint64x2_t {
    // SAFETY: the caller promises the feature.
    unsafe { vreinterpretq_u64_s64(vcvtnq_s64_f64(x)) }
}
/// # Safety
/// The processor must have the feature.
#[inline(always)]
unsafe fn from_int64(n: uint64x2_t) -> float64x2_t {
    // SAFETY: the caller promises the feature.
    unsafe { vcvtq_f64_s64(vreinterpretq_s64_u64(n)) }
}
/// Halves first, as on the other instruction sets: `vaddvq_f32` would add neighbours first.
///
/// # Safety
/// The processor must have the feature.
#[inline(always)]
unsafe fn sum32(x: float32x4_t) -> f32 {
    // SAFETY: the caller promises the feature.
    unsafe { vaddv_f32(vadd_f32(vget_low_f32(x), vget_high_f32(x))) }
}

float!(F32x4, Mask32, U32x4, f32: vaddq_f32 vsubq_f32 vmulq_f32 vdivq_f32 vnegq_f32 vfmaq_f32 vfmsq_f32
    vbslq_f32 vsqrtq_f32 vabsq_f32 vrndnq_f32 vrndmq_f32 vrndpq_f32 vrndq_f32 vcltq_f32 vcleq_f32 vceqq_f32
    vreinterpretq_u32_f32 vreinterpretq_f32_u32 to_int32, from_int32, sum32 vmaxvq_f32 vminvq_f32
    vzip1q_f32 vzip2q_f32);
float!(F64x2, Mask64, U64x2, f64: vaddq_f64 vsubq_f64 vmulq_f64 vdivq_f64 vnegq_f64 vfmaq_f64 vfmsq_f64
    vbslq_f64 vsqrtq_f64 vabsq_f64 vrndnq_f64 vrndmq_f64 vrndpq_f64 vrndq_f64 vcltq_f64 vcleq_f64 vceqq_f64
    vreinterpretq_u64_f64 vreinterpretq_f64_u64 to_int64, from_int64, vaddvq_f64 vmaxvq_f64 vminvq_f64
    vzip1q_f64 vzip2q_f64);
