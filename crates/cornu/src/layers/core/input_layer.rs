//! The entry of a model.

use cornu_graph::{DType, Tensor};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape};

/// The entry of a model: gives its input on. [`crate::layers::Input`] makes one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputLayer {
    #[serde(alias = "batch_input_shape")]
    batch_shape: Shape,
    dtype: DType,
    #[serde(default)]
    sparse: bool,
    #[serde(default)]
    ragged: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    optional: Option<bool>,
}

impl InputLayer {
    /// An entry for inputs of a shape that includes the batch.
    pub fn new(batch_shape: Shape, dtype: DType) -> Self {
        InputLayer { batch_shape, dtype, sparse: false, ragged: false, optional: None }
    }

    /// The shape, the batch included.
    pub fn shape(&self) -> &Shape {
        &self.batch_shape
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }
}

impl Layer for InputLayer {
    fn class_name(&self) -> &str {
        "InputLayer"
    }
    fn config(&self) -> Result<Config> {
        to_config("InputLayer", self)
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        Ok(inputs.to_vec())
    }
}
