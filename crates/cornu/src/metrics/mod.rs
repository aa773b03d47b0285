//! What is watched while training.
//!
//! A metric is a pure description: its state is a list of arrays, and an update is a function from the
//! old state to the new one. The trainer keeps the state in variables and the update in the step's graph;
//! [`Tracker`] does the same for use on its own.

use std::sync::{Arc, OnceLock};

use cornu_graph::{Array, Spec, Tensor};

use crate::config::{Choice, Entry, Family, Object, Registry, from_config};
use crate::{Result, entry};

mod accuracy;
mod auc;
mod best_at;
mod confusion;
mod correlation;
mod counts;
mod define;
mod direction;
mod f_score;
mod iou;
mod losses;
mod mean;
mod mean_metric_wrapper;
#[cfg(test)]
mod tests;
mod tracker;
mod unscaled;

pub use accuracy::*;
pub use auc::*;
pub use best_at::*;
pub use confusion::Thresholds;
pub use correlation::*;
pub use counts::*;
pub use define::{CountDtype, StateDtype};
pub use direction::Direction;
pub use f_score::*;
pub use iou::*;
pub use losses::*;
pub use mean::{Mean, Sum, mean_result, mean_state, mean_update};
pub use mean_metric_wrapper::MeanMetricWrapper;
pub use tracker::Tracker;
pub use unscaled::{Unscaled, unscale_error};

/// A streaming measure of predictions.
pub trait Metric: Object {
    /// The name under which it is shown: `"mae"`.
    fn name(&self) -> &str;

    /// The state at the start of an epoch, for targets and predictions of these specs.
    ///
    /// # Errors
    /// When the metric does not fit the specs.
    fn state(&self, y_true: &Spec, y_pred: &Spec) -> Result<Vec<Array>>;

    /// The state after one more batch.
    ///
    /// # Errors
    /// When the tensors do not fit the metric.
    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>>;

    /// The metric's value from its state: a number, or an array with one per class or threshold.
    ///
    /// # Errors
    /// When the state is not the metric's.
    fn result(&self, state: &[Tensor]) -> Result<Tensor>;

    /// Whether larger or smaller values are better, for callbacks that watch it. Default: Keras's for its classes, none for
    /// others: then such a callback must be told.
    fn direction(&self) -> Option<Direction> {
        direction::of_class(self.class_name())
    }

    /// The values per sample, where the metric is no more than their mean. Default: it is not.
    fn values(&self, y_true: &Tensor, y_pred: &Tensor) -> Option<Tensor> {
        let _ = (y_true, y_pred);
        None
    }
}

crate::config::register!(Metric);

impl Family for dyn Metric {
    const MODULE: &'static str = "keras.metrics";
    const KIND: &'static str = "metric";

    fn registry() -> &'static Registry<dyn Metric> {
        static REGISTRY: OnceLock<Registry<dyn Metric>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            let registry: Registry<dyn Metric> = Registry::new(vec![
                entry!(Accuracy),
                entry!(AUC),
                entry!(BinaryAccuracy),
                entry!(BinaryCrossentropy, "bce"),
                entry!(BinaryIoU),
                entry!(CategoricalAccuracy),
                entry!(CategoricalCrossentropy),
                entry!(CategoricalHinge),
                entry!(ConcordanceCorrelation),
                entry!(CosineSimilarity),
                entry!(F1Score),
                entry!(FBetaScore),
                entry!(FalseNegatives),
                entry!(FalsePositives),
                entry!(Hinge),
                entry!(IoU),
                entry!(KLDivergence, "kld", "kullback_leibler_divergence"),
                entry!(LogCoshError, "logcosh"),
                entry!(Mean),
                entry!(MeanAbsoluteError, "mae"),
                entry!(MeanAbsolutePercentageError, "mape"),
                entry!(MeanIoU),
                Entry {
                    class_name: "MeanMetricWrapper",
                    aliases: &[],
                    from_config: MeanMetricWrapper::from_config,
                },
                entry!(MeanSquaredError, "mse"),
                entry!(MeanSquaredLogarithmicError, "msle"),
                entry!(OneHotIoU),
                entry!(OneHotMeanIoU),
                entry!(PearsonCorrelation),
                entry!(Poisson),
                entry!(Precision),
                entry!(PrecisionAtRecall),
                entry!(R2Score),
                entry!(Recall),
                entry!(RecallAtPrecision),
                entry!(RootMeanSquaredError, "rmse"),
                entry!(SensitivityAtSpecificity),
                entry!(SparseCategoricalAccuracy),
                entry!(SparseCategoricalCrossentropy),
                entry!(SparseTopKCategoricalAccuracy),
                entry!(SpecificityAtSensitivity),
                entry!(SquaredHinge),
                entry!(Sum),
                entry!(TopKCategoricalAccuracy),
                entry!(TrueNegatives),
                entry!(TruePositives),
            ]);
            registry.register("Unscaled", |config| {
                Ok(Arc::new(from_config::<Unscaled>("Unscaled", config)?))
            });
            registry
        })
    }
}

impl<M: Metric + 'static> From<M> for Choice<dyn Metric> {
    fn from(metric: M) -> Self {
        Choice::Object(Arc::new(metric))
    }
}
