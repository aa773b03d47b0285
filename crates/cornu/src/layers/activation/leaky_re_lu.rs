//! The leaky rectifier.

use cornu_graph::Tensor;
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, one};
use crate::{Result, activations};

/// `x` above 0, else `negative_slope · x` (Maas et al., 2013). The output has the input's shape.
///
/// The slope defaults to 0.3 here and to 0.2 in [`activations::leaky_relu`], as in Keras.
///
/// ```
/// use cornu::layers::{Input, LayerExt, LeakyReLU};
/// let y = LeakyReLU::new().negative_slope(0.1).apply(Input([8]))?;
/// assert_eq!(y.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeakyReLU {
    #[serde(alias = "alpha")]
    negative_slope: f64,
}

impl Default for LeakyReLU {
    fn default() -> Self {
        LeakyReLU { negative_slope: 0.3 }
    }
}

impl LeakyReLU {
    /// The rectifier with slope 0.3.
    pub fn new() -> Self {
        LeakyReLU::default()
    }

    crate::layer_arguments! {
        /// The slope below 0. Default 0.3.
        negative_slope: f64;
    }
}

impl Layer for LeakyReLU {
    fn class_name(&self) -> &str {
        "LeakyReLU"
    }
    fn config(&self) -> Result<Config> {
        to_config("LeakyReLU", self)
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        Ok(vec![activations::leaky_relu_with(one("LeakyReLU", inputs)?, self.negative_slope)])
    }
}
