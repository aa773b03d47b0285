//! Stochastic gradient descent.

use cornu_graph::{Array, Spec, Tensor};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step};
use crate::{Error, Result};

optimizer! {
    /// `w -= learning_rate · g`; with momentum `v = momentum · v - learning_rate · g`, `w += v`.
    ///
    /// Nesterov's form looks ahead: `w += momentum · v - learning_rate · g` (Sutskever et al., 2013).
    SGD("sgd", 0.01, None) {
        /// How much of the last step is kept, in `[0, 1]`. Default 0.
        momentum: f64 = 0.0;
        /// Whether to look ahead. Default: false.
        nesterov: bool = false;
    }
}

impl Optimizer for SGD {
    arguments!();

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
