//! Adam with decoupled weight decay.

use cornu_graph::{Array, Spec, Tensor};

use super::define::{arguments, optimizer};
use super::{Adam, Optimizer, Step};
use crate::Result;

optimizer! {
    /// [`Adam`] that shrinks the weights before each update: `w -= w · weight_decay · learning_rate`
    /// (Loshchilov and Hutter, 2019).
    AdamW("adam_w", 0.001, Some(0.004)) {
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

impl AdamW {
    /// The rule without the decay.
    fn adam(&self) -> Adam {
        let AdamW { beta_1, beta_2, epsilon, amsgrad, .. } = *self;
        Adam { beta_1, beta_2, epsilon, amsgrad, ..Adam::default() }
    }
}

impl Optimizer for AdamW {
    arguments!();

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        self.adam().slots(variable)
    }

    fn slots_together(&self) -> usize {
        self.adam().slots_together()
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        self.adam().step(step)
    }
}
