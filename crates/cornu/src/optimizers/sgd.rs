//! Stochastic gradient descent.

use cornu_graph::{Array, Spec, Tensor};
use serde::{Deserialize, Serialize};

use super::{Common, LearningRate, Optimizer, Step};
use crate::{Error, Result, object};

object!(SGD);

/// `w -= learning_rate · g`; with momentum `v = momentum · v - learning_rate · g`, `w += v`.
///
/// Nesterov's form looks ahead: `w += momentum · v - learning_rate · g` (Sutskever et al., 2013).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct SGD {
    /// The name. Default `"SGD"`.
    pub name: String,
    /// Default 0.01.
    pub learning_rate: LearningRate,
    /// Clipping, decay, averaging.
    #[serde(flatten)]
    pub common: Common,
    /// How much of the last step is kept, in `[0, 1]`. Default 0.
    pub momentum: f64,
    /// Whether to look ahead. Default: false.
    pub nesterov: bool,
}

impl Default for SGD {
    fn default() -> Self {
        SGD {
            name: "SGD".into(),
            learning_rate: 0.01.into(),
            common: Common::default(),
            momentum: 0.0,
            nesterov: false,
        }
    }
}

impl SGD {
    /// SGD with a learning rate; other arguments by struct update.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        SGD { learning_rate: learning_rate.into(), ..Default::default() }
    }
}

impl Optimizer for SGD {
    fn learning_rate(&self) -> &LearningRate {
        &self.learning_rate
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        if self.momentum == 0.0 {
            return Ok(Vec::new());
        }
        Ok(vec![("momentum", Array::zeros(&variable.shape, variable.dtype)?)])
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(Error::invalid("SGD", "momentum", "must be in [0, 1]", self.momentum));
        }
        let descent = step.learning_rate * step.gradient;
        let [velocity] = step.slots else { return Ok((step.variable - descent, Vec::new())) };
        let velocity = velocity * self.momentum - &descent;
        let next = if self.nesterov {
            step.variable + &velocity * self.momentum - descent
        } else {
            step.variable + &velocity
        };
        Ok((next, vec![velocity]))
    }
}
