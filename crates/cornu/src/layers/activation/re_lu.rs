//! The rectifier.

use cornu_graph::Tensor;
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::{Error, Result, activations};

/// `max(x, 0)`, with a slope below a threshold and a ceiling. The output has the input's shape.
///
/// ```
/// use cornu::layers::{Input, LayerExt, ReLU};
/// assert_eq!(ReLU::new().max_value(6.0).apply(Input([8]))?.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReLU {
    max_value: Option<f64>,
    negative_slope: f64,
    threshold: f64,
}

impl ReLU {
    /// The plain rectifier.
    pub fn new() -> Self {
        ReLU::default()
    }

    crate::layer_arguments! {
        /// The slope below the threshold. Default 0.
        negative_slope: f64;
        /// Below it values are damped. Default 0.
        threshold: f64;
    }

    crate::layer_arguments! { optional
        /// The largest value. Default: none.
        max_value: f64;
    }
}

impl Layer for ReLU {
    fn class_name(&self) -> &str {
        "ReLU"
    }
    fn config(&self) -> Result<Config> {
        to_config("ReLU", self)
    }
    fn build(&mut self, _: &[Shape], _: &mut Weights) -> Result<()> {
        for (name, value) in [
            ("max_value", self.max_value.unwrap_or(0.0)),
            ("negative_slope", self.negative_slope),
            ("threshold", self.threshold),
        ] {
            if value.is_nan() || value < 0.0 {
                let received = format!("{name}={value}");
                return Err(Error::invalid("ReLU", name, "must not be negative", received));
            }
        }
        Ok(())
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("ReLU", inputs)?;
        let slope = self.negative_slope;
        Ok(vec![activations::relu_with(x, slope, self.max_value, self.threshold)])
    }
}
