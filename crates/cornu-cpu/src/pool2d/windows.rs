//! The loops over windows.

use super::PoolShape;
use crate::simd::{Float, Isa, Kernel, Real, Vector};

/// The values of some channels of a pixel: a whole vector, which costs one look at the bounds, or what there is.
#[inline(always)]
fn load<S: Isa, T: Real, const WHOLE: bool>(
    s: S,
    values: &[T],
    at: usize,
    count: usize,
) -> T::Vec<S> {
    if WHOLE {
        T::Vec::<S>::load(s, &values[at..at + T::Vec::<S>::LANES])
    } else {
        T::Vec::<S>::load_partial(s, &values[at..at + count])
    }
}

/// The inverse of [`load`].
#[inline(always)]
fn store<S: Isa, T: Real, const WHOLE: bool>(
    value: T::Vec<S>,
    values: &mut [T],
    at: usize,
    count: usize,
) {
    if WHOLE {
        value.store(&mut values[at..at + T::Vec::<S>::LANES]);
    } else {
        value.store_partial(&mut values[at..at + count]);
    }
}

/// The vectors of a pixel: the first channel of each, and the number of channels in it.
#[inline(always)]
fn vectors<const WHOLE: bool>(
    channels: usize,
    lanes: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let count = move |c: usize| if WHOLE { lanes } else { lanes.min(channels - c) };
    (0..channels).step_by(lanes).map(move |c| (c, count(c)))
}

/// Some rows of the output, from row `first` of all images on.
pub(super) struct Forward<'a, T, const MAX: bool> {
    pub shape: &'a PoolShape,
    pub x: &'a [T],
    pub first: usize,
    pub y: &'a mut [T],
}

impl<T: Real, const MAX: bool> Kernel for Forward<'_, T, MAX> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        if self.shape.channels.is_multiple_of(T::Vec::<S>::LANES) {
            self.rows::<S, true>(s);
        } else {
            self.rows::<S, false>(s);
        }
    }
}

impl<T: Real, const MAX: bool> Forward<'_, T, MAX> {
    #[inline(always)]
    fn rows<S: Isa, const WHOLE: bool>(self, s: S) {
        let (shape, channels) = (self.shape, self.shape.channels);
        let image = shape.in_h * shape.in_w * channels;
        for (i, out) in self.y.chunks_exact_mut(shape.out_w * channels).enumerate() {
            let (index, row) = ((self.first + i) / shape.out_h, (self.first + i) % shape.out_h);
            let x = &self.x[index * image..(index + 1) * image];
            let rows = shape.window(0, row);
            for col in 0..shape.out_w {
                let cols = shape.window(1, col);
                for (c, count) in vectors::<WHOLE>(channels, T::Vec::<S>::LANES) {
                    let start = if MAX { T::LOWEST } else { T::default() };
                    let mut result = T::Vec::<S>::splat(s, start);
                    for y in rows.clone() {
                        for px in cols.clone() {
                            let at = (y * shape.in_w + px) * channels + c;
                            let value = load::<S, T, WHOLE>(s, x, at, count);
                            result = if MAX {
                                let better = value.gt(result) | value.ne(value);
                                T::Vec::<S>::select(better, value, result)
                            } else {
                                result + value
                            };
                        }
                    }
                    store::<S, T, WHOLE>(result, out, col * channels + c, count);
                }
            }
        }
    }
}

/// One image of the gradient.
pub(super) struct MaxGrad<'a, T> {
    pub shape: &'a PoolShape,
    pub x: &'a [T],
    pub dy: &'a [T],
    pub dx: &'a mut [T],
}

impl<T: Real> Kernel for MaxGrad<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let whole = self.shape.channels.is_multiple_of(T::Vec::<S>::LANES);
        match (whole, self.shape.window == self.shape.stride) {
            (true, true) => self.image::<S, true, true>(s),
            (true, false) => self.image::<S, true, false>(s),
            (false, true) => self.image::<S, false, true>(s),
            (false, false) => self.image::<S, false, false>(s),
        }
    }
}

impl<T: Real> MaxGrad<'_, T> {
    /// Where windows lie side by side (`APART`), each pixel is written once, and what is beyond them is
    /// filled; else all is filled and added to.
    #[inline(always)]
    fn image<S: Isa, const WHOLE: bool, const APART: bool>(self, s: S) {
        let MaxGrad { shape, x, dy, dx } = self;
        let (channels, lanes) = (shape.channels, T::Vec::<S>::LANES);
        if APART {
            let reach = |axis: usize, out: usize, size: usize| {
                (out * shape.stride[axis]).saturating_sub(shape.pad_lo[axis]).min(size)
            };
            let (height, width) =
                (reach(0, shape.out_h, shape.in_h), reach(1, shape.out_w, shape.in_w));
            for (i, row) in dx.chunks_exact_mut(shape.in_w * channels).enumerate() {
                let from = if i < height { width * channels } else { 0 };
                row[from..].fill(T::default());
            }
        } else {
            dx.fill(T::default());
        }
        let zero = T::Vec::<S>::zero(s);
        let one = T::Vec::<S>::splat(s, T::from_f64(1.0));
        for i in 0..shape.out_h * shape.out_w {
            let rows = shape.window(0, i / shape.out_w);
            let cols = shape.window(1, i % shape.out_w);
            for (c, count) in vectors::<WHOLE>(channels, lanes) {
                let dy = load::<S, T, WHOLE>(s, dy, i * channels + c, count);
                // The winner as a number that counts the cells of the window from 1.
                let (mut best, mut winner, mut cell) = (zero, zero, zero);
                for y in rows.clone() {
                    for px in cols.clone() {
                        let at = (y * shape.in_w + px) * channels + c;
                        let value = load::<S, T, WHOLE>(s, x, at, count);
                        cell = cell + one;
                        let nan = value.ne(value) & best.eq(best);
                        let better = value.gt(best) | nan | winner.eq(zero);
                        best = T::Vec::<S>::select(better, value, best);
                        winner = T::Vec::<S>::select(better, cell, winner);
                    }
                }
                cell = zero;
                for y in rows.clone() {
                    for px in cols.clone() {
                        let at = (y * shape.in_w + px) * channels + c;
                        cell = cell + one;
                        let mut share = T::Vec::<S>::select(winner.eq(cell), dy, zero);
                        if !APART {
                            share = load::<S, T, WHOLE>(s, dx, at, count) + share;
                        }
                        store::<S, T, WHOLE>(share, dx, at, count);
                    }
                }
            }
        }
    }
}

/// Some rows of the gradient, from row `first` of all images on.
pub(super) struct SumGrad<'a, T> {
    pub shape: &'a PoolShape,
    pub dy: &'a [T],
    pub first: usize,
    pub dx: &'a mut [T],
}

impl<T: Real> Kernel for SumGrad<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        if self.shape.channels.is_multiple_of(T::Vec::<S>::LANES) {
            self.rows::<S, true>(s);
        } else {
            self.rows::<S, false>(s);
        }
    }
}

impl<T: Real> SumGrad<'_, T> {
    #[inline(always)]
    fn rows<S: Isa, const WHOLE: bool>(self, s: S) {
        let (shape, channels) = (self.shape, self.shape.channels);
        let image = shape.out_h * shape.out_w * channels;
        for (i, out) in self.dx.chunks_exact_mut(shape.in_w * channels).enumerate() {
            let (index, row) = ((self.first + i) / shape.in_h, (self.first + i) % shape.in_h);
            let dy = &self.dy[index * image..(index + 1) * image];
            let rows = shape.windows_of(0, row);
            for col in 0..shape.in_w {
                let cols = shape.windows_of(1, col);
                for (c, count) in vectors::<WHOLE>(channels, T::Vec::<S>::LANES) {
                    let mut sum = T::Vec::<S>::zero(s);
                    for y in rows.clone() {
                        for px in cols.clone() {
                            let at = (y * shape.out_w + px) * channels + c;
                            sum = sum + load::<S, T, WHOLE>(s, dy, at, count);
                        }
                    }
                    store::<S, T, WHOLE>(sum, out, col * channels + c, count);
                }
            }
        }
    }
}
