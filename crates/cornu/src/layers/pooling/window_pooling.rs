//! Pooling over windows.

use std::marker::PhantomData;

use cornu_graph::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Average, Max, PoolingKind};
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::spatial::{check_windows, image_shape};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::nn::{self, DataFormat, Padding, Size, Spatial};

/// Pooling of kind `K` over the spatial axes of `S`: [`MaxPooling2D`], [`AveragePooling2D`] and their
/// like for one and three axes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct Pooling<K: PoolingKind, S: Spatial> {
    pool_size: S,
    padding: Padding,
    strides: Option<S>,
    data_format: DataFormat,
    #[serde(skip)]
    kind: PhantomData<K>,
}

/// The largest value of each window; padding never wins.
///
/// Input: `(batch, height, width, channels)`; output: `(batch, new height, new width, channels)`, where a new
/// size is `ceil(size / stride)` with padding `"same"` and `floor((size - pool) / stride) + 1` with `"valid"`.
///
/// ```
/// use cornu::layers::{Input, LayerExt, MaxPooling2D};
/// let y = MaxPooling2D::new(2).apply(Input([9, 9, 4]))?;
/// assert_eq!(y.shape(), [None, Some(4), Some(4), Some(4)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type MaxPooling2D = Pooling<Max, Size<2>>;

/// [`MaxPooling2D`] over one axis: `(batch, steps, channels)`.
pub type MaxPooling1D = Pooling<Max, Size<1>>;

/// [`MaxPooling2D`] over three axes: `(batch, depth, height, width, channels)`.
pub type MaxPooling3D = Pooling<Max, Size<3>>;

/// The mean of each window over the cells that lie in the image: padding does not count.
///
/// Shapes as in [`MaxPooling2D`].
///
/// ```
/// use cornu::layers::{AveragePooling2D, Input, LayerExt};
/// let y = AveragePooling2D::new(3).strides(2).padding("same").apply(Input([9, 9, 4]))?;
/// assert_eq!(y.shape(), [None, Some(5), Some(5), Some(4)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type AveragePooling2D = Pooling<Average, Size<2>>;

/// [`AveragePooling2D`] over one axis: `(batch, steps, channels)`.
pub type AveragePooling1D = Pooling<Average, Size<1>>;

/// [`AveragePooling2D`] over three axes: `(batch, depth, height, width, channels)`.
pub type AveragePooling3D = Pooling<Average, Size<3>>;

impl<K: PoolingKind, S: Spatial> Default for Pooling<K, S> {
    fn default() -> Self {
        Pooling::new(2)
    }
}

impl<K: PoolingKind, S: Spatial> Pooling<K, S> {
    /// Windows of a size: `2` or `[2, 3]`; Keras's default is 2.
    pub fn new(pool_size: impl Into<S>) -> Self {
        Pooling {
            pool_size: pool_size.into(),
            padding: Padding::Valid,
            strides: None,
            data_format: DataFormat::ChannelsLast,
            kind: PhantomData,
        }
    }

    crate::layer_arguments! {
        /// `"valid"` or `"same"`. Default: `"valid"`.
        padding: Padding;
        /// `"channels_last"` or `"channels_first"`. Default: `"channels_last"`.
        data_format: DataFormat;
    }

    crate::layer_arguments! { optional
        /// Distance between two windows. Default: the windows' size.
        strides: S;
    }

    fn distance(&self) -> S {
        self.strides.unwrap_or(self.pool_size)
    }
}

impl<K: PoolingKind, S: Spatial> Layer for Pooling<K, S> {
    fn class_name(&self) -> &str {
        match (K::MAX, S::RANK) {
            (true, 1) => "MaxPooling1D",
            (true, 2) => "MaxPooling2D",
            (true, _) => "MaxPooling3D",
            (false, 1) => "AveragePooling1D",
            (false, 2) => "AveragePooling2D",
            (false, _) => "AveragePooling3D",
        }
    }

    fn config(&self) -> Result<Config> {
        let mut config = to_config(self.class_name(), self)?;
        config.insert("strides".into(), json!(self.distance()));
        Ok(config)
    }

    fn build(&mut self, inputs: &[Shape], _: &mut Weights) -> Result<()> {
        let (name, strides) = (self.class_name(), self.distance());
        image_shape(name, inputs, S::RANK, &self.data_format)?;
        let sizes = [("pool_size", &self.pool_size), ("strides", &strides)];
        check_windows(name, &sizes, &self.padding, false)
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = one(self.class_name(), inputs)?;
        let pool = if K::MAX { nn::max_pool } else { nn::average_pool };
        Ok(vec![pool(x, &self.pool_size, &self.distance(), &self.padding, &self.data_format)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};

    #[test]
    fn wrong_arguments_are_named() {
        let error = |l: MaxPooling2D| l.apply(Input([4, 4, 3])).unwrap_err().to_string();
        assert!(error(MaxPooling2D::new(0)).contains("pool_size=[0, 0]"));
        assert!(error(MaxPooling2D::new(2).strides([1, 0])).contains("strides=[1, 0]"));
        assert!(error(MaxPooling2D::new(2).padding("causal")).contains("one of valid, same"));
        assert!(error(MaxPooling2D::new(5)).contains("must not exceed"));
        let flat = AveragePooling2D::new(2).apply(Input([4])).unwrap_err().to_string();
        assert!(flat.starts_with("AveragePooling2D: `inputs`"), "{flat}");
    }

    #[test]
    fn an_empty_config_means_windows_of_two() {
        let layer: MaxPooling2D =
            crate::config::from_config("MaxPooling2D", Config::new()).unwrap();
        assert_eq!(layer.config().unwrap()["strides"], json!([2, 2]));
    }
}
