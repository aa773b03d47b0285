//! Initializers that scale their variance with the shape.

use cornu_graph::{Array, DType};
use serde::{Deserialize, Serialize};

use super::Initializer;
use crate::{Result, object, random};

object!(GlorotUniform);

/// Uniform in `±√(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010): the default of most kernels.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GlorotUniform {
    /// The seed; `None` takes the next one of the thread's stream.
    pub seed: Option<u64>,
}

impl Initializer for GlorotUniform {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        let (fan_in, fan_out) = fans(shape);
        let limit = (6.0 / (fan_in + fan_out)).sqrt();
        random::uniform(shape, -limit, limit, dtype, self.seed)
    }
}

/// How many inputs and outputs a unit has: the last two axes, times the receptive field before them.
pub(crate) fn fans(shape: &[usize]) -> (f64, f64) {
    match *shape {
        [] => (1.0, 1.0),
        [n] => (n as f64, n as f64),
        [ref field @ .., inputs, outputs] => {
            let field = field.iter().product::<usize>() as f64;
            (field * inputs as f64, field * outputs as f64)
        }
    }
}
