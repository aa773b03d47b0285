//! AVX-512 (F, BW, DQ, VL): 512 bits.

use crate::simd::{Float, Int, Int32, Isa, Kernel, Mask, Vector};
use std::arch::x86_64::*;

/// The token of AVX-512.
#[derive(Debug, Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    /// The token, if the processor has AVX-512 F, BW, DQ and VL (every server processor since 2017).
    pub fn new() -> Option<Self> {
        let all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        all.then_some(Self(()))
    }
}

impl Isa for Avx512 {
    const NAME: &'static str = "avx512";
    const REGISTERS: usize = 32;
    type M32 = Mask32;
    type M64 = Mask64;
    type U32 = U32x16;
    type U64 = U64x8;
    type F32 = F32x16;
    type F64 = F64x8;
    const LOOKUP: bool = true;

    #[inline(always)]
    fn lookup(self, table: &[f32; 32], i: U32x16) -> F32x16 {
        let (low, high) = (F32x16::load(self, &table[..16]), F32x16::load(self, &table[16..]));
        // SAFETY: the token proves the features.
        F32x16(unsafe { _mm512_permutex2var_ps(low.0, i.0, high.0) })
    }

    #[inline(always)]
    fn scale(self, x: F32x16, n: F32x16) -> F32x16 {
        // SAFETY: the token proves the features.
        F32x16(unsafe { _mm512_scalef_ps(x.0, n.0) })
    }

    #[inline(always)]
    fn split(self, x: F32x16) -> (F32x16, F32x16) {
        // SAFETY: the token proves the features.
        unsafe {
            let m = _mm512_getmant_ps::<_MM_MANT_NORM_P75_1P5, _MM_MANT_SIGN_NAN>(x.0);
            // m below 1 means that it is x's own mantissa halved.
            let e = _mm512_sub_ps(_mm512_getexp_ps(x.0), _mm512_getexp_ps(m));
            (F32x16(e), F32x16(m))
        }
    }

    #[inline(always)]
    fn ratio(self, a: F32x16, b: F32x16) -> F32x16 {
        // SAFETY: the token proves the features.
        unsafe {
            // A reciprocal of 14 bits, one step of Newton's method, and what the quotient leaves over.
            let r = _mm512_rcp14_ps(b.0);
            let r = _mm512_fmadd_ps(_mm512_fnmadd_ps(b.0, r, _mm512_set1_ps(1.0)), r, r);
            let q = _mm512_mul_ps(a.0, r);
            F32x16(_mm512_fmadd_ps(_mm512_fnmadd_ps(b.0, q, a.0), r, q))
        }
    }
}

/// # Safety
/// The processor must have the features, as an `Avx512` proves.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(in crate::simd) fn run<K: Kernel>(kernel: K, s: Avx512) -> K::Output {
    kernel.run(s)
}

/// The vector with its loads, stores and splat; of a short slice only the lanes of a mask are touched.
macro_rules! masked_vector {
    ($(#[$doc:meta])* $vector:ident($raw:ty), $elem:ty as $lane:ty, $lanes:literal, $splat:ident, $load:ident,
     $store:ident, $ptr:ty, $mask:ty: $mask_load:ident $mask_store:ident) => {
        vector!(
            $(#[$doc])*
            $vector($raw), Avx512, $elem as $lane, $lanes, $splat, $load, $store, $ptr;
            #[inline(always)]
            fn load_partial(_: Avx512, x: &[$elem]) -> Self {
                let mask = (1u32 << x.len().min($lanes)).wrapping_sub(1) as $mask;
                // SAFETY: the token proves the features; the lanes of the mask are inside the slice.
                Self(unsafe { $mask_load(mask, x.as_ptr().cast()) })
            }
            #[inline(always)]
            fn store_partial(self, x: &mut [$elem]) {
                let mask = (1u32 << x.len().min($lanes)).wrapping_sub(1) as $mask;
                // SAFETY: the vector proves the features; the lanes of the mask are inside the slice.
                unsafe { $mask_store(x.as_mut_ptr().cast(), mask, self.0) }
            }
        );
    };
}
masked_vector!(
    /// Sixteen `f32`.
    F32x16(__m512), f32 as f32, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, f32,
    __mmask16: _mm512_maskz_loadu_ps _mm512_mask_storeu_ps);
masked_vector!(
    /// Eight `f64`.
    F64x8(__m512d), f64 as f64, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, f64,
    __mmask8: _mm512_maskz_loadu_pd _mm512_mask_storeu_pd);
masked_vector!(
    /// Sixteen `u32`.
    U32x16(__m512i), u32 as i32, 16, _mm512_set1_epi32, _mm512_loadu_si512, _mm512_storeu_si512, __m512i,
    __mmask16: _mm512_maskz_loadu_epi32 _mm512_mask_storeu_epi32);
masked_vector!(
    /// Eight `u64`.
    U64x8(__m512i), u64 as i64, 8, _mm512_set1_epi64, _mm512_loadu_si512, _mm512_storeu_si512, __m512i,
    __mmask8: _mm512_maskz_loadu_epi64 _mm512_mask_storeu_epi64);

macro_rules! mask {
    ($(#[$doc:meta])* $mask:ident($bits:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $mask($bits);
        impl std::ops::BitAnd for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, b: Self) -> Self {
                Self(self.0 & b.0)
            }
        }
        impl std::ops::BitOr for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, b: Self) -> Self {
                Self(self.0 | b.0)
            }
        }
        impl std::ops::Not for $mask {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                Self(!self.0)
            }
        }
        impl Mask for $mask {
            #[inline(always)]
            fn any(self) -> bool {
                self.0 != 0
            }
        }
    };
}
mask!(
    /// A mask of sixteen 32-bit lanes, one bit each.
    Mask32(__mmask16));
mask!(
    /// A mask of eight 64-bit lanes, one bit each.
    Mask64(__mmask8));

macro_rules! int {
    ($vector:ident, $mask:ident: $add:ident $sub:ident $sll:ident $srl:ident $eq:ident $blend:ident) => {
        operators! { $vector:
            Add add = $add;
            Sub sub = $sub;
            BitAnd bitand = _mm512_and_si512;
            BitOr bitor = _mm512_or_si512;
            BitXor bitxor = _mm512_xor_si512;
        }
        shifts! { $vector:
            Shl shl = $sll;
            Shr shr = $srl;
        }
        impl std::ops::Not for $vector {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { _mm512_xor_si512(self.0, _mm512_set1_epi32(-1)) })
            }
        }
        impl Int for $vector {
            type Mask = $mask;
            forward! { eq(b: Self) -> $mask = $eq; }
            #[inline(always)]
            fn select(mask: $mask, a: Self, b: Self) -> Self {
                // SAFETY: the vectors prove the token, and the token the features.
                Self(unsafe { $blend(mask.0, b.0, a.0) })
            }
        }
    };
}
int!(U32x16, Mask32: _mm512_add_epi32 _mm512_sub_epi32 _mm512_sll_epi32 _mm512_srl_epi32
    _mm512_cmpeq_epi32_mask _mm512_mask_blend_epi32);
int!(U64x8, Mask64: _mm512_add_epi64 _mm512_sub_epi64 _mm512_sll_epi64 _mm512_srl_epi64
    _mm512_cmpeq_epi64_mask _mm512_mask_blend_epi64);

impl Int32 for U32x16 {
    #[inline(always)]
    unsafe fn stream_ptr(self, p: *mut u32) {
        // SAFETY: the vector proves the features; the caller promises aligned, writable lanes.
        unsafe { _mm512_stream_si512(p.cast(), self.0) }
    }

    #[inline(always)]
    fn mul_wide(self, b: Self) -> (Self, Self) {
        // SAFETY: the vectors prove the token, and the token the features.
        unsafe {
            let even = _mm512_mul_epu32(self.0, b.0);
            let odd =
                _mm512_mul_epu32(_mm512_srli_epi64::<32>(self.0), _mm512_srli_epi64::<32>(b.0));
            // Shuffles of halves: more shifts would wait for the multiplications' unit.
            let high = _mm512_mask_shuffle_epi32::<0b11_11_01_01>(odd, 0x5555, even);
            let low = _mm512_mask_shuffle_epi32::<0b10_10_00_00>(even, 0xAAAA, odd);
            (Self(high), Self(low))
        }
    }
}

macro_rules! float {
    ($vector:ident, $mask:ident, $bits:ident, $elem:ty: $add:ident $sub:ident $mul:ident $div:ident
     $set1:ident $xor:ident $fmadd:ident $fnmadd:ident $min:ident $max:ident $sqrt:ident $abs:ident $round:ident
     $cmp:ident $blend:ident $to_bits:ident $from_bits:ident $to_int:ident $from_int:ident
     $max_lane:ident $min_lane:ident; $($rest:item)*) => {
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
                abs() -> Self = $abs;
                round() -> Self = $round::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>;
                floor() -> Self = $round::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>;
                ceil() -> Self = $round::<{ _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC }>;
                trunc() -> Self = $round::<{ _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC }>;
                lt(b: Self) -> $mask = $cmp::<_CMP_LT_OQ>;
                le(b: Self) -> $mask = $cmp::<_CMP_LE_OQ>;
                eq(b: Self) -> $mask = $cmp::<_CMP_EQ_OQ>;
                to_bits() -> $bits = $to_bits;
                to_int() -> $bits = $to_int;
            }
            #[inline(always)]
            fn select(mask: $mask, a: Self, b: Self) -> Self {
                // SAFETY: the vectors prove the token, and the token the features.
                Self(unsafe { $blend(mask.0, b.0, a.0) })
            }
            #[inline(always)]
            fn from_bits(bits: $bits) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { $from_bits(bits.0) })
            }
            #[inline(always)]
            fn from_int(n: $bits) -> Self {
                // SAFETY: the vector proves the token, and the token the features.
                Self(unsafe { $from_int(n.0) })
            }
            #[inline(always)]
            fn reduce_max(self) -> $elem {
                // SAFETY: the vector proves the token, and the token the features.
                unsafe { $max_lane(self.0) }
            }
            #[inline(always)]
            fn reduce_min(self) -> $elem {
                // SAFETY: the vector proves the token, and the token the features.
                unsafe { $min_lane(self.0) }
            }
            $($rest)*
        }
    };
}

/// The square roots, rounded correctly (the tests compare every mantissa), in about a third of the time of the processor's
/// instruction, which a division next to it would wait for.
///
/// A reciprocal root of 14 bits, one step of Goldschmidt's method, and what the root's square leaves over (Markstein,
/// "Computation of elementary functions on the IBM RISC System/6000 processor", 1990).
///
/// # Safety
/// The processor must have the features, as an `Avx512` proves.
#[inline(always)]
unsafe fn sqrt_ps(x: __m512) -> __m512 {
    const LEAST: i32 = 27 << 23; // 2^-100; what is left over of a smaller number may be too small to be exact.
    const INFINITY: i32 = 255 << 23;
    // SAFETY: the caller's promise.
    unsafe {
        let bits = _mm512_castps_si512(x);
        let beyond = _mm512_sub_epi32(bits, _mm512_set1_epi32(LEAST));
        let usual = _mm512_cmplt_epu32_mask(beyond, _mm512_set1_epi32(INFINITY - LEAST));
        let nonzero = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(i32::MAX));
        if nonzero & !usual != 0 {
            return _mm512_sqrt_ps(x);
        }
        let half = _mm512_set1_ps(0.5);
        let r = _mm512_maskz_rsqrt14_ps(usual, x);
        let (root, h) = (_mm512_mul_ps(x, r), _mm512_mul_ps(r, half));
        let e = _mm512_fnmadd_ps(root, h, half);
        let (root, h) = (_mm512_fmadd_ps(root, e, root), _mm512_fmadd_ps(h, e, h));
        _mm512_fmadd_ps(_mm512_fnmadd_ps(root, root, x), h, root)
    }
}

float! { F32x16, Mask32, U32x16, f32: _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_div_ps
    _mm512_set1_ps _mm512_xor_ps _mm512_fmadd_ps _mm512_fnmadd_ps _mm512_min_ps _mm512_max_ps sqrt_ps
    _mm512_abs_ps _mm512_roundscale_ps _mm512_cmp_ps_mask _mm512_mask_blend_ps _mm512_castps_si512
    _mm512_castsi512_ps _mm512_cvtps_epi32 _mm512_cvtepi32_ps _mm512_reduce_max_ps _mm512_reduce_min_ps;
    #[inline(always)]
    fn zip(self, b: Self) -> (Self, Self) {
        // SAFETY: the vectors prove the token, and the token the features.
        unsafe {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
            (
                Self(_mm512_permutex2var_ps(self.0, low, b.0)),
                Self(_mm512_permutex2var_ps(self.0, high, b.0)),
            )
        }
    }
    #[inline(always)]
    fn reduce_sum(self) -> f32 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe {
            let half = _mm256_add_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0));
            let quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps::<1>(half));
            let pair = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
            _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)))
        }
    }
}

float! { F64x8, Mask64, U64x8, f64: _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_div_pd
    _mm512_set1_pd _mm512_xor_pd _mm512_fmadd_pd _mm512_fnmadd_pd _mm512_min_pd _mm512_max_pd _mm512_sqrt_pd
    _mm512_abs_pd _mm512_roundscale_pd _mm512_cmp_pd_mask _mm512_mask_blend_pd _mm512_castpd_si512
    _mm512_castsi512_pd _mm512_cvtpd_epi64 _mm512_cvtepi64_pd _mm512_reduce_max_pd _mm512_reduce_min_pd;
    #[inline(always)]
    fn zip(self, b: Self) -> (Self, Self) {
        // SAFETY: the vectors prove the token, and the token the features.
        unsafe {
            let low = _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11);
            let high = _mm512_add_epi64(low, _mm512_set1_epi64(4));
            (
                Self(_mm512_permutex2var_pd(self.0, low, b.0)),
                Self(_mm512_permutex2var_pd(self.0, high, b.0)),
            )
        }
    }
    #[inline(always)]
    fn reduce_sum(self) -> f64 {
        // SAFETY: the vector proves the token, and the token the features.
        unsafe {
            let half = _mm256_add_pd(_mm512_castpd512_pd256(self.0), _mm512_extractf64x4_pd::<1>(self.0));
            let pair = _mm_add_pd(_mm256_castpd256_pd128(half), _mm256_extractf128_pd::<1>(half));
            _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)))
        }
    }
}
