//! Zeros around images.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::spatial::image_shape;
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::nn::{DataFormat, Size, Spatial};

/// Zeros around the spatial axes of `S`: [`ZeroPadding1D`], [`ZeroPadding2D`], [`ZeroPadding3D`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct ZeroPadding<S: Spatial> {
    padding: S::Sides,
    data_format: DataFormat,
}

/// Zeros around images.
///
/// Input: `(batch, height, width, channels)`; output: the same with
/// `height + top + bottom` and `width + left + right`.
///
/// ```
/// use cornu::layers::{Input, LayerExt, ZeroPadding2D};
/// let y = ZeroPadding2D::new(((1, 0), (2, 3))).apply(Input([4, 4, 1]))?;
/// assert_eq!(y.shape(), [None, Some(5), Some(9), Some(1)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type ZeroPadding2D = ZeroPadding<Size<2>>;

/// [`ZeroPadding2D`] along one axis: `(batch, steps, channels)`.
pub type ZeroPadding1D = ZeroPadding<Size<1>>;

/// [`ZeroPadding2D`] along three axes: `(batch, depth, height, width, channels)`.
pub type ZeroPadding3D = ZeroPadding<Size<3>>;

impl<S: Spatial> Default for ZeroPadding<S> {
    fn default() -> Self {
        ZeroPadding::new(1)
    }
}

impl<S: Spatial> ZeroPadding<S> {
    /// How many zeros on all sides (`1`), per axis (`[1, 2]`), or before and after per axis
    /// (`((1, 0), (2, 3))`: top, bottom, left, right). Keras's default is 1.
    pub fn new(padding: impl Into<S::Sides>) -> Self {
        ZeroPadding { padding: padding.into(), data_format: DataFormat::ChannelsLast }
    }

    crate::layer_arguments! {
        /// `"channels_last"` or `"channels_first"`. Default: `"channels_last"`.
        data_format: DataFormat;
    }
}

impl<S: Spatial> Layer for ZeroPadding<S> {
    fn class_name(&self) -> &str {
        match S::RANK {
            1 => "ZeroPadding1D",
            2 => "ZeroPadding2D",
            _ => "ZeroPadding3D",
        }
    }

    fn config(&self) -> Result<Config> {
        to_config(self.class_name(), self)
    }

    fn build(&mut self, inputs: &[Shape], _: &mut Weights) -> Result<()> {
        image_shape(self.class_name(), inputs, S::RANK, &self.data_format)?;
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = one(self.class_name(), inputs)?;
        let around = match self.data_format {
            DataFormat::ChannelsFirst => [&[(0, 0), (0, 0)], &self.padding[..]].concat(),
            _ => [&[(0, 0)], &self.padding[..], &[(0, 0)]].concat(),
        };
        Ok(vec![ops::pad(x, &around, 0.0)])
    }
}
