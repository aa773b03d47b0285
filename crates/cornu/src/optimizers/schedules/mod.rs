//! Learning rates that follow the iteration.

use std::sync::OnceLock;

use cornu_graph::Tensor;

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
