//! Backward-filter: at every point, the gradient is a matrix product over the tiles.
//!
//! A task is one row of positions for some channels of the image. It goes through all tiles in order, so
//! that the sums do not depend on the number of threads.

use super::tiles::{GatherRow, Problem};
use super::transform::{POINTS, POSITIONS, data_row, expand_row};
use super::weights::Contract;
use crate::gemm::{BLOCK_ROWS, Block, Epilogue, Layout, Panels, Segment};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use std::ops::Range;

/// The values at the points that a block should have at most, so that they stay in the second-level cache.
const MAX_VALUES: usize = 192 << 10;
/// The most channels of a task.
const MAX_CHANNELS: usize = 128;
/// Rows of the gradient that one task brings to the taps.
const ROWS: usize = 16;
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
        let sizes @ [channels, filters] = [self.problem.source[2], self.problem.target[2]];
        let parts = channels.div_ceil(MAX_CHANNELS.min(BLOCK_ROWS));
        let each = channels.div_ceil(parts).next_multiple_of(16);
        with_scratch(POSITIONS * channels * filters, |values: &mut [T]| {
            let out = SharedSlice::new(values);
            pool.parallel_for(POINTS * parts, |task| {
                let (point, part) = (task % POINTS, task / POINTS);
                let range = part * each..channels.min((part + 1) * each);
                match self.problem.size() {
                    2 => self.row::<2>(point, range, &out),
                    4 => self.row::<4>(point, range, &out),
                    size => unreachable!("tiles of {size} x {size} pixels are not planned"),
                }
            });
            let values = &*values;
            let taps = SharedSlice::new(dw);
            pool.parallel_for(channels.div_ceil(ROWS), |i| {
                let rows = i * ROWS..channels.min((i + 1) * ROWS);
                let taps = taps.as_mut_ptr();
                // SAFETY: the gradient has all taps, tasks have distinct rows.
                unsafe {
                    match self.problem.taps {
                        3 => Contract::<T, 3> { values, sizes, rows, taps }.run(self.isa),
                        _ => Contract::<T, 5> { values, sizes, rows, taps }.run(self.isa),
                    }
                }
            });
        });
    }

    /// One task: a row of positions, some channels.
    fn row<const M: usize>(&self, point: usize, channels: Range<usize>, out: &SharedSlice<T>) {
        let problem = self.problem;
        let [all, filters] = [problem.source[2], problem.target[2]];
        let panels = Panels::new::<T>(self.isa, filters);
        let lanes = panels.lanes();
        let tiles = problem.tiles();
        let most = (MAX_VALUES / (POINTS * (channels.len() + filters))).max(1);
        let most = tiles.div_ceil(tiles.div_ceil(most));
        let (x_step, dy_step) = (most * channels.len() + GAP, most * filters + GAP);
        let zeros = all.max(filters);
        with_scratch(POINTS * (x_step + dy_step) + zeros, |scratch: &mut [T]| {
            let (zeros, rest) = scratch.split_at_mut(zeros);
            zeros.fill(T::default());
            let (x, dy) = rest.split_at_mut(POINTS * x_step);
            for first in (0..tiles).step_by(most) {
                let range = first..tiles.min(first + most);
                let count = range.len();
                // Vectors of channels, each with all tiles: neighbours in `k` are a vector apart.
                let vectors = channels.len() / lanes;
                let places: Vec<_> = (0..vectors).map(|v| (v * count * lanes, lanes)).collect();
                self.isa.run(GatherRow::<T, POINTS> {
                    problem,
                    values: self.x,
                    zeros,
                    tiles: range.clone(),
                    row: data_row(point),
                    channel: channels.start,
                    places: &places,
                    out: x,
                    point_step: x_step,
                });
                // Packed as the products want it.
                let packed = (0..panels.count()).flat_map(|i| {
                    let panel = panels.get(i);
                    let width = panel.vectors * lanes;
                    (0..panel.vectors).map(move |v| (panel.col * count + v * lanes, width))
                });
                let places: Vec<_> = packed.collect();
                self.isa.run(GatherRow::<T, M> {
                    problem,
                    values: self.dy,
                    zeros,
                    tiles: range,
                    row: expand_row(point, M),
                    channel: 0,
                    places: &places,
                    out: dy,
                    point_step: dy_step,
                });
                for q in 0..POINTS {
                    let mut rows = [std::ptr::null(); BLOCK_ROWS];
                    let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
                    let position = point * POINTS + q;
                    for (i, channel) in channels.clone().enumerate() {
                        let start = q * x_step + i / lanes * count * lanes + i % lanes;
                        rows[i] = x[start..].as_ptr();
                        outs[i] =
                            out.as_mut_ptr().wrapping_add((position * all + channel) * filters);
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
                        epilogue: Epilogue { add: first > 0, bias: None },
                    };
                    // SAFETY: x has every channel of the task and dy every filter for all tiles of the
                    // block, packed; the filters are whole vectors; tasks have distinct positions or
                    // channels.
                    unsafe { block.compute(self.isa) };
                }
            }
        });
    }
}
