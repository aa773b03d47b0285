//! Convolutions with fewer multiplications: Winograd's minimal filtering.
//!
//! Kernels of 3 x 3 and 5 x 5 with stride 1 are computed tile by tile: six by six values of the image are brought
//! to 36 points (`transform.rs`), where the sum over taps is one multiplication per channel and filter, so
//! that all tiles together are 36 matrix products. A tile gives 4 x 4 pixels of the result for a kernel of
//! 3 x 3 (144 multiplications become 36), and 2 x 2 for one of 5 x 5 (100 become 36). The gradient for the image is
//! such a convolution, too, and that for the kernel has the same products in another order.
//!
//! Values at the points are rounded, so results differ from the direct sum by about ten times its rounding
//! error ([decision 089](../../../../docs/decisions/089-winograd.md)).

#![allow(clippy::needless_range_loop)] // Loops over a tile in registers are clearest by index.

mod filter;
mod sweep;
mod tiles;
mod transform;
mod weights;

use super::ConvShape;
use crate::runtime::Pool;
use crate::simd::{AnyIsa, Real};
use tiles::Problem;
use transform::POSITIONS;

/// Both directions of a convolution that suits.
#[derive(Debug, Clone)]
pub(super) struct Winograd {
    isa: AnyIsa,
    forward: Problem,
    backward: Problem,
}

impl Winograd {
    /// A plan, where one is possible and gains.
    pub fn new(isa: AnyIsa, shape: &ConvShape) -> Option<Winograd> {
        Winograd::plan(isa, shape).filter(|plan| plan.gain() > 1.0)
    }

    /// A plan, where one is possible.
    fn plan(isa: AnyIsa, shape: &ConvShape) -> Option<Winograd> {
        let ConvShape { batch, in_h, in_w, in_c, out_h, out_w, out_c, k_h, pad_lo, .. } = *shape;
        let dense = shape.stride == [1, 1] && shape.dilation == [1, 1] && shape.groups == 1;
        // Whole vectors of every instruction set.
        let whole = in_c.is_multiple_of(16) && out_c.is_multiple_of(16);
        if !dense || !whole || shape.k_w != k_h || ![3, 5].contains(&k_h) {
            return None;
        }
        let pad = pad_lo.map(|pad| pad as isize);
        let (source, target) = ([in_h, in_w, in_c], [out_h, out_w, out_c]);
        let forward = Problem { batch, source, target, origin: pad.map(|pad| -pad), taps: k_h };
        let origin = pad.map(|pad| pad - (k_h as isize - 1));
        let backward = Problem { batch, source: target, target: source, origin, taps: k_h };
        Some(Winograd { isa, forward, backward })
    }

    /// How many times faster it should be than the direct sum, going by the multiplications of both and the
    /// values that are moved to the points and back.
    fn gain(&self) -> f64 {
        let Problem { target: [h, w, n], source, taps, batch, .. } = self.forward;
        let (c, n) = (source[2] as f64, n as f64);
        let direct = (batch * h * w * taps * taps) as f64 * c * n;
        let tiles = self.forward.tiles() as f64;
        // Weights are written and read again by every block of tiles; a single image is not worth that.
        let moved = 4.0 * tiles * (c + n) + 40.0 * c * n;
        direct / (POSITIONS as f64 * (1.2 * tiles * c * n + moved))
    }

    /// The same for another number of images.
    pub fn with_batch(&self, batch: usize) -> Winograd {
        let [forward, backward] = [self.forward, self.backward].map(|p| Problem { batch, ..p });
        Winograd { isa: self.isa, forward, backward }
    }

    /// The values of a kernel at the points.
    pub fn points_len(&self) -> usize {
        POSITIONS * self.forward.source[2] * self.forward.target[2]
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

#[cfg(test)]
mod tests;
