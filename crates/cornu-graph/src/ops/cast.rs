//! Conversion between dtypes.

use crate::ops::{Operation, Vjp, arity};
use crate::{Array, DType, Result, Spec, Tensor};

/// The same elements in another dtype; see [`Array::cast`] for the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cast {
    /// The result's dtype.
    pub dtype: DType,
}

impl Operation for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        Ok(Spec::new(&x.shape[..], self.dtype))
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(cast(vjp.dy, vjp.inputs[0].dtype()))])
    }
    fn evaluate(&self, inputs: &[&Array], _: &Spec) -> Result<Array> {
        Ok(inputs[0].cast(self.dtype))
    }
}

/// `x` converted to `dtype`: towards zero for integers, non-zero is `true` for `bool`.
pub fn cast(x: &Tensor, dtype: DType) -> Tensor {
    if x.dtype() == dtype { x.clone() } else { Tensor::apply(Cast { dtype }, &[x]) }
}
