//! Adamax.

use cornu_graph::{Array, Spec, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{Common, LearningRate, Optimizer, Step};
use crate::{Error, Result, object};

object!(Adamax);

/// Adam with the largest gradient in place of the mean square (Kingma and Ba, 2015, section 7).
///
/// `m += (g - m)(1 - β₁)`, `u = max(β₂ · u, |g|)`, `w -= learning_rate / (1 - β₁ᵗ) · m / (u + ε)`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Adamax {
    /// The name. Default `"adamax"`.
    pub name: String,
    /// Default 0.001.
    pub learning_rate: LearningRate,
    /// Clipping, decay, averaging.
    #[serde(flatten)]
    pub common: Common,
    /// How much of the gradient's mean is kept. Default 0.9.
    pub beta_1: f64,
    /// How fast the largest gradient is forgotten. Default 0.999.
    pub beta_2: f64,
    /// Keeps the divisor away from 0. Default 1e-7.
    pub epsilon: f64,
}

impl Default for Adamax {
    fn default() -> Self {
        Adamax {
            name: "adamax".into(),
            learning_rate: 0.001.into(),
            common: Common::default(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
        }
    }
}

impl Adamax {
    /// Adamax with a learning rate; other arguments by struct update.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Adamax { learning_rate: learning_rate.into(), ..Default::default() }
    }
}

impl Optimizer for Adamax {
    fn learning_rate(&self) -> &LearningRate {
        &self.learning_rate
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        let zeros = || Array::zeros(&variable.shape, variable.dtype);
        Ok(vec![("momentum", zeros()?), ("norm", zeros()?)])
    }

    fn slots_together(&self) -> usize {
        2
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        let [m, u] = step.slots else { return Err(Error::format("Adamax", "a slot is missing")) };
        let g = step.gradient;
        let t = step.iteration + 1.0;
        let m = m + (g - m) * (1.0 - self.beta_1);
        let u = ops::maximum(&(u * self.beta_2), &ops::abs(g));
        let correction = 1.0 - ops::power(&ops::number_like(&t, self.beta_1), &t);
        let descent = step.learning_rate * &m / (correction * (&u + self.epsilon));
        Ok((step.variable - descent, vec![m, u]))
    }
}
