//! The weighted mean of values: the state behind most metrics.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::Metric;
use super::define::{mean_metric, metric, parts, ratio};
use crate::losses::fit_weights;
use crate::{Result, object};

mean_metric! {
    /// The mean of the values given as `y_pred`; targets are not looked at.
    Mean "mean" {} |_me, _t, values| values.clone()
}

object!(Sum);

metric! {
    /// The weighted sum of the values given as `y_pred`; targets are not looked at.
    Sum "sum": StateDtype {}
}

impl Metric for Sum {
    fn name(&self) -> &str {
        &self.name
    }
    fn state(&self, _: &Spec, _: &Spec) -> Result<Vec<Array>> {
        Ok(vec![Array::scalar(0f32)])
    }
    fn update(
        &self,
        state: &[Tensor],
        _: &Tensor,
        values: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let [total] = parts(&self.name, state)?;
        values.check()?;
        let values = ops::cast(values, cornu_graph::DType::F32);
        let weighted = match sample_weight {
            Some(weights) => &values * fit_weights(weights, &values)?,
            None => values,
        };
        Ok(vec![total + ops::sum(&weighted, &[], false)])
    }
    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        let [total] = parts(&self.name, state)?;
        Ok(total.clone())
    }
}

/// The state of a mean: total and count, both 0.
pub fn mean_state() -> Vec<Array> {
    vec![Array::scalar(0f32), Array::scalar(0f32)]
}

/// Adds samples to a mean, each with its weight (1 without weights).
///
/// The first axis counts the samples; a sample's value, and its weight, is the mean over the other axes.
/// Weights of lower rank than the values stand for the means over the axes that they lack.
///
/// # Errors
/// When the weights do not fit the values.
pub fn mean_update(
    state: &[Tensor],
    values: &Tensor,
    weights: Option<&Tensor>,
) -> Result<Vec<Tensor>> {
    let [total, count] = parts("mean", state)?;
    values.check()?;
    let mut values = ops::cast(values, cornu_graph::DType::F32);
    let rows = values.shape().first().copied().unwrap_or(1);
    // The sum over the samples of their means.
    let gather = |t: &Tensor| ops::sum(t, &[], false) * (rows as f64 / t.count().max(1) as f64);
    let Some(weights) = weights else {
        return Ok(vec![total + gather(&values), count + rows as f64]);
    };
    let rank = weights.ndim();
    let weights = fit_weights(weights, &values)?;
    if rank < values.ndim() {
        let lacking: Vec<isize> = (rank..values.ndim()).map(|axis| axis as isize).collect();
        values = ops::mean(&values, &lacking, true);
    }
    let weights = ops::broadcast_to(&weights, values.shape());
    Ok(vec![total + gather(&(&values * &weights)), count + gather(&weights)])
}

/// Total over count; 0 while nothing has been counted.
///
/// # Errors
/// When the state is not a mean's.
pub fn mean_result(state: &[Tensor]) -> Result<Tensor> {
    let [total, count] = parts("mean", state)?;
    Ok(ratio(total, count))
}
