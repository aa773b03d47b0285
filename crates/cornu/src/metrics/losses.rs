//! The means of losses, as metrics.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::define::{mean_metric, metric};
use super::{Metric, mean_result, mean_state, mean_update};
use crate::losses::{self, Loss, align, fit_weights};
use crate::{Result, object};

mean_metric! {
    /// The mean of squared differences.
    MeanSquaredError "mean_squared_error" {} |_me, t, p| losses::mean_squared_error(t, p)

    /// The mean of absolute differences.
    MeanAbsoluteError "mean_absolute_error" {} |_me, t, p| losses::mean_absolute_error(t, p)

    /// The mean of absolute differences in percent of the targets.
    MeanAbsolutePercentageError "mean_absolute_percentage_error" {} |_me, t, p| {
        losses::mean_absolute_percentage_error(t, p)
    }

    /// The mean of squared differences of `ln(1 + x)`.
    MeanSquaredLogarithmicError "mean_squared_logarithmic_error" {} |_me, t, p| {
        losses::mean_squared_logarithmic_error(t, p)
    }

    /// The mean of `ln(cosh(p - t))`.
    LogCoshError "logcosh" {} |_me, t, p| losses::log_cosh(t, p)

    /// The mean cosine of the angle between targets and predictions.
    CosineSimilarity "cosine_similarity" {
        /// The axis of the vectors. Default -1.
        axis: isize = -1;
    } |me, t, p| -losses::cosine_similarity(t, p, me.axis)

    /// The mean of `p - t · ln p`.
    Poisson "poisson" {} |_me, t, p| losses::poisson(t, p)

    /// The mean of `Σ t · ln(t / p)`.
    KLDivergence "kl_divergence" {} |_me, t, p| losses::kl_divergence(t, p)

    /// The mean of `max(1 - t · p, 0)`.
    Hinge "hinge" {} |_me, t, p| losses::Hinge::default().call(t, p)

    /// The mean of `max(1 - t · p, 0)²`.
    SquaredHinge "squared_hinge" {} |_me, t, p| losses::SquaredHinge::default().call(t, p)

    /// The mean of the categorical hinge loss.
    CategoricalHinge "categorical_hinge" {} |_me, t, p| losses::CategoricalHinge::default().call(t, p)

    /// The mean of the binary cross-entropy.
    BinaryCrossentropy "binary_crossentropy" {
        /// Whether predictions are logits. Default: false.
        from_logits: bool = false;
        /// How far targets move towards 0.5. Default 0.
        label_smoothing: f64 = 0.0;
    } |me, t, p| {
        let (from_logits, label_smoothing) = (me.from_logits, me.label_smoothing);
        losses::BinaryCrossentropy { from_logits, label_smoothing, ..Default::default() }.call(t, p)
    }

    /// The mean of the categorical cross-entropy.
    CategoricalCrossentropy "categorical_crossentropy" {
        /// Whether predictions are logits. Default: false.
        from_logits: bool = false;
        /// How far targets move towards uniform. Default 0.
        label_smoothing: f64 = 0.0;
        /// The axis of the classes. Default -1.
        axis: isize = -1;
    } |me, t, p| {
        let (from_logits, label_smoothing, axis) = (me.from_logits, me.label_smoothing, me.axis);
        losses::CategoricalCrossentropy { from_logits, label_smoothing, axis, ..Default::default() }.call(t, p)
    }
}

object!(SparseCategoricalCrossentropy);

metric! {
    /// The mean of the categorical cross-entropy for integer targets.
    SparseCategoricalCrossentropy "sparse_categorical_crossentropy": StateDtype {
        /// Whether predictions are logits. Default: false.
        from_logits: bool = false;
        /// A target whose loss is 0. As in Keras it leaves the count only where sample weights are given. Default: none.
        ignore_class: Option<i64> = None;
        /// The axis of the classes. Default -1.
        axis: isize = -1;
    }
}

impl SparseCategoricalCrossentropy {
    /// The values, and which of them count.
    fn each(&self, y_true: &Tensor, y_pred: &Tensor) -> (Tensor, Option<Tensor>) {
        let (from_logits, ignore_class) = (self.from_logits, self.ignore_class);
        let loss = losses::SparseCategoricalCrossentropy {
            from_logits,
            ignore_class,
            ..Default::default()
        };
        let y_pred = classes_last(y_pred, self.axis);
        (loss.call(y_true, &y_pred), loss.mask(y_true, &y_pred))
    }
}

impl Metric for SparseCategoricalCrossentropy {
    fn name(&self) -> &str {
        &self.name
    }
    fn state(&self, _: &Spec, _: &Spec) -> Result<Vec<Array>> {
        Ok(mean_state())
    }
    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let (values, counts) = self.each(y_true, y_pred);
        let weights = match (sample_weight, counts) {
            (Some(weights), Some(counts)) => {
                Some(fit_weights(weights, &values)? * ops::cast(&counts, values.dtype()))
            }
            (weights, _) => weights.cloned(),
        };
        mean_update(state, &values, weights.as_ref())
    }
    fn values(&self, y_true: &Tensor, y_pred: &Tensor) -> Option<Tensor> {
        Some(self.each(y_true, y_pred).0)
    }
    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        mean_result(state)
    }
}

/// Predictions with the axis of the classes at the end.
fn classes_last(p: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[p], || {
        let axis = cornu_graph::normalize_axis("sparse_categorical_crossentropy", axis, p.ndim())?;
        let others = (0..p.ndim()).filter(|&a| a != axis).chain([axis]);
        Ok(ops::transpose(p, &others.map(|a| a as isize).collect::<Vec<_>>()))
    })
}

object!(RootMeanSquaredError);

metric! {
    /// The root of the mean of squared differences.
    RootMeanSquaredError "root_mean_squared_error": StateDtype {}
}

impl Metric for RootMeanSquaredError {
    fn name(&self) -> &str {
        &self.name
    }
    fn state(&self, _: &Spec, _: &Spec) -> Result<Vec<Array>> {
        Ok(mean_state())
    }
    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let (t, p) = align(y_true, y_pred);
        mean_update(state, &ops::square(&(p - t)), sample_weight)
    }
    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        Ok(ops::sqrt(&mean_result(state)?))
    }
}
