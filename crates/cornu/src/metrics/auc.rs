//! The area under a curve over thresholds.

use cornu_graph::{Array, Spec, Tensor, ops};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::Metric;
use super::confusion::{Confusion, Cuts, check_thresholds, evenly_spaced, zeros};
use super::define::{metric, parts, ratio};
use crate::config::{Config, Object, to_config};
use crate::losses::EPSILON;
use crate::{Error, Result};

/// The curve of an [`AUC`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum AUCCurve {
    /// True positive rate over false positive rate.
    #[default]
    #[serde(rename = "ROC", alias = "roc")]
    Roc,
    /// Precision over recall.
    #[serde(rename = "PR", alias = "pr")]
    Pr,
    /// Precision gain over recall gain (Flach and Kull, 2015).
    #[serde(rename = "PRGAIN", alias = "prgain")]
    PrGain,
}

/// How an [`AUC`] adds up what lies between two thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum AUCSummation {
    /// Trapezoids; for [`AUCCurve::Pr`] the interpolation of Davis and Goadrich (2006).
    #[default]
    #[serde(rename = "interpolation", alias = "Interpolation")]
    Interpolation,
    /// The larger height.
    #[serde(rename = "majoring", alias = "Majoring")]
    Majoring,
    /// The smaller height.
    #[serde(rename = "minoring", alias = "Minoring")]
    Minoring,
}

/// A weight for each label; Keras writes it as a tensor and takes a list, too.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelWeights(pub Vec<f64>);

impl Serialize for LabelWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = json!({"value": self.0, "dtype": "float32"});
        json!({"class_name": "__tensor__", "config": config}).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LabelWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let list = value.pointer("/config/value").unwrap_or(&value);
        let weights = serde_json::from_value(list.clone());
        weights.map(LabelWeights).map_err(serde::de::Error::custom)
    }
}

metric! {
    /// The area under a curve (ROC or precision-recall), approximated by counts at thresholds.
    ///
    /// Targets and predictions have one shape; targets are 0 or 1, predictions in `[0, 1]` (or logits).
    ///
    /// ```
    /// use cornu::{Array, metrics::{AUC, Tracker}};
    /// let mut auc = Tracker::new(AUC { num_thresholds: 3, ..Default::default() })?;
    /// let t = Array::new(&[4], vec![0f32, 0.0, 1.0, 1.0])?;
    /// auc.update_state(&t, &Array::new(&[4], vec![0f32, 0.5, 0.3, 0.9])?, None)?;
    /// assert_eq!(auc.result()?.item()?, 0.75);
    /// # Ok::<(), cornu::Error>(())
    /// ```
    AUC "auc": StateDtype {
        /// How many thresholds from 0 to 1 there are, at least 2. Default 200.
        num_thresholds: usize = 200;
        /// The curve. Default: ROC.
        curve: AUCCurve = AUCCurve::default();
        /// How the area between two thresholds is added up. Default: interpolation.
        summation_method: AUCSummation = AUCSummation::default();
        /// Thresholds in `[0, 1]` of one's own, instead of `num_thresholds`; one just below 0 and one just above 1
        /// are added. Default: none.
        #[serde(skip_serializing_if = "Option::is_none")]
        thresholds: Option<Vec<f64>> = None;
        /// Whether each label (column of `[n, labels]`) has a curve of its own, of which the areas' mean is the value.
        /// Default: false, where all predictions make one curve.
        multi_label: bool = false;
        /// The number of labels; only with `multi_label`, where it may also be left to the first batch. Default: none.
        num_labels: Option<usize> = None;
        /// A weight for each label. Default: all count the same.
        label_weights: Option<LabelWeights> = None;
        /// Whether predictions are logits. Default: false.
        from_logits: bool = false;
    }
}

impl Object for AUC {
    fn class_name(&self) -> &str {
        "AUC"
    }
    fn config(&self) -> Result<Config> {
        let mut me = self.clone();
        if let Some(thresholds) = &mut me.thresholds {
            // Keras counts the two that it adds.
            thresholds.sort_by(f64::total_cmp);
            me.num_thresholds = thresholds.len() + 2;
        }
        to_config("AUC", &me)
    }
}

impl AUC {
    fn error(
        &self,
        argument: &str,
        rule: impl Into<String>,
        received: impl std::fmt::Debug,
    ) -> Error {
        Error::invalid(&self.name, argument, rule, format!("{received:?}"))
    }

    fn cuts(&self) -> Result<Cuts> {
        let Some(inner) = &self.thresholds else {
            if self.num_thresholds < 2 {
                return Err(self.error(
                    "num_thresholds",
                    "must be at least 2",
                    self.num_thresholds,
                ));
            }
            return Ok(Cuts::Even { count: self.num_thresholds, margin: true });
        };
        check_thresholds(&self.name, inner)?;
        let mut inner = inner.clone();
        inner.sort_by(f64::total_cmp);
        let framed = |low: f64, high: f64| {
            std::iter::once(low).chain(inner.iter().copied()).chain([high]).collect::<Vec<_>>()
        };
        if evenly_spaced(&framed(0.0, 1.0)) {
            return Ok(Cuts::Even { count: inner.len() + 2, margin: true });
        }
        Ok(Cuts::At(framed(-EPSILON, 1.0 + EPSILON)))
    }

    fn confusion(&self) -> Result<Confusion<'_>> {
        let label_weights = self.label_weights.as_ref().filter(|_| !self.multi_label);
        Ok(Confusion {
            multi_label: self.multi_label,
            label_weights: label_weights.map(|w| &w.0[..]),
            ..Confusion::new(&self.name, self.cuts()?)
        })
    }

    /// The area between each two thresholds, and per label.
    fn areas(&self, [tp, fp, tn, fn_]: &[Tensor; 4]) -> Tensor {
        let count = tp.shape().first().copied().unwrap_or(0);
        let here = |x: &Tensor| ops::slice_axis(x, 0, 0, count - 1);
        let next = |x: &Tensor| ops::slice_axis(x, 0, 1, count);
        let all_positives = tp + fn_;
        if self.curve == AUCCurve::Pr && self.summation_method == AUCSummation::Interpolation {
            let positive = |x: &Tensor| ops::relu(x);
            let chosen = tp + fp;
            let hits = here(tp) - next(tp);
            let slope = ratio(&hits, &positive(&(here(&chosen) - next(&chosen))));
            let intercept = next(tp) - &slope * next(&chosen);
            let zero = ops::number_like(&chosen, 0.0);
            let (a, b) = (here(&chosen), next(&chosen));
            let both = ops::logical_and(&ops::greater(&a, &zero), &ops::greater(&b, &zero));
            let growth = ops::where_(&both, &ratio(&a, &positive(&b)), &ops::ones_like(&b));
            let area = slope * (hits + intercept * ops::log(&growth));
            return ratio(&area, &positive(&next(&all_positives)));
        }
        let recall = ratio(tp, &all_positives);
        let (x, y) = match self.curve {
            AUCCurve::Roc => (ratio(fp, &(fp + tn)), recall),
            AUCCurve::Pr => (recall, ratio(tp, &(tp + fp))),
            AUCCurve::PrGain => {
                let odds = ratio(&all_positives, &(tn + fp));
                let none = ops::equal(tp, &ops::zeros_like(tp));
                let gain = |wrong: &Tensor| 1.0 - &odds * ratio(wrong, tp);
                let recall = ops::where_(&none, &ops::zeros_like(tp), &gain(fn_));
                (ops::relu(&recall), ops::where_(&none, &ops::ones_like(tp), &gain(fp)))
            }
        };
        let height = match self.summation_method {
            AUCSummation::Interpolation => (here(&y) + next(&y)) / 2.0,
            AUCSummation::Majoring => ops::maximum(&here(&y), &next(&y)),
            AUCSummation::Minoring => ops::minimum(&here(&y), &next(&y)),
        };
        (here(&x) - next(&x)) * height
    }
}

impl Metric for AUC {
    fn name(&self) -> &str {
        &self.name
    }

    fn state(&self, _: &Spec, y_pred: &Spec) -> Result<Vec<Array>> {
        let count = self.cuts()?.len();
        if !self.multi_label {
            if self.num_labels.is_some_and(|n| n > 0) {
                let rule = "must only be given with multi_label";
                return Err(self.error("num_labels", rule, self.num_labels));
            }
            return zeros(&[count], 4);
        }
        let [_, labels] = y_pred.shape[..] else {
            let rule = "must have the shape [n, labels] with multi_label";
            return Err(self.error("y_pred", rule, &y_pred.shape));
        };
        if self.num_labels.is_some_and(|n| n > 0 && n != labels) {
            let rule = format!("must be the number of y_pred's columns, {labels}");
            return Err(self.error("num_labels", rule, self.num_labels));
        }
        match &self.label_weights {
            Some(LabelWeights(weights)) if weights.len() != labels => {
                let rule = format!("must have a number for each of {labels} labels");
                Err(self.error("label_weights", rule, weights))
            }
            _ => zeros(&[count, labels], 4),
        }
    }

    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let [tp, fp, tn, fn_] = parts(&self.name, state)?;
        let y_pred = if self.from_logits { ops::sigmoid(y_pred) } else { y_pred.clone() };
        let new = self.confusion()?.count(y_true, &y_pred, sample_weight)?;
        Ok(vec![
            tp + new.true_positives,
            fp + new.false_positives,
            tn + new.true_negatives,
            fn_ + new.false_negatives,
        ])
    }

    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        let areas = self.areas(parts(&self.name, state)?);
        if !self.multi_label {
            return Ok(ops::sum(&areas, &[], false));
        }
        let of_label = ops::sum(&areas, &[0], false);
        let Some(LabelWeights(weights)) = &self.label_weights else {
            return Ok(ops::mean(&of_label, &[], false));
        };
        let weights = Array::new(&[weights.len()], weights.iter().map(|&w| w as f32).collect())?;
        let weights = Tensor::from(weights);
        let total = ops::sum(&(of_label * &weights), &[], false);
        Ok(ratio(&total, &ops::sum(&weights, &[], false)))
    }
}
