//! Adam.

use cornu_graph::{Array, Spec, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{Common, LearningRate, Optimizer, Step};
use crate::{Error, Result, object};

object!(Adam);

/// Running means of the gradient and its square, corrected for their start (Kingma and Ba, 2015).
///
/// `m += (g - m)(1 - β₁)`, `v += (g² - v)(1 - β₂)`, `w -= α · m / (√v + ε)` with
/// `α = learning_rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ)`; with `amsgrad` the largest `v` so far counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Adam {
    /// The name. Default `"adam"`.
    pub name: String,
    /// Default 0.001.
    pub learning_rate: LearningRate,
    /// Clipping, decay, averaging.
    #[serde(flatten)]
    pub common: Common,
    /// How much of the gradient's mean is kept. Default 0.9.
    pub beta_1: f64,
    /// How much of the square's mean is kept. Default 0.999.
    pub beta_2: f64,
    /// Keeps the divisor away from 0; stands outside the root. Default 1e-7.
    pub epsilon: f64,
    /// Whether the largest mean square counts (Reddi et al., 2018). Default: false.
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Adam {
            name: "adam".into(),
            learning_rate: 0.001.into(),
            common: Common::default(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            amsgrad: false,
        }
    }
}

impl Adam {
    /// Adam with a learning rate; other arguments by struct update.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Adam { learning_rate: learning_rate.into(), ..Default::default() }
    }
}

impl Optimizer for Adam {
    fn learning_rate(&self) -> &LearningRate {
        &self.learning_rate
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        let zeros = || Array::zeros(&variable.shape, variable.dtype);
        let mut slots = vec![("momentum", zeros()?), ("velocity", zeros()?)];
        if self.amsgrad {
            slots.push(("velocity_hat", zeros()?));
        }
        Ok(slots)
    }

    fn slots_together(&self) -> usize {
        2
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        let [m, v, rest @ ..] = step.slots else {
            return Err(Error::format("Adam", "a slot is missing"));
        };
        let g = step.gradient;
        let t = step.iteration + 1.0;
        let power = |beta: f64| ops::power(&ops::number_like(&t, beta), &t);
        let alpha = step.learning_rate * ops::sqrt(&(1.0 - power(self.beta_2)))
            / (1.0 - power(self.beta_1));
        let m = m + (g - m) * (1.0 - self.beta_1);
        let v = v + (ops::square(g) - v) * (1.0 - self.beta_2);
        let mut next = vec![m.clone(), v.clone()];
        let largest = match rest {
            [hat, ..] => {
                let hat = ops::maximum(hat, &v);
                next.push(hat.clone());
                hat
            }
            [] => v,
        };
        let descent = m * alpha / (ops::sqrt(&largest) + self.epsilon);
        Ok((step.variable - descent, next))
    }
}
