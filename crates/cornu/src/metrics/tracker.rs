//! A metric with its state, for use outside a model.

use std::sync::Arc;

use cornu_graph::{Array, Tensor};

use super::Metric;
use crate::backend::evaluate;
use crate::config::Choice;
use crate::{Error, Eval, Result};

/// A metric and what it has seen.
///
/// ```
/// use cornu::{Array, metrics::{Tracker, MeanAbsoluteError}};
/// let mut mae = Tracker::new(MeanAbsoluteError::default())?;
/// let (t, p) = (Array::new(&[2, 1], vec![0f32, 0.0])?, Array::new(&[2, 1], vec![1f32, 3.0])?);
/// mae.update_state(&t, &p, None)?;
/// assert_eq!(mae.result()?.item()?, 2.0);
/// # Ok::<(), cornu::Error>(())
/// ```
pub struct Tracker {
    metric: Arc<dyn Metric>,
    /// The state before and after what was seen; none before the first batch.
    start: Vec<Array>,
    state: Option<Vec<Array>>,
}

impl Tracker {
    /// A tracker that has seen nothing.
    ///
    /// # Errors
    /// When the name is unknown.
    pub fn new(metric: impl Into<Choice<dyn Metric>>) -> Result<Tracker> {
        Ok(Tracker { metric: metric.into().get()?, start: Vec::new(), state: None })
    }

    /// Takes in one more batch of targets and predictions: arrays or tensors.
    ///
    /// `sample_weight`: one weight per sample, or per value. A metric of values alone ([`Mean`](super::Mean),
    /// [`Sum`](super::Sum)) reads them from `y_pred`; see [`Tracker::update_values`].
    ///
    /// # Errors
    /// When they do not fit the metric, or what it has seen before; then nothing changes.
    pub fn update_state(
        &mut self,
        y_true: impl Into<Tensor>,
        y_pred: impl Into<Tensor>,
        sample_weight: Option<&Array>,
    ) -> Result<()> {
        let (y_true, y_pred) = (y_true.into(), y_pred.into());
        y_true.check()?;
        y_pred.check()?;
        let weight = sample_weight.map(Tensor::from);
        let start = self.metric.state(y_true.spec(), y_pred.spec())?;
        let state = self.state.as_ref().unwrap_or(&start);
        // A state of another width could still be added to this one.
        if !state.iter().map(Array::spec).eq(start.iter().map(Array::spec)) {
            let rule = "must have as many columns as in the batches before";
            let received = format!("{:?}", y_pred.shape());
            return Err(Error::invalid(self.metric.name(), "y_pred", rule, received));
        }
        let old: Vec<Tensor> = state.iter().map(Tensor::from).collect();
        let new = evaluate(&self.metric.update(&old, &y_true, &y_pred, weight.as_ref())?)?;
        self.start = start;
        self.state = Some(new);
        Ok(())
    }

    /// Takes in values alone, for metrics that have no targets.
    ///
    /// # Errors
    /// When the values or weights do not fit the metric.
    pub fn update_values(
        &mut self,
        values: impl Into<Tensor>,
        sample_weight: Option<&Array>,
    ) -> Result<()> {
        let values = values.into();
        self.update_state(&values, &values, sample_weight)
    }

    /// The value over all batches since the start or the last reset.
    ///
    /// # Errors
    /// When nothing has been seen yet.
    pub fn result(&self) -> Result<Array> {
        let Some(state) = &self.state else {
            let name = self.metric.name();
            return Err(Error::invalid(name, "state", "must have seen a batch", "none"));
        };
        let state: Vec<Tensor> = state.iter().map(Tensor::from).collect();
        self.metric.result(&state)?.array()
    }

    /// Forgets what has been seen, but not how many classes there are.
    pub fn reset_state(&mut self) {
        if self.state.is_some() {
            self.state = Some(self.start.clone());
        }
    }
}
