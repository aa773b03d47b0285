//! A choice between two tensors, element by element.

use crate::ops::{
    IndexMode, Operation, Vjp, arity, as_indices, broadcast_to, cast, expand_dims, squeeze, stack,
    take_along_axis, unify, zeros_like,
};
use crate::{Array, DType, Error, Result, Spec, Tensor, broadcast_shapes};

/// Elements of the second input where the first (`bool`) is true, else of the third.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Select;

impl Operation for Select {
    fn name(&self) -> &'static str {
        "where"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [condition, a, b] = arity(self.name(), inputs)?;
        if condition.dtype != DType::Bool || condition.shape != a.shape || a != b {
            return Err(Error::invalid(
                self.name(),
                "inputs",
                "must be bool and twice one dtype, all of one shape",
                format!("{condition}, {a} and {b}"),
            ));
        }
        Ok(a.clone())
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (condition, dy) = (&vjp.inputs[0], vjp.dy);
        let zero = zeros_like(dy);
        Ok(vec![
            None,
            vjp.needs[1].then(|| where_(condition, dy, &zero)),
            vjp.needs[2].then(|| where_(condition, &zero, dy)),
        ])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let condition = inputs[0].as_slice::<bool>()?;
        crate::with_dtype!(spec.dtype, T => {
            let pairs = inputs[1].as_slice::<T>()?.iter().zip(inputs[2].as_slice::<T>()?);
            let values = condition.iter().zip(pairs).map(|(&c, (a, b))| if c { *a } else { *b });
            Array::new::<T>(&spec.shape, values.collect())
        })
    }
}

/// Elements of `a` where `condition` is true (or not 0), else of `b`; shapes broadcast, dtypes promote.
pub fn where_(condition: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[condition, a, b], || {
        let (a, b) = unify("where", a, b, |d| d)?;
        let shape = broadcast_shapes("where", condition.shape(), a.shape())?;
        let condition = broadcast_to(&cast(condition, DType::Bool), &shape);
        let (a, b) = (broadcast_to(&a, &shape), broadcast_to(&b, &shape));
        Ok(Tensor::apply(Select, &[&condition, &a, &b]))
    })
}

/// For every place, the element of the first of `choices` whose condition is true there, else of `default`;
/// shapes broadcast, dtypes promote.
///
/// Errors when there are not as many conditions as choices, or none.
pub fn select(conditions: &[Tensor], choices: &[Tensor], default: &Tensor) -> Tensor {
    if conditions.len() != choices.len() || choices.is_empty() {
        let received = format!("{} conditions and {} choices", conditions.len(), choices.len());
        let rule = "must be as many as choices, one at least";
        return Tensor::error(Error::invalid("select", "conditions", rule, received));
    }
    let pairs = conditions.iter().zip(choices).rev();
    pairs.fold(default.clone(), |rest, (condition, choice)| where_(condition, choice, &rest))
}

/// For every place, the element there of the one of `choices` whose number `indices` has there; all shapes
/// broadcast, and the dtypes of `choices` promote.
///
/// `mode` (NumPy's default is `IndexMode::Raise`) says what happens to numbers that no choice has. As in
/// [`take`](crate::ops::take), negative ones count from the last choice, where NumPy refuses them.
///
/// Errors when there is no choice, or `indices` are not integers.
pub fn choose(indices: &Tensor, choices: &[Tensor], mode: IndexMode) -> Tensor {
    Tensor::compose(&[indices].into_iter().chain(choices).collect::<Vec<_>>(), || {
        if choices.is_empty() {
            return Err(Error::invalid("choose", "choices", "must be one at least", "none"));
        }
        let shape = choices.iter().try_fold(indices.shape().to_vec(), |shape, choice| {
            broadcast_shapes("choose", &shape, choice.shape())
        })?;
        let numbers = mode.places(&as_indices("choose", indices)?, choices.len());
        let spread: Vec<Tensor> = choices.iter().map(|c| broadcast_to(c, &shape)).collect();
        let at = expand_dims(&broadcast_to(&numbers, &shape), 0);
        Ok(squeeze(&take_along_axis(&stack(&spread, 0), &at, 0), &[0]))
    })
}
