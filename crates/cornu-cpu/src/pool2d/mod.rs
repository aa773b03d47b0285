//! Pooling in two dimensions and its gradients, NHWC images, vectorised along the channels.

mod windows;

use crate::runtime::Pool;
use crate::simd::{AnyIsa, Real};
use cornu_graph::{Error, Result};
use std::ops::Range;
use windows::{Forward, MaxGrad, SumGrad};

/// Values that one task reads or writes at least: enough to hide the cost of handing it out.
const TASK: usize = 1 << 15;

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

    /// The sizes.
    pub fn shape(&self) -> &PoolShape {
        &self.shape
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
        let each = TASK.div_ceil(image);
        pool.parallel_chunks(dx, each * image, |i, dx| {
            for (j, dx) in dx.chunks_exact_mut(image).enumerate() {
                let i = i * each + j;
                let (x, dy) = (&x[i * image..(i + 1) * image], &dy[i * image_y..(i + 1) * image_y]);
                isa.run(MaxGrad { shape, x, dy, dx });
            }
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
        let width = shape.in_w * shape.channels;
        let each = TASK.div_ceil(width);
        pool.parallel_chunks(dx, each * width, |i, dx| {
            isa.run(SumGrad { shape, dy, first: i * each, dx });
        });
        Ok(())
    }

    fn forward<T: Real, const MAX: bool>(&self, pool: &Pool, x: &[T], y: &mut [T]) -> Result<()> {
        let (isa, shape) = (self.isa, &self.shape);
        self.holds("x", x.len(), shape.input_len())?;
        self.holds("y", y.len(), shape.output_len())?;
        let width = shape.out_w * shape.channels;
        let read = (shape.in_w * shape.channels).saturating_mul(shape.stride[0]).max(width);
        let each = TASK.div_ceil(read);
        pool.parallel_chunks(y, each * width, |i, y| {
            isa.run(Forward::<T, MAX> { shape, x, first: i * each, y });
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

#[cfg(test)]
mod tests;
