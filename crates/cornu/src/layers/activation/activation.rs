//! Any activation function as a layer.

use cornu_graph::Tensor;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::activations;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};

/// Applies an activation function. The output has the input's shape (half of it on one axis for `"glu"`).
///
/// ```
/// use cornu::layers::{Activation, Input, LayerExt};
/// let y = Activation::new("gelu").apply(Input([8]))?;
/// assert_eq!(y.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    activation: activations::Activation,
}

impl Activation {
    /// A layer of a function by name (`"relu"`) or of one's own
    /// ([`activations::Activation::new`](crate::activations::Activation::new)).
    pub fn new(activation: impl Into<activations::Activation>) -> Self {
        Activation { activation: activation.into() }
    }
}

impl Layer for Activation {
    fn class_name(&self) -> &str {
        "Activation"
    }
    fn config(&self) -> Result<Config> {
        to_config("Activation", self)
    }
    fn build(&mut self, _: &[Shape], _: &mut Weights) -> Result<()> {
        self.activation.check()
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        Ok(vec![self.activation.call(one("Activation", inputs)?)])
    }
}
