//! Convolutions and their gradients.

use std::sync::OnceLock;

use cornu_graph::ops::ConvParams;
use cornu_graph::{DType, Error, Result};

use crate::conv::{Conv, ConvShape, Toward};
use crate::plan::{Args, Kernel, Number, Slice};
use crate::runtime::Pool;
use crate::simd::{Real, isa};

/// Parts of a batch have at least so many pixels: enough for the rows of a matrix product.
const MIN_PIXELS: usize = 512;
/// The same for the gradient of the kernel, of which every part has its own.
const MIN_PIXELS_OF_SUMS: usize = 1200;

/// Which of the three products a step computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The result, from image and kernel.
    Forward,
    /// The image's gradient, from the result's and the kernel.
    Image,
    /// The kernel's gradient, from the image and the result's.
    Filter,
}

/// A bound convolution.
pub(crate) struct Convolution {
    conv: Conv,
    direction: Direction,
    spatial: usize,
    dtype: DType,
}

/// Writes the kernel of a convolution as its algorithm wants it. It is a step of its own, so that the convolution
/// can run on parts of a batch.
pub(crate) struct PackKernel {
    conv: Conv,
    toward: Toward,
    spatial: usize,
    dtype: DType,
}

impl Kernel for PackKernel {
    fn label(&self) -> String {
        let s = self.conv.shape();
        let size = size(s, self.spatial);
        let purpose = if self.toward == Toward::Input { " for the gradient" } else { "" };
        let points = self.dtype == DType::F32 && self.conv.is_winograd(self.toward);
        let way = if points { "to points" } else { "packed" };
        format!("kernel {size}, {} → {} channels {way}{purpose}", s.in_c, s.out_c)
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        match self.dtype {
            DType::F64 => self.conv.pack::<f64>(pool, self.toward, args.input(0)?, args.output(0)?),
            _ => self.conv.pack::<f32>(pool, self.toward, args.input(0)?, args.output(0)?),
        }
    }
}

/// Whether `CORNU_CONV` asks for sums as they are defined, whatever that costs: `direct`, or `auto` as without it.
fn direct() -> Result<bool> {
    static CHOSEN: OnceLock<Result<bool>> = OnceLock::new();
    let read = || match std::env::var_os("CORNU_CONV") {
        None => Ok(false),
        Some(wish) if wish == "auto" => Ok(false),
        Some(wish) if wish == "direct" => Ok(true),
        Some(wish) => {
            let rule = "must be \"auto\" or \"direct\"";
            Err(Error::invalid("environment", "CORNU_CONV", rule, wish.to_string_lossy()))
        }
    };
    CHOSEN.get_or_init(read).clone()
}

/// The kernel's sizes for labels.
fn size(shape: &ConvShape, spatial: usize) -> String {
    match spatial {
        1 => format!("{}", shape.k_w),
        _ => format!("{}×{}", shape.k_h, shape.k_w),
    }
}

impl Convolution {
    /// Binds a convolution of image `x` and kernel `w` to `y`, or nothing where the kernels have no code for
    /// it: more than two spatial axes, or a size of 0.
    pub fn new(
        params: &ConvParams,
        direction: Direction,
        [x, w, y]: [&[usize]; 3],
        dtype: DType,
    ) -> Result<Option<Convolution>> {
        let spatial = x.len() - 2;
        let sized = [x, w, y].iter().all(|shape| !shape.contains(&0));
        if spatial > 2 || !sized {
            return Ok(None);
        }
        // A missing height is one of 1.
        let pair = |values: &[usize], missing: usize| match values {
            [width] => [missing, *width],
            values => [values[0], values[1]],
        };
        let [in_h, in_w] = pair(&x[1..=spatial], 1);
        let [out_h, out_w] = pair(&y[1..=spatial], 1);
        let [k_h, k_w] = pair(&w[..spatial], 1);
        let (low, high): (Vec<usize>, Vec<usize>) = params.padding.iter().copied().unzip();
        let shape = ConvShape {
            batch: x[0],
            in_h,
            in_w,
            in_c: x[spatial + 1],
            out_h,
            out_w,
            out_c: w[spatial + 1],
            k_h,
            k_w,
            stride: pair(&params.strides, 1),
            pad_lo: pair(&low, 0),
            pad_hi: pair(&high, 0),
            dilation: pair(&params.dilation, 1),
            groups: params.groups,
        };
        let conv = if direct()? { Conv::direct } else { Conv::new }(isa()?, shape)?;
        Ok(Some(Convolution { conv, direction, spatial, dtype }))
    }

    /// The step that packs the kernel, with the number of its values, where the convolution wants those in the
    /// kernel's place.
    pub fn pack(&self) -> Option<(PackKernel, usize)> {
        let toward = match self.direction {
            Direction::Forward => Toward::Output,
            Direction::Image => Toward::Input,
            Direction::Filter => return None,
        };
        let len = match self.dtype {
            DType::F64 => self.conv.packed_len::<f64>(toward)?,
            _ => self.conv.packed_len::<f32>(toward)?,
        };
        let (conv, spatial, dtype) = (self.conv.clone(), self.spatial, self.dtype);
        Some((PackKernel { conv, toward, spatial, dtype }, len))
    }

    fn compute<T: Real + Number>(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let (a, b) = (args.input::<T>(0)?, args.input::<T>(1)?);
        let out = args.output::<T>(0)?;
        match self.direction {
            Direction::Forward => self.conv.forward_packed(pool, a, b, None, out),
            Direction::Image => self.conv.backward_data_packed(pool, a, b, out),
            Direction::Filter => self.conv.backward_filter(pool, a, b, out),
        }
    }
}

impl Kernel for Convolution {
    fn label(&self) -> String {
        let s = self.conv.shape();
        let mut text = format!("conv{}d {}", self.spatial.max(1), size(s, self.spatial));
        text += match self.direction {
            Direction::Forward => "",
            Direction::Image => " image gradient",
            Direction::Filter => " kernel gradient",
        };
        text += &format!(", {} → {} channels", s.in_c, s.out_c);
        let mut pair = |name: &str, [h, w]: [usize; 2], usual: [usize; 2]| {
            if [h, w] != usual {
                text +=
                    &if h == w { format!(", {name} {h}") } else { format!(", {name} {h}×{w}") };
            }
        };
        pair("strides", s.stride, [1, 1]);
        pair("dilation", s.dilation, [1, 1]);
        if s.pad_lo != [0, 0] || s.pad_hi != [0, 0] {
            pair("padding from", s.pad_lo, [usize::MAX; 2]);
            pair("to", s.pad_hi, [usize::MAX; 2]);
        }
        if s.groups != 1 {
            text += &format!(", {} groups", s.groups);
        }
        text
    }

    fn flops(&self) -> u64 {
        let s = self.conv.shape();
        let sizes = [s.batch, s.out_h, s.out_w, s.out_c, s.k_h, s.k_w, s.in_c / s.groups];
        sizes.iter().fold(2, |p, &d| p.saturating_mul(d as u64))
    }

    fn rows(&self) -> Option<usize> {
        Some(self.conv.shape().batch)
    }

    fn slice(&self, parts: usize) -> Option<Slice> {
        let s = self.conv.shape();
        // Each part would have sums at all points.
        let filter = self.direction == Direction::Filter;
        if filter && self.dtype == DType::F32 && self.conv.filter_is_winograd() {
            return None;
        }
        let batch = s.batch / parts;
        let pixels = batch * (s.in_h * s.in_w).min(s.out_h * s.out_w);
        let least = if filter { MIN_PIXELS_OF_SUMS } else { MIN_PIXELS };
        if !s.batch.is_multiple_of(parts) || pixels < least {
            return None;
        }
        let conv = self.conv.with_batch(batch);
        let part = *conv.shape();
        let kernel = Convolution { conv, ..*self };
        let steps = match self.direction {
            Direction::Forward => vec![part.input_len(), 0],
            Direction::Image => vec![part.output_len(), 0],
            Direction::Filter => vec![part.input_len(), part.output_len()],
        };
        let sums = self.direction == Direction::Filter;
        Some(Slice { kernel: Box::new(kernel), steps, sums })
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        match self.dtype {
            DType::F64 => self.compute::<f64>(pool, args),
            _ => self.compute::<f32>(pool, args),
        }
    }
}
