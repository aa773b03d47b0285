//! Adadelta.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step};
use crate::{Error, Result};

optimizer! {
    /// Steps as large as the last ones, over the root of the gradients' running mean square (Zeiler, 2012).
    ///
    /// `a = ρ · a + (1 - ρ) · g²`, `δ = √(d + ε) / √(a + ε) · g`, `d = ρ · d + (1 - ρ) · δ²`,
    /// `w -= learning_rate · δ`.
    Adadelta("adadelta", 0.001, None) {
        /// How much of the running means is kept. Default 0.95.
        rho: f64 = 0.95;
        /// Keeps the roots away from 0. Default 1e-7.
        epsilon: f64 = 1e-7;
    }
}

impl Optimizer for Adadelta {
    arguments!();

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        let zeros = || Array::zeros(&variable.shape, variable.dtype);
        Ok(vec![("accumulated_grad", zeros()?), ("accumulated_delta_var", zeros()?)])
    }

    fn slots_together(&self) -> usize {
        2
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        let [squares, moves] = step.slots else {
            return Err(Error::format("Adadelta", "a slot is missing"));
        };
        let running =
            |old: &Tensor, value: &Tensor| old * self.rho + ops::square(value) * (1.0 - self.rho);
        let root = |x: &Tensor| ops::sqrt(&(x + self.epsilon));
        let squares = running(squares, step.gradient);
        let descent = root(moves) * step.gradient / root(&squares);
        let moves = running(moves, &descent);
        Ok((step.variable - step.learning_rate * descent, vec![squares, moves]))
    }
}
