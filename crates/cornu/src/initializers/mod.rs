//! First values of weights.

use std::sync::{Arc, OnceLock};

use cornu_graph::{Array, DType};

use crate::config::{Choice, Family, Object, Registry};
use crate::{Result, entry};

mod constant;
mod variance_scaling;

pub use constant::{Ones, Zeros};
pub use variance_scaling::GlorotUniform;

/// A rule for the first values of a weight.
pub trait Initializer: Object {
    /// The first values of a weight of this shape and dtype.
    ///
    /// # Errors
    /// When the rule does not fit the shape.
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array>;
}

impl Family for dyn Initializer {
    const MODULE: &'static str = "keras.initializers";
    const KIND: &'static str = "initializer";

    fn registry() -> &'static Registry<dyn Initializer> {
        static REGISTRY: OnceLock<Registry<dyn Initializer>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Registry::new(vec![entry!(GlorotUniform), entry!(Ones, "one"), entry!(Zeros, "zero")])
        })
    }
}

impl<I: Initializer + 'static> From<I> for Choice<dyn Initializer> {
    fn from(initializer: I) -> Self {
        Choice::Object(Arc::new(initializer))
    }
}
