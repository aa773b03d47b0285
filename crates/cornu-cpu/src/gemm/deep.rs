//! Products with long sums and a small result: parts of `k` have sums of their own, which are added in order.

use super::{Gemm, View, blocked};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};

/// The parts of `k`, whatever the number of threads.
const PARTS: usize = 8;
/// The least values of `k`.
const MIN_K: usize = 4096;
/// The most values of the result: there are not enough of them for tasks that compute whole sums.
const MAX_RESULT: usize = 8192;

/// Whether sums are long and few.
pub(super) fn suits(spec: &Gemm) -> bool {
    spec.k >= MIN_K && spec.m.saturating_mul(spec.n) <= MAX_RESULT
}

/// C (+)= A B + bias.
pub(super) fn deep<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    spec: &Gemm,
    a: View<T>,
    b: View<T>,
    bias: Option<&[T]>,
    c: &mut [T],
) {
    let Gemm { m, n, k, accumulate, .. } = *spec;
    let each = k.div_ceil(PARTS).next_multiple_of(4);
    let parts = k.div_ceil(each);
    with_scratch(parts * m * n, |sums: &mut [T]| {
        let shared = SharedSlice::new(sums);
        pool.parallel_for(parts, |part| {
            let k0 = part * each;
            let product = Gemm { k: each.min(k - k0), c_stride: n, accumulate: false, ..*spec };
            let a = View { values: &a.values[k0 * a.col_step..], ..a };
            let b = View { values: &b.values[k0 * b.row_step..], ..b };
            // SAFETY: every part has sums of its own.
            let c = unsafe { shared.slice(part * m * n..(part + 1) * m * n) };
            blocked::blocked(isa, pool, &product, a, b, None, c);
        });
        for (i, row) in c.chunks_mut(spec.c_stride.max(n)).enumerate() {
            for (j, value) in row[..n].iter_mut().enumerate() {
                let parts = sums[i * n + j..].iter().step_by(m * n);
                let sum = parts.fold(T::default(), |sum, &part| sum + part);
                let sum = bias.map_or(sum, |bias| sum + bias[j]);
                *value = if accumulate { *value + sum } else { sum };
            }
        }
    });
}
