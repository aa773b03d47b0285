//! Labels as vectors, and labels against predictions.

use crate::ops::{
    cast, equal, expand_dims, greater, iota, isfinite, less, logical_and, number_like, reshape,
    sum, where_,
};
use crate::{DType, Error, Result, Tensor, normalize_axis};

fn labels(name: &str, x: &Tensor) -> Result<Tensor> {
    match x.dtype() {
        DType::I32 | DType::I64 => Ok(x.clone()),
        DType::U8 => Ok(cast(x, DType::I32)),
        other => Err(Error::invalid(name, "x", "must have an integer type", other)),
    }
}

/// For each label a vector of `classes` elements along a new `axis` (counted in the result; Keras's default
/// is -1): 1 at the label, 0 elsewhere. A label outside `0..classes` gives zeros.
pub fn one_hot(x: &Tensor, classes: usize, axis: isize, dtype: DType) -> Tensor {
    Tensor::compose(&[x], || {
        let x = labels("one_hot", x)?;
        let at = normalize_axis("one_hot", axis, x.ndim() + 1)?;
        let x = expand_dims(&x, at as isize);
        let mut shape = x.shape().to_vec();
        shape[at] = classes;
        Ok(cast(&equal(&x, &iota(&shape, at as isize, x.dtype())), dtype))
    })
}

/// For each list of labels (along the last axis) a vector of `classes` elements in its place: 1 at the labels,
/// 0 elsewhere. A label outside `0..classes` counts for nothing.
pub fn multi_hot(x: &Tensor, classes: usize, dtype: DType) -> Tensor {
    Tensor::compose(&[x], || {
        if x.ndim() == 0 {
            let rule = "must have an axis of labels";
            return Err(Error::invalid("multi_hot", "x", rule, x.spec()));
        }
        // Of no labels too, where a maximum would be an error.
        Ok(cast(&super::any(&one_hot(x, classes, -1, DType::Bool), &[-2], false), dtype))
    })
}

/// Whether each target is among the `k` classes (last axis of `predictions`) with the largest predictions.
/// Classes that tie with the `k`-th count; a target out of range or a prediction that is not finite does not.
pub fn in_top_k(targets: &Tensor, predictions: &Tensor, k: usize) -> Tensor {
    Tensor::compose(&[targets, predictions], || {
        let targets = labels("in_top_k", targets)?;
        let fits = predictions.ndim() > 0
            && targets.shape() == &predictions.shape()[..predictions.ndim() - 1];
        if !fits {
            let rule =
                format!("must have the shape of {} without its last axis", predictions.spec());
            return Err(Error::invalid("in_top_k", "targets", rule, targets.spec()));
        }
        let classes = predictions.shape()[predictions.ndim() - 1];
        let chosen = one_hot(&targets, classes, -1, DType::Bool);
        let zero = number_like(predictions, 0.0);
        let own = sum(&where_(&chosen, predictions, &zero), &[-1], true);
        let larger = sum(&greater(predictions, &own), &[-1], false);
        let own = reshape(&own, targets.shape());
        let found = super::any(&chosen, &[-1], false);
        let known = logical_and(&found, &isfinite(&own));
        Ok(logical_and(&known, &less(&larger, &number_like(&larger, k as f64))))
    })
}
