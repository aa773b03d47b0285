//! Products of integers: exact modulo the width, in plain loops that the compiler vectorises.

use super::Gemm;
use super::spec::Operand;
use crate::runtime::{Pool, SharedSlice};
use crate::simd::{AnyIsa, Isa, Kernel};
use cornu_graph::Result;

/// The integers that [`gemm_int`] multiplies.
pub trait Integer: Copy + Default + Send + Sync + 'static {
    /// `self + a * b`, wrapping as NumPy does.
    fn add_product(self, a: Self, b: Self) -> Self;
}

macro_rules! integer {
    ($($t:ty)*) => {$(
        impl Integer for $t {
            #[inline(always)]
            fn add_product(self, a: $t, b: $t) -> $t {
                self.wrapping_add(a.wrapping_mul(b))
            }
        }
    )*};
}
integer!(i32 i64 u8);

/// [`gemm`](super::gemm) for integers, without a bias; sums wrap as in NumPy.
///
/// # Errors
/// If a slice is shorter than `spec` says or the rows of C overlap.
pub fn gemm_int<T: Integer>(
    isa: AnyIsa,
    pool: &Pool,
    spec: &Gemm,
    a: &[T],
    b: &[T],
    c: &mut [T],
) -> Result<()> {
    spec.check(a.len(), b.len(), None, c.len())?;
    if spec.m == 0 || spec.n == 0 {
        return Ok(());
    }
    let c = SharedSlice::new(c);
    let rows = spec.batch * spec.m;
    let each = (super::SERIAL / (spec.n * spec.k.max(1))).max(1);
    pool.parallel_for(rows.div_ceil(each), |task| {
        for row in task * each..rows.min((task + 1) * each) {
            let (batch, i) = (row / spec.m, row % spec.m);
            let start = batch * spec.c_batch_stride + i * spec.c_stride;
            // SAFETY: `check` saw that the rows of C are apart, and each is computed once.
            let out = unsafe { c.slice(start..start + spec.n) };
            let (a, b) = (&a[batch * spec.a.batch_stride..], &b[batch * spec.b.batch_stride..]);
            isa.run(Row { spec, i, a, b, out });
        }
    });
    Ok(())
}

struct Row<'a, T> {
    spec: &'a Gemm,
    i: usize,
    a: &'a [T],
    b: &'a [T],
    out: &'a mut [T],
}

impl<T: Integer> Kernel for Row<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Gemm { n, k, a: a_operand, b: b_operand, accumulate, .. } = *self.spec;
        if !accumulate {
            self.out.fill(T::default());
        }
        let a_at = |kk: usize| match a_operand {
            Operand { transposed: false, stride, .. } => self.a[self.i * stride + kk],
            Operand { transposed: true, stride, .. } => self.a[kk * stride + self.i],
        };
        if b_operand.transposed {
            for (j, out) in self.out.iter_mut().enumerate() {
                let b = &self.b[j * b_operand.stride..][..k];
                for (kk, &b) in b.iter().enumerate() {
                    *out = out.add_product(a_at(kk), b);
                }
            }
        } else {
            for kk in 0..k {
                let (a, b) = (a_at(kk), &self.b[kk * b_operand.stride..][..n]);
                for (out, &b) in self.out.iter_mut().zip(b) {
                    *out = out.add_product(a, b);
                }
            }
        }
    }
}
