//! The exponential linear unit.

use cornu_graph::Tensor;
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, one};
use crate::{Result, activations};

/// `x` above 0, else `alpha · (exp(x) - 1)` (Clevert et al., 2016). The output has the input's shape.
///
/// ```
/// use cornu::layers::{ELU, Input, LayerExt};
/// assert_eq!(ELU::new().alpha(0.3).apply(Input([8]))?.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ELU {
    alpha: f64,
}

impl Default for ELU {
    fn default() -> Self {
        ELU { alpha: 1.0 }
    }
}

impl ELU {
    /// The unit with `alpha` 1.
    pub fn new() -> Self {
        ELU::default()
    }

    crate::layer_arguments! {
        /// The limit below 0, negated. Default 1.
        alpha: f64;
    }
}

impl Layer for ELU {
    fn class_name(&self) -> &str {
        "ELU"
    }
    fn config(&self) -> Result<Config> {
        to_config("ELU", self)
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        Ok(vec![activations::elu_with(one("ELU", inputs)?, self.alpha)])
    }
}
