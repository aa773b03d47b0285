//! The softmax.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Axes, Context, Layer, one};

/// `exp(x) / Σ exp(x)` along an axis, or over several together. The output has the input's shape.
///
/// ```
/// use cornu::layers::{Input, LayerExt, Softmax};
/// assert_eq!(Softmax::new().axis([1, 2]).apply(Input([3, 4]))?.shape(), [None, Some(3), Some(4)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Softmax {
    axis: Axes,
}

impl Default for Softmax {
    fn default() -> Self {
        Softmax { axis: Axes::One(-1) }
    }
}

impl Softmax {
    /// Along the last axis.
    pub fn new() -> Self {
        Softmax::default()
    }

    crate::layer_arguments! {
        /// The axis or axes whose elements share a sum of 1. Default -1.
        axis: Axes;
    }
}

impl Layer for Softmax {
    fn class_name(&self) -> &str {
        "Softmax"
    }
    fn config(&self) -> Result<Config> {
        to_config("Softmax", self)
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("Softmax", inputs)?;
        self.axis.resolve("Softmax", x.ndim())?;
        Ok(vec![ops::softmax(x, self.axis.list())])
    }
}
