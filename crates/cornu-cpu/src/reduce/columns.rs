//! Reduction along an axis that is not the innermost: whole rows are joined, lane by lane.
//!
//! 64 rows are joined in one accumulator, such accumulators in a second: so a value passes through few
//! additions. Narrow rows are first taken several at a time, as one wide row.

use std::marker::PhantomData;

use cornu_graph::Result;

use super::join::{Join, Reducible};
use super::{CHUNK, Pass};
use crate::runtime::{Pool, SharedSlice, with_arena};
use crate::simd::{AnyIsa, Isa, Kernel};

/// Columns of one piece of work: two accumulators of them fit the first-level cache.
const WIDTH: usize = 2048;
/// Rows below this width are taken several at a time.
const NARROW: usize = 128;
/// Rows joined before the second accumulator is touched.
const ROWS: usize = 64;
/// From this many pieces on, the reduced axis itself is not cut.
const ENOUGH: usize = 16;

pub(super) fn run<T: Reducible, J: Join<T>>(
    pass: Pass,
    pool: &Pool,
    isa: AnyIsa,
    x: &[T],
    out: &mut [T],
) -> Result<()> {
    let Pass { outer, size, inner } = pass;
    let tiles = inner.div_ceil(WIDTH);
    let rows = (4 * CHUNK / inner.min(WIDTH)).max(ROWS);
    let chunks = if outer * tiles >= ENOUGH { 1 } else { size.div_ceil(rows) };
    if chunks == 1 {
        return cut::<T, J>(pass, 1, size, pool, isa, x, out);
    }
    with_arena(|arena| {
        let partial = arena.slice_mut::<T>(outer * chunks * inner)?;
        cut::<T, J>(pass, chunks, rows, pool, isa, x, partial)?;
        let rest = Pass { outer, size: chunks, inner };
        cut::<T, J>(rest, 1, chunks, pool, isa, partial, out)
    })
}

/// Cuts the reduced axis into `chunks` of `rows` rows: `out` is (outer, chunks, inner).
fn cut<T: Reducible, J: Join<T>>(
    pass: Pass,
    chunks: usize,
    rows: usize,
    pool: &Pool,
    isa: AnyIsa,
    x: &[T],
    out: &mut [T],
) -> Result<()> {
    let Pass { outer, size, inner } = pass;
    let tiles = inner.div_ceil(WIDTH);
    let out = SharedSlice::new(out);
    let pieces = outer * chunks * tiles;
    // Small pieces are handed out several at a time.
    let per_task = (CHUNK / (rows * inner.min(WIDTH))).max(1);
    pool.try_parallel_for(pieces.div_ceil(per_task), |task| {
        with_arena(|arena| {
            let accumulators = arena.slice_mut::<T>(2 * WIDTH)?;
            for piece in task * per_task..pieces.min((task + 1) * per_task) {
                let (block, tile) = (piece / tiles, piece % tiles);
                let (o, chunk) = (block / chunks, block % chunks);
                let first = chunk * rows;
                let column = tile * WIDTH;
                let width = WIDTH.min(inner - column);
                let start = block * inner + column;
                T::dispatch(
                    isa,
                    Columns {
                        x: &x[(o * size + first) * inner + column..],
                        rows: rows.min(size - first),
                        stride: inner,
                        // SAFETY: every piece comes once, and pieces are disjoint.
                        out: unsafe { out.slice(start..start + width) },
                        accumulators: &mut *accumulators,
                        join: PhantomData::<J>,
                    },
                );
            }
            Ok(())
        })
    })
}

/// Joins `rows` rows, each as long as `out`, whose starts are `stride` apart.
struct Columns<'a, T, J> {
    x: &'a [T],
    rows: usize,
    stride: usize,
    out: &'a mut [T],
    /// Working memory.
    accumulators: &'a mut [T],
    join: PhantomData<J>,
}

impl<T: Reducible, J: Join<T>> Kernel for Columns<'_, T, J> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Columns { x, rows, stride, out, accumulators, .. } = self;
        let width = out.len();
        if stride == width && width < NARROW && rows > 1 {
            // Rows lie back to back: take several as one, then fold.
            let several = (NARROW / width).next_power_of_two().min(rows.next_power_of_two() / 2);
            let wide = several * width;
            let whole = rows / several;
            let (sum, rest) = accumulators.split_at_mut(wide);
            accumulate::<T, J>(x, whole, wide, sum, rest);
            let mut half = wide;
            while half > width {
                half /= 2;
                let (low, high) = sum.split_at_mut(half);
                join_row::<T, J>(low, high);
            }
            for row in x[whole * wide..].chunks_exact(width).take(rows - whole * several) {
                join_row::<T, J>(sum, row);
            }
            out.copy_from_slice(&sum[..width]);
        } else {
            accumulate::<T, J>(x, rows, stride, out, accumulators);
        }
    }
}

/// `sum[j]`: all `x[i · stride + j]`, joined.
#[inline(always)]
fn accumulate<T: Reducible, J: Join<T>>(
    x: &[T],
    rows: usize,
    stride: usize,
    sum: &mut [T],
    other: &mut [T],
) {
    let width = sum.len();
    let some = &mut other[..width];
    let mut first = true;
    let mut row = 0;
    while row < rows {
        let end = rows.min(row + ROWS);
        // The first block needs no second accumulator.
        let block = if first { &mut *sum } else { &mut *some };
        block.copy_from_slice(&x[row * stride..][..width]);
        row += 1;
        // Four rows at a time spare three quarters of the accumulator's loads and stores.
        while row + 4 <= end {
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| &x[(row + i) * stride..][..width]);
            for ((((y, &a), &b), &c), &d) in block.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *y = J::join(*y, J::join(J::join(a, b), J::join(c, d)));
            }
            row += 4;
        }
        while row < end {
            join_row::<T, J>(block, &x[row * stride..][..width]);
            row += 1;
        }
        if !first {
            join_row::<T, J>(sum, some);
        }
        first = false;
    }
}

#[inline(always)]
fn join_row<T: Reducible, J: Join<T>>(sum: &mut [T], row: &[T]) {
    for (y, &x) in sum.iter_mut().zip(row) {
        *y = J::join(*y, x);
    }
}
