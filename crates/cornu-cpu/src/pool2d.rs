//! Pooling in two dimensions and its gradients, NHWC images, vectorised along the channels.

use crate::runtime::Pool;
use crate::simd::{AnyIsa, Float, Isa, Kernel, Real, Vector};
use cornu_graph::{Error, Result};
use std::ops::Range;

/// Sizes of a pooling of images `[batch, in_h, in_w, channels]` that gives
/// `[batch, out_h, out_w, channels]`. Pairs are (height, width). One dimension is a height of 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolShape {
    /// The number of images.
    pub batch: usize,
    /// Height of the input.
    pub in_h: usize,
    /// Width of the input.
    pub in_w: usize,
    /// Channels of input and output.
    pub channels: usize,
    /// Height of the output.
    pub out_h: usize,
    /// Width of the output.
    pub out_w: usize,
    /// The size of the window.
    pub window: [usize; 2],
    /// Distance between two windows.
    pub stride: [usize; 2],
    /// How far windows reach beyond the image, before it.
    pub pad_lo: [usize; 2],
    /// How far windows reach beyond the image, behind it.
    pub pad_hi: [usize; 2],
}

/// A pooling whose sizes have been checked.
///
/// ```
/// use cornu_cpu::{pool2d::{Pool2d, PoolShape}, runtime::Pool, simd::isa};
/// let shape = PoolShape {
///     batch: 1, in_h: 1, in_w: 4, channels: 1, out_h: 1, out_w: 2,
///     window: [1, 2], stride: [1, 2], pad_lo: [0, 0], pad_hi: [0, 0],
/// };
/// let (pooling, pool) = (Pool2d::new(isa()?, shape)?, Pool::new(1)?);
/// let (x, mut y, mut dx) = ([1.0, 3.0, 2.0, 2.0], [0.0; 2], [0.0; 4]);
/// pooling.max(&pool, &x, &mut y)?;
/// assert_eq!(y, [3.0, 2.0]);
/// pooling.max_grad(&pool, &x, &[10.0, 20.0], &mut dx)?;
/// assert_eq!(dx, [0.0, 10.0, 20.0, 0.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Pool2d {
    isa: AnyIsa,
    shape: PoolShape,
}

impl Pool2d {
    /// Checks the sizes.
    ///
    /// # Errors
    /// If a size, window or stride is 0, or the output's sizes do not follow from the others.
    pub fn new(isa: AnyIsa, shape: PoolShape) -> Result<Self> {
        let broken = |argument: &str, rule: &str| {
            Err(Error::invalid("Pool2d", argument, rule, format!("{shape:?}")))
        };
        let PoolShape { in_h, in_w, channels, out_h, out_w, window, stride, .. } = shape;
        if [in_h, in_w, channels].contains(&0) || window.contains(&0) || stride.contains(&0) {
            return broken("sizes", "must be at least 1");
        }
        for (axis, (input, output)) in [(in_h, out_h), (in_w, out_w)].into_iter().enumerate() {
            let padding = shape.pad_lo[axis].saturating_add(shape.pad_hi[axis]);
            let padded = input.saturating_add(padding);
            let room = padded.checked_sub(window[axis]);
            if padded > isize::MAX as usize
                || room.map(|room| room / stride[axis] + 1) != Some(output)
            {
                return broken("output size", "must follow from the sizes, strides and padding");
            }
        }
        let len = |sizes: [usize; 4]| sizes.into_iter().try_fold(1usize, usize::checked_mul);
        let lens =
            [len([shape.batch, in_h, in_w, channels]), len([shape.batch, out_h, out_w, channels])];
        if lens.contains(&None) {
            return broken("sizes", "must fit into memory");
        }
        Ok(Pool2d { isa, shape })
    }

    /// The largest value of every window, which padding never is; NaN where a window has one, minus
    /// infinity where it lies outside the image.
    ///
    /// # Errors
    /// If a slice has not the length that the sizes say.
    pub fn max<T: Real>(&self, pool: &Pool, x: &[T], y: &mut [T]) -> Result<()> {
        self.forward::<T, true>(pool, x, y)
    }

    /// The sum of every window, padding counting as zeros.
    ///
    /// # Errors
    /// If a slice has not the length that the sizes say.
    pub fn sum<T: Real>(&self, pool: &Pool, x: &[T], y: &mut [T]) -> Result<()> {
        self.forward::<T, false>(pool, x, y)
    }

    /// The gradient of [`Pool2d::max`]: of every window, the first of the largest values gets all.
    ///
    /// # Errors
    /// If a slice has not the length that the sizes say.
    pub fn max_grad<T: Real>(&self, pool: &Pool, x: &[T], dy: &[T], dx: &mut [T]) -> Result<()> {
        let (isa, shape) = (self.isa, &self.shape);
        self.holds("x", x.len(), shape.input_len())?;
        self.holds("dy", dy.len(), shape.output_len())?;
        self.holds("dx", dx.len(), shape.input_len())?;
        let (image, image_y) =
            (shape.in_h * shape.in_w * shape.channels, shape.out_h * shape.out_w * shape.channels);
        // Windows may overlap, so that an image is the smallest part that is nobody else's.
        pool.parallel_chunks(dx, image, |i, dx| {
            let (x, dy) = (&x[i * image..(i + 1) * image], &dy[i * image_y..(i + 1) * image_y]);
            isa.run(MaxGrad { shape, x, dy, dx });
        });
        Ok(())
    }

    /// The gradient of [`Pool2d::sum`].
    ///
    /// # Errors
    /// If a slice has not the length that the sizes say.
    pub fn sum_grad<T: Real>(&self, pool: &Pool, dy: &[T], dx: &mut [T]) -> Result<()> {
        let (isa, shape) = (self.isa, &self.shape);
        self.holds("dy", dy.len(), shape.output_len())?;
        self.holds("dx", dx.len(), shape.input_len())?;
        pool.parallel_chunks(dx, shape.in_w * shape.channels, |i, dx| {
            let (image, row) = (i / shape.in_h, i % shape.in_h);
            let dy = &dy[image * shape.out_h * shape.out_w * shape.channels..];
            isa.run(SumGrad { shape, dy, row, dx });
        });
        Ok(())
    }

    fn forward<T: Real, const MAX: bool>(&self, pool: &Pool, x: &[T], y: &mut [T]) -> Result<()> {
        let (isa, shape) = (self.isa, &self.shape);
        self.holds("x", x.len(), shape.input_len())?;
        self.holds("y", y.len(), shape.output_len())?;
        pool.parallel_chunks(y, shape.out_w * shape.channels, |i, y| {
            let (image, row) = (i / shape.out_h, i % shape.out_h);
            let x = &x[image * shape.in_h * shape.in_w * shape.channels..];
            isa.run(Forward::<T, MAX> { shape, x, row, y });
        });
        Ok(())
    }

    fn holds(&self, name: &str, len: usize, wanted: usize) -> Result<()> {
        if len == wanted {
            return Ok(());
        }
        Err(Error::invalid("Pool2d", name, format!("must have {wanted} values"), len))
    }
}

impl PoolShape {
    /// The values of the input.
    pub fn input_len(&self) -> usize {
        self.batch * self.in_h * self.in_w * self.channels
    }

    /// The values of the output.
    pub fn output_len(&self) -> usize {
        self.batch * self.out_h * self.out_w * self.channels
    }

    /// The input positions of the window at an output position that lie inside the image.
    #[inline(always)]
    fn window(&self, axis: usize, output: usize) -> Range<usize> {
        let size = [self.in_h, self.in_w][axis];
        let start = output * self.stride[axis];
        let pad = self.pad_lo[axis];
        let from = start.saturating_sub(pad).min(size);
        from..(start + self.window[axis]).saturating_sub(pad).clamp(from, size)
    }

    /// The outputs whose windows hold an input position.
    #[inline(always)]
    fn windows_of(&self, axis: usize, input: usize) -> Range<usize> {
        let (size, stride) = ([self.out_h, self.out_w][axis], self.stride[axis]);
        let reach = input + self.pad_lo[axis];
        let behind = (reach / stride + 1).min(size);
        let first = (reach + 1).saturating_sub(self.window[axis]).div_ceil(stride);
        first.min(behind)..behind
    }
}

/// One row of the output.
struct Forward<'a, T, const MAX: bool> {
    shape: &'a PoolShape,
    x: &'a [T],
    row: usize,
    y: &'a mut [T],
}

impl<T: Real, const MAX: bool> Kernel for Forward<'_, T, MAX> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let (shape, channels) = (self.shape, self.shape.channels);
        let rows = shape.window(0, self.row);
        for (col, pixel) in self.y.chunks_exact_mut(channels).enumerate() {
            let cols = shape.window(1, col);
            for (block, out) in pixel.chunks_mut(T::Vec::<S>::LANES).enumerate() {
                let c = block * T::Vec::<S>::LANES;
                let end = c + out.len();
                let start = if MAX { T::LOWEST } else { T::default() };
                let mut result = T::Vec::<S>::splat(s, start);
                for y in rows.clone() {
                    for x in cols.clone() {
                        let at = (y * shape.in_w + x) * channels;
                        let value = T::Vec::<S>::load_partial(s, &self.x[at + c..at + end]);
                        result = if MAX {
                            let better = value.gt(result) | value.ne(value);
                            T::Vec::<S>::select(better, value, result)
                        } else {
                            result + value
                        };
                    }
                }
                result.store_partial(out);
            }
        }
    }
}

/// One image of the gradient.
struct MaxGrad<'a, T> {
    shape: &'a PoolShape,
    x: &'a [T],
    dy: &'a [T],
    dx: &'a mut [T],
}

impl<T: Real> Kernel for MaxGrad<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let (shape, channels) = (self.shape, self.shape.channels);
        let lanes = T::Vec::<S>::LANES;
        self.dx.fill(T::default());
        for (i, pixel) in self.dy.chunks_exact(channels).enumerate() {
            let rows = shape.window(0, i / shape.out_w);
            let cols = shape.window(1, i % shape.out_w);
            for (block, dy) in pixel.chunks(lanes).enumerate() {
                let c = block * lanes;
                let end = c + dy.len();
                let dy = T::Vec::<S>::load_partial(s, dy);
                // The winner as a number that counts the cells of the window from 1.
                let one = T::Vec::<S>::splat(s, T::from_f64(1.0));
                let zero = T::Vec::<S>::zero(s);
                let (mut best, mut winner, mut cell) = (zero, zero, zero);
                for y in rows.clone() {
                    for x in cols.clone() {
                        let at = (y * shape.in_w + x) * channels;
                        let value = T::Vec::<S>::load_partial(s, &self.x[at + c..at + end]);
                        cell = cell + one;
                        let nan = value.ne(value) & best.eq(best);
                        let better = value.gt(best) | nan | winner.eq(zero);
                        best = T::Vec::<S>::select(better, value, best);
                        winner = T::Vec::<S>::select(better, cell, winner);
                    }
                }
                cell = zero;
                for y in rows.clone() {
                    for x in cols.clone() {
                        let at = (y * shape.in_w + x) * channels;
                        let dx = &mut self.dx[at + c..at + end];
                        cell = cell + one;
                        let share = T::Vec::<S>::select(winner.eq(cell), dy, zero);
                        (T::Vec::<S>::load_partial(s, dx) + share).store_partial(dx);
                    }
                }
            }
        }
    }
}

/// One row of the gradient.
struct SumGrad<'a, T> {
    shape: &'a PoolShape,
    dy: &'a [T],
    row: usize,
    dx: &'a mut [T],
}

impl<T: Real> Kernel for SumGrad<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let (shape, channels) = (self.shape, self.shape.channels);
        let rows = shape.windows_of(0, self.row);
        for (col, pixel) in self.dx.chunks_exact_mut(channels).enumerate() {
            let cols = shape.windows_of(1, col);
            for (block, out) in pixel.chunks_mut(T::Vec::<S>::LANES).enumerate() {
                let c = block * T::Vec::<S>::LANES;
                let end = c + out.len();
                let mut sum = T::Vec::<S>::zero(s);
                for y in rows.clone() {
                    for x in cols.clone() {
                        let at = (y * shape.out_w + x) * channels;
                        sum = sum + T::Vec::<S>::load_partial(s, &self.dy[at + c..at + end]);
                    }
                }
                sum.store_partial(out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::numbers;
    use proptest::prelude::*;

    /// Calls `visit(input, output)` for every cell of every window, windows in order.
    fn cells(s: &PoolShape, mut visit: impl FnMut(usize, usize)) {
        for i in 0..s.output_len() {
            let (c, pixel) = (i % s.channels, i / s.channels);
            let (ow, oh, b) =
                (pixel % s.out_w, pixel / s.out_w % s.out_h, pixel / s.out_w / s.out_h);
            for (kh, kw) in (0..s.window[0]).flat_map(|h| (0..s.window[1]).map(move |w| (h, w))) {
                let ih = (oh * s.stride[0] + kh).wrapping_sub(s.pad_lo[0]);
                let iw = (ow * s.stride[1] + kw).wrapping_sub(s.pad_lo[1]);
                if ih < s.in_h && iw < s.in_w {
                    visit(((b * s.in_h + ih) * s.in_w + iw) * s.channels + c, i);
                }
            }
        }
    }

    fn check<T: Real>(isa: AnyIsa, threads: usize, shape: PoolShape) {
        let mut x = numbers(shape.input_len(), 1);
        // Ties abound already; NaN and minus infinity are the other hard cases.
        for i in (0..x.len()).step_by(11) {
            x[i] = if i % 2 == 0 { f64::NEG_INFINITY } else { f64::NAN };
        }
        let dy = numbers(shape.output_len(), 2);
        let mut winners = vec![None; dy.len()];
        let (mut sums, mut sum_grad) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
        let finite: Vec<f64> = x.iter().map(|x| if x.is_finite() { *x } else { 0.0 }).collect();
        cells(&shape, |xi, yi| {
            sums[yi] += finite[xi];
            sum_grad[xi] += dy[yi];
            let better = winners[yi]
                .is_none_or(|w: usize| x[xi] > x[w] || (x[xi].is_nan() && !x[w].is_nan()));
            if better {
                winners[yi] = Some(xi);
            }
        });
        let mut max_grad = vec![0.0; x.len()];
        for (winner, dy) in winners.iter().zip(&dy) {
            if let Some(winner) = winner {
                max_grad[*winner] += dy;
            }
        }
        let max: Vec<f64> = winners.iter().map(|w| w.map_or(f64::NEG_INFINITY, |w| x[w])).collect();
        let convert = |v: &[f64]| v.iter().map(|&x| T::from_f64(x)).collect::<Vec<T>>();
        let same = |name: &str, got: &[T], want: &[f64]| {
            let equal =
                |(a, b): (&T, &f64)| a.to_f64() == *b || (a.to_f64().is_nan() && b.is_nan());
            assert!(got.iter().zip(want).all(equal), "{name} on {isa:?} of {shape:?}");
        };
        let (pooling, pool) = (Pool2d::new(isa, shape).unwrap(), Pool::new(threads).unwrap());
        let fresh = |len: usize| vec![T::from_f64(7.5); len];
        let (mut y, mut dx) = (fresh(dy.len()), fresh(x.len()));
        pooling.max(&pool, &convert(&x), &mut y).unwrap();
        same("max", &y, &max);
        pooling.max_grad(&pool, &convert(&x), &convert(&dy), &mut dx).unwrap();
        same("max_grad", &dx, &max_grad);
        pooling.sum(&pool, &convert(&finite), &mut y).unwrap();
        same("sum", &y, &sums);
        pooling.sum_grad(&pool, &convert(&dy), &mut dx).unwrap();
        same("sum_grad", &dx, &sum_grad);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

        #[test]
        fn agrees_with_the_definition(
            batch in 0usize..4,
            size in [1usize..10, 1usize..10],
            channels in prop::sample::select(vec![1usize, 3, 8, 13, 32]),
            window in [1usize..5, 1usize..5],
            stride in [1usize..4, 1usize..4],
            pad_lo in [0usize..5, 0usize..5],
            pad_hi in [0usize..5, 0usize..5],
        ) {
            let out = |axis: usize| {
                (size[axis] + pad_lo[axis] + pad_hi[axis])
                    .checked_sub(window[axis])
                    .map(|room| room / stride[axis] + 1)
            };
            prop_assume!(out(0).is_some() && out(1).is_some());
            let shape = PoolShape {
                batch,
                in_h: size[0],
                in_w: size[1],
                channels,
                out_h: out(0).unwrap(),
                out_w: out(1).unwrap(),
                window,
                stride,
                pad_lo,
                pad_hi,
            };
            for isa in AnyIsa::available() {
                check::<f32>(isa, 2, shape);
                check::<f64>(isa, 1, shape);
            }
        }
    }

    #[test]
    fn refuses_sizes_that_break_a_rule() {
        let good = PoolShape {
            batch: 1,
            in_h: 4,
            in_w: 4,
            channels: 2,
            out_h: 2,
            out_w: 2,
            window: [2, 2],
            stride: [2, 2],
            pad_lo: [0, 0],
            pad_hi: [0, 0],
        };
        let isa = AnyIsa::available()[0];
        for bad in [
            PoolShape { stride: [0, 1], ..good },
            PoolShape { out_h: 3, ..good },
            PoolShape { window: [5, 2], ..good },
            PoolShape { pad_lo: [usize::MAX, 0], ..good },
            PoolShape { batch: usize::MAX, ..good },
        ] {
            assert!(Pool2d::new(isa, bad).is_err(), "{bad:?}");
        }
        let pool = Pool::new(1).unwrap();
        let error = Pool2d::new(isa, good).unwrap().max(&pool, &[0f32; 31], &mut [0f32; 8]);
        assert!(error.unwrap_err().to_string().contains("`x` must have 32 values"));
    }
}
