//! Larger images.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::spatial::{check_windows, image_shape};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::nn::{self, DataFormat, Interpolation, Padding, Size};

/// Images stretched by whole factors.
///
/// Input: `(batch, height, width, channels)`; output: `(batch, height · size[0], width · size[1], channels)`.
/// Bilinear interpolation puts a pixel's value at its centre, as `keras.ops.image.resize` does.
///
/// ```
/// use cornu::layers::{Input, LayerExt, UpSampling2D};
/// let y = UpSampling2D::new(2).interpolation("bilinear").apply(Input([7, 7, 8]))?;
/// assert_eq!(y.shape(), [None, Some(14), Some(14), Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpSampling2D {
    size: Size<2>,
    data_format: DataFormat,
    interpolation: Interpolation,
}

impl Default for UpSampling2D {
    fn default() -> Self {
        UpSampling2D::new(2)
    }
}

impl UpSampling2D {
    /// Factors for height and width: `2` or `[2, 3]`; Keras's default is 2.
    pub fn new(size: impl Into<Size<2>>) -> Self {
        UpSampling2D {
            size: size.into(),
            data_format: DataFormat::ChannelsLast,
            interpolation: Interpolation::Nearest,
        }
    }

    crate::layer_arguments! {
        /// `"channels_last"` or `"channels_first"`. Default: `"channels_last"`.
        data_format: DataFormat;
        /// `"nearest"` or `"bilinear"`. Default: `"nearest"`.
        interpolation: Interpolation;
    }
}

impl Layer for UpSampling2D {
    fn class_name(&self) -> &str {
        "UpSampling2D"
    }

    fn config(&self) -> Result<Config> {
        to_config("UpSampling2D", self)
    }

    fn build(&mut self, inputs: &[Shape], _: &mut Weights) -> Result<()> {
        image_shape("UpSampling2D", inputs, 2, &self.data_format)?;
        self.interpolation.check("UpSampling2D", "interpolation")?;
        check_windows("UpSampling2D", &[("size", &self.size)], &Padding::Valid, false)
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let mut y = one("UpSampling2D", inputs)?.clone();
        let first = if self.data_format == DataFormat::ChannelsFirst { 2 } else { 1 };
        if self.interpolation == Interpolation::Bilinear {
            y = ops::cast(&y, y.dtype().to_float());
        }
        for (axis, &factor) in (first..).zip(self.size.iter()).filter(|(_, f)| **f != 1) {
            y = match self.interpolation {
                Interpolation::Bilinear => {
                    let size = y.shape()[axis as usize].saturating_mul(factor);
                    nn::resize_bilinear(&y, axis, size)
                }
                _ => nn::repeat(&y, factor, axis),
            };
            y.check()?;
        }
        Ok(vec![y])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};

    #[test]
    fn wrong_arguments_are_named() {
        let error = |l: UpSampling2D| l.apply(Input([2, 2, 1])).unwrap_err().to_string();
        assert!(error(UpSampling2D::new([2, 0])).contains("size=[2, 0]"));
        let words = error(UpSampling2D::new(2).interpolation("cubic"));
        assert!(words.contains("nearest, bilinear"), "{words}");
    }
}
