//! A linear map of all values.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::Numbers;
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, one};

/// `x · scale + offset`, for one number or one per feature; the output has the input's shape.
///
/// ```
/// use cornu::layers::{Input, LayerExt, Rescaling};
/// let y = Rescaling::new(1.0 / 127.5).offset(-1.0).apply(Input([28, 28, 1]))?;
/// assert_eq!(y.shape(), [None, Some(28), Some(28), Some(1)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rescaling {
    scale: Numbers,
    #[serde(default = "nothing")]
    offset: Numbers,
}

fn nothing() -> Numbers {
    Numbers::One(0.0)
}

impl Rescaling {
    /// A map without an offset.
    pub fn new(scale: impl Into<Numbers>) -> Self {
        Rescaling { scale: scale.into(), offset: nothing() }
    }

    crate::layer_arguments! {
        /// What is added. Default 0.
        offset: Numbers;
    }
}

impl Layer for Rescaling {
    fn class_name(&self) -> &str {
        "Rescaling"
    }
    fn config(&self) -> Result<Config> {
        to_config("Rescaling", self)
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("Rescaling", inputs)?;
        let x = ops::cast(x, x.dtype().to_float());
        Ok(vec![&x * self.scale.like(&x)? + self.offset.like(&x)?])
    }
}
