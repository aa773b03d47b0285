//! Matrix products.
//!
//! [`gemm`] packs B panel by panel and runs the micro-kernel of `tile.rs` over it (the loops are those of
//! Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008). Products with
//! very few rows or columns, where packing would cost more than the product, have kernels of their own.
//! Where `k` is split (`deep.rs`), it is into the same parts for every number of threads, so the result does not
//! depend on that.

#![allow(clippy::needless_range_loop)] // Loops over a tile in registers are clearest by index.

mod axpy;
mod blocked;
mod deep;
mod dot;
mod int;
mod pack;
mod rows;
mod spec;
mod tile;

pub use int::{Integer, gemm_int};
pub use spec::{Gemm, Operand};

pub(crate) use dot::{Dots, MAX_DOTS};
pub(crate) use pack::{View, pack_panel};
pub(crate) use rows::{gemm_rows, has_rows};
#[cfg(test)]
pub(crate) use tests::numbers;
pub(crate) use tile::{Block, Epilogue, Layout, Next, Panel, Panels, Segment, TILE_ROWS};

use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use axpy::RowTimesMatrix;
use cornu_graph::Result;

/// The rows of A in one block: 42 tiles, which fit the second-level cache.
pub(crate) const BLOCK_ROWS: usize = 252;
/// The most values of `k` in one pass over B: a panel of them fits the first-level cache.
pub(crate) const MAX_K: usize = 512;
/// With fewer multiplications than this, a second thread costs more than it brings.
pub(crate) const SERIAL: usize = 1 << 17;

/// `C (+)= op(A) op(B) + bias`, once for every matrix of a batch.
///
/// # Arguments
/// - `spec`: sizes, transpositions and strides; see [`Gemm`].
/// - `a`, `b`: the operands, row-major.
/// - `bias`: one value for each column of C, or none.
/// - `c`: the result; what it holds is added to if `spec.accumulate`, and replaced otherwise.
///
/// # Errors
/// If a slice is shorter than `spec` says, the rows of C overlap, or the bias has not `n` values.
///
/// ```
/// use cornu_cpu::{gemm::{Gemm, gemm}, runtime::Pool, simd::isa};
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0]);
/// let mut c = [0.0; 2];
/// gemm(isa()?, &Pool::new(1)?, &Gemm::new(2, 1, 2), &a, &b, Some(&[0.5]), &mut c)?;
/// assert_eq!(c, [3.5, 7.5]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn gemm<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    spec: &Gemm,
    a: &[T],
    b: &[T],
    bias: Option<&[T]>,
    c: &mut [T],
) -> Result<()> {
    spec.check(a.len(), b.len(), bias.map(<[T]>::len), c.len())?;
    if spec.m == 0 || spec.n == 0 {
        return Ok(());
    }
    let product = |i: usize, c: &mut [T]| {
        let (a, b) = (&a[i * spec.a.batch_stride..], &b[i * spec.b.batch_stride..]);
        one(isa, pool, spec, a, b, bias, c);
    };
    let extent = (spec.m - 1) * spec.c_stride + spec.n;
    if spec.batch == 1 {
        product(0, &mut c[..extent]);
        return Ok(());
    }
    let c = SharedSlice::new(c);
    let run = |i: usize| {
        let start = i * spec.c_batch_stride;
        // SAFETY: `check` saw that matrices of a batch do not overlap.
        product(i, unsafe { c.slice(start..start + extent) });
    };
    // Many small products are shared out whole; few large ones share out their blocks.
    if spec.batch >= 2 * pool.threads() {
        pool.parallel_for(spec.batch, run);
    } else {
        (0..spec.batch).for_each(run);
    }
    Ok(())
}

/// The product of two matrices, of which none is empty. `c` ends with its last row.
fn one<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    spec: &Gemm,
    a: &[T],
    b: &[T],
    bias: Option<&[T]>,
    c: &mut [T],
) {
    let Gemm { m, n, k, accumulate: add, .. } = *spec;
    let a_view = spec.a.view(a);
    let b_view = spec.b.view(b);
    if k == 0 {
        if !add {
            c.chunks_mut(spec.c_stride.max(n)).for_each(|row| row[..n].fill(T::default()));
        }
    } else if n <= MAX_DOTS && a_view.col_step == 1 && k >= 32 {
        // Columns of B become rows, A is read as it is.
        narrow(isa, pool, (m, n, k), a_view, b_view.transposed(), spec.c_stride, 1, add, c);
    } else if m <= MAX_DOTS && b_view.row_step == 1 && k >= 32 {
        // The same product transposed.
        narrow(isa, pool, (n, m, k), b_view.transposed(), a_view, 1, spec.c_stride, add, c);
    } else if m == 1 && b_view.col_step == 1 {
        let product = (a, a_view.col_step, k, b_view);
        row_times_matrix(isa, pool, product, add, &mut c[..n]);
    } else if n == 1 && a_view.row_step == 1 && spec.c_stride == 1 {
        let product = (b, b_view.row_step, k, a_view.transposed());
        row_times_matrix(isa, pool, product, add, &mut c[..m]);
    } else if deep::suits(spec) {
        return deep::deep(isa, pool, spec, a_view, b_view, bias, c);
    } else {
        return blocked::blocked(isa, pool, spec, a_view, b_view, bias, c);
    }
    if let Some(bias) = bias {
        for row in c.chunks_mut(spec.c_stride.max(n)) {
            for (value, &bias) in row.iter_mut().zip(bias) {
                *value += bias;
            }
        }
    }
}

/// `out[i * row_step + j * col_step] (+)= dot(row i of A, row j of B)`, where B has few rows.
#[allow(clippy::too_many_arguments)] // One product, in its parts.
fn narrow<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    (m, n, k): (usize, usize, usize),
    a: View<T>,
    b: View<T>,
    row_step: usize,
    col_step: usize,
    add: bool,
    c: &mut [T],
) {
    with_scratch(n * k, |packed: &mut [T]| {
        let b = if b.col_step == 1 && (b.row_step == k || n == 1) {
            &b.values[..n * k]
        } else {
            for (j, row) in packed.chunks_exact_mut(k).enumerate() {
                for (kk, value) in row.iter_mut().enumerate() {
                    *value = b.values[j * b.row_step + kk * b.col_step];
                }
            }
            &*packed
        };
        let segments = [Segment { offset: 0, len: k }];
        let rows = block_rows(m, n * k);
        let c = SharedSlice::new(c);
        pool.parallel_for(m.div_ceil(rows), |block| {
            let first = block * rows;
            let count = rows.min(m - first);
            let mut starts = [std::ptr::null(); BLOCK_ROWS];
            let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
            for i in 0..count {
                starts[i] = a.values[(first + i) * a.row_step..].as_ptr();
                outs[i] = c.as_mut_ptr().wrapping_add((first + i) * row_step);
            }
            let dots = Dots {
                rows: &starts[..count],
                segments: &segments,
                outs: &outs[..count],
                out_step: col_step,
                b,
                columns: n,
                add,
            };
            // SAFETY: `Gemm::check` saw that the operands hold all their rows and that the elements of
            // C are distinct; blocks have distinct rows.
            unsafe { dots.compute(isa) };
        });
    });
}

/// Rows for one task: at most a block, and enough work to be worth a thread.
fn block_rows(m: usize, work_per_row: usize) -> usize {
    m.div_ceil(8).max(SERIAL.div_ceil(work_per_row.max(1))).clamp(1, BLOCK_ROWS)
}

/// `out (+)= x * B` for the row `x`, given as values, step and length.
fn row_times_matrix<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    (x, x_step, k, b): (&[T], usize, usize, View<T>),
    add: bool,
    out: &mut [T],
) {
    // Whole cache lines, so that no two threads write to one.
    let columns = SERIAL.div_ceil(k.max(1)).max(out.len().div_ceil(8)).next_multiple_of(64);
    pool.parallel_chunks(out, columns, |block, out| {
        let (b, stride) = (&b.values[block * columns..], b.row_step);
        RowTimesMatrix { x, x_step, k, b, stride, out, add }.compute(isa);
    });
}

#[cfg(test)]
mod tests;
