//! Adam with decoupled weight decay.

use cornu_graph::{Array, Spec, Tensor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Adam, Common, LearningRate, Optimizer, Step};
use crate::config::{Config, from_config, to_config};
use crate::{Result, object};

object!(AdamW);

/// [`Adam`] that shrinks the weights before each update: `w -= w · weight_decay · learning_rate`
/// (Loshchilov and Hutter, 2019). Weight decay 0.004 by default.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct AdamW(pub Adam);

impl Default for AdamW {
    fn default() -> Self {
        let common = Common { weight_decay: Some(0.004), ..Common::default() };
        AdamW(Adam { name: "adamw".into(), common, ..Adam::default() })
    }
}

impl AdamW {
    /// AdamW with a learning rate.
    pub fn new(learning_rate: impl Into<LearningRate>) -> Self {
        let mut optimizer = AdamW::default();
        optimizer.0.learning_rate = learning_rate.into();
        optimizer
    }
}

impl<'de> Deserialize<'de> for AdamW {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What is missing has AdamW's default, not Adam's.
        let given = Config::deserialize(deserializer)?;
        let merge = || {
            let mut config = to_config("AdamW", &AdamW::default())?;
            config.extend(given);
            from_config("AdamW", config)
        };
        merge().map(AdamW).map_err(serde::de::Error::custom)
    }
}

impl Optimizer for AdamW {
    fn learning_rate(&self) -> &LearningRate {
        self.0.learning_rate()
    }
    fn common(&self) -> &Common {
        self.0.common()
    }
    fn slots(&self, variable: &Spec) -> Result<Vec<(&'static str, Array)>> {
        self.0.slots(variable)
    }
    fn slots_together(&self) -> usize {
        self.0.slots_together()
    }
    fn step(&self, step: Step) -> Result<(Tensor, Vec<Tensor>)> {
        self.0.step(step)
    }
}
