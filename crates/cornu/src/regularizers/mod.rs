//! Penalties on weights that are added to the loss.

use std::sync::{Arc, OnceLock};

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Choice, Family, Object, Registry};
use crate::{entry, object};

object!(L2);

/// A penalty on a weight.
pub trait Regularizer: Object {
    /// The penalty: a scalar tensor.
    fn call(&self, weight: &Tensor) -> Tensor;
}

impl Family for dyn Regularizer {
    const MODULE: &'static str = "keras.regularizers";
    const KIND: &'static str = "regularizer";

    fn registry() -> &'static Registry<dyn Regularizer> {
        static REGISTRY: OnceLock<Registry<dyn Regularizer>> = OnceLock::new();
        REGISTRY.get_or_init(|| Registry::new(vec![entry!(L2)]))
    }
}

impl<R: Regularizer + 'static> From<R> for Choice<dyn Regularizer> {
    fn from(regularizer: R) -> Self {
        Choice::Object(Arc::new(regularizer))
    }
}

/// `l2 · Σ w²`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct L2 {
    /// The factor. Default 0.01.
    pub l2: f64,
}

impl Default for L2 {
    fn default() -> Self {
        L2 { l2: 0.01 }
    }
}

impl Regularizer for L2 {
    fn call(&self, weight: &Tensor) -> Tensor {
        ops::sum(&ops::square(weight), &[], false) * self.l2
    }
}
