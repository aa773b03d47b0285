//! Depthwise convolution: one filter for each channel, vectorised along the channels.

use super::ConvShape;
use crate::runtime::Pool;
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Float, Isa, Kernel, Real, Vector};
use std::ops::Range;

/// The parts of the batch that have sums of their own in the filter's gradient.
const PARTS: usize = 8;

/// `y`, from `x` and `w`.
pub(super) fn forward<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    shape: &ConvShape,
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
    y: &mut [T],
) {
    let row = shape.out_w * shape.out_c;
    pool.parallel_chunks(y, row, |i, y| {
        let (image, row) = (i / shape.out_h, i % shape.out_h);
        let x = &x[image * shape.in_h * shape.in_w * shape.in_c..];
        isa.run(Forward { shape, x, w, bias, row, y });
    });
}

/// One row of the output.
struct Forward<'a, T> {
    shape: &'a ConvShape,
    x: &'a [T],
    w: &'a [T],
    bias: Option<&'a [T]>,
    row: usize,
    y: &'a mut [T],
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let (shape, lanes) = (self.shape, T::Vec::<S>::LANES);
        let channels = shape.in_c;
        let (top, taps_h) = window(shape, 0, self.row);
        for (col, pixel) in self.y.chunks_exact_mut(channels).enumerate() {
            let (left, taps_w) = window(shape, 1, col);
            for (block, out) in pixel.chunks_mut(lanes).enumerate() {
                let c = block * lanes;
                let end = c + out.len();
                let mut sum = match self.bias {
                    Some(bias) => T::Vec::<S>::load_partial(s, &bias[c..end]),
                    None => T::Vec::<S>::zero(s),
                };
                for kh in taps_h.clone() {
                    let y = (top + (kh * shape.dilation[0]) as isize) as usize;
                    for kw in taps_w.clone() {
                        let x = (left + (kw * shape.dilation[1]) as isize) as usize;
                        let at = (y * shape.in_w + x) * channels;
                        let tap = (kh * shape.k_w + kw) * channels;
                        let x = T::Vec::<S>::load_partial(s, &self.x[at + c..at + end]);
                        let w = T::Vec::<S>::load_partial(s, &self.w[tap + c..tap + end]);
                        sum = x.mul_add(w, sum);
                    }
                }
                sum.store_partial(out);
            }
        }
    }
}

/// The input position of tap 0 at an output position, and the taps that lie inside the image.
#[inline(always)]
fn window(shape: &ConvShape, axis: usize, output: usize) -> (isize, Range<usize>) {
    let (size, kernel) = [(shape.in_h, shape.k_h), (shape.in_w, shape.k_w)][axis];
    let dilation = shape.dilation[axis];
    let start = (output * shape.stride[axis]) as isize - shape.pad_lo[axis] as isize;
    let first = (-start).max(0) as usize;
    let behind = (size as isize - start).max(0) as usize;
    (start, first.div_ceil(dilation).min(kernel)..behind.div_ceil(dilation).min(kernel))
}

/// `dx`, from `dy` and `w`.
pub(super) fn backward_data<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    shape: &ConvShape,
    dy: &[T],
    w: &[T],
    dx: &mut [T],
) {
    pool.parallel_chunks(dx, shape.in_w * shape.in_c, |i, dx| {
        let (image, row) = (i / shape.in_h, i % shape.in_h);
        let dy = &dy[image * shape.out_h * shape.out_w * shape.out_c..];
        isa.run(BackwardData { shape, dy, w, row, dx });
    });
}

/// One row of the input's gradient.
struct BackwardData<'a, T> {
    shape: &'a ConvShape,
    dy: &'a [T],
    w: &'a [T],
    row: usize,
    dx: &'a mut [T],
}

impl<T: Real> Kernel for BackwardData<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let (shape, lanes) = (self.shape, T::Vec::<S>::LANES);
        let channels = shape.in_c;
        for (col, pixel) in self.dx.chunks_exact_mut(channels).enumerate() {
            for (block, out) in pixel.chunks_mut(lanes).enumerate() {
                let c = block * lanes;
                let end = c + out.len();
                let mut sum = T::Vec::<S>::zero(s);
                for kh in 0..shape.k_h {
                    let Some(y) = output_of(shape, 0, self.row, kh) else { continue };
                    for kw in 0..shape.k_w {
                        let Some(x) = output_of(shape, 1, col, kw) else { continue };
                        let at = (y * shape.out_w + x) * channels;
                        let tap = (kh * shape.k_w + kw) * channels;
                        let dy = T::Vec::<S>::load_partial(s, &self.dy[at + c..at + end]);
                        let w = T::Vec::<S>::load_partial(s, &self.w[tap + c..tap + end]);
                        sum = dy.mul_add(w, sum);
                    }
                }
                sum.store_partial(out);
            }
        }
    }
}

/// The output position at which a tap meets an input position.
#[inline(always)]
fn output_of(shape: &ConvShape, axis: usize, input: usize, tap: usize) -> Option<usize> {
    let reach = (input + shape.pad_lo[axis]).checked_sub(tap * shape.dilation[axis])?;
    let output = reach / shape.stride[axis];
    let size = [shape.out_h, shape.out_w][axis];
    (output * shape.stride[axis] == reach && output < size).then_some(output)
}

/// `dw`, from `x` and `dy`.
pub(super) fn backward_filter<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    shape: &ConvShape,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
) {
    let parts = PARTS.min(shape.batch);
    let len = dw.len();
    with_scratch(parts * len, |sums: &mut [T]| {
        pool.parallel_chunks(sums, len, |part, sums| {
            sums.fill(T::default());
            for image in part * shape.batch / parts..(part + 1) * shape.batch / parts {
                let x = &x[image * shape.in_h * shape.in_w * shape.in_c..];
                let dy = &dy[image * shape.out_h * shape.out_w * shape.out_c..];
                isa.run(BackwardFilter { shape, x, dy, sums: &mut *sums });
            }
        });
        dw.fill(T::default());
        for sums in sums.chunks_exact(len) {
            for (dw, &sum) in dw.iter_mut().zip(sums) {
                *dw += sum;
            }
        }
    });
}

/// One image's share of the filter's gradient, added to the sums.
struct BackwardFilter<'a, T> {
    shape: &'a ConvShape,
    x: &'a [T],
    dy: &'a [T],
    sums: &'a mut [T],
}

impl<T: Real> Kernel for BackwardFilter<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let (shape, lanes) = (self.shape, T::Vec::<S>::LANES);
        let channels = shape.in_c;
        for (tap, sums) in self.sums.chunks_exact_mut(channels).enumerate() {
            let (kh, kw) = (tap / shape.k_w, tap % shape.k_w);
            let (rows, top) = outputs_of(shape, 0, kh);
            let (cols, left) = outputs_of(shape, 1, kw);
            for (block, sums) in sums.chunks_mut(lanes).enumerate() {
                let c = block * lanes;
                let end = c + sums.len();
                let mut sum = T::Vec::<S>::load_partial(s, sums);
                for y in rows.clone() {
                    let in_y = (y * shape.stride[0]) as isize + top;
                    for x in cols.clone() {
                        let in_x = (x * shape.stride[1]) as isize + left;
                        let from = (in_y as usize * shape.in_w + in_x as usize) * channels;
                        let to = (y * shape.out_w + x) * channels;
                        let x = T::Vec::<S>::load_partial(s, &self.x[from + c..from + end]);
                        let dy = T::Vec::<S>::load_partial(s, &self.dy[to + c..to + end]);
                        sum = x.mul_add(dy, sum);
                    }
                }
                sum.store_partial(sums);
            }
        }
    }
}

/// The output positions at which a tap lies inside the image, and its distance from `output * stride`.
#[inline(always)]
fn outputs_of(shape: &ConvShape, axis: usize, tap: usize) -> (Range<usize>, isize) {
    let (size, outputs) = [(shape.in_h, shape.out_h), (shape.in_w, shape.out_w)][axis];
    let distance = (tap * shape.dilation[axis]) as isize - shape.pad_lo[axis] as isize;
    let stride = shape.stride[axis];
    let first = ((-distance).max(0) as usize).div_ceil(stride).min(outputs);
    let behind = ((size as isize - distance).max(0) as usize).div_ceil(stride).min(outputs);
    (first..behind.max(first), distance)
}
