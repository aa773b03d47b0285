//! Adagrad.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step, filled};
use crate::{Error, Result};

optimizer! {
    /// Gradients over the root of the sum of their squares so far (Duchi et al., 2011).
    ///
    /// `a += g²`, `w -= learning_rate · g / √(a + epsilon)`.
    Adagrad("adagrad", 0.001, None) {
        /// Where the sum starts. Default 0.1.
        initial_accumulator_value: f64 = 0.1;
        /// Keeps the root away from 0. Default 1e-7.
        epsilon: f64 = 1e-7;
    }
}

impl Optimizer for Adagrad {
    arguments!();

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        let start = filled(variable, self.initial_accumulator_value)?;
        Ok(vec![("accumulator", start)])
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        let [sum] = step.slots else { return Err(Error::format("Adagrad", "a slot is missing")) };
        let sum = sum + ops::square(step.gradient);
        let descent = step.learning_rate * step.gradient / ops::sqrt(&(&sum + self.epsilon));
        Ok((step.variable - descent, vec![sum]))
    }
}
