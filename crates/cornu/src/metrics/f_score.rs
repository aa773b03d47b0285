//! F-scores: precision and recall in one number.

use cornu_graph::{Array, DType, Spec, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::Metric;
use super::confusion::zeros;
use super::define::{metric, parts};
use crate::losses::{EPSILON, fit_weights};
use crate::{Error, Result, object};

/// How the scores of the classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// The score of all classes counted together.
    Micro,
    /// The mean over the classes.
    Macro,
    /// The mean weighted by how often a class is the target.
    Weighted,
}

/// What both metrics have in common.
struct Score<'a> {
    metric: &'a str,
    average: Option<Average>,
    beta: f64,
    threshold: Option<f64>,
}

impl Score<'_> {
    fn error(&self, argument: &str, rule: &str, received: impl std::fmt::Debug) -> Error {
        Error::invalid(self.metric, argument, rule, format!("{received:?}"))
    }

    /// True positives, false positives, false negatives, positives: one of each per class, or in all.
    fn state(&self, y_true: &Spec, y_pred: &Spec) -> Result<Vec<Array>> {
        if !(self.beta > 0.0 && self.beta.is_finite()) {
            return Err(self.error("beta", "must be a positive number", self.beta));
        }
        if let Some(threshold) = self.threshold
            && !(threshold > 0.0 && threshold <= 1.0)
        {
            return Err(self.error("threshold", "must be in (0, 1]", threshold));
        }
        let [_, classes] = y_pred.shape[..] else {
            return Err(self.error("y_pred", "must have the shape [n, classes]", &y_pred.shape));
        };
        if y_true.shape != y_pred.shape {
            let rule = "must have the shape [n, classes] of y_pred";
            return Err(self.error("y_true", rule, &y_true.shape));
        }
        if self.average == Some(Average::Micro) { zeros(&[], 4) } else { zeros(&[classes], 4) }
    }

    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let [tp, fp, fn_, positives] = parts(self.metric, state)?;
        let (t, p) = (ops::cast(y_true, DType::F32), ops::cast(y_pred, DType::F32));
        let number = |x: f64| ops::number_like(&p, x);
        let decided = match self.threshold {
            Some(threshold) => ops::greater(&p, &number(threshold)),
            None => {
                let largest = ops::greater_equal(&p, &ops::max(&p, &[-1], true));
                ops::logical_and(&largest, &ops::greater(&ops::abs(&p), &number(1e-9)))
            }
        };
        let p = ops::cast(&decided, DType::F32);
        p.check()?;
        let weights = sample_weight.map(|w| fit_weights(w, &p)).transpose()?;
        let axes: &[isize] = if self.average == Some(Average::Micro) { &[] } else { &[0] };
        let add = |old: &Tensor, values: Tensor| {
            let values = match &weights {
                Some(weights) => values * weights,
                None => values,
            };
            old + ops::sum(&values, axes, false)
        };
        Ok(vec![
            add(tp, &p * &t),
            add(fp, &p * (1.0 - &t)),
            add(fn_, (1.0 - &p) * &t),
            add(positives, t),
        ])
    }

    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        let [tp, fp, fn_, positives] = parts(self.metric, state)?;
        let precision = tp / (tp + fp + EPSILON);
        let recall = tp / (tp + fn_ + EPSILON);
        let square = self.beta * self.beta;
        let mean = &precision * &recall / (precision * square + recall + EPSILON);
        let score = mean * (1.0 + square);
        Ok(match self.average {
            None => score,
            Some(Average::Weighted) => {
                let shares = positives / (ops::sum(positives, &[], false) + EPSILON);
                ops::sum(&(score * shares), &[], false)
            }
            Some(_) => ops::mean(&score, &[], false),
        })
    }
}

metric! {
    /// The harmonic mean of precision and recall, recall counting `beta` times as much:
    /// `(1 + β²) · precision · recall / (β² · precision + recall)`.
    ///
    /// Targets (0 or 1) and predictions have the shape `[n, classes]`. Without `average` the value is a vector with a
    /// score for each class.
    FBetaScore "fbeta_score": StateDtype {
        /// How the scores of the classes become one. Default: they stay a vector.
        average: Option<Average> = None;
        /// How much recall counts. Default 1.
        beta: f64 = 1.0;
        /// Above it a prediction is positive, in `(0, 1]`. Default: the largest of each row is.
        threshold: Option<f64> = None;
    }

    /// The harmonic mean of precision and recall: [`FBetaScore`] with a beta of 1.
    F1Score "f1_score": StateDtype {
        /// How the scores of the classes become one. Default: they stay a vector.
        average: Option<Average> = None;
        /// Above it a prediction is positive, in `(0, 1]`. Default: the largest of each row is.
        threshold: Option<f64> = None;
    }
}

macro_rules! score {
    ($($type:ident: $beta:expr;)*) => {
        $(
            object!($type);

            impl $type {
                fn score(&self) -> Score<'_> {
                    let beta: fn(&Self) -> f64 = $beta;
                    let (average, threshold) = (self.average, self.threshold);
                    Score { metric: &self.name, average, beta: beta(self), threshold }
                }
            }

            impl Metric for $type {
                fn name(&self) -> &str {
                    &self.name
                }
                fn state(&self, y_true: &Spec, y_pred: &Spec) -> Result<Vec<Array>> {
                    self.score().state(y_true, y_pred)
                }
                fn update(
                    &self,
                    state: &[Tensor],
                    y_true: &Tensor,
                    y_pred: &Tensor,
                    sample_weight: Option<&Tensor>,
                ) -> Result<Vec<Tensor>> {
                    self.score().update(state, y_true, y_pred, sample_weight)
                }
                fn result(&self, state: &[Tensor]) -> Result<Tensor> {
                    self.score().result(state)
                }
            }
        )*
    };
}

score! {
    FBetaScore: |me| me.beta;
    F1Score: |_| 1.0;
}
