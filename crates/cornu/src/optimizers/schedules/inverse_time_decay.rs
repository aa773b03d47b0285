//! The decay that older Keras called `decay`.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{LearningRateSchedule, steps};
use crate::object;

object!(InverseTimeDecay);

/// `initial / (1 + decay_rate · iteration / decay_steps)`.
///
/// With `decay_steps` 1 this is the `decay` argument of older Keras: `lr / (1 + decay · t)`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InverseTimeDecay {
    /// The rate at the start. Default 0.001.
    pub initial_learning_rate: f64,
    /// After how many iterations the decay counts once. Default 1.
    #[serde(serialize_with = "steps")]
    pub decay_steps: f64,
    /// The decay. Default 0.
    pub decay_rate: f64,
    /// Whether the rate falls in steps. Default: false.
    pub staircase: bool,
    /// The schedule's name. Default `"InverseTimeDecay"`.
    pub name: String,
}

impl Default for InverseTimeDecay {
    fn default() -> Self {
        InverseTimeDecay {
            initial_learning_rate: 0.001,
            decay_steps: 1.0,
            decay_rate: 0.0,
            staircase: false,
            name: "InverseTimeDecay".into(),
        }
    }
}

impl InverseTimeDecay {
    /// What older Keras called `lr=…, decay=…`: the rate at iteration `t` is `rate / (1 + decay · t)`.
    ///
    /// ```
    /// use cornu::optimizers::{RMSprop, schedules::InverseTimeDecay};
    /// let optimizer = RMSprop::new(InverseTimeDecay::decay(0.0008, 1e-8));
    /// ```
    pub fn decay(rate: f64, decay: f64) -> Self {
        InverseTimeDecay { initial_learning_rate: rate, decay_rate: decay, ..Default::default() }
    }
}

impl LearningRateSchedule for InverseTimeDecay {
    fn call(&self, iteration: &Tensor) -> Tensor {
        let mut times = iteration / self.decay_steps;
        if self.staircase {
            times = ops::floor(&times);
        }
        self.initial_learning_rate / (times * self.decay_rate + 1.0)
    }
}
