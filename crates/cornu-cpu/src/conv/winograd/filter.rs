//! Backward-filter: at every point, the gradient is a matrix product over the tiles.
//!
//! A task is two rows of positions for some channels of a phase of the image and a part of the tiles, which it goes
//! through in order. Every part of the tiles has sums of its own, so that they do not depend on the number of threads.

use super::gather::Gather;
use super::tiles::Problem;
use super::transform::Pair;
use super::weights;
use crate::gemm::{BLOCK_ROWS, Block, Epilogue, Layout, Panels, Segment};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use std::ops::Range;

/// The values at the points that a block should have at most, so that they stay in the second-level cache.
const MAX_VALUES: usize = 288 << 10;
/// The most channels of a task.
const MAX_CHANNELS: usize = 128;
/// The least number of tasks, for threads to share.
const TASKS: usize = 6;
/// Tiles that are worth sums of their own.
const MIN_TILES: usize = 128;
/// The most values that all sums may take together.
const MAX_SUMS: usize = 1 << 20;
/// Values between two points, so that they do not fall into the same sets of the cache.
const GAP: usize = 16;

/// The gradient for a kernel.
pub(super) struct Job<'a, T> {
    pub isa: AnyIsa,
    /// The forward direction.
    pub problem: &'a Problem,
    pub x: &'a [T],
    pub dy: &'a [T],
}

impl<T: Real> Job<'_, T> {
    /// Computes `dw`: `[tap][channel][filter]`.
    pub fn run(&self, pool: &Pool, dw: &mut [T]) {
        let problem = self.problem;
        let (channels, phases) = (problem.source.channels(), problem.source.phases());
        let (len, tiles) = (problem.points_len(), problem.tiles());
        let pairs = Pair::all(problem.points());
        let parts = (tiles / MIN_TILES).min(MAX_SUMS / len).clamp(1, 4);
        let shares = pairs.len() * phases * parts;
        let cuts = channels.div_ceil(MAX_CHANNELS).max(TASKS.div_ceil(shares));
        // Whole vectors of every instruction set.
        let each = channels.div_ceil(cuts).next_multiple_of(16);
        let cuts = channels.div_ceil(each);
        with_scratch(parts * len, |values: &mut [T]| {
            let out = SharedSlice::new(values);
            pool.parallel_for(shares * cuts, |task| {
                let (pair, rest) = (&pairs[task % pairs.len()], task / pairs.len());
                let (phase, rest) = (rest % phases, rest / phases);
                let (cut, part) = (rest % cuts, rest / cuts);
                let job = Task {
                    job: self,
                    pair,
                    phase,
                    channels: cut * each..channels.min((cut + 1) * each),
                    tiles: part * tiles / parts..(part + 1) * tiles / parts,
                    out: out.as_mut_ptr().wrapping_add(part * len),
                };
                match problem.taps {
                    2 => job.run::<4, 3>(),
                    3 => job.run::<6, 4>(),
                    _ => job.run::<6, 2>(),
                }
            });
            weights::from_points(self.isa, pool, problem, values, dw);
        });
    }
}

/// A pair of rows of positions, some channels of a phase, some tiles.
struct Task<'a, T> {
    job: &'a Job<'a, T>,
    pair: &'a Pair,
    phase: usize,
    channels: Range<usize>,
    tiles: Range<usize>,
    /// `[position][phase][channel][filter]`, of all positions, phases and channels.
    out: *mut T,
}

impl<T: Real> Task<'_, T> {
    fn run<const P: usize, const M: usize>(self) {
        let Task { job: &Job { isa, problem, x: source, dy: target }, pair, phase, .. } = self;
        let (channels, filters) = (&self.channels, problem.target.channels());
        let all = problem.source.channels();
        let panels = Panels::new::<T>(isa, filters);
        let lanes = panels.lanes();
        let tiles = self.tiles.len();
        let most = (MAX_VALUES / (2 * P * (channels.len() + filters))).max(1);
        let most = tiles.div_ceil(tiles.div_ceil(most));
        let (x_step, dy_step) = (most * channels.len() + GAP, most * filters + GAP);
        let zeros = all.max(filters);
        with_scratch(2 * P * (x_step + dy_step) + zeros, |scratch: &mut [T]| {
            let (zeros, rest) = scratch.split_at_mut(zeros);
            zeros.fill(T::default());
            let (x, dy) = rest.split_at_mut(2 * P * x_step);
            for first in self.tiles.clone().step_by(most) {
                let range = first..self.tiles.end.min(first + most);
                let count = range.len();
                // Vectors of channels, each with all tiles: neighbours in `k` are a vector apart.
                let vectors = channels.len() / lanes;
                let places: Vec<_> = (0..vectors).map(|v| (v * count * lanes, lanes)).collect();
                let gather = Gather {
                    problem,
                    image: &problem.source,
                    values: source,
                    zeros,
                    tiles: range.clone(),
                    phase,
                    channel: channels.start,
                    places: &places,
                    out: x,
                    step: x_step,
                };
                gather.pair::<P, P>(isa, pair);
                // Packed as the products want it.
                let packed = (0..panels.count()).flat_map(|i| {
                    let panel = panels.get(i);
                    let width = panel.vectors * lanes;
                    (0..panel.vectors).map(move |v| (panel.col * count + v * lanes, width))
                });
                let places: Vec<_> = packed.collect();
                let gather = Gather {
                    problem,
                    image: &problem.target,
                    values: target,
                    zeros,
                    tiles: range,
                    phase: 0,
                    channel: 0,
                    places: &places,
                    out: dy,
                    step: dy_step,
                };
                gather.pair::<P, M>(isa, pair);
                for (r, point) in (0..2).flat_map(|r| (0..P).map(move |point| (r, point))) {
                    let q = r * P + point;
                    let mut rows = [std::ptr::null(); BLOCK_ROWS];
                    let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
                    let position = pair.points[r] * P + point;
                    let rows_before = position * problem.source.depth() + phase * all;
                    for (i, channel) in channels.clone().enumerate() {
                        let start = q * x_step + i / lanes * count * lanes + i % lanes;
                        rows[i] = x[start..].as_ptr();
                        outs[i] = self.out.wrapping_add((rows_before + channel) * filters);
                    }
                    let block = Block {
                        rows: &rows[..channels.len()],
                        k_step: lanes,
                        segments: &[Segment { offset: 0, len: count }],
                        outs: &outs[..channels.len()],
                        b: dy[q * dy_step..].as_ptr(),
                        layout: Layout::Packed,
                        panels,
                        range: 0..panels.count(),
                        epilogue: Epilogue { add: first > self.tiles.start, bias: None },
                    };
                    // SAFETY: x has every channel of the task and dy every filter for all tiles of the
                    // block, packed; the filters are whole vectors; tasks have distinct positions,
                    // phases, channels or sums.
                    unsafe { block.compute(isa) };
                }
            }
        });
    }
}
