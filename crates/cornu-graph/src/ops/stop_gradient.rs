//! A value that gradients do not pass.

use crate::ops::{Operation, Vjp, arity};
use crate::{Array, Result, Spec, Tensor};

/// The input itself, a constant as far as gradients go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StopGradient;

impl Operation for StopGradient {
    fn name(&self) -> &'static str {
        "stop_gradient"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        Ok(x.clone())
    }
    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }
    fn evaluate(&self, inputs: &[&Array], _: &Spec) -> Result<Array> {
        Ok(inputs[0].clone())
    }
}

/// `x`, a constant as far as gradients go.
pub fn stop_gradient(x: &Tensor) -> Tensor {
    Tensor::apply(StopGradient, &[x])
}
