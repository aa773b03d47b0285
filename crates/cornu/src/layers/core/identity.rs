//! Nothing at all.

use cornu_graph::Tensor;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer};

/// Gives its inputs on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {}

impl Identity {
    /// The layer; it has no arguments.
    pub fn new() -> Self {
        Identity {}
    }
}

impl Layer for Identity {
    fn class_name(&self) -> &str {
        "Identity"
    }
    fn config(&self) -> Result<Config> {
        to_config("Identity", self)
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        Ok(inputs.to_vec())
    }
}
