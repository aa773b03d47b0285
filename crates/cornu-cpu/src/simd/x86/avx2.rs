//! AVX2 and FMA: 256 bits.

use crate::simd::{Float, Int, Int32, Isa, Kernel, Mask, Vector};
use std::arch::x86_64::*;

/// The token of AVX2 with FMA.
#[derive(Debug, Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    /// The token, if the processor has AVX2 and FMA.
    pub fn new() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

impl Isa for Avx2 {
    const NAME: &'static str = "avx2";
    const REGISTERS: usize = 16;
    type M32 = Mask32;
    type M64 = Mask64;
    type U32 = U32x8;
    type U64 = U64x4;
    type F32 = F32x8;
    type F64 = F64x4;
}

/// # Safety
/// The processor must have the features, as an `Avx2` proves.
#[target_feature(enable = "avx2,fma")]
pub(in crate::simd) fn run<K: Kernel>(kernel: K, s: Avx2) -> K::Output {
    kernel.run(s)
}

vector!(
    /// Eight `f32`.
    F32x8(__m256), Avx2, f32 as f32, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, f32);
vector!(
    /// Four `f64`.
    F64x4(__m256d), Avx2, f64 as f64, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, f64);
vector!(
    /// Eight `u32`.
    U32x8(__m256i), Avx2, u32 as i32, 8, _mm256_set1_epi32, _mm256_loadu_si256, _mm256_storeu_si256,
    __m256i);
vector!(
    /// Four `u64`.
    U64x4(__m256i), Avx2, u64 as i64, 4, _mm256_set1_epi64x, _mm256_loadu_si256, _mm256_storeu_si256,
    __m256i);

/// A mask of eight 32-bit lanes, all bits of a lane equal.
#[derive(Debug, Clone, Copy)]
pub struct Mask32(__m256i);

/// A mask of four 64-bit lanes, all bits of a lane equal.
#[derive(Debug, Clone, Copy)]
pub struct Mask64(__m256i);

macro_rules! bitwise {
    ($($vector:ident)*) => {$(
        operators! { $vector:
            BitAnd bitand = _mm256_and_si256;
            BitOr bitor = _mm256_or_si256;
        }
        impl std::ops::Not for $vector {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { _mm256_xor_si256(self.0, _mm256_set1_epi32(-1)) })
            }
        }
    )*};
}
bitwise! { Mask32 Mask64 U32x8 U64x4 }

macro_rules! mask {
    ($($mask:ident)*) => {$(
        impl Mask for $mask {
            #[inline(always)]
            fn any(self) -> bool {
                // SAFETY: the mask proves the token, and the token the features.
                unsafe { _mm256_movemask_epi8(self.0) != 0 }
            }
        }
    )*};
}
mask! { Mask32 Mask64 }

operators! { U32x8:
    Add add = _mm256_add_epi32;
    Sub sub = _mm256_sub_epi32;
    BitXor bitxor = _mm256_xor_si256;
}
shifts! { U32x8:
    Shl shl = _mm256_sll_epi32;
    Shr shr = _mm256_srl_epi32;
}
operators! { U64x4:
    Add add = _mm256_add_epi64;
    Sub sub = _mm256_sub_epi64;
    BitXor bitxor = _mm256_xor_si256;
}
shifts! { U64x4:
    Shl shl = _mm256_sll_epi64;
    Shr shr = _mm256_srl_epi64;
}

macro_rules! int {
    ($vector:ident, $mask:ident, $eq:expr) => {
        impl Int for $vector {
            type Mask = $mask;
            #[inline(always)]
            fn select(mask: $mask, a: Self, b: Self) -> Self {
                // SAFETY: the vectors prove the token, and the token the features.
                Self(unsafe { _mm256_blendv_epi8(b.0, a.0, mask.0) })
            }
            forward! { eq(b: Self) -> $mask = $eq; }
        }
    };
}
int!(U32x8, Mask32, _mm256_cmpeq_epi32);
int!(U64x4, Mask64, _mm256_cmpeq_epi64);

impl Int32 for U32x8 {
    #[inline(always)]
    unsafe fn stream_ptr(self, p: *mut u32) {
        // SAFETY: the vector proves the features; the caller promises aligned, writable lanes.
        unsafe { _mm256_stream_si256(p.cast(), self.0) }
    }

    #[inline(always)]
    fn mul_wide(self, b: Self) -> (Self, Self) {
        // SAFETY: the vectors prove the token, and the token the features.
        unsafe {
            let even = _mm256_mul_epu32(self.0, b.0);
            let odd =
                _mm256_mul_epu32(_mm256_srli_epi64::<32>(self.0), _mm256_srli_epi64::<32>(b.0));
            // Shuffles of halves: more shifts would wait for the multiplications' unit.
            let (upper, lower) = (
                _mm256_shuffle_epi32::<0b11_11_01_01>(even),
                _mm256_shuffle_epi32::<0b10_10_00_00>(odd),
            );
            let high = _mm256_blend_epi32::<0xAA>(upper, odd);
            let low = _mm256_blend_epi32::<0xAA>(even, lower);
            (Self(high), Self(low))
        }
    }
}

operators! { F32x8:
    Add add = _mm256_add_ps;
    Sub sub = _mm256_sub_ps;
    Mul mul = _mm256_mul_ps;
    Div div = _mm256_div_ps;
}
operators! { F64x4:
    Add add = _mm256_add_pd;
    Sub sub = _mm256_sub_pd;
    Mul mul = _mm256_mul_pd;
    Div div = _mm256_div_pd;
}

macro_rules! float {
    ($vector:ident, $mask:ident, $bits:ident: $set1:ident $xor:ident $andnot:ident $fmadd:ident $fnmadd:ident
     $min:ident $max:ident $sqrt:ident $round:ident $cmp:ident $blendv:ident $to_bits:ident $from_bits:ident;
     $($rest:item)*) => {
        impl std::ops::Neg for $vector {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { $xor(self.0, $set1(-0.0)) })
            }
        }
        impl Float for $vector {
            type Mask = $mask;
            type Bits = $bits;
            forward! {
                mul_add(b: Self, c: Self) -> Self = $fmadd;
                neg_mul_add(b: Self, c: Self) -> Self = $fnmadd;
                min(b: Self) -> Self = $min;
                max(b: Self) -> Self = $max;
                sqrt() -> Self = $sqrt;
                round() -> Self = $round::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>;
                floor() -> Self = $round::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>;
                ceil() -> Self = $round::<{ _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC }>;
                trunc() -> Self = $round::<{ _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC }>;
                to_bits() -> $bits = $to_bits;
            }
            #[inline(always)]
            fn abs(self) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { $andnot($set1(-0.0), self.0) })
            }
            #[inline(always)]
            fn lt(self, b: Self) -> $mask {
                // SAFETY: the vectors prove the token, and the token the features.
                $mask(unsafe { $to_bits($cmp::<_CMP_LT_OQ>(self.0, b.0)) })
            }
            #[inline(always)]
            fn le(self, b: Self) -> $mask {
                // SAFETY: the vectors prove the token, and the token the features.
                $mask(unsafe { $to_bits($cmp::<_CMP_LE_OQ>(self.0, b.0)) })
            }
            #[inline(always)]
            fn eq(self, b: Self) -> $mask {
                // SAFETY: the vectors prove the token, and the token the features.
                $mask(unsafe { $to_bits($cmp::<_CMP_EQ_OQ>(self.0, b.0)) })
            }
            #[inline(always)]
            fn select(mask: $mask, a: Self, b: Self) -> Self {
                // SAFETY: the vectors prove the token, and the token the features.
                Self(unsafe { $blendv(b.0, a.0, $from_bits(mask.0)) })
            }
            #[inline(always)]
            fn from_bits(bits: $bits) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { $from_bits(bits.0) })
            }
            $($rest)*
        }
    };
}

/// Folds the halves of a vector onto each other with `$op` until one lane is left.
macro_rules! fold {
    (f32 $v:expr, $op:ident, $op1:ident) => {{
        let half = $op(_mm256_castps256_ps128($v), _mm256_extractf128_ps::<1>($v));
        let quarter = $op(half, _mm_movehl_ps(half, half));
        _mm_cvtss_f32($op1(quarter, _mm_movehdup_ps(quarter)))
    }};
    (f64 $v:expr, $op:ident, $op1:ident) => {{
        let half = $op(_mm256_castpd256_pd128($v), _mm256_extractf128_pd::<1>($v));
        _mm_cvtsd_f64($op1(half, _mm_unpackhi_pd(half, half)))
    }};
}

float! { F32x8, Mask32, U32x8: _mm256_set1_ps _mm256_xor_ps _mm256_andnot_ps _mm256_fmadd_ps _mm256_fnmadd_ps
    _mm256_min_ps _mm256_max_ps _mm256_sqrt_ps _mm256_round_ps _mm256_cmp_ps _mm256_blendv_ps
    _mm256_castps_si256 _mm256_castsi256_ps;
    #[inline(always)]
    fn to_int(self) -> U32x8 {
        // SAFETY: the vector proves the token, and the token the features.
        U32x8(unsafe { _mm256_cvtps_epi32(self.0) })
    }
    #[inline(always)]
    fn from_int(n: U32x8) -> Self {
        // SAFETY: the vector proves the token, and the token the features.
        Self(unsafe { _mm256_cvtepi32_ps(n.0) })
    }
    #[inline(always)]
    fn zip(self, b: Self) -> (Self, Self) {
        // SAFETY: the vectors prove the token, and the token the features.
        unsafe {
            let (even, odd) = (_mm256_unpacklo_ps(self.0, b.0), _mm256_unpackhi_ps(self.0, b.0));
            let low = _mm256_permute2f128_ps::<0x20>(even, odd);
            (Self(low), Self(_mm256_permute2f128_ps::<0x31>(even, odd)))
        }
    }
    #[inline(always)]
    fn reduce_sum(self) -> f32 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe { fold!(f32 self.0, _mm_add_ps, _mm_add_ss) }
    }
    #[inline(always)]
    fn reduce_max(self) -> f32 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe { fold!(f32 self.0, _mm_max_ps, _mm_max_ss) }
    }
    #[inline(always)]
    fn reduce_min(self) -> f32 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe { fold!(f32 self.0, _mm_min_ps, _mm_min_ss) }
    }
}

/// 1.5·2^52: a number of this size has a unit in its last place, so that adding an integer to it
/// leaves the integer in the low bits of the mantissa. AVX2 lacks the conversion of 64-bit integers.
const UNIT_F64: f64 = 6_755_399_441_055_744.0;

float! { F64x4, Mask64, U64x4: _mm256_set1_pd _mm256_xor_pd _mm256_andnot_pd _mm256_fmadd_pd _mm256_fnmadd_pd
    _mm256_min_pd _mm256_max_pd _mm256_sqrt_pd _mm256_round_pd _mm256_cmp_pd _mm256_blendv_pd
    _mm256_castpd_si256 _mm256_castsi256_pd;
    #[inline(always)]
    fn to_int(self) -> U64x4 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe {
            let unit = _mm256_set1_pd(UNIT_F64);
            let sum = _mm256_castpd_si256(_mm256_add_pd(self.0, unit));
            U64x4(_mm256_sub_epi64(sum, _mm256_castpd_si256(unit)))
        }
    }
    #[inline(always)]
    fn from_int(n: U64x4) -> Self {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe {
            let unit = _mm256_set1_pd(UNIT_F64);
            let sum = _mm256_add_epi64(n.0, _mm256_castpd_si256(unit));
            Self(_mm256_sub_pd(_mm256_castsi256_pd(sum), unit))
        }
    }
    #[inline(always)]
    fn zip(self, b: Self) -> (Self, Self) {
        // SAFETY: the vectors prove the token, and the token the features.
        unsafe {
            let (even, odd) = (_mm256_unpacklo_pd(self.0, b.0), _mm256_unpackhi_pd(self.0, b.0));
            let low = _mm256_permute2f128_pd::<0x20>(even, odd);
            (Self(low), Self(_mm256_permute2f128_pd::<0x31>(even, odd)))
        }
    }
    #[inline(always)]
    fn reduce_sum(self) -> f64 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe { fold!(f64 self.0, _mm_add_pd, _mm_add_sd) }
    }
    #[inline(always)]
    fn reduce_max(self) -> f64 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe { fold!(f64 self.0, _mm_max_pd, _mm_max_sd) }
    }
    #[inline(always)]
    fn reduce_min(self) -> f64 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe { fold!(f64 self.0, _mm_min_pd, _mm_min_sd) }
    }
}
