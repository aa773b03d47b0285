//! The door for ops that users write.

use std::sync::Arc;

use crate::ops::{Operation, Vjp};
use crate::{Array, Result, Spec, Tensor};

/// An op written outside this crate. Backends run its [`Operation::evaluate`].
pub trait CustomOp: Operation + Send + Sync + std::fmt::Debug {}

impl<T: Operation + Send + Sync + std::fmt::Debug> CustomOp for T {}

/// A [`CustomOp`] in a graph; two are equal if they are the same object.
#[derive(Debug, Clone)]
pub struct Custom(pub Arc<dyn CustomOp>);

impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Custom {}

impl std::hash::Hash for Custom {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (Arc::as_ptr(&self.0) as *const () as usize).hash(state);
    }
}

impl Operation for Custom {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        self.0.infer(inputs)
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        self.0.gradient(vjp)
    }
    fn attributes(&self) -> Vec<(&'static str, String)> {
        self.0.attributes()
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        self.0.evaluate(inputs, spec)
    }
}

/// Applies a custom op.
pub fn custom(op: Arc<dyn CustomOp>, inputs: &[&Tensor]) -> Tensor {
    Tensor::apply(Custom(op), inputs)
}
