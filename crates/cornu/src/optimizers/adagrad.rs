//! Adagrad.

use cornu_graph::{Array, Spec, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{Common, LearningRate, Optimizer, Step};
use crate::{Error, Result, object};

object!(Adagrad);

/// Gradients over the root of the sum of their squares so far (Duchi et al., 2011).
///
/// `a += g²`, `w -= learning_rate · g / √(a + epsilon)`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Adagrad {
    /// The name. Default `"adagrad"`.
    pub name: String,
    /// Default 0.001.
    pub learning_rate: LearningRate,
    /// Clipping, decay, averaging.
    #[serde(flatten)]
    pub common: Common,
    /// Where the sum starts. Default 0.1.
    pub initial_accumulator_value: f64,
    /// Keeps the root away from 0. Default 1e-7.
    pub epsilon: f64,
}

impl Default for Adagrad {
    fn default() -> Self {
        Adagrad {
            name: "adagrad".into(),
            learning_rate: 0.001.into(),
            common: Common::default(),
            initial_accumulator_value: 0.1,
            epsilon: 1e-7,
        }
    }
}

impl Adagrad {
    /// Adagrad with a learning rate; other arguments by struct update.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        Adagrad { learning_rate: learning_rate.into(), ..Default::default() }
    }
}

impl Optimizer for Adagrad {
    fn learning_rate(&self) -> &LearningRate {
        &self.learning_rate
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        let start = cornu_graph::with_dtype!(variable.dtype, T => {
            let start = <T as cornu_graph::Element>::from_f64(self.initial_accumulator_value);
            Array::full(&variable.shape, start)
        })?;
        Ok(vec![("accumulator", start)])
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        let [sum] = step.slots else { return Err(Error::format("Adagrad", "a slot is missing")) };
        let sum = sum + ops::square(step.gradient);
        let descent = step.learning_rate * step.gradient / ops::sqrt(&(&sum + self.epsilon));
        Ok((step.variable - descent, vec![sum]))
    }
}
