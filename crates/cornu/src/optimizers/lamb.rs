//! Lamb.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step};
use crate::{Error, Result};

optimizer! {
    /// Adam with steps in proportion to each variable's norm, for large batches (You et al., 2020).
    ///
    /// `m` and `v` as in [`Adam`](super::Adam), `u = (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε)`,
    /// `w -= learning_rate · |w| / |u| · u`; where a norm is 0, the proportion is 1.
    Lamb("lamb", 0.001, None) {
        /// How much of the gradient's mean is kept. Default 0.9.
        beta_1: f64 = 0.9;
        /// How much of the square's mean is kept. Default 0.999.
        beta_2: f64 = 0.999;
        /// Keeps the divisor away from 0. Default 1e-7.
        epsilon: f64 = 1e-7;
    }
}

impl Optimizer for Lamb {
    arguments!();

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        let zeros = || Array::zeros(&variable.shape, variable.dtype);
        Ok(vec![("momentum", zeros()?), ("velocity", zeros()?)])
    }

    fn slots_together(&self) -> usize {
        2
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        let [m, v] = step.slots else { return Err(Error::format("Lamb", "a slot is missing")) };
        let g = step.gradient;
        let t = step.iteration + 1.0;
        let left = |beta: f64| 1.0 - ops::power(&ops::number_like(&t, beta), &t);
        let m = m + (g - m) * (1.0 - self.beta_1);
        let v = v + (ops::square(g) - v) * (1.0 - self.beta_2);
        let root = ops::sqrt(&(&v / left(self.beta_2)));
        let update = &m / left(self.beta_1) / (root + self.epsilon);
        let norm = |x: &Tensor| ops::sqrt(&ops::sum(&ops::square(x), &[], false));
        let (weight, length) = (norm(step.variable), norm(&update));
        let (zero, one) = (ops::zeros_like(&length), ops::ones_like(&length));
        let both = ops::logical_and(&ops::greater(&weight, &zero), &ops::greater(&length, &zero));
        // The divisor is 1 where it is not used.
        let ratio = weight / ops::where_(&both, &length, &one);
        let ratio = ops::where_(&both, &ratio, &one);
        Ok((step.variable - ratio * step.learning_rate * update, vec![m, v]))
    }
}
