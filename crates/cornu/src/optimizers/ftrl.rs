//! Follow the regularized leader.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{arguments, optimizer};
use super::{Optimizer, Step, filled};
use crate::{Error, Result};

optimizer! {
    /// Follow the regularized leader, for sparse models (McMahan et al., 2013).
    ///
    /// With `s = -learning_rate_power` and `n' = n + g²`: `z += g - (n'ˢ - nˢ) / learning_rate · w`,
    /// `w = (clip(z, -l1, l1) - z) / (n'ˢ / learning_rate + 2 · l2)`, where `l2` has `beta / (2 · learning_rate)`
    /// added, and `g` has `2 · shrinkage · w` added where it stands alone.
    Ftrl("ftrl", 0.001, None) {
        /// How the learning rate falls with the sum of squares; at most 0. Default -0.5.
        learning_rate_power: f64 = -0.5;
        /// Where the sum of squares starts; at least 0. Default 0.1.
        initial_accumulator_value: f64 = 0.1;
        /// At least 0. Default 0.
        l1_regularization_strength: f64 = 0.0;
        /// At least 0. Default 0.
        l2_regularization_strength: f64 = 0.0;
        /// At least 0; a penalty on the size of what is learnt. Default 0.
        l2_shrinkage_regularization_strength: f64 = 0.0;
        /// Default 0.
        beta: f64 = 0.0;
    }
}

impl Ftrl {
    fn check(&self) -> Result<()> {
        let invalid =
            |name: &str, rule: &str, value: f64| Err(Error::invalid("Ftrl", name, rule, value));
        let strengths = [
            ("initial_accumulator_value", self.initial_accumulator_value),
            ("l1_regularization_strength", self.l1_regularization_strength),
            ("l2_regularization_strength", self.l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength),
        ];
        match strengths.into_iter().find(|(_, value)| value.is_nan() || *value < 0.0) {
            Some((name, value)) => invalid(name, "must be at least 0", value),
            None if self.learning_rate_power > 0.0 => {
                invalid("learning_rate_power", "must be at most 0", self.learning_rate_power)
            }
            None => Ok(()),
        }
    }
}

impl Optimizer for Ftrl {
    arguments!();

    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        self.check()?;
        let zeros = Array::zeros(&variable.shape, variable.dtype)?;
        let start = filled(variable, self.initial_accumulator_value)?;
        Ok(vec![("accumulator", start), ("linear", zeros)])
    }

    fn slots_together(&self) -> usize {
        2
    }

    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        let [squares, linear] = step.slots else {
            return Err(Error::format("Ftrl", "a slot is missing"));
        };
        let (w, g, rate) = (step.variable, step.gradient, step.learning_rate);
        let power = |x: &Tensor| ops::power_number(x, -self.learning_rate_power);
        let l2 = self.beta / (rate * 2.0) + self.l2_regularization_strength;
        let shrunk = g + w * (2.0 * self.l2_shrinkage_regularization_strength);
        let next = squares + ops::square(g);
        let linear = linear + shrunk - (power(&next) - power(squares)) / rate * w;
        let quadratic = power(&next) / rate + l2 * 2.0;
        let l1 = self.l1_regularization_strength;
        let weight = (ops::clip(&linear, -l1, l1) - &linear) / quadratic;
        Ok((weight, vec![next, linear]))
    }
}
