//! Dropout of whole channels.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::noise::{check_rate, drop};
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::spatial::image_shape;
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::nn::{DataFormat, Size, Spatial};
use crate::random::SeedGenerator;

/// Dropout of whole channels of images of rank `S`: [`SpatialDropout1D`], [`SpatialDropout2D`], [`SpatialDropout3D`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct SpatialDropout<S: Spatial> {
    rate: f64,
    seed: Option<u64>,
    data_format: DataFormat,
    #[serde(skip)]
    seeds: Option<SeedGenerator>,
    #[serde(skip)]
    rank: std::marker::PhantomData<S>,
}

/// In training, sets a share of the channels to 0 and multiplies the others by `1 / (1 - rate)` (Tompson et
/// al., 2015); the identity in inference.
///
/// Input and output: `(batch, height, width, channels)`.
///
/// ```
/// use cornu::layers::{Input, LayerExt, SpatialDropout2D};
/// let y = SpatialDropout2D::new(0.3).apply(Input([8, 8, 4]))?;
/// assert_eq!(y.shape(), [None, Some(8), Some(8), Some(4)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type SpatialDropout2D = SpatialDropout<Size<2>>;

/// [`SpatialDropout2D`] over one axis: `(batch, steps, channels)`.
pub type SpatialDropout1D = SpatialDropout<Size<1>>;

/// [`SpatialDropout2D`] over three axes: `(batch, depth, height, width, channels)`.
pub type SpatialDropout3D = SpatialDropout<Size<3>>;

impl<S: Spatial> Default for SpatialDropout<S> {
    fn default() -> Self {
        SpatialDropout {
            rate: 0.0,
            seed: None,
            data_format: DataFormat::ChannelsLast,
            seeds: None,
            rank: std::marker::PhantomData,
        }
    }
}

impl<S: Spatial> SpatialDropout<S> {
    /// Drops a share `rate` of the channels, from 0 to 1.
    pub fn new(rate: f64) -> Self {
        SpatialDropout { rate, ..Default::default() }
    }

    crate::layer_arguments! {
        /// `"channels_last"` or `"channels_first"`. Default: `"channels_last"`.
        data_format: DataFormat;
    }

    crate::layer_arguments! { exact optional
        /// Makes the draws repeatable. Default: the next seed of the thread's stream.
        seed: u64;
    }
}

impl<S: Spatial> Layer for SpatialDropout<S> {
    fn class_name(&self) -> &str {
        match S::RANK {
            1 => "SpatialDropout1D",
            2 => "SpatialDropout2D",
            _ => "SpatialDropout3D",
        }
    }

    fn config(&self) -> Result<Config> {
        let mut config = to_config(self.class_name(), self)?;
        if S::RANK == 1 {
            // Keras's has the channels last always.
            config.shift_remove("data_format");
        }
        Ok(config)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let name = self.class_name().to_string();
        check_rate(&name, "rate", self.rate, true)?;
        image_shape(&name, inputs, S::RANK, &self.data_format)?;
        self.seeds = Some(weights.seed_generator(self.seed));
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one(self.class_name(), inputs)?;
        if !cx.training() || self.rate == 0.0 {
            return Ok(vec![x.clone()]);
        }
        let x = ops::cast(x, x.dtype().to_float());
        let channels = if self.data_format == DataFormat::ChannelsFirst { 1 } else { x.ndim() - 1 };
        let size = |(i, &d): (usize, &usize)| if i == 0 || i == channels { d } else { 1 };
        let sizes: Vec<usize> = x.shape().iter().enumerate().map(size).collect();
        Ok(vec![drop(self.class_name(), self.rate, &self.seeds, (&x, &sizes), cx)?])
    }
}
