//! Forward and backward-data: blocks of tiles go to the points, through matrix products, and back.
//!
//! The weights of a layer do not stay in the second-level cache, so that every block has them brought there, those
//! of the next product while one is computed.

use super::gather::Gather;
use super::scatter::Scatter;
use super::tiles::Problem;
use crate::gemm::{
    BLOCK_ROWS, Block, Epilogue, Layout, MAX_K, Next, Panel, Panels, Segment, TILE_ROWS,
};
use crate::runtime::Pool;
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use std::ops::Range;

/// The values at the points that a block should have at most, so that they stay in the second-level cache.
const MAX_VALUES: usize = 384 << 10;
/// Values between two positions, so that positions do not fall into the same sets of the cache.
const GAP: usize = 16;

/// Computes the target from the source and the weights at the points, as [`super::weights::to_points`] makes them.
pub(super) fn run<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    problem: &Problem,
    source: &[T],
    weights: &[T],
    bias: Option<&[T]>,
    target: &mut [T],
) {
    let panels = Panels::new::<T>(isa, problem.target.channels());
    let target = target.as_mut_ptr();
    let sweep = Sweep { isa, problem, source, weights, bias, panels, target };
    match problem.taps {
        2 => sweep.run::<4, 3>(pool),
        3 => sweep.run::<6, 4>(pool),
        _ => sweep.run::<6, 2>(pool),
    }
}

/// What all blocks of tiles share.
struct Sweep<'a, T> {
    isa: AnyIsa,
    problem: &'a Problem,
    source: &'a [T],
    /// At the points.
    weights: &'a [T],
    bias: Option<&'a [T]>,
    /// The columns of the products: the channels of a phase of the target.
    panels: Panels,
    target: *mut T,
}

// SAFETY: `target` is the only field that is not `Sync`; blocks write distinct tiles of it.
unsafe impl<T: Real> Sync for Sweep<'_, T> {}

impl<T: Real> Sweep<'_, T> {
    fn run<const P: usize, const M: usize>(&self, pool: &Pool) {
        let (problem, tiles, depth) = (self.problem, self.problem.tiles(), self.depth());
        let widest = self.width(&self.panels.get(0));
        let most = (MAX_VALUES / (P * P * (depth + widest))).clamp(1, BLOCK_ROWS);
        // What all rounds of blocks take, where each block costs as much as one more tile of rows.
        let work = |each: &usize| {
            let rounds = tiles.div_ceil(*each).div_ceil(pool.threads());
            rounds * (each.div_ceil(TILE_ROWS) + 1)
        };
        let each = (1..=most.next_multiple_of(TILE_ROWS)).rev().min_by_key(work).unwrap_or(most);
        let each = tiles.div_ceil(tiles.div_ceil(each));
        pool.parallel_for(tiles.div_ceil(each), |block| {
            let tiles = block * each..tiles.min((block + 1) * each);
            let value_step = tiles.len() * depth + GAP;
            let product_step = tiles.len() * widest + GAP;
            let edge = problem.source.channels().max(widest);
            with_scratch(P * P * value_step + edge, |values: &mut [T]| {
                with_scratch(P * P * product_step, |products: &mut [T]| {
                    let (edge, values) = values.split_at_mut(edge);
                    let mut at = Points { tiles, values, value_step, products, product_step, edge };
                    self.gather::<P>(&mut at);
                    for phase in 0..problem.target.phases() {
                        for index in 0..self.panels.count() {
                            self.multiply(phase, index, &mut at);
                            self.scatter::<P, M>(phase, index, &mut at);
                        }
                    }
                });
            });
        });
    }

    /// The channels of all phases of the source.
    fn depth(&self) -> usize {
        self.problem.source.depth()
    }

    fn width(&self, panel: &Panel) -> usize {
        panel.vectors * self.panels.lanes()
    }

    /// Brings all phases of the tiles to the points.
    fn gather<const P: usize>(&self, at: &mut Points<T>) {
        let image = &self.problem.source;
        at.edge.fill(T::default());
        for phase in 0..image.phases() {
            let starts = (0..image.channels()).step_by(self.panels.lanes());
            let places = starts.map(|c| (phase * image.channels() + c, image.depth()));
            let gather = Gather {
                problem: self.problem,
                image,
                values: self.source,
                zeros: at.edge,
                tiles: at.tiles.clone(),
                phase,
                channel: 0,
                places: &places.collect::<Vec<_>>(),
                out: at.values,
                step: at.value_step,
            };
            gather.whole::<P>(self.isa);
        }
    }

    /// The products with the columns of a panel of a phase, at every position.
    fn multiply(&self, phase: usize, index: usize, at: &mut Points<T>) {
        let panel = self.panels.get(index);
        let (depth, width, count) = (self.depth(), self.width(&panel), at.tiles.len());
        let positions = self.problem.positions();
        let first = (phase * self.panels.n + panel.col) * positions * depth;
        let chunk = depth.div_ceil(depth.div_ceil(MAX_K));
        for position in 0..positions {
            let values = &at.values[position * at.value_step..][..count * depth];
            let products = &mut at.products[position * at.product_step..][..count * width];
            let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
            for (out, row) in outs.iter_mut().zip(products.chunks_exact_mut(width)) {
                // The kernel finds a panel at its first column.
                *out = row.as_mut_ptr().wrapping_sub(panel.col);
            }
            for k0 in (0..depth).step_by(chunk) {
                let k = chunk.min(depth - k0);
                let mut rows = [std::ptr::null(); BLOCK_ROWS];
                for (row, values) in rows.iter_mut().zip(values.chunks_exact(depth)) {
                    *row = values[k0..].as_ptr();
                }
                let weights = &self.weights[first + (position * depth + k0) * width..];
                let block = Block {
                    rows: &rows[..count],
                    k_step: 1,
                    segments: &[Segment { offset: 0, len: k }],
                    outs: &outs[..count],
                    b: weights.as_ptr().wrapping_sub(panel.col * k),
                    layout: Layout::Packed,
                    panels: self.panels,
                    range: index..index + 1,
                    epilogue: Epilogue { add: k0 > 0, bias: None },
                };
                // Weights lie in the order in which they are used.
                let next = Next::Panel(weights[k * width..].as_ptr());
                // SAFETY: the rows have all channels, the results all columns of the panel, which are
                // whole vectors; the weights of a position have all channels and these columns.
                unsafe { block.compute_before(self.isa, next) };
            }
        }
    }

    /// Brings the products of a panel of a phase to the target.
    fn scatter<const P: usize, const M: usize>(
        &self,
        phase: usize,
        index: usize,
        at: &mut Points<T>,
    ) {
        let panel = self.panels.get(index);
        let scatter = Scatter {
            problem: self.problem,
            tiles: at.tiles.clone(),
            products: at.products,
            step: at.product_step,
            phase,
            channel: panel.col,
            width: self.width(&panel),
            bias: self.bias,
            target: self.target,
            outside: at.edge,
        };
        // SAFETY: the target has all images; blocks have distinct tiles.
        unsafe { scatter.run::<P, M>(self.isa) };
    }
}

/// The working memory of a block.
struct Points<'a, T> {
    tiles: Range<usize>,
    /// `[position][tile][phase][source channel]`.
    values: &'a mut [T],
    value_step: usize,
    /// `[position][tile][column]`, of one panel.
    products: &'a mut [T],
    product_step: usize,
    /// In turns the zeros around the source, and where pixels outside the target go.
    edge: &'a mut [T],
}
