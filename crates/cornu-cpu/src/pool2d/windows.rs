//! The loops over windows.

use super::PoolShape;
use crate::simd::{Float, Isa, Kernel, Mask, Real, Vector};
use std::ops::Range;

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

/// Some channels of the pixels in a window.
struct Cells<'a> {
    shape: &'a PoolShape,
    rows: &'a Range<usize>,
    cols: &'a Range<usize>,
    c: usize,
    count: usize,
}

impl Cells<'_> {
    /// The sum, and the largest value unless one is not a number, which the sum then is neither.
    #[inline(always)]
    fn sum<S: Isa, T: Real, const WHOLE: bool>(&self, s: S, x: &[T]) -> (T::Vec<S>, T::Vec<S>) {
        let (mut sum, mut max) = (T::Vec::<S>::zero(s), T::Vec::<S>::splat(s, T::LOWEST));
        for y in self.rows.clone() {
            for px in self.cols.clone() {
                let at = (y * self.shape.in_w + px) * self.shape.channels + self.c;
                let value = load::<S, T, WHOLE>(s, x, at, self.count);
                (sum, max) = (sum + value, value.max(max));
            }
        }
        (sum, max)
    }

    /// The largest value, or one that is not a number.
    #[inline(always)]
    fn max_or_nan<S: Isa, T: Real, const WHOLE: bool>(&self, s: S, x: &[T]) -> T::Vec<S> {
        let mut max = T::Vec::<S>::splat(s, T::LOWEST);
        for y in self.rows.clone() {
            for px in self.cols.clone() {
                let at = (y * self.shape.in_w + px) * self.shape.channels + self.c;
                let value = load::<S, T, WHOLE>(s, x, at, self.count);
                max = T::Vec::<S>::select(value.gt(max) | value.ne(value), value, max);
            }
        }
        max
    }
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
                    let cells = Cells { shape, rows: &rows, cols: &cols, c, count };
                    let sum = cells.sum::<S, T, WHOLE>(s, x);
                    let mut result = sum.0;
                    if MAX {
                        result = sum.1;
                        if sum.0.ne(sum.0).any() {
                            result = cells.max_or_nan::<S, T, WHOLE>(s, x);
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
        for row in 0..shape.out_h {
            let rows = shape.window(0, row);
            for col in 0..shape.out_w {
                let cols = shape.window(1, col);
                for (c, count) in vectors::<WHOLE>(channels, lanes) {
                    let cells = Cells { shape, rows: &rows, cols: &cols, c, count };
                    let out = (row * shape.out_w + col) * channels + c;
                    let dy = load::<S, T, WHOLE>(s, dy, out, count);
                    let (sum, mut best) = cells.sum::<S, T, WHOLE>(s, x);
                    if sum.ne(sum).any() {
                        best = cells.max_or_nan::<S, T, WHOLE>(s, x);
                    }
                    let nan = best.ne(best);
                    // The lanes whose largest value is still to come.
                    let mut open = zero.eq(zero);
                    for y in rows.clone() {
                        for px in cols.clone() {
                            let at = (y * shape.in_w + px) * channels + c;
                            let value = load::<S, T, WHOLE>(s, x, at, count);
                            let found = (value.eq(best) | (value.ne(value) & nan)) & open;
                            open = open & !found;
                            let mut share = T::Vec::<S>::select(found, dy, zero);
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
