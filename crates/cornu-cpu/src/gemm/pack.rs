//! Copies of operands in the order in which the micro-kernel reads them.

use super::tile::{Panels, TILE_ROWS};
use crate::simd::{Float, Isa, Kernel, MAX_LANES, Real, Vector};

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
    let first = k0 * b.row_step + panel.col * b.col_step;
    let b = View { values: &b.values[first..], ..b };
    if b.col_step == 1 {
        panels.isa.run(PackRows { b, cols, width, out });
    } else if b.row_step == 1 {
        panels.isa.run(PackColumns { b, cols, width, out });
    } else {
        for (kk, row) in out.chunks_exact_mut(width).enumerate() {
            row[cols..].fill(T::default());
            for (col, value) in row[..cols].iter_mut().enumerate() {
                *value = b.values[kk * b.row_step + col * b.col_step];
            }
        }
    }
}

/// Rows of B as they are.
struct PackRows<'a, T> {
    b: View<'a, T>,
    cols: usize,
    width: usize,
    out: &'a mut [T],
}

impl<T: Real> Kernel for PackRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let lanes = T::Vec::<S>::LANES;
        for (kk, row) in self.out.chunks_exact_mut(self.width).enumerate() {
            let from = &self.b.values[kk * self.b.row_step..][..self.cols];
            for (to, from) in row.chunks_exact_mut(lanes).zip(from.chunks(lanes)) {
                T::Vec::<S>::load_partial(s, from).store(to);
            }
        }
    }
}

/// Columns of B, contiguous in memory, as rows: squares of `LANES` values are transposed in registers.
struct PackColumns<'a, T> {
    b: View<'a, T>,
    cols: usize,
    width: usize,
    out: &'a mut [T],
}

impl<T: Real> Kernel for PackColumns<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let PackColumns { b, cols, width, out } = self;
        let lanes = T::Vec::<S>::LANES;
        let k = out.len() / width;
        for k0 in (0..k).step_by(lanes) {
            for col0 in (0..width).step_by(lanes) {
                let out = &mut out[k0 * width + col0..];
                let values = &b.values[col0 * b.col_step + k0..];
                let whole = k - k0 >= lanes && cols >= col0 + lanes;
                if whole {
                    let mut square = [T::Vec::<S>::zero(s); MAX_LANES];
                    for i in 0..lanes {
                        square[i] = T::Vec::<S>::load(s, &values[i * b.col_step..]);
                    }
                    transpose::<S, T>(&mut square);
                    for i in 0..lanes {
                        square[i].store(&mut out[i * width..]);
                    }
                    continue;
                }
                for i in 0..lanes.min(k - k0) {
                    for j in 0..lanes {
                        let inside = col0 + j < cols;
                        out[i * width + j] =
                            if inside { values[j * b.col_step + i] } else { T::default() };
                    }
                }
            }
        }
    }
}

/// Transposes the first `LANES` vectors: interleaving halves `log2(LANES)` times brings every lane home.
#[inline(always)]
fn transpose<S: Isa, T: Real>(square: &mut [T::Vec<S>; MAX_LANES]) {
    let lanes = T::Vec::<S>::LANES;
    let mut done = 1;
    while done < lanes {
        let from = *square;
        for i in 0..lanes / 2 {
            (square[2 * i], square[2 * i + 1]) = from[i].zip(from[i + lanes / 2]);
        }
        done *= 2;
    }
}

/// How rows of a transposed A are copied: tile after tile, each `[k][TILE_ROWS]`.
pub(crate) struct Rows {
    /// The number of rows.
    pub count: usize,
    /// The number of columns.
    pub k: usize,
}

impl Rows {
    /// The values of the copy.
    pub fn len(&self) -> usize {
        self.count.next_multiple_of(TILE_ROWS) * self.k
    }

    /// Where row `i` starts in the copy; its values are `TILE_ROWS` apart.
    pub fn start(&self, i: usize) -> usize {
        i / TILE_ROWS * TILE_ROWS * self.k + i % TILE_ROWS
    }

    /// Copies the rows that `a` starts with.
    pub fn fill<T: Real>(&self, a: View<T>, out: &mut [T]) {
        for (tile, out) in out.chunks_exact_mut(TILE_ROWS * self.k).enumerate() {
            let first = tile * TILE_ROWS;
            let count = TILE_ROWS.min(self.count - first);
            for (kk, out) in out.chunks_exact_mut(TILE_ROWS).enumerate() {
                let from = &a.values[first * a.row_step + kk * a.col_step..][..count];
                match (from.first_chunk::<TILE_ROWS>(), out.first_chunk_mut::<TILE_ROWS>()) {
                    (Some(from), Some(out)) => *out = *from,
                    _ => out[..count].copy_from_slice(from),
                }
            }
        }
    }
}
