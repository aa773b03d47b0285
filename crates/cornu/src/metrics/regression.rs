//! Means of errors of real-valued predictions.

use cornu_graph::{Array, Spec, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{Metric, mean_result, mean_state, mean_update};
use crate::losses::align;
use crate::{Result, object};

object!(MeanAbsoluteError);

/// The mean of absolute differences.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MeanAbsoluteError {
    /// The name. Default `"mean_absolute_error"`.
    pub name: String,
    /// The dtype of the state; Keras writes it, `float32` counts.
    #[serde(skip_serializing)]
    pub dtype: serde_json::Value,
}

impl Default for MeanAbsoluteError {
    fn default() -> Self {
        MeanAbsoluteError { name: "mean_absolute_error".into(), dtype: serde_json::Value::Null }
    }
}

impl Metric for MeanAbsoluteError {
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
        let (y_true, y_pred) = align(y_true, y_pred);
        let values = ops::mean(&ops::abs(&(y_true - y_pred)), &[-1], false);
        mean_update(state, &values, sample_weight)
    }
    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        mean_result(state)
    }
}
