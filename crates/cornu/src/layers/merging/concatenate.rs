//! Inputs one after another.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer};

/// The inputs one after another along an axis. Shapes must agree on all other axes.
///
/// ```
/// use cornu::layers::{Concatenate, Input, LayerExt};
/// let y = Concatenate::new().apply([&Input([4]), &Input([2])])?;
/// assert_eq!(y.shape(), [None, Some(6)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Concatenate {
    axis: isize,
}

impl Default for Concatenate {
    fn default() -> Self {
        Concatenate { axis: -1 }
    }
}

impl Concatenate {
    /// Along the last axis.
    pub fn new() -> Self {
        Concatenate::default()
    }

    crate::layer_arguments! { exact
        /// The axis. Default -1.
        axis: isize;
    }
}

impl Layer for Concatenate {
    fn class_name(&self) -> &str {
        "Concatenate"
    }
    fn config(&self) -> Result<Config> {
        to_config("Concatenate", self)
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        Ok(vec![ops::concatenate(inputs, self.axis)])
    }
}
