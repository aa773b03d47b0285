//! The sizes of a convolution.

use cornu_graph::{Error, Result};

/// Sizes of a 2-D convolution of images `[batch, in_h, in_w, in_c]` with a kernel
/// `[k_h, k_w, in_c / groups, out_c]`, giving `[batch, out_h, out_w, out_c]`. Pairs are (height, width).
///
/// A 1-D convolution is one of height 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvShape {
    /// The number of images.
    pub batch: usize,
    /// Height of the input.
    pub in_h: usize,
    /// Width of the input.
    pub in_w: usize,
    /// Channels of the input.
    pub in_c: usize,
    /// Height of the output.
    pub out_h: usize,
    /// Width of the output.
    pub out_w: usize,
    /// Channels of the output: the filters.
    pub out_c: usize,
    /// Height of the kernel.
    pub k_h: usize,
    /// Width of the kernel.
    pub k_w: usize,
    /// Distance between two places of the kernel.
    pub stride: [usize; 2],
    /// Zeros before the image; may be more than the kernel reaches.
    pub pad_lo: [usize; 2],
    /// Zeros behind the image.
    pub pad_hi: [usize; 2],
    /// Distance between two taps of the kernel.
    pub dilation: [usize; 2],
    /// Into how many independent parts the channels are split.
    pub groups: usize,
}

impl ConvShape {
    /// Checks the rules: everything but the batch at least 1, channels divisible by the groups, the output
    /// as large as the other sizes say, and no tensor larger than memory can be.
    ///
    /// # Errors
    /// If a rule is broken.
    pub fn check(&self) -> Result<()> {
        let broken = |argument: &str, rule: &str| {
            Err(Error::invalid("Conv", argument, rule, format!("{self:?}")))
        };
        let sizes = [self.in_h, self.in_w, self.in_c, self.out_h, self.out_w, self.out_c];
        if sizes.contains(&0) || self.k_h == 0 || self.k_w == 0 || self.groups == 0 {
            return broken("sizes", "must be at least 1");
        }
        if self.stride.contains(&0) || self.dilation.contains(&0) {
            return broken("strides and dilation", "must be at least 1");
        }
        if !self.in_c.is_multiple_of(self.groups) || !self.out_c.is_multiple_of(self.groups) {
            return broken("groups", "must divide the channels and the filters");
        }
        let axes = [(self.in_h, self.k_h, self.out_h), (self.in_w, self.k_w, self.out_w)];
        let mut padded = [0; 2];
        for (axis, (input, kernel, output)) in axes.into_iter().enumerate() {
            padded[axis] =
                input.saturating_add(self.pad_lo[axis]).saturating_add(self.pad_hi[axis]);
            let extent = (kernel - 1).saturating_mul(self.dilation[axis]).saturating_add(1);
            let places = padded[axis].checked_sub(extent).map(|room| room / self.stride[axis] + 1);
            if places != Some(output) {
                return broken("output size", "must follow from the sizes, strides and padding");
            }
        }
        // Room to spare: padded copies of an image are made, in f64 at most.
        let limit = isize::MAX as usize / 64;
        let image = [padded[0], padded[1], self.in_c.max(self.out_c), self.batch.max(1)];
        let kernel = [self.k_h, self.k_w, self.in_c, self.out_c];
        let fits = |dims: &[usize]| {
            dims.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).is_some_and(|n| n <= limit)
        };
        let output = [self.out_h, self.out_w, self.out_c, self.batch.max(1)];
        if !fits(&image) || !fits(&kernel) || !fits(&output) {
            return broken("sizes", "must fit into memory");
        }
        Ok(())
    }

    /// The values of the input.
    pub fn input_len(&self) -> usize {
        self.batch * self.in_h * self.in_w * self.in_c
    }

    /// The values of the output.
    pub fn output_len(&self) -> usize {
        self.batch * self.out_h * self.out_w * self.out_c
    }

    /// The values of the kernel.
    pub fn kernel_len(&self) -> usize {
        self.k_h * self.k_w * self.in_c / self.groups * self.out_c
    }
}
