//! A product whose rows are handed on while the cache has them, and never written anywhere else.

use std::ops::Range;

use super::blocked::{Base, Pass, part};
use super::tile::{Epilogue, Layout, Next, Panels, TILE_ROWS};
use super::{BLOCK_ROWS, Gemm, MAX_K};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::AnyIsa;
use cornu_graph::Result;

/// The bytes of C that are handed on at once: a small part of the second-level cache.
const BLOCK_BYTES: usize = 64 << 10;
/// The least bytes of C: what is smaller stays in the cache by itself.
const MIN_BYTES: usize = 256 << 10;
/// The least values of a sum: arithmetic for the time that it takes to bring what lies beside.
const MIN_K: usize = 64;

/// Whether the product should be made row by row: one large product, whose sums are made in one pass and whose rows
/// are not too long.
pub(crate) fn has_rows(spec: &Gemm) -> bool {
    let Gemm { m, n, k, batch, accumulate, .. } = *spec;
    let row = n.saturating_mul(size_of::<f32>());
    let large = m.saturating_mul(row) >= MIN_BYTES && row <= BLOCK_BYTES / TILE_ROWS;
    batch == 1 && !accumulate && (MIN_K..=MAX_K).contains(&k) && large
}

/// Makes `op(A) op(B)` in single precision some rows at a time, and calls `take` with their range and their values,
/// row after row, on the thread that made them. Only for products that [have rows](has_rows).
///
/// # Arguments
/// - `beside`: arrays of the size of C, of which `take` will read the same rows: they are brought to the cache while
///   the rows are made.
///
/// # Errors
/// If a slice is shorter than `spec` says, or with one of `take`.
pub(crate) fn gemm_rows(
    isa: AnyIsa,
    pool: &Pool,
    spec: &Gemm,
    a: &[f32],
    b: &[f32],
    beside: &[*const f32],
    take: impl Fn(Range<usize>, &mut [f32]) -> Result<()> + Sync,
) -> Result<()> {
    let Gemm { m, n, k, .. } = *spec;
    spec.check(a.len(), b.len(), None, m * n)?;
    let (a, b) = (spec.a.view(a), spec.b.view(b));
    let panels = Panels::new::<f32>(isa, n);
    let tiles = m.div_ceil(TILE_ROWS);
    let each = BLOCK_BYTES / (n * size_of::<f32>() * TILE_ROWS);
    let each = each.clamp(1, BLOCK_ROWS / TILE_ROWS);
    let parts = tiles.div_ceil(each).next_multiple_of(pool.threads()).min(tiles);
    let beside: Vec<Base<f32>> = beside.iter().map(|&array| Base(array)).collect();
    let pass = Pass {
        isa,
        panels,
        m,
        k,
        a,
        copied: a.col_step != 1 && panels.count() > 1,
        b,
        epilogue: Epilogue { add: false, bias: None },
        c_stride: n,
    };
    let all = 0..panels.count();
    with_scratch(pass.packed_len(&all), |packed: &mut [f32]| {
        let shared = SharedSlice::new(packed);
        pool.parallel_for(all.len(), |i| pass.pack(&all, i, &shared));
        let packed = &*packed;
        pool.try_parallel_for(parts, |i| {
            let tiles = part(tiles, parts, i);
            let rows = tiles.start * TILE_ROWS..m.min(tiles.end * TILE_ROWS);
            let first = |array: &Base<f32>| array.get().wrapping_add(rows.start * n);
            let beside: Vec<*const f32> = beside.iter().map(first).collect();
            with_scratch(rows.len() * n, |values: &mut [f32]| {
                let b = (packed.as_ptr(), Layout::Packed);
                let c = values.as_mut_ptr().wrapping_sub(rows.start * n);
                let next = Next::Stretches(&beside, rows.len() * n);
                pass.compute(rows.clone(), all.clone(), b, c, next);
                take(rows, values)
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::{gemm, numbers};
    use super::*;

    #[test]
    fn rows_are_those_of_the_product() {
        let convert = |x: Vec<f64>| x.into_iter().map(|x| x as f32 / 7.0).collect::<Vec<_>>();
        for (m, n, k) in [(784, 512, 128), (100, 130, 512), (7, 3000, 20), (5, 9, 1)] {
            let spec = Gemm::new(m, n, k).transpose_a();
            let (a, b) = (convert(numbers(m * k, 1)), convert(numbers(k * n, 2)));
            for isa in AnyIsa::available() {
                let mut want = vec![0.0; m * n];
                gemm(isa, &Pool::new(1).unwrap(), &spec, &a, &b, None, &mut want).unwrap();
                for threads in [1, 2, 3] {
                    let pool = Pool::new(threads).unwrap();
                    let mut got = vec![f32::NAN; m * n];
                    let shared = SharedSlice::new(&mut got);
                    let take = |rows: Range<usize>, values: &mut [f32]| {
                        // SAFETY: rows are handed on once.
                        let to = unsafe { shared.slice(rows.start * n..rows.end * n) };
                        to.copy_from_slice(values);
                        Ok(())
                    };
                    let beside = [want.as_ptr(), a.as_ptr()];
                    gemm_rows(isa, &pool, &spec, &a, &b, &beside, take).unwrap();
                    assert_eq!(got, want, "{m}, {n}, {k} on {}", isa.name());
                }
            }
        }
    }
}
