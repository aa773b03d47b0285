//! Projections of weights after each update.

use std::sync::{Arc, OnceLock};

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Choice, Family, Object, Registry};
use crate::{entry, object};

mod norms;

pub use norms::{MaxNorm, MinMaxNorm, UnitNorm};

object!(NonNeg);

/// A projection of a weight, applied after each update.
pub trait Constraint: Object {
    /// The projected weight.
    fn call(&self, weight: &Tensor) -> Tensor;
}

crate::config::register!(Constraint);

impl Family for dyn Constraint {
    const MODULE: &'static str = "keras.constraints";
    const KIND: &'static str = "constraint";

    fn registry() -> &'static Registry<dyn Constraint> {
        static REGISTRY: OnceLock<Registry<dyn Constraint>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Registry::new(vec![
                entry!(MaxNorm),
                entry!(MinMaxNorm),
                entry!(NonNeg),
                entry!(UnitNorm),
            ])
        })
    }
}

impl<C: Constraint + 'static> From<C> for Choice<dyn Constraint> {
    fn from(constraint: C) -> Self {
        Choice::Object(Arc::new(constraint))
    }
}

/// Negative values become 0.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NonNeg {}

impl Constraint for NonNeg {
    fn call(&self, weight: &Tensor) -> Tensor {
        ops::relu(weight)
    }
}
