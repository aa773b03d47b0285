//! The rectifier.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, one};

/// `max(x, 0)`, with a slope below a threshold and a ceiling.
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
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("ReLU", inputs)?;
        let threshold = ops::number_like(x, self.threshold);
        let above = ops::greater(x, &threshold);
        let mut y = ops::where_(&above, x, &((x - &threshold) * self.negative_slope));
        if let Some(max) = self.max_value {
            y = ops::minimum(&y, &ops::number_like(&y, max));
        }
        Ok(vec![y])
    }
}
