//! Pooling over whole images.

use std::marker::PhantomData;

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{Average, Max, PoolingKind};
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::spatial::image_shape;
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::nn::{DataFormat, Size, Spatial};

/// Pooling of kind `K` over all of the spatial axes of `S`: [`GlobalMaxPooling2D`],
/// [`GlobalAveragePooling2D`] and their like for one and three axes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct GlobalPooling<K: PoolingKind, S: Spatial> {
    data_format: DataFormat,
    keepdims: bool,
    #[serde(skip)]
    kind: PhantomData<(K, S)>,
}

/// The mean of each channel.
///
/// Input: `(batch, height, width, channels)`; output: `(batch, channels)`, or with `keepdims`
/// `(batch, 1, 1, channels)`.
///
/// ```
/// use cornu::layers::{GlobalAveragePooling2D, Input, LayerExt};
/// let y = GlobalAveragePooling2D::new().apply(Input([7, 7, 64]))?;
/// assert_eq!(y.shape(), [None, Some(64)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type GlobalAveragePooling2D = GlobalPooling<Average, Size<2>>;

/// [`GlobalAveragePooling2D`] over one axis: `(batch, steps, channels)`.
pub type GlobalAveragePooling1D = GlobalPooling<Average, Size<1>>;

/// [`GlobalAveragePooling2D`] over three axes: `(batch, depth, height, width, channels)`.
pub type GlobalAveragePooling3D = GlobalPooling<Average, Size<3>>;

/// The largest value of each channel. Shapes as in [`GlobalAveragePooling2D`].
///
/// ```
/// use cornu::layers::{GlobalMaxPooling2D, Input, LayerExt};
/// let y = GlobalMaxPooling2D::new().keepdims(true).apply(Input([7, 7, 64]))?;
/// assert_eq!(y.shape(), [None, Some(1), Some(1), Some(64)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type GlobalMaxPooling2D = GlobalPooling<Max, Size<2>>;

/// [`GlobalMaxPooling2D`] over one axis: `(batch, steps, channels)`.
pub type GlobalMaxPooling1D = GlobalPooling<Max, Size<1>>;

/// [`GlobalMaxPooling2D`] over three axes: `(batch, depth, height, width, channels)`.
pub type GlobalMaxPooling3D = GlobalPooling<Max, Size<3>>;

impl<K: PoolingKind, S: Spatial> Default for GlobalPooling<K, S> {
    fn default() -> Self {
        GlobalPooling { data_format: DataFormat::ChannelsLast, keepdims: false, kind: PhantomData }
    }
}

impl<K: PoolingKind, S: Spatial> GlobalPooling<K, S> {
    /// One value per channel.
    pub fn new() -> Self {
        Self::default()
    }

    crate::layer_arguments! {
        /// `"channels_last"` or `"channels_first"`. Default: `"channels_last"`.
        data_format: DataFormat;
        /// Whether the spatial axes stay, with size 1. Default: false.
        keepdims: bool;
    }
}

impl<K: PoolingKind, S: Spatial> Layer for GlobalPooling<K, S> {
    fn class_name(&self) -> &str {
        match (K::MAX, S::RANK) {
            (true, 1) => "GlobalMaxPooling1D",
            (true, 2) => "GlobalMaxPooling2D",
            (true, _) => "GlobalMaxPooling3D",
            (false, 1) => "GlobalAveragePooling1D",
            (false, 2) => "GlobalAveragePooling2D",
            (false, _) => "GlobalAveragePooling3D",
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
        let first = if self.data_format == DataFormat::ChannelsFirst { 2 } else { 1 };
        let axes: Vec<isize> = (first..first + S::RANK as isize).collect();
        let pool = if K::MAX { ops::max } else { ops::mean };
        Ok(vec![pool(x, &axes, self.keepdims)])
    }
}
