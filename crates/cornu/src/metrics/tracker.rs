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
    state: Option<Vec<Array>>,
}

impl Tracker {
    /// A tracker that has seen nothing.
    ///
    /// # Errors
    /// When the name is unknown.
    pub fn new(metric: impl Into<Choice<dyn Metric>>) -> Result<Tracker> {
        Ok(Tracker { metric: metric.into().get()?, state: None })
    }

    /// Takes in one more batch.
    ///
    /// # Errors
    /// When the arrays do not fit the metric.
    pub fn update_state(
        &mut self,
        y_true: &Array,
        y_pred: &Array,
        sample_weight: Option<&Array>,
    ) -> Result<()> {
        let (y_true, y_pred) = (Tensor::from(y_true), Tensor::from(y_pred));
        let weight = sample_weight.map(Tensor::from);
        let state = match self.state.take() {
            Some(state) => state,
            None => self.metric.state(y_true.spec(), y_pred.spec())?,
        };
        let old: Vec<Tensor> = state.iter().map(Tensor::from).collect();
        let new = self.metric.update(&old, &y_true, &y_pred, weight.as_ref());
        // A batch that does not fit leaves what was seen before.
        self.state = Some(state);
        self.state = Some(evaluate(&new?)?);
        Ok(())
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

    /// Forgets what has been seen.
    pub fn reset_state(&mut self) {
        self.state = None;
    }
}
