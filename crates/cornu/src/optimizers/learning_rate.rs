//! A learning rate: a number, or a schedule of the iteration.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::schedules::LearningRateSchedule;
use crate::config::{Choice, deserialize_object};

/// A constant learning rate, or one that follows the iteration.
///
/// In a config a constant is written as Keras writes it: rounded to `float32`, which its variable has.
#[derive(Debug, Clone)]
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

impl Serialize for LearningRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            LearningRate::Constant(rate) => serializer.serialize_f64(f64::from(*rate as f32)),
            LearningRate::Schedule(schedule) => schedule.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for LearningRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Some(rate) = value.as_f64() {
            return Ok(LearningRate::Constant(rate));
        }
        let schedule = deserialize_object(&value).map_err(serde::de::Error::custom)?;
        Ok(LearningRate::Schedule(Choice::Object(schedule)))
    }
}
