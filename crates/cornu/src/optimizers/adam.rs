//! Adam.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step};
use crate::{Error, Result};

optimizer! {
    /// Running means of the gradient and its square, corrected for their start (Kingma and Ba, 2015).
    ///
    /// `m += (g - m)(1 - β₁)`, `v += (g² - v)(1 - β₂)`, `w -= α · m / (√v + ε)` with
    /// `α = learning_rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ)`; with `amsgrad` the largest `v` so far counts.
    Adam("adam", 0.001, None) {
        /// How much of the gradient's mean is kept. Default 0.9.
        beta_1: f64 = 0.9;
        /// How much of the square's mean is kept. Default 0.999.
        beta_2: f64 = 0.999;
        /// Keeps the divisor away from 0; stands outside the root. Default 1e-7.
        epsilon: f64 = 1e-7;
        /// Whether the largest mean square counts (Reddi et al., 2018). Default: false.
        amsgrad: bool = false;
    }
}

impl Optimizer for Adam {
    arguments!();

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
