//! Convolutions in two dimensions and their gradients, NHWC images and HWIO kernels.
//!
//! Implicit matrix products: rows of A are pixels, found by pointers into the image (or into a copy of a
//! band of it with zeros around, a few hundred pixels that stay in the cache); no matrix of patches is
//! ever built. `geometry.rs` says which pixels meet which taps, `sweep.rs` runs forward and backward-data,
//! `filter.rs` backward-filter (`narrow.rs` if there are few filters), `depthwise.rs` all three where every channel is its own group.

mod band;
mod depthwise;
mod filter;
mod geometry;
mod narrow;
mod shape;
mod sweep;
mod winograd;

pub use shape::ConvShape;

use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use cornu_graph::{Error, Result};
use geometry::Sweep;
use sweep::Weights;
use winograd::Winograd;

/// A convolution, planned once and run many times.
///
/// ```
/// use cornu_cpu::{conv::{Conv, ConvShape}, runtime::Pool, simd::isa};
/// let shape = ConvShape {
///     batch: 1, in_h: 1, in_w: 3, in_c: 1, out_h: 1, out_w: 3, out_c: 1, k_h: 1, k_w: 3,
///     stride: [1, 1], pad_lo: [0, 1], pad_hi: [0, 1], dilation: [1, 1], groups: 1,
/// };
/// let conv = Conv::new(isa()?, shape)?;
/// let mut y = [0.0; 3];
/// conv.forward(&Pool::new(1)?, &[1.0, 2.0, 3.0], &[1.0, 10.0, 100.0], None, &mut y)?;
/// assert_eq!(y, [210.0, 321.0, 32.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Conv {
    isa: AnyIsa,
    shape: ConvShape,
    forward: Sweep,
    backward: Sweep,
    winograd: Option<Winograd>,
}

impl Conv {
    /// Plans a convolution, with fewer multiplications where that gains: its `f32` results then differ from
    /// those of [`Conv::direct`] by rounding.
    ///
    /// # Errors
    /// If the shape breaks a rule; see [`ConvShape::check`].
    pub fn new(isa: AnyIsa, shape: ConvShape) -> Result<Self> {
        let winograd = Winograd::new(isa, &shape);
        Ok(Conv { winograd, ..Conv::direct(isa, shape)? })
    }

    /// Plans a convolution that computes every sum of products as it is defined.
    ///
    /// # Errors
    /// If the shape breaks a rule; see [`ConvShape::check`].
    pub fn direct(isa: AnyIsa, shape: ConvShape) -> Result<Self> {
        shape.check()?;
        let (forward, backward) = (Sweep::forward(&shape), Sweep::backward(&shape));
        Ok(Conv { isa, shape, forward, backward, winograd: None })
    }

    /// The sizes.
    pub fn shape(&self) -> &ConvShape {
        &self.shape
    }

    /// The same plan for another number of images.
    pub fn with_batch(&self, batch: usize) -> Conv {
        let winograd = self.winograd.as_ref().map(|plan| plan.with_batch(batch));
        Conv { shape: ConvShape { batch, ..self.shape }, winograd, ..self.clone() }
    }

    /// With how many values a kernel is written for the algorithm with fewer multiplications, if that is chosen
    /// for single precision.
    pub fn points_len(&self) -> Option<usize> {
        self.winograd.as_ref().map(Winograd::points_len)
    }

    /// Writes the kernel `w` for [`Conv::forward_from_points`].
    ///
    /// # Errors
    /// If a slice has not the length that the shape or [`Conv::points_len`] says.
    pub fn forward_points(&self, pool: &Pool, w: &[f32], points: &mut [f32]) -> Result<()> {
        holds("w", w, self.shape.kernel_len())?;
        self.planned(points)?.forward_points(pool, w, points);
        Ok(())
    }

    /// Writes the kernel `w` for [`Conv::backward_data_from_points`].
    ///
    /// # Errors
    /// If a slice has not the length that the shape or [`Conv::points_len`] says.
    pub fn backward_points(&self, pool: &Pool, w: &[f32], points: &mut [f32]) -> Result<()> {
        holds("w", w, self.shape.kernel_len())?;
        self.planned(points)?.backward_points(pool, w, points);
        Ok(())
    }

    /// [`Conv::forward`] with a kernel that [`Conv::forward_points`] wrote.
    ///
    /// # Errors
    /// If a slice has not the length that the shape or [`Conv::points_len`] says.
    pub fn forward_from_points(
        &self,
        pool: &Pool,
        x: &[f32],
        points: &[f32],
        y: &mut [f32],
    ) -> Result<()> {
        holds("x", x, self.shape.input_len())?;
        holds("y", y, self.shape.output_len())?;
        self.planned(points)?.forward(pool, x, points, None, y);
        Ok(())
    }

    /// [`Conv::backward_data`] with a kernel that [`Conv::backward_points`] wrote.
    ///
    /// # Errors
    /// If a slice has not the length that the shape or [`Conv::points_len`] says.
    pub fn backward_data_from_points(
        &self,
        pool: &Pool,
        dy: &[f32],
        points: &[f32],
        dx: &mut [f32],
    ) -> Result<()> {
        holds("dy", dy, self.shape.output_len())?;
        holds("dx", dx, self.shape.input_len())?;
        self.planned(points)?.backward_data(pool, dy, points, dx);
        Ok(())
    }

    /// The plan with fewer multiplications, for a kernel at the points.
    fn planned(&self, points: &[f32]) -> Result<&Winograd> {
        holds("points", points, self.points_len().unwrap_or_default())?;
        self.winograd.as_ref().ok_or_else(|| {
            Error::invalid("Conv", "points", "need a plan that computes with them", "a direct plan")
        })
    }

    /// `y`, from the image `x`, the kernel `w` and one bias for each filter, or none.
    ///
    /// # Errors
    /// If a slice has not the length that the shape says.
    pub fn forward<T: Real>(
        &self,
        pool: &Pool,
        x: &[T],
        w: &[T],
        bias: Option<&[T]>,
        y: &mut [T],
    ) -> Result<()> {
        let shape = &self.shape;
        holds("x", x, shape.input_len())?;
        holds("w", w, shape.kernel_len())?;
        holds("bias", bias.unwrap_or_default(), bias.map_or(0, |_| shape.out_c))?;
        holds("y", y, shape.output_len())?;
        if let Some(plan) = self.winograd::<T>() {
            with_scratch(plan.points_len(), |points: &mut [T]| {
                plan.forward_points(pool, w, points);
                plan.forward(pool, x, points, bias, y);
            });
            return Ok(());
        }
        if self.is_depthwise() {
            depthwise::forward(self.isa, pool, shape, x, w, bias, y);
            return Ok(());
        }
        let n = shape.out_c / shape.groups;
        let y = SharedSlice::new(y);
        for group in 0..shape.groups {
            let weights = Weights {
                values: &w[group * n..],
                kernel_width: shape.k_w,
                tap_step: self.tap_len(),
                row_step: shape.out_c,
                col_step: 1,
            };
            let bias = bias.map(|bias| &bias[group * n..(group + 1) * n]);
            self.sweep(&self.forward, x, weights, bias, group, n).run(pool, &y);
        }
        Ok(())
    }

    /// `dx`, the gradient for the image, from that of the output, `dy`, and the kernel `w`. It is also the
    /// transposed convolution.
    ///
    /// # Errors
    /// If a slice has not the length that the shape says.
    pub fn backward_data<T: Real>(
        &self,
        pool: &Pool,
        dy: &[T],
        w: &[T],
        dx: &mut [T],
    ) -> Result<()> {
        let shape = &self.shape;
        holds("dy", dy, shape.output_len())?;
        holds("w", w, shape.kernel_len())?;
        holds("dx", dx, shape.input_len())?;
        if let Some(plan) = self.winograd::<T>() {
            with_scratch(plan.points_len(), |points: &mut [T]| {
                plan.backward_points(pool, w, points);
                plan.backward_data(pool, dy, points, dx);
            });
            return Ok(());
        }
        if self.is_depthwise() {
            depthwise::backward_data(self.isa, pool, shape, dy, w, dx);
            return Ok(());
        }
        let n = shape.in_c / shape.groups;
        let dx = SharedSlice::new(dx);
        for group in 0..shape.groups {
            let weights = Weights {
                values: &w[group * (shape.out_c / shape.groups)..],
                kernel_width: shape.k_w,
                tap_step: self.tap_len(),
                row_step: 1,
                col_step: shape.out_c,
            };
            self.sweep(&self.backward, dy, weights, None, group, n).run(pool, &dx);
        }
        Ok(())
    }

    /// `dw`, the gradient for the kernel, from the image `x` and the gradient of the output, `dy`.
    ///
    /// # Errors
    /// If a slice has not the length that the shape says.
    pub fn backward_filter<T: Real>(
        &self,
        pool: &Pool,
        x: &[T],
        dy: &[T],
        dw: &mut [T],
    ) -> Result<()> {
        let (isa, shape, sweep) = (self.isa, &self.shape, &self.forward);
        holds("x", x, shape.input_len())?;
        holds("dy", dy, shape.output_len())?;
        holds("dw", dw, shape.kernel_len())?;
        if let Some(plan) = self.winograd::<T>() {
            plan.backward_filter(pool, x, dy, dw);
            return Ok(());
        }
        if self.is_depthwise() {
            depthwise::backward_filter(isa, pool, shape, x, dy, dw);
            return Ok(());
        }
        let n = shape.out_c / shape.groups;
        for group in 0..shape.groups {
            filter::Job { isa, sweep, x, dy, group, n, batch: shape.batch }.run(pool, dw);
        }
        Ok(())
    }

    fn sweep<'a, T>(
        &self,
        sweep: &'a Sweep,
        source: &'a [T],
        weights: Weights<'a, T>,
        bias: Option<&'a [T]>,
        group: usize,
        n: usize,
    ) -> sweep::Job<'a, T> {
        let (isa, batch) = (self.isa, self.shape.batch);
        sweep::Job { isa, sweep, source, weights, bias, group, n, batch }
    }

    /// The values of one tap of the kernel.
    fn tap_len(&self) -> usize {
        self.shape.in_c / self.shape.groups * self.shape.out_c
    }

    /// The plan with fewer multiplications, for single precision: who asks for double precision wants its
    /// last digits.
    fn winograd<T: Real>(&self) -> Option<&Winograd> {
        self.winograd.as_ref().filter(|_| size_of::<T>() == size_of::<f32>())
    }

    fn is_depthwise(&self) -> bool {
        let ConvShape { in_c, out_c, groups, .. } = self.shape;
        groups > 1 && groups == in_c && in_c == out_c
    }
}

fn holds<T>(name: &str, values: &[T], len: usize) -> Result<()> {
    if values.len() == len {
        return Ok(());
    }
    Err(Error::invalid("Conv", name, format!("must have {len} values"), values.len()))
}

#[cfg(test)]
mod tests;
