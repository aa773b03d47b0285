//! Tiles of an image are brought to the points.

use super::tiles::{Image, Problem};
use super::transform::{Pair, V, data, expand, splat};
use crate::simd::{AnyIsa, Float, Isa, Kernel, Real, Vector};
use std::ops::Range;

/// Tiles of some channels of a phase. Values `v * lanes..` of tile `i` at place `p` go to
/// `out[p * step + places[v].0 + i * places[v].1]` and on.
pub(super) struct Gather<'a, T> {
    pub problem: &'a Problem,
    /// Of the problem's images that with these values.
    pub image: &'a Image,
    pub values: &'a [T],
    /// As many zeros as there are channels.
    pub zeros: &'a [T],
    pub tiles: Range<usize>,
    pub phase: usize,
    /// The first channel.
    pub channel: usize,
    pub places: &'a [(usize, usize)],
    pub out: &'a mut [T],
    pub step: usize,
}

impl<T: Real> Gather<'_, T> {
    /// All positions of tiles of the source; position (k, j) is at place `k * P + j`.
    pub fn whole<const P: usize>(self, isa: AnyIsa) {
        isa.run(Whole::<T, P>(self));
    }

    /// Two rows of positions, of the source (`N` = `P`, by [`data`]) or of the target (by [`expand`]); point `j`
    /// of row `r` is at place `r * P + j`.
    pub fn pair<const P: usize, const N: usize>(self, isa: AnyIsa, pair: &Pair) {
        isa.run(OfPair::<T, P, N> { job: self, pair });
    }

    /// Checks that channels and places are there.
    #[inline(always)]
    fn check(&self, places: usize, lanes: usize) {
        let steps = self.tiles.len().saturating_sub(1);
        let reach = self.places.iter().map(|place| place.0 + steps * place.1);
        let last = (places - 1) * self.step + reach.max().unwrap_or(0) + lanes;
        assert!(self.out.len() >= last && self.tiles.end <= self.problem.tiles());
        let channels = self.image.channels();
        assert!(self.channel + self.places.len() * lanes <= channels);
        assert!(self.zeros.len() >= channels && self.phase < self.image.phases());
        assert!(self.values.len() >= self.image.len(self.problem.batch));
    }
}

struct Whole<'a, T, const P: usize>(Gather<'a, T>);

impl<T: Real, const P: usize> Kernel for Whole<'_, T, P> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Whole(job) = self;
        let lanes = V::<S, T>::LANES;
        job.check(P * P, lanes);
        let (values, zeros) = (job.values.as_ptr().cast_mut(), job.zeros.as_ptr().cast_mut());
        let (size, grid) = (job.problem.size(), job.problem.grid());
        let mut tile = job.problem.tile(job.tiles.start);
        for i in 0..job.tiles.len() {
            let window = tile.window::<T, P>(size, job.image, job.phase, values, zeros);
            tile.step(grid);
            for (v, place) in job.places.iter().enumerate() {
                let c = job.channel + v * lanes;
                let mut half = [[V::<S, T>::zero(s); P]; P];
                for j in 0..P {
                    let mut d = [V::<S, T>::zero(s); P];
                    for k in 0..P {
                        // SAFETY: every pixel of a window lies in the image, or is the zeros; both have
                        // these channels (checked above).
                        d[k] = unsafe { V::<S, T>::load_ptr(s, window[k][j].add(c)) };
                    }
                    let at = data::<S, T, P>(s, d);
                    for k in 0..P {
                        half[k][j] = at[k];
                    }
                }
                let start = place.0 + i * place.1;
                for k in 0..P {
                    let at = data::<S, T, P>(s, half[k]);
                    for j in 0..P {
                        let place = (k * P + j) * job.step + start;
                        // SAFETY: `out` holds the last vector of the last place (checked above).
                        unsafe { at[j].store_ptr(job.out.as_mut_ptr().add(place)) };
                    }
                }
            }
        }
    }
}

struct OfPair<'a, T, const P: usize, const N: usize> {
    job: Gather<'a, T>,
    pair: &'a Pair,
}

impl<T: Real, const P: usize, const N: usize> Kernel for OfPair<'_, T, P, N> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let OfPair { job, pair } = self;
        let lanes = V::<S, T>::LANES;
        job.check(2 * P, lanes);
        let mut factors = pair.expand::<N>();
        if N == P {
            factors = pair.data::<N>();
        }
        let (values, zeros) = (job.values.as_ptr().cast_mut(), job.zeros.as_ptr().cast_mut());
        let (size, grid) = (job.problem.size(), job.problem.grid());
        let mut tile = job.problem.tile(job.tiles.start);
        for i in 0..job.tiles.len() {
            let window = tile.window::<T, N>(size, job.image, job.phase, values, zeros);
            tile.step(grid);
            for (v, place) in job.places.iter().enumerate() {
                let c = job.channel + v * lanes;
                let mut rows = [[V::<S, T>::zero(s); N]; 2];
                for k in 0..N {
                    if factors[k] == 0.0 {
                        continue;
                    }
                    let factor = splat::<S, T>(s, factors[k]);
                    for j in 0..N {
                        // SAFETY: every pixel of a window lies in the image, or is the zeros; both have
                        // these channels (checked above).
                        let x = unsafe { V::<S, T>::load_ptr(s, window[k][j].add(c)) };
                        // By constant index, so that the sums are registers.
                        match pair.second::<N>(k) {
                            true => rows[1][j] = factor.mul_add(x, rows[1][j]),
                            false => rows[0][j] = factor.mul_add(x, rows[0][j]),
                        }
                    }
                }
                if pair.mixed {
                    for j in 0..N {
                        let [a, b] = [rows[0][j], rows[1][j]];
                        (rows[0][j], rows[1][j]) = (a + b, a - b);
                    }
                }
                let start = place.0 + i * place.1;
                for r in 0..2 {
                    let at = if N == P {
                        let mut all = [V::<S, T>::zero(s); P];
                        all[..N].copy_from_slice(&rows[r]);
                        data::<S, T, P>(s, all)
                    } else {
                        expand::<S, T, N, P>(s, rows[r])
                    };
                    for j in 0..P {
                        let place = (r * P + j) * job.step + start;
                        // SAFETY: `out` holds the last vector of the last place (checked above).
                        unsafe { at[j].store_ptr(job.out.as_mut_ptr().add(place)) };
                    }
                }
            }
        }
    }
}
