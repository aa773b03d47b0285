//! How targets and predictions vary together.

use cornu_graph::{Array, Spec, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::Metric;
use super::define::{mean_metric, metric, parts};
use crate::losses::{EPSILON, align};
use crate::{Error, Result, object};

mean_metric! {
    /// Pearson's correlation of targets and predictions along an axis, the mean over the samples.
    ///
    /// It is computed batch by batch: `axis` 0 gives the mean of the batches' correlations, not that of all samples. Where
    /// either is constant along the axis it is not defined: NaN.
    PearsonCorrelation "pearson_correlation" {
        /// The axis along which values are compared. Default -1.
        axis: isize = -1;
    } |me, t, p| pearson_correlation(t, p, me.axis)

    /// Lin's concordance correlation (1989): like Pearson's, but less where the means or scales differ.
    ConcordanceCorrelation "concordance_correlation" {
        /// The axis along which values are compared. Default -1.
        axis: isize = -1;
    } |me, t, p| concordance_correlation(t, p, me.axis)
}

/// Pearson's correlation along an axis: the mean product of standardised values.
pub fn pearson_correlation(y_true: &Tensor, y_pred: &Tensor, axis: isize) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let standard = |x: &Tensor| {
        let centred = x - ops::mean(x, &[axis], true);
        &centred / ops::sqrt(&ops::var(&centred, &[axis], 0, true))
    };
    ops::mean(&(standard(&t) * standard(&p)), &[axis], false)
}

/// The concordance correlation along an axis: `2 · cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))²)`.
pub fn concordance_correlation(y_true: &Tensor, y_pred: &Tensor, axis: isize) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let mean = |x: &Tensor| ops::mean(x, &[axis], true);
    let (mean_t, mean_p) = (mean(&t), mean(&p));
    let covariance = mean(&((&t - &mean_t) * (&p - &mean_p)));
    let spread = ops::var(&t, &[axis], 0, true) + ops::var(&p, &[axis], 0, true);
    let spread = spread + ops::square(&(mean_t - mean_p)) + EPSILON;
    ops::squeeze(&(covariance * 2.0 / spread), &[axis])
}

/// How the scores of the columns become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassAggregation {
    /// The mean.
    UniformAverage,
    /// The mean weighted by the variance of the targets.
    VarianceWeightedAverage,
}

object!(R2Score);

metric! {
    /// The coefficient of determination: `1 - Σ (t - p)² / Σ (t - mean(t))²`, over all batches.
    ///
    /// Targets and predictions have the shape `[n, columns]`.
    R2Score "r2_score": StateDtype {
        /// How the scores of the columns become one; with `None` they stay a vector. Default: the mean.
        class_aggregation: Option<ClassAggregation> = Some(ClassAggregation::UniformAverage);
        /// The number of inputs of the model, for the adjusted score; it must be below the number of values less 1,
        /// or it does not count. Default 0: not adjusted.
        num_regressors: usize = 0;
    }
}

impl Metric for R2Score {
    fn name(&self) -> &str {
        &self.name
    }

    fn state(&self, y_true: &Spec, y_pred: &Spec) -> Result<Vec<Array>> {
        let input = |s: &Spec| Tensor::input(&s.shape, s.dtype);
        let (t, p) = align(&input(y_true), &input(y_pred));
        let ([_, columns], true) = (p.shape(), t.shape() == p.shape()) else {
            let rule = "must both have the shape [n, columns]";
            let received = format!("{:?} and {:?}", y_true.shape, y_pred.shape);
            return Err(Error::invalid(&self.name, "y_true and y_pred", rule, received));
        };
        let column = Array::zeros(&[*columns], cornu_graph::DType::F32)?;
        let mut state = vec![Array::scalar(0f32)];
        state.resize(5, column);
        Ok(state)
    }

    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let [samples, squares, sum, residual, count] = parts(&self.name, state)?;
        let float = |t: &Tensor| ops::cast(t, cornu_graph::DType::F32);
        let (t, p) = align(&float(y_true), &float(y_pred));
        t.check()?;
        let weights = match sample_weight {
            Some(weights) => crate::losses::fit_weights(weights, &t)?,
            None => ops::ones(&[1, 1], t.dtype()),
        };
        let weights = ops::broadcast_to(&weights, t.shape());
        let total = |x: &Tensor| ops::sum(x, &[0], false);
        let weighted = &t * &weights;
        Ok(vec![
            samples + t.count() as f64,
            squares + total(&(&t * &weighted)),
            sum + total(&weighted),
            residual + total(&(ops::square(&(t - p)) * &weights)),
            count + total(&weights),
        ])
    }

    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        let [samples, squares, sum, residual, count] = parts(&self.name, state)?;
        let total = squares - sum * (sum / count);
        let scores = 1.0 - residual / &total;
        let scores = ops::where_(&ops::isinf(&scores), &ops::zeros_like(&scores), &scores);
        let score = match self.class_aggregation {
            None => scores,
            Some(ClassAggregation::UniformAverage) => ops::mean(&scores, &[], false),
            Some(ClassAggregation::VarianceWeightedAverage) => {
                ops::sum(&(scores * &total), &[], false) / ops::sum(&total, &[], false)
            }
        };
        if self.num_regressors == 0 {
            return Ok(score);
        }
        let freedom = samples - (self.num_regressors as f64 + 1.0);
        let enough = ops::greater(&freedom, &ops::zeros_like(&freedom));
        let adjusted = 1.0 - (1.0 - &score) * (samples - 1.0) / freedom;
        Ok(ops::where_(&ops::broadcast_to(&enough, score.shape()), &adjusted, &score))
    }
}
