//! The weighted mean of values: the state behind most metrics.

use cornu_graph::{Array, Spec, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::Metric;
use super::define::{StateDtype, mean_metric};
use crate::losses::fit_weights;
use crate::{Error, Result, object};

mean_metric! {
    /// The mean of the values given as `y_pred`; targets are not looked at.
    Mean "mean" {} |_me, _t, values| values.clone()
}

object!(Sum);

/// The weighted sum of the values given as `y_pred`; targets are not looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sum {
    /// The name. Default `"sum"`.
    pub name: String,
    /// What Keras writes as the dtype of the state, which is `float32`.
    pub dtype: StateDtype,
}

impl Default for Sum {
    fn default() -> Self {
        Sum { name: "sum".into(), dtype: StateDtype }
    }
}

impl Metric for Sum {
    fn name(&self) -> &str {
        &self.name
    }
    fn state(&self, _: &Spec, _: &Spec) -> Result<Vec<Array>> {
        Ok(mean_state())
    }
    fn update(
        &self,
        state: &[Tensor],
        _: &Tensor,
        values: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        mean_update(state, values, sample_weight)
    }
    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        state.first().cloned().ok_or_else(|| wrong_state(state))
    }
}

/// The state of a mean: total and count, both 0.
pub fn mean_state() -> Vec<Array> {
    vec![Array::scalar(0f32), Array::scalar(0f32)]
}

/// Adds values to a mean, each with its weight (1 without weights).
///
/// # Errors
/// When the weights do not fit the values.
pub fn mean_update(
    state: &[Tensor],
    values: &Tensor,
    weights: Option<&Tensor>,
) -> Result<Vec<Tensor>> {
    let [total, count] = state else { return Err(wrong_state(state)) };
    values.check()?;
    let values = ops::cast(values, cornu_graph::DType::F32);
    Ok(match weights {
        None => {
            let n = values.count() as f64;
            vec![total + ops::sum(&values, &[], false), count + n]
        }
        Some(weights) => {
            let weights = ops::broadcast_to(&fit_weights(weights, &values)?, values.shape());
            vec![
                total + ops::sum(&(&values * &weights), &[], false),
                count + ops::sum(&weights, &[], false),
            ]
        }
    })
}

/// Total over count; 0 while nothing has been counted.
///
/// # Errors
/// When the state is not a mean's.
pub fn mean_result(state: &[Tensor]) -> Result<Tensor> {
    let [total, count] = state else { return Err(wrong_state(state)) };
    let zero = ops::zeros_like(count);
    let empty = ops::equal(count, &zero);
    let safe = ops::where_(&empty, &ops::ones_like(count), count);
    Ok(ops::where_(&empty, &zero, &(total / safe)))
}

fn wrong_state(state: &[Tensor]) -> Error {
    Error::invalid("mean", "state", "must be total and count", format!("{} tensors", state.len()))
}
