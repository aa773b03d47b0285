//! RMSprop.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step};
use crate::{Error, Result};

optimizer! {
    /// Gradients over the root of their running mean square (Tieleman and Hinton, 2012).
    ///
    /// `v = rho · v + (1 - rho) · g²`, `w -= learning_rate · g / √(v + epsilon)`; the epsilon stands inside the
    /// root, as in Keras.
    RMSprop("rm_sprop", 0.001, None) {
        /// How much of the running mean is kept. Default 0.9.
        rho: f64 = 0.9;
        /// How much of the last step is kept. Default 0.
        momentum: f64 = 0.0;
        /// Keeps the root away from 0. Default 1e-7.
        epsilon: f64 = 1e-7;
        /// Whether the variance takes the place of the mean square. Default: false.
        centered: bool = false;
    }
}

impl Optimizer for RMSprop {
    arguments!();

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        let zeros = || Array::zeros(&variable.shape, variable.dtype);
        let mut slots = vec![("velocity", zeros()?)];
        if self.momentum > 0.0 {
            slots.push(("momentum", zeros()?));
        }
        if self.centered {
            slots.push(("average_gradient", zeros()?));
        }
        Ok(slots)
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        if !(0.0..=1.0).contains(&self.rho) {
            return Err(Error::invalid("RMSprop", "rho", "must be in [0, 1]", self.rho));
        }
        let g = step.gradient;
        let [old, ..] = step.slots else {
            return Err(Error::format("RMSprop", "a slot is missing"));
        };
        let running = |old: &Tensor, value: &Tensor| old * self.rho + value * (1.0 - self.rho);
        let velocity = running(old, &ops::square(g));
        let mut next = vec![velocity.clone()];
        let last = if self.momentum > 0.0 { step.slots.get(1) } else { None };
        let mean = match (self.centered, step.slots.last()) {
            (true, Some(old)) => Some(running(old, g)),
            _ => None,
        };
        let variance = match &mean {
            Some(mean) => velocity - ops::square(mean),
            None => velocity,
        };
        let descent = step.learning_rate * g * ops::rsqrt(&(variance + self.epsilon));
        let move_by = match last {
            Some(last) => {
                let moved = last * self.momentum + &descent;
                next.push(moved.clone());
                moved
            }
            None => descent,
        };
        next.extend(mean);
        Ok((step.variable - move_by, next))
    }
}
