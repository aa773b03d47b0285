//! Products are brought from the points to tiles of the target.

use super::tiles::Problem;
use super::transform::{V, contract};
use crate::simd::{AnyIsa, Isa, Kernel, Real, Vector};
use std::ops::Range;

/// Tiles of `width` channels of a phase of the target, from `channel` on. The products of tile `i` at position (k, j)
/// are at `products[(k * P + j) * step + i * width..]`.
pub(super) struct Scatter<'a, T> {
    pub problem: &'a Problem,
    pub tiles: Range<usize>,
    pub products: &'a [T],
    pub step: usize,
    pub phase: usize,
    pub channel: usize,
    pub width: usize,
    /// A value for each channel of the target, which is added.
    pub bias: Option<&'a [T]>,
    /// The values of the target.
    pub target: *mut T,
    /// Where pixels go that lie outside: room for `width` values.
    pub outside: &'a mut [T],
}

impl<T: Real> Scatter<'_, T> {
    /// Writes the tiles.
    ///
    /// # Safety
    /// `target` must be valid for all images of the problem, and nobody else may use these channels of this phase
    /// of these tiles meanwhile.
    pub unsafe fn run<const P: usize, const M: usize>(self, isa: AnyIsa) {
        isa.run(Run::<T, P, M>(self));
    }
}

/// Made only by [`Scatter::run`], whose caller makes its promises.
struct Run<'a, T, const P: usize, const M: usize>(Scatter<'a, T>);

impl<T: Real, const P: usize, const M: usize> Kernel for Run<'_, T, P, M> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Run(job) = self;
        let (width, lanes) = (job.width, V::<S, T>::LANES);
        let (problem, end) = (job.problem, job.channel + width);
        let last = (P * P - 1) * job.step + job.tiles.len() * width;
        assert!(width.is_multiple_of(lanes) && end <= problem.target.channels());
        assert!(job.products.len() >= last && job.outside.len() >= width);
        assert!(job.tiles.end <= problem.tiles() && M == problem.size());
        assert!(job.bias.is_none_or(|bias| bias.len() >= end));
        assert!(job.phase < problem.target.phases());
        let outside = job.outside.as_mut_ptr().wrapping_sub(job.channel);
        let grid = problem.grid();
        let mut tile = problem.tile(job.tiles.start);
        for i in 0..job.tiles.len() {
            let window = tile.window::<T, M>(M, &problem.target, job.phase, job.target, outside);
            tile.step(grid);
            for c in (0..width).step_by(lanes) {
                let products = job.products[i * width + c..].as_ptr();
                let mut half = [[V::<S, T>::zero(s); P]; M];
                for j in 0..P {
                    let mut w = [V::<S, T>::zero(s); P];
                    for k in 0..P {
                        let place = (k * P + j) * job.step;
                        // SAFETY: the products of the last position are there (checked above).
                        w[k] = unsafe { V::<S, T>::load_ptr(s, products.add(place)) };
                    }
                    let y = contract::<S, T, M, P>(s, w);
                    for k in 0..M {
                        half[k][j] = y[k];
                    }
                }
                let channel = job.channel + c;
                let bias = match job.bias {
                    Some(bias) => V::<S, T>::load(s, &bias[channel..]),
                    None => V::<S, T>::zero(s),
                };
                for k in 0..M {
                    let y = contract::<S, T, M, P>(s, half[k]);
                    for j in 0..M {
                        // SAFETY: the pixel is one of the target, which the caller of `Scatter::run`
                        // promised, or the room for those outside; both have these channels.
                        unsafe { (y[j] + bias).store_ptr(window[k][j].add(channel)) };
                    }
                }
            }
        }
    }
}
