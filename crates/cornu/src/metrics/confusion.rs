//! True and false positives and negatives at thresholds: what many metrics of yes-or-no targets count.

use cornu_graph::ops::ScatterAdd;
use cornu_graph::{Array, DType, Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::losses::{EPSILON, align, fit_weights};
use crate::{Error, Result};

/// What a prediction outside the `k` largest becomes: below every threshold.
const BELOW_ALL: f64 = -1e10;

/// One threshold or several, each in `[0, 1]`: a prediction above it counts as positive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Thresholds {
    /// One: the metric's value is a number.
    One(f64),
    /// A list: the metric has a value for each.
    Many(Vec<f64>),
}

impl From<f64> for Thresholds {
    fn from(threshold: f64) -> Self {
        Thresholds::One(threshold)
    }
}

impl From<Vec<f64>> for Thresholds {
    fn from(thresholds: Vec<f64>) -> Self {
        Thresholds::Many(thresholds)
    }
}

impl<const N: usize> From<[f64; N]> for Thresholds {
    fn from(thresholds: [f64; N]) -> Self {
        Thresholds::Many(thresholds.to_vec())
    }
}

/// Where predictions are cut.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cuts {
    /// At each of these.
    At(Vec<f64>),
    /// At this many points from 0 to 1, all equally far apart. With `margin`, the first lies a little below 0.
    Even { count: usize, margin: bool },
}

impl Cuts {
    /// The cuts at a metric's thresholds. Default: 0.5, or below all where the largest `top_k` are chosen.
    pub fn new(
        metric: &str,
        thresholds: &Option<Thresholds>,
        top_k: Option<usize>,
    ) -> Result<Cuts> {
        let values = match thresholds {
            None if top_k.is_some() => return Ok(Cuts::At(vec![BELOW_ALL])),
            None => vec![0.5],
            Some(Thresholds::One(value)) => vec![*value],
            Some(Thresholds::Many(values)) => values.clone(),
        };
        check_thresholds(metric, &values)?;
        if values.is_empty() {
            return Err(Error::invalid(
                metric,
                "thresholds",
                "must have at least one value",
                "none",
            ));
        }
        let margin = false;
        Ok(if evenly_spaced(&values) {
            Cuts::Even { count: values.len(), margin }
        } else {
            Cuts::At(values)
        })
    }

    /// The number of cuts.
    pub fn len(&self) -> usize {
        match self {
            Cuts::At(values) => values.len(),
            Cuts::Even { count, .. } => *count,
        }
    }
}

/// Checks that thresholds are in `[0, 1]`.
pub(super) fn check_thresholds(metric: &str, values: &[f64]) -> Result<()> {
    match values.iter().find(|t| !(0.0..=1.0).contains(*t)) {
        None => Ok(()),
        Some(wrong) => Err(Error::invalid(metric, "thresholds", "must be in [0, 1]", wrong)),
    }
}

/// Whether thresholds are the points that cut `[0, 1]` into equal parts, at least two.
pub(super) fn evenly_spaced(values: &[f64]) -> bool {
    let last = values.len().saturating_sub(1) as f64;
    let near = |(i, t): (usize, &f64)| {
        let even = i as f64 / last;
        (t - even).abs() <= EPSILON + 1e-5 * even
    };
    values.len() > 2 && values.iter().enumerate().all(near)
}

/// What is counted, and how.
#[derive(Debug, Clone)]
pub(super) struct Confusion<'a> {
    /// The metric's name in messages.
    pub metric: &'a str,
    /// The cuts.
    pub cuts: Cuts,
    /// How many of the largest predictions of a row can be positive at all.
    pub top_k: Option<usize>,
    /// The only class that counts.
    pub class_id: Option<usize>,
    /// Whether the labels (columns) are counted one by one.
    pub multi_label: bool,
    /// The weights of the labels where they are counted together.
    pub label_weights: Option<&'a [f64]>,
}

/// The weights of what was counted: `[cuts]`, or `[cuts, labels]` for several labels.
pub(super) struct Counts {
    pub true_positives: Tensor,
    pub false_positives: Tensor,
    pub true_negatives: Tensor,
    pub false_negatives: Tensor,
}

impl<'a> Confusion<'a> {
    /// Counts of all predictions together.
    pub fn new(metric: &'a str, cuts: Cuts) -> Self {
        Confusion {
            metric,
            cuts,
            top_k: None,
            class_id: None,
            multi_label: false,
            label_weights: None,
        }
    }

    fn error(&self, argument: &str, rule: String, received: impl std::fmt::Display) -> Error {
        Error::invalid(self.metric, argument, rule, received)
    }

    /// Counts a batch. A NaN is above no threshold.
    pub fn count(
        &self,
        y_true: &Tensor,
        y_pred: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<Counts> {
        let float = |t: &Tensor| ops::cast(t, DType::F32);
        let (mut t, mut p) = align(&float(y_true), &float(y_pred));
        t.check()?;
        p.check()?;
        if t.shape() != p.shape() {
            let rule = format!("must have the shape of y_pred {:?}", y_pred.shape());
            return Err(self.error("y_true", rule, format!("{:?}", y_true.shape())));
        }
        let mut weights = match weights {
            Some(weights) => fit_weights(weights, &p)?,
            None => ops::ones(&vec![1; p.ndim()], DType::F32),
        };
        if let Some(k) = self.top_k {
            p = self.only_top(&p, k)?;
        }
        if let Some(class) = self.class_id {
            let classes = p.shape().last().copied().unwrap_or(0);
            if p.ndim() < 2 || class >= classes {
                let rule = format!("must name a column of y_pred {:?}", p.shape());
                return Err(self.error("class_id", rule, class));
            }
            let column = |x: &Tensor| ops::slice_axis(x, -1, class, class + 1);
            (t, p) = (column(&t), column(&p));
        }
        if let Some(factors) = self.label_weights {
            let factors =
                Array::new(&[factors.len()], factors.iter().map(|&f| f as f32).collect())?;
            weights = weights * Tensor::from(factors);
        }
        let weights = ops::broadcast_to(&weights, p.shape());
        weights.check()?;
        let rows = |x: &Tensor| {
            if self.multi_label {
                ops::transpose(x, &[1, 0])
            } else {
                ops::reshape(x, &[1, x.count()])
            }
        };
        let labels = if self.multi_label { p.shape()[1] } else { 1 };
        let positive = ops::cast(&ops::cast(&t, DType::Bool), DType::F32);
        // [positive or negative, label, sample]
        let weights =
            ops::stack(&[rows(&(&positive * &weights)), rows(&((1.0 - &positive) * &weights))], 0);
        let p = rows(&p);
        let (above, below) = match &self.cuts {
            Cuts::At(values) => at_each(values, &p, &weights)?,
            Cuts::Even { count, margin } => in_buckets(*count, *margin, &p, &weights),
        };
        let shape: Vec<usize> =
            if self.multi_label { vec![self.cuts.len(), labels] } else { vec![self.cuts.len()] };
        let of = |x: &Tensor, truth: usize| {
            let one = ops::slice_axis(x, 0, truth, truth + 1);
            ops::reshape(&ops::transpose(&ops::squeeze(&one, &[0]), &[1, 0]), &shape)
        };
        let counts = Counts {
            true_positives: of(&above, 0),
            false_positives: of(&above, 1),
            true_negatives: of(&below, 1),
            false_negatives: of(&below, 0),
        };
        counts.true_positives.check()?;
        Ok(counts)
    }

    /// Predictions of which all but the `k` largest of a row are below every threshold; of equals, the first counts.
    fn only_top(&self, p: &Tensor, k: usize) -> Result<Tensor> {
        let classes = p.shape().last().copied().unwrap_or(0);
        if k == 0 || k > classes {
            let rule = format!("must be in [1, {classes}], as y_pred has {classes} columns");
            return Err(self.error("top_k", rule, k));
        }
        let places = ops::argsort(&ops::argsort(p, -1, true), -1, false);
        let chosen = ops::less(&places, &ops::number_like(&places, k as f64));
        Ok(ops::where_(&chosen, p, &ops::number_like(p, BELOW_ALL)))
    }
}

/// Weights above and below each threshold, `[positive or negative, label, threshold]` each.
fn at_each(thresholds: &[f64], p: &Tensor, weights: &Tensor) -> Result<(Tensor, Tensor)> {
    let values = thresholds.iter().map(|&t| t as f32).collect();
    let cuts = Tensor::from(Array::new(&[1, thresholds.len(), 1], values)?);
    let above = ops::greater(&ops::expand_dims(p, 1), &cuts);
    let total = |chosen: &Tensor| {
        let chosen = ops::cast(&ops::expand_dims(chosen, 0), DType::F32);
        ops::sum(&(chosen * ops::expand_dims(weights, 2)), &[-1], false)
    };
    Ok((total(&above), total(&ops::logical_not(&above))))
}

/// The same for equally spaced thresholds, in time that does not grow with their number: a prediction `p` is above
/// the first `ceil(p · (count - 1))` of them.
fn in_buckets(count: usize, margin: bool, p: &Tensor, weights: &Tensor) -> (Tensor, Tensor) {
    let (labels, samples) = (p.shape()[0], p.shape()[1]);
    let number = |x: f64| ops::number_like(p, x);
    let above = ops::ceil(&(ops::clip(p, 0.0, 1.0) * (count as f64 - 1.0)));
    let above = if margin { ops::maximum(&above, &number(1.0)) } else { above };
    let above = ops::where_(&ops::isnan(p), &number(0.0), &above);
    let label = ops::iota(&[labels, samples], 0, DType::I64) * count as f64;
    let bucket = ops::reshape(&(ops::cast(&above, DType::I64) + label), &[labels * samples]);
    let scatter = ScatterAdd { axis: 1, size: labels * count };
    let flat = ops::reshape(weights, &[2, labels * samples]);
    let sums = ops::reshape(&Tensor::apply(scatter, &[&flat, &bucket]), &[2, labels, count]);
    let from_here_on = ops::flip(&ops::cumsum(&ops::flip(&sums, &[-1]), -1), &[-1]);
    let later = ops::slice_axis(&from_here_on, -1, 1, count);
    let above = ops::pad(&later, &[(0, 0), (0, 0), (0, 1)], 0.0);
    let below = ops::sum(weights, &[-1], true) - &above;
    (above, below)
}

/// A vector of one element as a number.
pub(super) fn scalar_if_one(x: &Tensor) -> Tensor {
    if x.shape() == [1] { ops::squeeze(x, &[0]) } else { x.clone() }
}

/// `count` states of zeros.
pub(super) fn zeros(shape: &[usize], count: usize) -> Result<Vec<Array>> {
    let state = Array::zeros(shape, DType::F32)?;
    Ok(vec![state; count])
}
