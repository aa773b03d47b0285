//! How often predictions are right.

use cornu_graph::{DType, Tensor, ops};

use super::define::mean_metric;
use crate::losses::{align, labels};

mean_metric! {
    /// How often predictions equal targets.
    Accuracy "accuracy" {} |_me, t, p| {
        let (t, p) = align(t, p);
        ops::cast(&ops::equal(&t, &p), DType::F32)
    }

    /// How often predictions above a threshold are right, for targets 0 and 1.
    BinaryAccuracy "binary_accuracy" {
        /// Above it a prediction counts as 1. Default 0.5.
        threshold: f64 = 0.5;
    } |me, t, p| {
        let (t, p) = align(t, p);
        let decided = ops::cast(&ops::greater(&p, &ops::number_like(&p, me.threshold)), p.dtype());
        ops::mean(&ops::cast(&ops::equal(&t, &decided), DType::F32), &[-1], false)
    }

    /// How often the largest prediction is the class of a one-hot target.
    CategoricalAccuracy "categorical_accuracy" {} |_me, t, p| hits(&ops::argmax(t, -1), &ops::argmax(p, -1))

    /// How often the largest prediction is the class that an integer target names.
    SparseCategoricalAccuracy "sparse_categorical_accuracy" {} |_me, t, p| {
        hits(&labels(t, p), &ops::argmax(p, -1))
    }

    /// How often the class of a one-hot target is among the `k` largest predictions.
    TopKCategoricalAccuracy "top_k_categorical_accuracy" {
        /// How many predictions count. Default 5.
        k: usize = 5;
    } |me, t, p| in_top_k(&ops::argmax(t, -1), p, me.k)

    /// How often the class that an integer target names is among the `k` largest predictions.
    SparseTopKCategoricalAccuracy "sparse_top_k_categorical_accuracy" {
        /// How many predictions count. Default 5.
        k: usize = 5;
    } |me, t, p| in_top_k(&labels(t, p), p, me.k)
}

fn hits(a: &Tensor, b: &Tensor) -> Tensor {
    ops::cast(&ops::equal(a, b), DType::F32)
}

/// Whether fewer than `k` predictions are larger than that of the label; ties count as hits.
fn in_top_k(labels: &Tensor, y_pred: &Tensor, k: usize) -> Tensor {
    Tensor::compose(&[labels, y_pred], || {
        let classes = ops::iota(y_pred.shape(), -1, DType::I32);
        let chosen =
            ops::cast(&ops::equal(&ops::expand_dims(labels, -1), &classes), y_pred.dtype());
        let own = ops::sum(&(chosen * y_pred), &[-1], true);
        let larger = ops::sum(&ops::greater(y_pred, &own), &[-1], false);
        Ok(ops::cast(&ops::less(&larger, &ops::number_like(&larger, k as f64)), DType::F32))
    })
}
