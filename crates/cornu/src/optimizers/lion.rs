//! Lion.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step};
use crate::{Error, Result};

optimizer! {
    /// Steps of one size in the direction of a mean of gradients (Chen et al., 2023).
    ///
    /// `w -= learning_rate · sign(β₁ · m + (1 - β₁) · g)`, `m = β₂ · m + (1 - β₂) · g`. A learning rate is three to
    /// ten times smaller than Adam's.
    Lion("lion", 0.001, None) {
        /// How much of the mean counts beside the gradient, in `(0, 1]`. Default 0.9.
        beta_1: f64 = 0.9;
        /// How much of the mean is kept. Default 0.99.
        beta_2: f64 = 0.99;
    }
}

impl Optimizer for Lion {
    arguments!();

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        Ok(vec![("momentum", Array::zeros(&variable.shape, variable.dtype)?)])
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        if !(self.beta_1 > 0.0 && self.beta_1 <= 1.0) {
            return Err(Error::invalid("Lion", "beta_1", "must be in (0, 1]", self.beta_1));
        }
        let [m] = step.slots else { return Err(Error::format("Lion", "a slot is missing")) };
        let mix = |beta: f64| m * beta + step.gradient * (1.0 - beta);
        let descent = step.learning_rate * ops::sign(&mix(self.beta_1));
        Ok((step.variable - descent, vec![mix(self.beta_2)]))
    }
}
