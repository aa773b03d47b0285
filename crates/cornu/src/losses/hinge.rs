//! Losses of margins.

use cornu_graph::{Tensor, ops};

use super::{align, define::loss};

loss! {
    /// `mean(max(1 - t · p, 0))` over the last axis, for targets -1 and 1 (or 0 and 1).
    Hinge "hinge" {} |_me, t, p| ops::mean(&margin(t, p), &[-1], false)

    /// `mean(max(1 - t · p, 0)²)` over the last axis, for targets -1 and 1 (or 0 and 1).
    SquaredHinge "squared_hinge" {} |_me, t, p| ops::mean(&ops::square(&margin(t, p)), &[-1], false)

    /// `max(1 + the largest wrong score - the right one, 0)`, for one-hot targets.
    CategoricalHinge "categorical_hinge" {} |_me, t, p| {
        let (t, p) = align(t, p);
        let right = ops::sum(&(&t * &p), &[-1], false);
        let wrong = ops::max(&((1.0 - t) * p), &[-1], false);
        ops::relu(&(wrong - right + 1.0))
    }
}

fn margin(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let is = |number| ops::equal(&t, &ops::number_like(&t, number));
    let binary = ops::all(&ops::logical_or(&is(0.0), &is(1.0)), &[], false);
    let t = ops::where_(&binary, &(&t * 2.0 - 1.0), &t);
    ops::relu(&(1.0 - t * p))
}
