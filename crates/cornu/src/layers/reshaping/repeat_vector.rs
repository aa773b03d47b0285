//! Copies of a vector.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::{Error, Result};

/// `n` copies of each sample: `(batch, features)` becomes `(batch, n, features)`.
///
/// ```
/// use cornu::layers::{Input, LayerExt, RepeatVector};
/// assert_eq!(RepeatVector::new(3).apply(Input([32]))?.shape(), [None, Some(3), Some(32)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatVector {
    n: usize,
}

impl RepeatVector {
    /// A layer that copies `n` times.
    pub fn new(n: usize) -> Self {
        RepeatVector { n }
    }
}

impl Layer for RepeatVector {
    fn class_name(&self) -> &str {
        "RepeatVector"
    }

    fn config(&self) -> Result<Config> {
        to_config("RepeatVector", self)
    }

    fn build(&mut self, inputs: &[Shape], _: &mut Weights) -> Result<()> {
        if self.n == 0 {
            return Err(Error::invalid("RepeatVector", "n", "must be at least 1", "n=0"));
        }
        match inputs {
            [shape] if shape.len() == 2 => Ok(()),
            _ => {
                let rule = "must be one of (batch, features)";
                Err(Error::invalid("RepeatVector", "inputs", rule, format!("{inputs:?}")))
            }
        }
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = ops::expand_dims(one("RepeatVector", inputs)?, 1);
        x.check()?;
        Ok(vec![ops::broadcast_to(&x, &[x.shape()[0], self.n, x.shape()[2]])])
    }
}
