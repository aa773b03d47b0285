//! All axes but the batch in one.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::nn::DataFormat;

/// All axes but the batch in one: `(batch, …)` becomes `(batch, product of the others)`.
///
/// ```
/// use cornu::layers::{Flatten, Input, LayerExt};
/// assert_eq!(Flatten::new().apply(Input([7, 7, 64]))?.shape(), [None, Some(3136)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Flatten {
    data_format: DataFormat,
}

impl Flatten {
    /// The plain layer.
    pub fn new() -> Self {
        Flatten::default()
    }

    crate::layer_arguments! {
        /// `"channels_first"` moves the channels behind the other axes first, so that weights after it fit
        /// both formats. Default: `"channels_last"`.
        data_format: DataFormat;
    }
}

impl Layer for Flatten {
    fn class_name(&self) -> &str {
        "Flatten"
    }

    fn config(&self) -> Result<Config> {
        to_config("Flatten", self)
    }

    fn build(&mut self, _: &[Shape], _: &mut Weights) -> Result<()> {
        self.data_format.check("Flatten", "data_format")
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = crate::nn::channels_last(one("Flatten", inputs)?, &self.data_format);
        let (batch, rest) = x.shape().split_first().unwrap_or((&1, &[]));
        Ok(vec![ops::reshape(&x, &[*batch, rest.iter().product()])])
    }
}
