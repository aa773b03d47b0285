//! Copies of operands in the order in which the micro-kernel reads them.

use super::tile::{Panels, TILE_ROWS};
use crate::simd::Real;

/// A matrix inside a slice: element (row, col) at `row * row_step + col * col_step`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a, T> {
    pub values: &'a [T],
    pub row_step: usize,
    pub col_step: usize,
}

impl<T> View<'_, T> {
    /// Rows as columns.
    pub fn transposed(self) -> Self {
        View { row_step: self.col_step, col_step: self.row_step, ..self }
    }
}

/// Packs rows `k0..k0 + k` of B for panel `index`: `[k][columns]`, zeros beyond the last column.
pub(crate) fn pack_panel<T: Real>(
    panels: Panels,
    index: usize,
    b: View<T>,
    k0: usize,
    k: usize,
    out: &mut [T],
) {
    let panel = panels.get(index);
    let width = panel.vectors * panels.lanes();
    let cols = width.min(panels.n - panel.col);
    let out = &mut out[..k * width];
    if cols < width {
        out.fill(T::default());
    }
    let first = k0 * b.row_step + panel.col * b.col_step;
    if b.col_step == 1 {
        for (kk, row) in out.chunks_exact_mut(width).enumerate() {
            let start = first + kk * b.row_step;
            copy(&b.values[start..start + cols], &mut row[..cols]);
        }
    } else {
        // Columns of B are read along their own direction, a few at a time to fill cache lines.
        for col in 0..cols {
            let start = first + col * b.col_step;
            for (kk, row) in out.chunks_exact_mut(width).enumerate() {
                row[col] = b.values[start + kk * b.row_step];
            }
        }
    }
}

/// Copies a short run; for these, a call of `memcpy` costs more than the copy.
fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    let (from, from_rest) = from.as_chunks::<8>();
    let (to, to_rest) = to.as_chunks_mut::<8>();
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}

/// Packs `k` columns from `k0` of `rows` rows of A from `row0`: `[tile][k][TILE_ROWS]`. Row `i` then starts
/// at [`packed_row`], with a step of `TILE_ROWS` from one `k` to the next.
pub(crate) fn pack_rows<T: Real>(
    a: View<T>,
    row0: usize,
    rows: usize,
    k0: usize,
    k: usize,
    out: &mut [T],
) {
    for (tile, out) in out.chunks_exact_mut(TILE_ROWS * k).enumerate() {
        let first = row0 + tile * TILE_ROWS;
        let count = TILE_ROWS.min((row0 + rows).saturating_sub(first));
        let start = first * a.row_step + k0 * a.col_step;
        if a.row_step == 1 {
            for (kk, out) in out.chunks_exact_mut(TILE_ROWS).enumerate() {
                let from = start + kk * a.col_step;
                let from = &a.values[from..from + count];
                match (from.first_chunk::<TILE_ROWS>(), out.first_chunk_mut::<TILE_ROWS>()) {
                    (Some(from), Some(out)) => *out = *from,
                    _ => out[..count].copy_from_slice(from),
                }
            }
        } else {
            for r in 0..count {
                let from = start + r * a.row_step;
                for (kk, out) in out.chunks_exact_mut(TILE_ROWS).enumerate() {
                    out[r] = a.values[from + kk * a.col_step];
                }
            }
        }
    }
}

/// Where row `i` starts in the result of [`pack_rows`].
pub(crate) fn packed_row(i: usize, k: usize) -> usize {
    i / TILE_ROWS * TILE_ROWS * k + i % TILE_ROWS
}
