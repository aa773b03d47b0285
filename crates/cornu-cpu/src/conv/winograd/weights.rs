//! Kernels at the points.

use super::tiles::Problem;
use super::transform::{POINTS, POSITIONS, SCALES, V, contract, expand, splat};
use crate::gemm::Panels;
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Isa, Kernel, Real, Vector};
use std::ops::Range;

/// Rows of a kernel that one task brings to the points.
const ROWS: usize = 32;

/// Brings the taps `[tap][source channel][target channel]` to the points: `[panel][position][source
/// channel][column]`, where panels are those of the matrix products.
pub(super) fn to_points<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    problem: &Problem,
    taps: &[T],
    points: &mut [T],
) {
    let sizes @ [channels, n] = [problem.source[2], problem.target[2]];
    let panels = Panels::new::<T>(isa, n);
    let parts = channels.div_ceil(ROWS);
    let points = SharedSlice::new(points);
    pool.parallel_for(panels.count() * parts, |task| {
        let (panel, part) = (panels.get(task / parts), task % parts);
        let (col, width) = (panel.col, panel.vectors * panels.lanes());
        let rows = part * ROWS..channels.min((part + 1) * ROWS);
        let out = points.as_mut_ptr().wrapping_add(col * POSITIONS * channels);
        // SAFETY: panels lie one after another, with all positions and rows each; tasks have distinct
        // panels or rows.
        unsafe {
            match problem.taps {
                3 => Expand::<T, 3> { taps, sizes, rows, col, width, out }.run(isa),
                _ => Expand::<T, 5> { taps, sizes, rows, col, width, out }.run(isa),
            }
        }
    });
}

/// The same with taps of the other direction: `[tap][target channel][source channel]`, in reverse.
pub(super) fn to_points_transposed<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    problem: &Problem,
    taps: &[T],
    points: &mut [T],
) {
    let sizes = [problem.target[2], problem.source[2]];
    with_scratch(taps.len(), |turned: &mut [T]| {
        pool.parallel_chunks(turned, sizes[0] * sizes[1], |tap, out| {
            transpose(taps, sizes, tap, out);
        });
        to_points(isa, pool, problem, turned, points);
    });
}

/// Brings rows of the taps of a kernel to the points: matrices `[row][col]`, of which `width` columns from
/// `col` go to `out[position][row][column]`.
struct Expand<'a, T, const R: usize> {
    /// `[tap][row][col]`.
    taps: &'a [T],
    /// Rows and columns of a tap.
    sizes: [usize; 2],
    rows: Range<usize>,
    col: usize,
    width: usize,
    /// Of all positions and all rows.
    out: *mut T,
}

impl<T: Real, const R: usize> Expand<'_, T, R> {
    /// Writes the rows.
    ///
    /// # Safety
    /// `out` must be valid for all positions, rows and columns, and nobody else may use these rows meanwhile.
    unsafe fn run(self, isa: AnyIsa) {
        isa.run(RunExpand(self));
    }
}

/// Made only by [`Expand::run`], whose caller makes its promises.
struct RunExpand<'a, T, const R: usize>(Expand<'a, T, R>);

impl<T: Real, const R: usize> Kernel for RunExpand<'_, T, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let RunExpand(job) = self;
        let ([rows, cols], lanes) = (job.sizes, V::<S, T>::LANES);
        assert!(job.taps.len() >= R * R * rows * cols && job.rows.end <= rows);
        assert!(job.col + job.width <= cols && job.width.is_multiple_of(lanes));
        for row in job.rows {
            for c in (0..job.width).step_by(lanes) {
                let start = row * cols + job.col + c;
                let mut half = [[V::<S, T>::zero(s); R]; POINTS];
                for j in 0..R {
                    let mut g = [V::<S, T>::zero(s); R];
                    for i in 0..R {
                        let place = (i * R + j) * rows * cols + start;
                        // SAFETY: the taps hold this row's columns (asserted above).
                        g[i] = unsafe { V::<S, T>::load_ptr(s, job.taps.as_ptr().add(place)) };
                    }
                    let at = expand::<S, T, R>(s, g);
                    for k in 0..POINTS {
                        half[k][j] = at[k];
                    }
                }
                for k in 0..POINTS {
                    let at = expand::<S, T, R>(s, half[k]);
                    for j in 0..POINTS {
                        let scale = splat::<S, T>(s, SCALES[k] * SCALES[j]);
                        let place = ((k * POINTS + j) * rows + row) * job.width + c;
                        // SAFETY: `out` has all positions, rows and columns; so the caller of
                        // `Expand::run` promised.
                        unsafe { (at[j] * scale).store_ptr(job.out.add(place)) };
                    }
                }
            }
        }
    }
}

/// Brings rows of the gradient from the points to the taps: the transpose of [`Expand`].
pub(super) struct Contract<'a, T, const R: usize> {
    /// `[position][row][col]`, as often as there are sums to be added up.
    pub values: &'a [T],
    pub sizes: [usize; 2],
    pub rows: Range<usize>,
    /// `[tap][row][col]`.
    pub taps: *mut T,
}

impl<T: Real, const R: usize> Contract<'_, T, R> {
    /// Writes the rows.
    ///
    /// # Safety
    /// `taps` must be valid for all taps, and nobody else may use these rows meanwhile.
    pub unsafe fn run(self, isa: AnyIsa) {
        isa.run(RunContract(self));
    }
}

/// Made only by [`Contract::run`], whose caller makes its promises.
struct RunContract<'a, T, const R: usize>(Contract<'a, T, R>);

impl<T: Real, const R: usize> Kernel for RunContract<'_, T, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let RunContract(job) = self;
        let ([rows, cols], lanes) = (job.sizes, V::<S, T>::LANES);
        let len = POSITIONS * rows * cols;
        assert!(job.values.len() >= len && job.values.len().is_multiple_of(len));
        assert!(job.rows.end <= rows && cols.is_multiple_of(lanes));
        for start in (job.rows.start * cols..job.rows.end * cols).step_by(lanes) {
            let mut half = [[V::<S, T>::zero(s); POINTS]; R];
            for j in 0..POINTS {
                let mut w = [V::<S, T>::zero(s); POINTS];
                for k in 0..POINTS {
                    let place = (k * POINTS + j) * rows * cols + start;
                    let mut sum = V::<S, T>::zero(s);
                    for part in (0..job.values.len()).step_by(len) {
                        let values = job.values[part + place..].as_ptr();
                        // SAFETY: all positions of a part have this row's columns (asserted above).
                        sum = sum + unsafe { V::<S, T>::load_ptr(s, values) };
                    }
                    w[k] = sum * splat::<S, T>(s, SCALES[k] * SCALES[j]);
                }
                let g = contract::<S, T, R>(s, w);
                for k in 0..R {
                    half[k][j] = g[k];
                }
            }
            for k in 0..R {
                let g = contract::<S, T, R>(s, half[k]);
                for j in 0..R {
                    let place = (k * R + j) * rows * cols + start;
                    // SAFETY: all taps have this row; so the caller of `Contract::run` promised.
                    unsafe { g[j].store_ptr(job.taps.add(place)) };
                }
            }
        }
    }
}

/// The taps in reverse, each transposed: `out[tap][col][row]`.
fn transpose<T: Real>(taps: &[T], [rows, cols]: [usize; 2], tap: usize, out: &mut [T]) {
    /// Values in a cache line.
    const SIDE: usize = 16;
    let count = taps.len() / (rows * cols);
    let from = &taps[(count - 1 - tap) * rows * cols..][..rows * cols];
    for col in (0..cols).step_by(SIDE) {
        let out = &mut out[col * rows..cols.min(col + SIDE) * rows];
        for row in (0..rows).step_by(SIDE) {
            for (j, line) in out.chunks_exact_mut(rows).enumerate() {
                for (i, value) in line[row..rows.min(row + SIDE)].iter_mut().enumerate() {
                    *value = from[(row + i) * cols + col + j];
                }
            }
        }
    }
}
