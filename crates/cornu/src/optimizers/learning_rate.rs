//! A learning rate: a number, or a schedule of the iteration.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::schedules::LearningRateSchedule;
use crate::config::Choice;

/// A constant learning rate, or one that follows the iteration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LearningRate {
    /// A number.
    Constant(f64),
    /// A function of the iteration.
    Schedule(Choice<dyn LearningRateSchedule>),
}

impl From<f64> for LearningRate {
    fn from(rate: f64) -> Self {
        LearningRate::Constant(rate)
    }
}

impl<S: LearningRateSchedule + 'static> From<S> for LearningRate {
    fn from(schedule: S) -> Self {
        LearningRate::Schedule(Choice::Object(Arc::new(schedule)))
    }
}
