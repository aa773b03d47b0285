//! First values of weights.

use std::sync::{Arc, OnceLock};

use cornu_graph::{Array, DType};

use crate::config::{Choice, Family, Object, Registry};
use crate::{Result, entry};

mod bilinear;
mod constant;
mod matrices;
mod random;
mod variance_scaling;

pub use bilinear::Bilinear;
pub use constant::{Constant, Ones, Zeros};
pub use matrices::{Identity, Orthogonal};
pub use random::{RandomNormal, RandomUniform, TruncatedNormal};
pub use variance_scaling::*;

/// A rule for the first values of a weight.
pub trait Initializer: Object {
    /// The first values of a weight of this shape and dtype.
    ///
    /// # Errors
    /// When the rule does not fit the shape.
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array>;
}

crate::config::register!(Initializer);

impl Family for dyn Initializer {
    const MODULE: &'static str = "keras.initializers";
    const KIND: &'static str = "initializer";

    fn registry() -> &'static Registry<dyn Initializer> {
        static REGISTRY: OnceLock<Registry<dyn Initializer>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Registry::new(vec![
                entry!(Constant),
                entry!(GlorotNormal, "xavier_normal"),
                entry!(GlorotUniform, "xavier_uniform"),
                entry!(HeNormal),
                entry!(HeUniform),
                entry!(Identity, "identity_initializer"),
                entry!(LecunNormal),
                entry!(LecunUniform),
                entry!(Ones, "one"),
                entry!(Orthogonal, "orthogonal_initializer"),
                entry!(RandomNormal, "normal"),
                entry!(RandomUniform, "uniform"),
                entry!(TruncatedNormal),
                entry!(VarianceScaling),
                entry!(Bilinear),
                entry!(Zeros, "zero"),
            ])
        })
    }
}

impl<I: Initializer + 'static> From<I> for Choice<dyn Initializer> {
    fn from(initializer: I) -> Self {
        Choice::Object(Arc::new(initializer))
    }
}
