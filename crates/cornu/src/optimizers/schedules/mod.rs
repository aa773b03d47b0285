//! Learning rates that follow the iteration.

use std::sync::OnceLock;

use cornu_graph::Tensor;
use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::config::{Family, Object, Registry};
use crate::entry;

mod decays;
mod inverse_time_decay;

pub use decays::*;
pub use inverse_time_decay::InverseTimeDecay;

/// A learning rate as a function of the iteration.
pub trait LearningRateSchedule: Object {
    /// The rate at an iteration (a `float32` scalar, 0 at the first update).
    fn call(&self, iteration: &Tensor) -> Tensor;
}

crate::config::register!(LearningRateSchedule);

impl Family for dyn LearningRateSchedule {
    const MODULE: &'static str = "keras.optimizers.schedules";
    const KIND: &'static str = "schedule";

    fn registry() -> &'static Registry<dyn LearningRateSchedule> {
        static REGISTRY: OnceLock<Registry<dyn LearningRateSchedule>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Registry::new(vec![
                entry!(CosineDecay),
                entry!(CosineDecayRestarts),
                entry!(ExponentialDecay),
                entry!(InverseTimeDecay),
                entry!(PiecewiseConstantDecay),
                entry!(PolynomialDecay),
            ])
        })
    }
}

/// Writes a number of steps as Keras's users give it: 10, not 10.0.
fn steps<S: Serializer>(steps: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    whole(*steps).serialize(serializer)
}

fn all_steps<S: Serializer>(steps: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(steps.iter().map(|n| whole(*n)))
}

/// The number without a fraction, where it has none; none where JSON has no such number.
fn whole(n: f64) -> Option<Number> {
    // Up to here every whole number is a double.
    let exact = n.fract() == 0.0 && n.abs() < 9e15;
    if exact { Some(Number::from(n as i64)) } else { Number::from_f64(n) }
}
