//! Convolutions and their gradients.

use cornu_graph::ops::ConvParams;
use cornu_graph::{DType, Result};

use crate::conv::{Conv, ConvShape};
use crate::plan::{Args, Kernel, Number, Slice};
use crate::runtime::Pool;
use crate::simd::{Real, isa};

/// Parts of a batch pack the weights once each, which pays if they meet at least so many pixels.
const MIN_PIXELS: usize = 1200;

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
        Convolution::bind(shape, direction, spatial, dtype).map(Some)
    }

    fn bind(
        shape: ConvShape,
        direction: Direction,
        spatial: usize,
        dtype: DType,
    ) -> Result<Convolution> {
        let conv = Conv::new(isa()?, shape)?;
        Ok(Convolution { conv, direction, spatial, dtype })
    }

    fn compute<T: Real + Number>(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let (a, b) = (args.input::<T>(0)?, args.input::<T>(1)?);
        let out = args.output::<T>(0)?;
        match self.direction {
            Direction::Forward => self.conv.forward(pool, a, b, None, out),
            Direction::Image => self.conv.backward_data(pool, a, b, out),
            Direction::Filter => self.conv.backward_filter(pool, a, b, out),
        }
    }
}

impl Kernel for Convolution {
    fn label(&self) -> String {
        let s = self.conv.shape();
        let mut text = match self.spatial {
            1 => format!("conv1d {}", s.k_w),
            _ => format!("conv2d {}×{}", s.k_h, s.k_w),
        };
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
        // Each part would bring the weights to the points again.
        if self.conv.is_winograd() && self.dtype == DType::F32 {
            return None;
        }
        let batch = s.batch / parts;
        let pixels = batch * (s.in_h * s.in_w).min(s.out_h * s.out_w);
        if !s.batch.is_multiple_of(parts) || pixels < MIN_PIXELS {
            return None;
        }
        let part = ConvShape { batch, ..*s };
        let kernel = Self::bind(part, self.direction, self.spatial, self.dtype).ok()?;
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
