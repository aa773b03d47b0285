//! Adamax.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step};
use crate::{Error, Result};

optimizer! {
    /// Adam with the largest gradient in place of the mean square (Kingma and Ba, 2015, section 7).
    ///
    /// `m += (g - m)(1 - β₁)`, `u = max(β₂ · u, |g|)`, `w -= learning_rate / (1 - β₁ᵗ) · m / (u + ε)`.
    Adamax("adamax", 0.001, None) {
        /// How much of the gradient's mean is kept. Default 0.9.
        beta_1: f64 = 0.9;
        /// How fast the largest gradient is forgotten. Default 0.999.
        beta_2: f64 = 0.999;
        /// Keeps the divisor away from 0. Default 1e-7.
        epsilon: f64 = 1e-7;
    }
}

impl Optimizer for Adamax {
    arguments!();

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
