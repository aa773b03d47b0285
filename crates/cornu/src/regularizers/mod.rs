//! Penalties on weights that are added to the loss.

use std::sync::{Arc, OnceLock};

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Choice, Family, Object, Registry};
use crate::{entry, object};

mod orthogonal;

pub use orthogonal::{OrthogonalMode, OrthogonalRegularizer};

object!(L1, L1L2, L2);

/// A penalty on a weight.
pub trait Regularizer: Object {
    /// The penalty: a scalar tensor.
    fn call(&self, weight: &Tensor) -> Tensor;
}

crate::config::register!(Regularizer);

impl Family for dyn Regularizer {
    const MODULE: &'static str = "keras.regularizers";
    const KIND: &'static str = "regularizer";

    fn registry() -> &'static Registry<dyn Regularizer> {
        static REGISTRY: OnceLock<Registry<dyn Regularizer>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Registry::new(vec![entry!(L1), entry!(L1L2), entry!(L2), entry!(OrthogonalRegularizer)])
        })
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

/// `l1 · Σ |w|`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct L1 {
    /// The factor. Default 0.01.
    pub l1: f64,
}

impl Default for L1 {
    fn default() -> Self {
        L1 { l1: 0.01 }
    }
}

impl Regularizer for L1 {
    fn call(&self, weight: &Tensor) -> Tensor {
        ops::sum(&ops::abs(weight), &[], false) * self.l1
    }
}

/// `l1 · Σ |w| + l2 · Σ w²`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct L1L2 {
    /// The factor of the absolute values. Default 0.
    pub l1: f64,
    /// The factor of the squares. Default 0.
    pub l2: f64,
}

impl Regularizer for L1L2 {
    fn call(&self, weight: &Tensor) -> Tensor {
        L1 { l1: self.l1 }.call(weight) + L2 { l2: self.l2 }.call(weight)
    }
}
