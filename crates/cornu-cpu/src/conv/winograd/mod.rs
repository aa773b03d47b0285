//! Convolutions with fewer multiplications: Winograd's minimal filtering.
//!
//! Kernels of 3 x 3 and 5 x 5 with stride 1 are computed tile by tile: six by six values of the image are brought
//! to 36 points (`transform.rs`), where the sum over taps is one multiplication per channel and filter, so
//! that all tiles together are 36 matrix products. A tile gives 4 x 4 pixels of the result for a kernel of
//! 3 x 3 (144 multiplications become 36), and 2 x 2 for one of 5 x 5 (100 become 36).
//!
//! A kernel of 4 x 4 with stride 2 is four of 2 x 2 with stride 1, each for every second row and column of the image:
//! one of its four phases. Four by four values of each are brought to 16 points, where the phases are but more
//! channels; a tile gives 3 x 3 pixels (144 multiplications become 64).
//!
//! The gradient for the image is such a convolution, too, whose result has the phases, and that for the kernel has
//! the same products in another order.
//!
//! Values at the points are rounded, so results differ from the direct sum by about ten times its rounding
//! error ([decision 089](../../../../docs/decisions/089-winograd.md)).

#![allow(clippy::needless_range_loop)] // Loops over a tile in registers are clearest by index.

mod filter;
mod gather;
mod scatter;
mod sweep;
mod tiles;
mod transform;
mod weights;

use super::{ConvShape, Toward};
use crate::runtime::Pool;
use crate::simd::{AnyIsa, Real};
use tiles::{Image, Problem};

/// The products of a convolution that suits.
#[derive(Debug, Clone)]
pub(super) struct Winograd {
    isa: AnyIsa,
    forward: Problem,
    backward: Problem,
    /// Which products gain: forward, backward-data and backward-filter.
    gains: [bool; 3],
}

impl Winograd {
    /// A plan, where one is possible and gains.
    pub fn new(isa: AnyIsa, shape: &ConvShape) -> Option<Winograd> {
        let plan = Winograd::plan(isa, shape)?;
        let (direct, work) = (direct(shape), plan.work());
        let gains = [0, 1, 2].map(|product| work[product] < direct[product]);
        gains.contains(&true).then_some(Winograd { gains, ..plan })
    }

    /// A plan, where one is possible.
    fn plan(isa: AnyIsa, shape: &ConvShape) -> Option<Winograd> {
        let ConvShape { batch, in_h, in_w, in_c, out_h, out_w, out_c, k_h, pad_lo, .. } = *shape;
        let dense = shape.dilation == [1, 1] && shape.groups == 1;
        // Whole vectors of every instruction set.
        let whole = in_c.is_multiple_of(16) && out_c.is_multiple_of(16);
        let (step, taps) = match (shape.stride, [k_h, shape.k_w]) {
            ([1, 1], [3, 3]) => (1, 3),
            ([1, 1], [5, 5]) => (1, 5),
            ([2, 2], [4, 4]) => (2, 2),
            _ => return None,
        };
        if !dense || !whole {
            return None;
        }
        let [large, small] = [[in_h, in_w, in_c], [out_h, out_w, out_c]];
        // A tile of the result begins at every `size` pixels, one of the image at `step` times as many, with
        // the padding before. For the gradient, tiles begin in the first phases that are not all padding.
        let origin = pad_lo.map(|pad| -(pad as isize));
        let source = Image { size: large, origin, step };
        let target = Image { size: small, origin: [0, 0], step: 1 };
        let forward = Problem { batch, source, target, taps };
        let origin = pad_lo.map(|pad| (pad / step) as isize - (taps as isize - 1));
        let source = Image { size: small, origin, step: 1 };
        let origin = pad_lo.map(|pad| -((pad % step) as isize));
        let target = Image { size: large, origin, step };
        let backward = Problem { batch, source, target, taps };
        Some(Winograd { isa, forward, backward, gains: [true; 3] })
    }

    /// What each of the products costs, in multiplications of the forward direct sum. The factors are fitted to times
    /// of kernels of all sizes: for the multiplications, for the values that are moved to the points and back, and for
    /// the kernel's, which are written once and read by every block of tiles.
    fn work(&self) -> [f64; 3] {
        let work = |problem: &Problem, [product, moved, kernel]: [f64; 3]| {
            let (k, n) = (problem.source.depth() as f64, problem.target.depth() as f64);
            let tiles = problem.tiles() as f64;
            let at_point = product * tiles * k * n + moved * tiles * (k + n) + kernel * k * n;
            problem.positions() as f64 * at_point
        };
        let (sweep, filter) = ([1.2, 10.0, 40.0], [1.1, 18.0, 15.0]);
        [work(&self.forward, sweep), work(&self.backward, sweep), work(&self.forward, filter)]
    }

    /// Whether the product in this direction gains.
    pub fn gains(&self, toward: Toward) -> bool {
        self.gains[usize::from(toward == Toward::Input)]
    }

    /// Whether the gradient of the kernel gains.
    pub fn filter_gains(&self) -> bool {
        self.gains[2]
    }

    /// The same for another number of images.
    pub fn with_batch(&self, batch: usize) -> Winograd {
        let [forward, backward] = [self.forward, self.backward].map(|p| Problem { batch, ..p });
        Winograd { forward, backward, ..*self }
    }

    /// The values of a kernel at the points.
    pub fn points_len(&self) -> usize {
        self.forward.points_len()
    }

    /// Brings a kernel to the points for the forward direction.
    pub fn forward_points<T: Real>(&self, pool: &Pool, w: &[T], points: &mut [T]) {
        weights::to_points(self.isa, pool, &self.forward, w, points);
    }

    /// Brings a kernel to the points for the gradient of the image.
    pub fn backward_points<T: Real>(&self, pool: &Pool, w: &[T], points: &mut [T]) {
        weights::to_points_transposed(self.isa, pool, &self.backward, w, points);
    }

    /// The result, from the image and the kernel at the points.
    pub fn forward<T: Real>(
        &self,
        pool: &Pool,
        x: &[T],
        points: &[T],
        bias: Option<&[T]>,
        y: &mut [T],
    ) {
        sweep::run(self.isa, pool, &self.forward, x, points, bias, y);
    }

    /// The gradient for the image, from the result's and the kernel at the points.
    pub fn backward_data<T: Real>(&self, pool: &Pool, dy: &[T], points: &[T], dx: &mut [T]) {
        sweep::run(self.isa, pool, &self.backward, dy, points, None, dx);
    }

    /// The gradient for the kernel, from the image and the result's gradient.
    pub fn backward_filter<T: Real>(&self, pool: &Pool, x: &[T], dy: &[T], dw: &mut [T]) {
        filter::Job { isa: self.isa, problem: &self.forward, x, dy }.run(pool, dw);
    }
}

/// What the three direct products cost, in multiplications of the forward one: backward-data leaves out taps that meet
/// padding, backward-filter is slower.
fn direct(shape: &ConvShape) -> [f64; 3] {
    let ConvShape { batch, in_h, in_w, in_c, out_h, out_w, out_c, k_h, k_w, .. } = *shape;
    let product = |sizes: &[usize]| sizes.iter().map(|&size| size as f64).product::<f64>();
    // For every tap, the pixels of the result for which it meets the image.
    let inside = |axis: usize, input: usize, kernel: usize, output: usize| {
        let (stride, pad) = (shape.stride[axis], shape.pad_lo[axis]);
        let before = |edge: usize, tap| edge.saturating_sub(tap).div_ceil(stride).min(output);
        (0..kernel).map(|tap| before(pad + input, tap) - before(pad, tap)).sum()
    };
    let [height, width] = [inside(0, in_h, k_h, out_h), inside(1, in_w, k_w, out_w)];
    let all = product(&[batch, in_c, out_c, out_h, k_h, out_w, k_w]);
    [all, product(&[batch, in_c, out_c, height, width]), 1.15 * all]
}

#[cfg(test)]
mod tests;
