//! Nadam.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step};
use crate::{Error, Result};

optimizer! {
    /// Adam with Nesterov momentum (Dozat, 2016).
    ///
    /// With `uₜ = β₁(1 - 0.96ᵗ / 2)` and `Uₜ` the product of all up to `t`:
    /// `w -= learning_rate · (uₜ₊₁ · m / (1 - Uₜ₊₁) + (1 - uₜ) · g / (1 - Uₜ)) / (√(v / (1 - β₂ᵗ)) + ε)`.
    Nadam("nadam", 0.001, None) {
        /// How much of the gradient's mean is kept. Default 0.9.
        beta_1: f64 = 0.9;
        /// How much of the square's mean is kept. Default 0.999.
        beta_2: f64 = 0.999;
        /// Keeps the divisor away from 0. Default 1e-7.
        epsilon: f64 = 1e-7;
    }
}

impl Nadam {
    /// The momentum of update `t`, counted from 1.
    fn momentum(&self, t: &Tensor) -> Tensor {
        let decay = ops::power(&ops::number_like(t, 0.96), t);
        (1.0 - decay * 0.5) * self.beta_1
    }
}

impl Optimizer for Nadam {
    arguments!();

    fn globals(&self) -> Vec<(&'static str, Array)> {
        vec![("u_product", Array::scalar(1f32))]
    }

    fn advance(&self, globals: &[Tensor], iteration: &Tensor) -> Vec<Tensor> {
        let u = self.momentum(&(iteration + 1.0));
        globals.iter().map(|product| product * &u).collect()
    }

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        let zeros = || Array::zeros(&variable.shape, variable.dtype);
        Ok(vec![("momentum", zeros()?), ("velocity", zeros()?)])
    }

    fn slots_together(&self) -> usize {
        2
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        let ([m, v], [product]) = (step.slots, step.globals) else {
            return Err(Error::format("Nadam", "a slot is missing"));
        };
        let g = step.gradient;
        let t = step.iteration + 1.0;
        let product = ops::cast(product, g.dtype());
        let (u, next) = (self.momentum(&t), self.momentum(&(&t + 1.0)));
        let m = m + (g - m) * (1.0 - self.beta_1);
        let v = v + (ops::square(g) - v) * (1.0 - self.beta_2);
        let mean = &next * &m / (1.0 - &product * &next) + (1.0 - u) * g / (1.0 - product);
        let square = &v / (1.0 - ops::power(&ops::number_like(&t, self.beta_2), &t));
        let descent = mean * step.learning_rate / (ops::sqrt(&square) + self.epsilon);
        Ok((step.variable - descent, vec![m, v]))
    }
}
