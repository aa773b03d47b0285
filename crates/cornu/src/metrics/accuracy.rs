//! How often predictions are right.

use cornu_graph::{DType, Tensor, ops};

use super::define::mean_metric;
use crate::losses::{align, labels};

mean_metric! {
    /// How often predictions equal targets.
    Accuracy "accuracy" {} |_me, t, p| {
        let (t, p) = align(t, p);
        hits(&t, &p)
    }

    /// How often predictions above a threshold are right, for targets 0 and 1.
    BinaryAccuracy "binary_accuracy" {
        /// Above it a prediction counts as 1. Default 0.5.
        threshold: f64 = 0.5;
    } |me, t, p| {
        let (t, p) = align(t, p);
        let decided = ops::cast(&ops::greater(&p, &ops::number_like(&p, me.threshold)), p.dtype());
        hits(&t, &decided)
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
        /// Whether `y_pred` has no scores but the numbers of the classes, the likeliest first. Default: false.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        from_sorted_ids: bool = false;
    } |me, t, p| if me.from_sorted_ids { among_first(t, p, me.k) } else { in_top_k(&labels(t, p), p, me.k) }
}

fn hits(a: &Tensor, b: &Tensor) -> Tensor {
    ops::cast(&ops::equal(a, b), DType::F32)
}

/// Whether fewer than `k` predictions are larger than that of the label; ties count as hits. A label that is no class, or
/// whose prediction is not finite, is no hit.
fn in_top_k(labels: &Tensor, y_pred: &Tensor, k: usize) -> Tensor {
    Tensor::compose(&[labels, y_pred], || {
        let classes = ops::iota(y_pred.shape(), -1, DType::I32);
        let chosen = ops::equal(&ops::expand_dims(labels, -1), &classes);
        let zero = ops::zeros_like(y_pred);
        let own = ops::sum(&ops::where_(&chosen, y_pred, &zero), &[-1], true);
        let larger = ops::sum(&ops::greater(y_pred, &own), &[-1], false);
        let among = ops::less(&larger, &ops::number_like(&larger, k as f64));
        let known = ops::any(&ops::logical_and(&chosen, &ops::isfinite(&own)), &[-1], false);
        Ok(ops::cast(&ops::logical_and(&among, &known), DType::F32))
    })
}

/// Whether a label is one of the first `k` numbers of its row.
fn among_first(y_true: &Tensor, ids: &Tensor, k: usize) -> Tensor {
    Tensor::compose(&[y_true, ids], || {
        let t = ops::cast(y_true, ids.dtype());
        let t = if t.ndim() < ids.ndim() { ops::expand_dims(&t, -1) } else { t };
        let first = ops::slice_axis(ids, -1, 0, k.min(ids.shape().last().copied().unwrap_or(0)));
        Ok(ops::cast(&ops::any(&ops::equal(&t, &first), &[-1], false), DType::F32))
    })
}
