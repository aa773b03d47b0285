//! What is watched while training.
//!
//! A metric is a pure description: its state is a list of arrays, and an update is a function from the
//! old state to the new one. The trainer keeps the state in variables and the update in the step's graph;
//! [`Tracker`] does the same for use on its own.

use std::sync::{Arc, OnceLock};

use cornu_graph::{Array, Spec, Tensor};

use crate::config::{Choice, Family, Object, Registry};
use crate::{Result, entry};

mod accuracy;
mod define;
mod losses;
mod mean;
mod tracker;

pub use accuracy::*;
pub use define::StateDtype;
pub use losses::*;
pub use mean::{Mean, Sum, mean_result, mean_state, mean_update};
pub use tracker::Tracker;

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

    /// The metric's value from its state.
    ///
    /// # Errors
    /// When the state is not the metric's.
    fn result(&self, state: &[Tensor]) -> Result<Tensor>;
}

impl Family for dyn Metric {
    const MODULE: &'static str = "keras.metrics";
    const KIND: &'static str = "metric";

    fn registry() -> &'static Registry<dyn Metric> {
        static REGISTRY: OnceLock<Registry<dyn Metric>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            Registry::new(vec![
                entry!(Accuracy),
                entry!(BinaryAccuracy),
                entry!(BinaryCrossentropy, "bce"),
                entry!(CategoricalAccuracy),
                entry!(CategoricalCrossentropy),
                entry!(CategoricalHinge),
                entry!(CosineSimilarity),
                entry!(Hinge),
                entry!(KLDivergence, "kld", "kullback_leibler_divergence"),
                entry!(LogCoshError, "logcosh"),
                entry!(Mean),
                entry!(MeanAbsoluteError, "mae"),
                entry!(MeanAbsolutePercentageError, "mape"),
                entry!(MeanSquaredError, "mse"),
                entry!(MeanSquaredLogarithmicError, "msle"),
                entry!(Poisson),
                entry!(RootMeanSquaredError, "rmse"),
                entry!(SparseCategoricalAccuracy),
                entry!(SparseCategoricalCrossentropy),
                entry!(SparseTopKCategoricalAccuracy),
                entry!(SquaredHinge),
                entry!(Sum),
                entry!(TopKCategoricalAccuracy),
            ])
        })
    }
}

impl<M: Metric + 'static> From<M> for Choice<dyn Metric> {
    fn from(metric: M) -> Self {
        Choice::Object(Arc::new(metric))
    }
}
