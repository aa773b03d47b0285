//! Forward and backward-data: blocks of tiles go to the points, through matrix products, and back.
//!
//! With few weights a block does all 36 positions at once. Many weights do not stay in the cache, so that
//! blocks should be large: then a block does two rows of six positions after another, and each pair adds its part
//! to the target.

use super::tiles::{Gather, GatherPair, Problem, Scatter, ScatterPair};
use super::transform::{PAIRS, POINTS, POSITIONS};
use crate::gemm::{BLOCK_ROWS, Block, Epilogue, Layout, MAX_K, Panel, Panels, Segment};
use crate::runtime::Pool;
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use std::ops::Range;

/// The values at the points that a block should have at most, so that they stay in the second-level cache.
const MAX_VALUES: usize = 384 << 10;
/// The weights at the points up to which a block does all positions at once.
const MAX_WEIGHTS: usize = 256 << 10;
/// The least number of blocks, for threads to share.
const BLOCKS: usize = 8;
/// Values between two positions, so that positions do not fall into the same sets of the cache.
const GAP: usize = 16;

/// Computes the target from the source and the weights at the points, as [`super::weights::expand`] makes them.
pub(super) fn run<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    problem: &Problem,
    source: &[T],
    weights: &[T],
    bias: Option<&[T]>,
    target: &mut [T],
) {
    let panels = Panels::new::<T>(isa, problem.target[2]);
    let target = target.as_mut_ptr();
    let sweep = Sweep { isa, problem, source, weights, bias, panels, target };
    match problem.size() {
        2 => sweep.run::<2>(pool),
        4 => sweep.run::<4>(pool),
        size => unreachable!("tiles of {size} x {size} pixels are not planned"),
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
    /// The columns of the products: the target's channels.
    panels: Panels,
    target: *mut T,
}

// SAFETY: `target` is the only field that is not `Sync`; blocks write distinct tiles of it.
unsafe impl<T: Real> Sync for Sweep<'_, T> {}

impl<T: Real> Sweep<'_, T> {
    fn run<const M: usize>(&self, pool: &Pool) {
        let (tiles, channels) = (self.problem.tiles(), self.channels());
        let by_rows = self.weights.len() > MAX_WEIGHTS;
        // For each tile: its values and products, and where it is summed up the target's.
        let most = match by_rows {
            true => MAX_VALUES / (2 * POINTS * (channels + self.widest()) + M * M * self.panels.n),
            false => MAX_VALUES / (POSITIONS * (channels + self.widest())),
        };
        let blocks = tiles.div_ceil(most.clamp(1, BLOCK_ROWS)).next_multiple_of(BLOCKS);
        let each = tiles.div_ceil(blocks);
        pool.parallel_for(tiles.div_ceil(each), |block| {
            let tiles = block * each..tiles.min((block + 1) * each);
            let positions = if by_rows { 2 * POINTS } else { POSITIONS };
            let value_step = tiles.len() * channels + GAP;
            let product_step = tiles.len() * self.widest() + GAP;
            let edge = channels.max(self.widest());
            with_scratch(positions * value_step + edge, |values: &mut [T]| {
                with_scratch(positions * product_step, |products: &mut [T]| {
                    let (edge, values) = values.split_at_mut(edge);
                    let at = Points { values, value_step, products, product_step, edge };
                    match by_rows {
                        true => self.rows::<M>(tiles, at),
                        false => self.whole::<M>(tiles, at),
                    }
                });
            });
        });
    }

    fn channels(&self) -> usize {
        self.problem.source[2]
    }

    fn width(&self, panel: &Panel) -> usize {
        panel.vectors * self.panels.lanes()
    }

    /// The columns of the widest panel.
    fn widest(&self) -> usize {
        self.width(&self.panels.get(0))
    }

    /// One task: some tiles, all positions at once.
    fn whole<const M: usize>(&self, tiles: Range<usize>, at: Points<T>) {
        let Sweep { isa, problem, source, bias, .. } = *self;
        at.edge.fill(T::default());
        isa.run(Gather {
            problem,
            source,
            zeros: at.edge,
            tiles: tiles.clone(),
            out: at.values,
            position_step: at.value_step,
        });
        for index in 0..self.panels.count() {
            let panel = self.panels.get(index);
            for position in 0..POSITIONS {
                let values = &at.values[position * at.value_step..];
                let products = &mut at.products[position * at.product_step..];
                self.multiply(index, position, tiles.len(), values, products);
            }
            let scatter = Scatter::<T, M> {
                problem,
                tiles: tiles.clone(),
                products: at.products,
                position_step: at.product_step,
                channel: panel.col,
                width: self.width(&panel),
                bias,
                target: self.target,
                outside: at.edge,
            };
            // SAFETY: the target has all images; tasks have distinct tiles.
            unsafe { scatter.run(isa) };
        }
    }

    /// One task: some tiles, one pair of rows of positions after another.
    fn rows<const M: usize>(&self, tiles: Range<usize>, at: Points<T>) {
        let Sweep { isa, problem, source, bias, .. } = *self;
        let (channels, lanes) = (self.channels(), self.panels.lanes());
        let places: Vec<_> = (0..channels / lanes).map(|v| (v * lanes, channels)).collect();
        for (turn, pair) in PAIRS.into_iter().enumerate() {
            at.edge.fill(T::default());
            isa.run(GatherPair::<T, POINTS> {
                problem,
                values: source,
                zeros: at.edge,
                tiles: tiles.clone(),
                pair,
                channel: 0,
                places: &places,
                out: at.values,
                point_step: at.value_step,
            });
            for index in 0..self.panels.count() {
                let panel = self.panels.get(index);
                for (i, point) in (0..2).flat_map(|r| (0..POINTS).map(move |point| (r, point))) {
                    let (place, position) = (i * POINTS + point, pair.points[i] * POINTS + point);
                    let values = &at.values[place * at.value_step..];
                    let products = &mut at.products[place * at.product_step..];
                    self.multiply(index, position, tiles.len(), values, products);
                }
                let scatter = ScatterPair::<T, M> {
                    problem,
                    tiles: tiles.clone(),
                    products: at.products,
                    point_step: at.product_step,
                    pair,
                    first: turn == 0,
                    channel: panel.col,
                    width: self.width(&panel),
                    bias,
                    target: self.target,
                    outside: at.edge,
                };
                // SAFETY: the target has all images; tasks have distinct tiles.
                unsafe { scatter.run(isa) };
            }
        }
    }

    /// The products of `count` tiles at one position with the columns of one panel.
    fn multiply(
        &self,
        index: usize,
        position: usize,
        count: usize,
        values: &[T],
        products: &mut [T],
    ) {
        let panel = self.panels.get(index);
        let (channels, width) = (self.channels(), self.width(&panel));
        let matrix = (panel.col * POSITIONS + position * width) * channels;
        let chunk = channels.div_ceil(channels.div_ceil(MAX_K));
        let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
        for (out, row) in outs.iter_mut().zip(products[..count * width].chunks_exact_mut(width)) {
            // The kernel finds a panel at its first column.
            *out = row.as_mut_ptr().wrapping_sub(panel.col);
        }
        for k0 in (0..channels).step_by(chunk) {
            let k = chunk.min(channels - k0);
            let mut rows = [std::ptr::null(); BLOCK_ROWS];
            for (row, values) in
                rows.iter_mut().zip(values[..count * channels].chunks_exact(channels))
            {
                *row = values[k0..].as_ptr();
            }
            let block = Block {
                rows: &rows[..count],
                k_step: 1,
                segments: &[Segment { offset: 0, len: k }],
                outs: &outs[..count],
                b: self.weights[matrix + k0 * width..].as_ptr().wrapping_sub(panel.col * k),
                layout: Layout::Packed,
                panels: self.panels,
                range: index..index + 1,
                epilogue: Epilogue { add: k0 > 0, bias: None },
            };
            // SAFETY: the rows have all channels, the results all columns of the panel, which are whole
            // vectors; the weights of a position have all channels and these columns.
            unsafe { block.compute(self.isa) };
        }
    }
}

/// The working memory of a block.
struct Points<'a, T> {
    /// `[position][tile][source channel]`.
    values: &'a mut [T],
    value_step: usize,
    /// `[position][tile][column]`, of one panel.
    products: &'a mut [T],
    product_step: usize,
    /// In turns the zeros around the source, and where pixels outside the target go.
    edge: &'a mut [T],
}
