//! Weighted averages of predictions and of models.

use cornu_graph::{Array, DType, Tensor, ops};

use super::search::{FoundWeights, search_weights};
use crate::config::Choice;
use crate::losses::Loss;
use crate::models::{Data, Model};
use crate::{Error, Eval, Result};

/// Weights scaled to add up to 1.
pub(super) fn shares(function: &str, weights: &[f64], count: usize) -> Result<Vec<f64>> {
    if weights.len() != count || count == 0 {
        let rule = format!("must have one weight for each of {count} predictions, at least one");
        let received = format!("{} weights", weights.len());
        return Err(Error::invalid(function, "weights", rule, received));
    }
    let sum: f64 = weights.iter().sum();
    if !(weights.iter().all(|w| *w >= 0.0) && sum > 0.0 && sum.is_finite()) {
        let rule = "must be finite, at least 0 and not all 0";
        return Err(Error::invalid(function, "weights", rule, format!("{weights:?}")));
    }
    Ok(weights.iter().map(|w| w / sum).collect())
}

/// Predictions of one shape as one tensor, `[models, ...]`.
pub(super) fn stack(function: &str, predictions: &[Array]) -> Result<Array> {
    let Some(first) = predictions.first() else {
        return Err(Error::invalid(function, "predictions", "must not be empty", "[]"));
    };
    if let Some(other) = predictions.iter().find(|p| p.shape() != first.shape()) {
        let rule = format!("must all have shape {:?}", first.shape());
        let received = format!("shape={:?}", other.shape());
        return Err(Error::invalid(function, "predictions", rule, received));
    }
    let wide = predictions.iter().any(|p| p.dtype() == DType::F64);
    let dtype = if wide { DType::F64 } else { DType::F32 };
    let shape = [&[1], first.shape()].concat();
    let parts = predictions.iter().map(|p| Ok(Tensor::from(p.cast(dtype).reshape(&shape)?)));
    ops::concatenate(&parts.collect::<Result<Vec<_>>>()?, 0).array()
}

/// `Σ wᵢ xᵢ` over the first axis of `[models, ...]`.
pub(super) fn mix(stacked: &Tensor, weights: &Tensor) -> Tensor {
    let mut shape = vec![1; stacked.ndim()];
    if let Some(first) = shape.first_mut() {
        *first = weights.count();
    }
    ops::sum(&(stacked * ops::reshape(weights, &shape)), &[0], false)
}

/// The weighted average of predictions of one shape: `Σ wᵢ pᵢ / Σ wᵢ`, `float64` if one of them is, otherwise
/// `float32`.
///
/// # Errors
/// When the predictions' shapes differ, there is not one weight per prediction, or a weight is negative.
pub fn average(predictions: &[Array], weights: &[f64]) -> Result<Array> {
    let stacked = stack("ensemble::average", predictions)?;
    let shares = shares("ensemble::average", weights, predictions.len())?;
    let weights = ops::cast(&Tensor::from(shares), stacked.dtype());
    mix(&Tensor::from(stacked), &weights).array()
}

/// Models whose predictions are averaged.
#[derive(Clone)]
pub struct Ensemble {
    models: Vec<Model>,
    weights: Vec<f64>,
}

impl Ensemble {
    /// Models with equal weights.
    ///
    /// # Errors
    /// When there is no model, or one has several outputs.
    pub fn new(models: Vec<Model>) -> Result<Ensemble> {
        if models.is_empty() {
            return Err(Error::invalid("Ensemble", "models", "must not be empty", "[]"));
        }
        if let Some(model) = models.iter().find(|m| m.outputs().len() != 1) {
            let received = format!("{:?} with {} outputs", model.name(), model.outputs().len());
            return Err(Error::invalid(
                "Ensemble",
                "models",
                "must have one output each",
                received,
            ));
        }
        let weights = vec![1.0 / models.len() as f64; models.len()];
        Ok(Ensemble { models, weights })
    }

    /// With other weights; they are scaled to add up to 1.
    ///
    /// # Errors
    /// When there is not one weight per model, or a weight is negative.
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Ensemble> {
        self.weights = shares("Ensemble", weights, self.models.len())?;
        Ok(self)
    }

    /// The weights, which add up to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Takes the weights with the least loss on validation data; see [`search_weights`].
    ///
    /// # Errors
    /// When the data do not fit the models or the loss.
    pub fn fit_weights(
        &mut self,
        x: &Array,
        y: &Array,
        loss: impl Into<Choice<dyn Loss>>,
    ) -> Result<FoundWeights> {
        let found = search_weights(&self.predictions(x, 32)?, y, loss)?;
        self.weights.clone_from(&found.weights);
        Ok(found)
    }

    /// The weighted average of what the models predict for all rows, in batches of `batch_size`.
    ///
    /// # Errors
    /// When the rows do not fit a model, or the models' outputs differ in shape.
    pub fn predict(&self, x: &Array, batch_size: usize) -> Result<Array> {
        average(&self.predictions(x, batch_size)?, &self.weights)
    }

    fn predictions(&self, x: &Array, batch_size: usize) -> Result<Vec<Array>> {
        let mut all = Vec::with_capacity(self.models.len());
        for model in &self.models {
            all.extend(model.predict(Data::from(x), batch_size)?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, Input, LayerExt};

    /// `slope · x + offset`.
    fn line(slope: f32, offset: f32) -> Model {
        let input = Input([1]);
        let model = Model::new(&input, Dense::new(1).apply(&input).unwrap()).unwrap();
        model.set_weights(&[Array::from([[slope]]), Array::from([offset])]).unwrap();
        model
    }

    #[test]
    fn averages_are_weighted() {
        let predictions = [Array::from([[1.0f32, 2.0]]), Array::from([[5.0f32, 10.0]])];
        let mean = average(&predictions, &[3.0, 1.0]).unwrap();
        assert_eq!((mean.shape(), mean.to_vec::<f64>()), (&[1, 2][..], vec![2.0, 4.0]));
        assert!(average(&predictions, &[1.0]).is_err() && average(&[], &[]).is_err());
        assert!(average(&predictions, &[1.0, -1.0]).is_err());
        assert!(average(&predictions, &[0.0, 0.0]).is_err());
    }

    #[test]
    fn models_are_averaged_by_the_weights_that_validation_finds() {
        let models = || vec![line(1.0, 0.0), line(3.0, 0.0), line(0.0, 40.0)];
        let x = Array::from([[1.0f32], [2.0], [4.0]]);
        let mut ensemble = Ensemble::new(models()).unwrap();
        let equal = ensemble.predict(&x, 2).unwrap().to_vec::<f64>();
        for (got, want) in equal.iter().zip([44.0, 48.0, 56.0]) {
            assert!((got - want / 3.0).abs() < 1e-5);
        }
        // Three quarters of the first and one of the second model.
        let y = Array::from([[1.5f32], [3.0], [6.0]]);
        let found = ensemble.fit_weights(&x, &y, "mse").unwrap();
        assert_eq!(ensemble.weights(), found.weights);
        for (got, want) in ensemble.weights().iter().zip([0.75, 0.25, 0.0]) {
            assert!((got - want).abs() < 5e-3, "{found:?}");
        }
        assert!(found.loss < 1e-4, "{found:?}");
        let same = Ensemble::new(models()).unwrap().with_weights(&found.weights).unwrap();
        assert_eq!(same.predict(&x, 32).unwrap(), ensemble.predict(&x, 32).unwrap());
        assert!(Ensemble::new(vec![]).is_err());
    }
}
