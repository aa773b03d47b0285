//! Kernels at the points.

use super::tiles::Problem;
use super::transform::{V, contract, expand, scales, splat};
use crate::gemm::Panels;
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Isa, Kernel, Real, Vector};
use std::ops::Range;

/// Rows of a kernel that one task brings to the points.
const ROWS: usize = 32;

/// Brings the taps `[tap][source channel][target channel]` to the points: `[target phase][panel][position][source
/// phase][source channel][column]`, where panels are those of the matrix products.
pub(super) fn to_points<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    problem: &Problem,
    taps: &[T],
    points: &mut [T],
) {
    let (source, target) = (&problem.source, &problem.target);
    let (channels, n) = (source.channels(), target.channels());
    let (depth, positions) = (source.depth(), problem.positions());
    let panels = Panels::new::<T>(isa, n);
    let parts = channels.div_ceil(ROWS);
    assert!(points.len() >= problem.points_len());
    let points = SharedSlice::new(points);
    pool.parallel_for(problem.phases() * panels.count() * parts, |task| {
        let (phase, task) = (task / (panels.count() * parts), task % (panels.count() * parts));
        let (panel, part) = (panels.get(task / parts), task % parts);
        let (col, width) = (panel.col, panel.vectors * panels.lanes());
        // One of the images has all phases.
        let (from, to) = (phase % source.phases(), phase % target.phases());
        let matrix = (to * n + col) * positions * depth;
        let job = Rows {
            grid: Taps::new(problem, phase, channels * n),
            cols: n,
            rows: part * ROWS..channels.min((part + 1) * ROWS),
        };
        let out = points.as_mut_ptr().wrapping_add(matrix + from * channels * width);
        let position_step = depth * width;
        // SAFETY: phases of the target and panels lie one after another, each with all positions, with all
        // rows each; tasks have distinct phases, panels or rows.
        unsafe {
            match problem.taps {
                2 => Expand::<T, 4, 2> { job, taps, col, width, out, position_step }.run(isa),
                3 => Expand::<T, 6, 3> { job, taps, col, width, out, position_step }.run(isa),
                _ => Expand::<T, 6, 5> { job, taps, col, width, out, position_step }.run(isa),
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
    let sizes = [problem.target.channels(), problem.source.channels()];
    let len = sizes[0] * sizes[1];
    with_scratch(taps.len(), |turned: &mut [T]| {
        pool.parallel_chunks(turned, len, |tap, out| {
            let from = Taps::reversed(problem, tap) * len;
            transpose(&taps[from..from + len], sizes, out);
        });
        to_points(isa, pool, problem, turned, points);
    });
}

/// The gradient of the taps `[tap][source channel][target channel]`, from sums of it at the points, which are to be
/// added up: each `[position][source phase][source channel][target channel]`.
pub(super) fn from_points<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    problem: &Problem,
    values: &[T],
    taps: &mut [T],
) {
    let (channels, cols) = (problem.source.channels(), problem.target.channels());
    let parts = channels.div_ceil(ROWS);
    assert!(taps.len() >= (problem.taps * problem.source.step).pow(2) * channels * cols);
    let taps = SharedSlice::new(taps);
    pool.parallel_for(problem.source.phases() * parts, |task| {
        let (phase, part) = (task / parts, task % parts);
        let job = Rows {
            grid: Taps::new(problem, phase, channels * cols),
            cols,
            rows: part * ROWS..channels.min((part + 1) * ROWS),
        };
        let (first, depth) = (phase * channels, problem.source.depth());
        let taps = taps.as_mut_ptr();
        // SAFETY: the gradient has all taps (asserted above), tasks have distinct phases or rows.
        unsafe {
            match problem.taps {
                2 => Contract::<T, 4, 2> { job, values, first, depth, taps }.run(isa),
                3 => Contract::<T, 6, 3> { job, values, first, depth, taps }.run(isa),
                _ => Contract::<T, 6, 5> { job, values, first, depth, taps }.run(isa),
            }
        }
    });
}

/// Where the taps of a phase are: tap (i, j) is at `start + i * steps[0] + j * steps[1]`.
struct Taps {
    start: usize,
    steps: [usize; 2],
}

impl Taps {
    /// Of a kernel whose taps have `len` values each.
    fn new(problem: &Problem, phase: usize, len: usize) -> Taps {
        let step = problem.source.step * problem.target.step;
        let side = step * problem.taps;
        let (p, q) = (phase / step, phase % step);
        Taps { start: (p * side + q) * len, steps: [step * side * len, step * len] }
    }

    /// The tap that takes this one's place when those of each phase are reversed.
    fn reversed(problem: &Problem, tap: usize) -> usize {
        let step = problem.source.step * problem.target.step;
        let side = step * problem.taps;
        let turn = |i: usize| side - step + 2 * (i % step) - i;
        turn(tap / side) * side + turn(tap % side)
    }
}

/// Rows of the matrices `[row][col]` that the taps of a phase are.
struct Rows {
    grid: Taps,
    cols: usize,
    rows: Range<usize>,
}

/// Brings rows to the points: `width` columns from `col` go to `out[position * position_step + row * width + column]`.
struct Expand<'a, T, const P: usize, const R: usize> {
    job: Rows,
    taps: &'a [T],
    col: usize,
    width: usize,
    out: *mut T,
    position_step: usize,
}

impl<T: Real, const P: usize, const R: usize> Expand<'_, T, P, R> {
    /// Writes the rows.
    ///
    /// # Safety
    /// `out` must be valid for these rows' columns at all positions, and nobody else may use them meanwhile.
    unsafe fn run(self, isa: AnyIsa) {
        isa.run(RunExpand(self));
    }
}

/// Made only by [`Expand::run`], whose caller makes its promises.
struct RunExpand<'a, T, const P: usize, const R: usize>(Expand<'a, T, P, R>);

impl<T: Real, const P: usize, const R: usize> Kernel for RunExpand<'_, T, P, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let RunExpand(Expand { job, taps, col, width, out, position_step }) = self;
        let (Rows { grid, cols, rows }, lanes) = (job, V::<S, T>::LANES);
        let last = grid.start + (R - 1) * (grid.steps[0] + grid.steps[1]) + rows.end * cols;
        assert!(taps.len() >= last && col + width <= cols && width.is_multiple_of(lanes));
        let scales = scales::<P>();
        for row in rows {
            for c in (0..width).step_by(lanes) {
                let start = grid.start + row * cols + col + c;
                let mut half = [[V::<S, T>::zero(s); R]; P];
                for j in 0..R {
                    let mut g = [V::<S, T>::zero(s); R];
                    for i in 0..R {
                        let place = i * grid.steps[0] + j * grid.steps[1] + start;
                        // SAFETY: the taps hold this row's columns (asserted above).
                        g[i] = unsafe { V::<S, T>::load_ptr(s, taps.as_ptr().add(place)) };
                    }
                    let at = expand::<S, T, R, P>(s, g);
                    for k in 0..P {
                        half[k][j] = at[k];
                    }
                }
                for k in 0..P {
                    let at = expand::<S, T, R, P>(s, half[k]);
                    for j in 0..P {
                        let scale = splat::<S, T>(s, scales[k] * scales[j]);
                        let place = (k * P + j) * position_step + row * width + c;
                        // SAFETY: `out` has these rows' columns at all positions; so the caller of
                        // `Expand::run` promised.
                        unsafe { (at[j] * scale).store_ptr(out.add(place)) };
                    }
                }
            }
        }
    }
}

/// Brings rows of the gradient from the points to the taps: the transpose of [`Expand`].
struct Contract<'a, T, const P: usize, const R: usize> {
    job: Rows,
    /// `[position][row of a phase][col]`, as often as there are sums to be added up.
    values: &'a [T],
    /// The first row of this phase.
    first: usize,
    /// The rows of all phases.
    depth: usize,
    taps: *mut T,
}

impl<T: Real, const P: usize, const R: usize> Contract<'_, T, P, R> {
    /// Writes the rows.
    ///
    /// # Safety
    /// `taps` must be valid for all taps, and nobody else may use these rows of this phase meanwhile.
    unsafe fn run(self, isa: AnyIsa) {
        isa.run(RunContract(self));
    }
}

/// Made only by [`Contract::run`], whose caller makes its promises.
struct RunContract<'a, T, const P: usize, const R: usize>(Contract<'a, T, P, R>);

impl<T: Real, const P: usize, const R: usize> Kernel for RunContract<'_, T, P, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let RunContract(Contract { job, values, first, depth, taps }) = self;
        let Rows { grid, cols, rows } = job;
        let (matrix, lanes) = (depth * cols, V::<S, T>::LANES);
        let len = P * P * matrix;
        assert!(values.len() >= len && values.len().is_multiple_of(len));
        assert!(first + rows.end <= depth && cols.is_multiple_of(lanes));
        let scales = scales::<P>();
        for start in (rows.start * cols..rows.end * cols).step_by(lanes) {
            let mut half = [[V::<S, T>::zero(s); P]; R];
            for j in 0..P {
                let mut w = [V::<S, T>::zero(s); P];
                for k in 0..P {
                    let place = (k * P + j) * matrix + first * cols + start;
                    let mut sum = V::<S, T>::zero(s);
                    for part in (0..values.len()).step_by(len) {
                        let values = values[part + place..].as_ptr();
                        // SAFETY: all positions of a part have this row's columns (asserted above).
                        sum = sum + unsafe { V::<S, T>::load_ptr(s, values) };
                    }
                    w[k] = sum * splat::<S, T>(s, scales[k] * scales[j]);
                }
                let g = contract::<S, T, R, P>(s, w);
                for k in 0..R {
                    half[k][j] = g[k];
                }
            }
            for k in 0..R {
                let g = contract::<S, T, R, P>(s, half[k]);
                for j in 0..R {
                    let place = grid.start + k * grid.steps[0] + j * grid.steps[1] + start;
                    // SAFETY: all taps have this row; so the caller of `Contract::run` promised.
                    unsafe { g[j].store_ptr(taps.add(place)) };
                }
            }
        }
    }
}

/// Transposes a matrix: `out[col][row]`.
fn transpose<T: Real>(from: &[T], [rows, cols]: [usize; 2], out: &mut [T]) {
    /// Values in a cache line.
    const SIDE: usize = 16;
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
