//! Convolutions in two dimensions and their gradients, NHWC images and HWIO kernels.
//!
//! Implicit matrix products: rows of A are pixels, found by pointers into the image (or into a copy of a
//! band of it with zeros around, a few hundred pixels that stay in the cache); no matrix of patches is
//! ever built. `geometry.rs` says which pixels meet which taps, `packing.rs` writes the kernel as forward and
//! backward-data want it, `sweep.rs` runs them,
//! `filter.rs` backward-filter (`narrow.rs` if there are few filters), `depthwise.rs` all three where every channel is its own group.

mod band;
mod depthwise;
mod filter;
mod geometry;
mod narrow;
mod packing;
mod shape;
mod sweep;
mod winograd;

pub use shape::ConvShape;

use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use cornu_graph::{Error, Result};
use geometry::Sweep;
use packing::{Packing, Taps};
use winograd::Winograd;

/// What is computed with the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// The output, from the input.
    Output,
    /// The gradient for the input, from that of the output.
    Input,
}

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
        let direct = Conv::direct(isa, shape)?;
        Ok(Conv { winograd: Winograd::new(isa, &shape), ..direct })
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

    /// Whether sums are taken with fewer multiplications in a direction, in single precision.
    pub fn is_winograd(&self, toward: Toward) -> bool {
        self.winograd::<f32>(toward).is_some()
    }

    /// Whether those of the kernel's gradient are.
    pub fn filter_is_winograd(&self) -> bool {
        self.winograd_filter::<f32>().is_some()
    }

    /// With how many values [`Conv::pack`] writes a kernel for a direction; none where that reads the kernel as it
    /// is.
    pub fn packed_len<T: Real>(&self, toward: Toward) -> Option<usize> {
        if let Some(plan) = self.winograd::<T>(toward) {
            return Some(plan.points_len());
        }
        let (packing, shape) = (self.packing(toward), &self.shape);
        let [height, width, _] = packing.sweep.target;
        let in_place = packing.is_in_place::<T>(shape.batch * height * width);
        (!in_place && !self.is_depthwise()).then(|| shape.groups * packing.len::<T>())
    }

    /// Writes the kernel `w` for [`Conv::forward_packed`] or [`Conv::backward_data_packed`]. A kernel that is used
    /// by parts of a batch is packed once.
    ///
    /// # Errors
    /// If a slice has not the length that the shape or [`Conv::packed_len`] says.
    pub fn pack<T: Real>(
        &self,
        pool: &Pool,
        toward: Toward,
        w: &[T],
        packed: &mut [T],
    ) -> Result<()> {
        holds("w", w, self.shape.kernel_len())?;
        holds("packed", packed, self.packed_len::<T>(toward).unwrap_or(0))?;
        match (self.winograd::<T>(toward), toward) {
            (Some(plan), Toward::Output) => plan.forward_points(pool, w, packed),
            (Some(plan), Toward::Input) => plan.backward_points(pool, w, packed),
            (None, _) => {
                let packing = self.packing(toward);
                let len = packing.len::<T>();
                for (group, packed) in packed.chunks_exact_mut(len.max(1)).enumerate() {
                    packing.pack(
                        pool,
                        &w[group * (self.shape.out_c / self.shape.groups)..],
                        packed,
                    );
                }
            }
        }
        Ok(())
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
        self.with_packed(pool, Toward::Output, w, |packed| {
            self.forward_packed(pool, x, packed, bias, y)
        })
    }

    /// [`Conv::forward`] with a kernel that [`Conv::pack`] wrote, or the kernel itself where that is what is read.
    ///
    /// # Errors
    /// If a slice has not the length that the shape or [`Conv::packed_len`] says.
    pub fn forward_packed<T: Real>(
        &self,
        pool: &Pool,
        x: &[T],
        packed: &[T],
        bias: Option<&[T]>,
        y: &mut [T],
    ) -> Result<()> {
        let shape = &self.shape;
        holds("x", x, shape.input_len())?;
        holds("bias", bias.unwrap_or_default(), bias.map_or(0, |_| shape.out_c))?;
        holds("y", y, shape.output_len())?;
        self.holds_packed(Toward::Output, packed)?;
        if let Some(plan) = self.winograd::<T>(Toward::Output) {
            plan.forward(pool, x, packed, bias, y);
        } else if self.is_depthwise() {
            depthwise::forward(self.isa, pool, shape, x, packed, bias, y);
        } else {
            self.sweep(pool, Toward::Output, x, packed, bias, y);
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
        self.with_packed(pool, Toward::Input, w, |packed| {
            self.backward_data_packed(pool, dy, packed, dx)
        })
    }

    /// [`Conv::backward_data`] with a kernel that [`Conv::pack`] wrote, or the kernel itself where that is what is
    /// read.
    ///
    /// # Errors
    /// If a slice has not the length that the shape or [`Conv::packed_len`] says.
    pub fn backward_data_packed<T: Real>(
        &self,
        pool: &Pool,
        dy: &[T],
        packed: &[T],
        dx: &mut [T],
    ) -> Result<()> {
        let shape = &self.shape;
        holds("dy", dy, shape.output_len())?;
        holds("dx", dx, shape.input_len())?;
        self.holds_packed(Toward::Input, packed)?;
        if let Some(plan) = self.winograd::<T>(Toward::Input) {
            plan.backward_data(pool, dy, packed, dx);
        } else if self.is_depthwise() {
            depthwise::backward_data(self.isa, pool, shape, dy, packed, dx);
        } else {
            self.sweep(pool, Toward::Input, dy, packed, None, dx);
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
        if let Some(plan) = self.winograd_filter::<T>() {
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

    /// Calls `run` with the kernel as it is wanted, or as it is.
    fn with_packed<T: Real>(
        &self,
        pool: &Pool,
        toward: Toward,
        w: &[T],
        run: impl FnOnce(&[T]) -> Result<()>,
    ) -> Result<()> {
        holds("w", w, self.shape.kernel_len())?;
        let Some(len) = self.packed_len::<T>(toward) else { return run(w) };
        with_scratch(len, |packed: &mut [T]| {
            self.pack(pool, toward, w, packed)?;
            run(packed)
        })
    }

    fn holds_packed<T: Real>(&self, toward: Toward, packed: &[T]) -> Result<()> {
        let len = self.packed_len::<T>(toward).unwrap_or(self.shape.kernel_len());
        holds("packed", packed, len)
    }

    /// Runs a direction, group after group.
    fn sweep<T: Real>(
        &self,
        pool: &Pool,
        toward: Toward,
        source: &[T],
        packed: &[T],
        bias: Option<&[T]>,
        target: &mut [T],
    ) {
        let (packing, batch) = (self.packing(toward), self.shape.batch);
        let (n, len) = (packing.n, packing.len::<T>());
        let target = SharedSlice::new(target);
        for group in 0..self.shape.groups {
            let packed = &packed[group * len..(group + 1) * len];
            let bias = bias.map(|bias| &bias[group * n..(group + 1) * n]);
            sweep::Job { packing, source, packed, bias, group, batch }.run(pool, &target);
        }
    }

    fn packing(&self, toward: Toward) -> Packing<'_> {
        let ConvShape { in_c, out_c, groups, k_w: width, .. } = self.shape;
        let step = in_c / groups * out_c;
        let (sweep, n, row_step, col_step) = match toward {
            Toward::Output => (&self.forward, out_c / groups, out_c, 1),
            Toward::Input => (&self.backward, in_c / groups, 1, out_c),
        };
        let taps = Taps { width, step, row_step, col_step };
        Packing { isa: self.isa, sweep, taps, n }
    }

    /// The plan with fewer multiplications where it gains, for single precision: who asks for double precision wants
    /// its last digits.
    fn winograd<T: Real>(&self, toward: Toward) -> Option<&Winograd> {
        let single = size_of::<T>() == size_of::<f32>();
        self.winograd.as_ref().filter(|plan| single && plan.gains(toward))
    }

    /// The same for the gradient of the kernel.
    fn winograd_filter<T: Real>(&self) -> Option<&Winograd> {
        let single = size_of::<T>() == size_of::<f32>();
        self.winograd.as_ref().filter(|plan| single && plan.filter_gains())
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
