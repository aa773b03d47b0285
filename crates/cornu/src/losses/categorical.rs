//! Losses of targets that are one of several classes.

use cornu_graph::{Array, DType, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{EPSILON, Loss, align, define::loss};
use crate::{Error, Result};

loss! {
    /// `-Σ t · ln p` over the classes, for one-hot targets or distributions.
    CategoricalCrossentropy "categorical_crossentropy" {
        /// Whether predictions are logits instead of probabilities. Default: false.
        from_logits: bool = false;
        /// Targets move this far towards uniform, in `[0, 1]`. Default 0.
        label_smoothing: f64 = 0.0;
        /// The axis of the classes. Default -1.
        axis: isize = -1;
    } |me, t, p| {
        let t = smooth(t, p, me.label_smoothing, me.axis);
        if !me.from_logits {
            return -ops::sum(&(t * log_probabilities(p, me.axis)), &[me.axis], false);
        }
        // A logit of minus infinity is a class that cannot be: it costs nothing where it is not the target.
        let terms = &t * log_softmax(p, me.axis);
        let none = ops::zeros_like(&terms);
        -ops::sum(&ops::where_(&ops::equal(&t, &none), &none, &terms), &[me.axis], false)
    }

    /// Categorical cross-entropy in which what is easy counts less: times `alpha · (1 - p)^gamma`
    /// (Lin et al., 2017).
    CategoricalFocalCrossentropy "categorical_focal_crossentropy" {
        /// A factor of all classes, or one for each. Default 0.25.
        alpha: ClassWeights = ClassWeights::One(0.25);
        /// How much less easy samples count. Default 2.
        gamma: f64 = 2.0;
        /// Whether predictions are logits instead of probabilities. Default: false.
        from_logits: bool = false;
        /// Targets move this far towards uniform, in `[0, 1]`. Default 0.
        label_smoothing: f64 = 0.0;
        /// The axis of the classes. Default -1.
        axis: isize = -1;
    } |me, t, p| {
        let t = smooth(t, p, me.label_smoothing, me.axis);
        let p = if me.from_logits { ops::exp(&log_softmax(p, me.axis)) } else { p.clone() };
        let log = log_probabilities(&p, me.axis);
        let factor = me.alpha.multiply(&ops::power_number(&(1.0 - ops::exp(&log)), me.gamma), me.axis);
        -ops::sum(&(factor * t * log), &[me.axis], false)
    }

    /// `(1 - p^q) / q` for the probability of the true class (Zhang and Sabuncu, 2018); integer targets.
    CategoricalGeneralizedCrossEntropy "categorical_generalized_cross_entropy" {
        /// Between 0 (cross-entropy) and 1 (mean absolute error). Default 0.5.
        q: f64 = 0.5;
    } |me, t, p| {
        let p = of_label(t, p, p);
        (1.0 - ops::power_number(&p, me.q)) / me.q
    }; labels None

    /// `-ln p` of the true class, for integer targets.
    ///
    /// ```
    /// use cornu::{Array, Eval, Tensor, losses::{Loss, SparseCategoricalCrossentropy}};
    /// let y_true = Tensor::from(Array::new(&[1], vec![2i32])?);
    /// let y_pred = Tensor::from(Array::new(&[1, 3], vec![0.25f32, 0.25, 0.5])?);
    /// let loss = SparseCategoricalCrossentropy::default().compute(&y_true, &y_pred, None).array()?.item()?;
    /// assert!((loss - 2f64.ln()).abs() < 1e-6);
    /// # Ok::<(), cornu::Error>(())
    /// ```
    SparseCategoricalCrossentropy "sparse_categorical_crossentropy" {
        /// Whether predictions are logits instead of probabilities. Default: false.
        from_logits: bool = false;
        /// A target that does not count. Default: none.
        ignore_class: Option<i64> = None;
    } |me, t, p| {
        let log = if me.from_logits { log_softmax(p, -1) } else { log_probabilities(p, -1) };
        let values = -of_label(t, p, &log);
        match me.mask(t, p) {
            Some(counts) => ops::where_(&counts, &values, &ops::zeros_like(&values)),
            None => values,
        }
    }; mask {
        let labels = labels(t, p);
        let ignored = ops::number_like(&labels, me.ignore_class? as f64);
        Some(ops::not_equal(&labels, &ignored))
    }; labels me.ignore_class
}

/// A factor of all classes, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClassWeights {
    /// One for all.
    One(f64),
    /// One for each.
    Each(Vec<f64>),
}

impl From<f64> for ClassWeights {
    fn from(factor: f64) -> Self {
        ClassWeights::One(factor)
    }
}

impl From<Vec<f64>> for ClassWeights {
    fn from(factors: Vec<f64>) -> Self {
        ClassWeights::Each(factors)
    }
}

impl ClassWeights {
    /// A tensor times the factors, whose classes lie along an axis.
    fn multiply(&self, x: &Tensor, axis: isize) -> Tensor {
        let factors = match self {
            ClassWeights::One(factor) => return x * *factor,
            ClassWeights::Each(factors) => factors,
        };
        Tensor::compose(&[x], || {
            let axis = cornu_graph::normalize_axis("loss", axis, x.ndim())?;
            if x.shape()[axis] != factors.len() {
                let rule = format!("must have {} factors, one for each class", x.shape()[axis]);
                return Err(cornu_graph::Error::invalid("loss", "alpha", rule, factors.len()));
            }
            let mut shape = vec![1; x.ndim()];
            shape[axis] = factors.len();
            Ok(x * ops::cast(&Tensor::from(Array::new(&shape, factors.clone())?), x.dtype()))
        })
    }
}

/// Refuses labels that are none of the classes, but for the one that is ignored.
pub(super) fn check_labels(
    loss: &str,
    y_true: &Array,
    outputs: &[usize],
    ignored: Option<i64>,
) -> Result<()> {
    let classes = outputs.last().copied().unwrap_or(0) as i64;
    let wrong = |label: &i64| !(0..classes).contains(label) && Some(*label) != ignored;
    match y_true.to_vec::<i64>().into_iter().find(wrong) {
        None => Ok(()),
        Some(label) => {
            let rule = format!("must be labels from 0 to {}, of {classes} classes", classes - 1);
            Err(Error::invalid(loss, "y", rule, label))
        }
    }
}

/// Integer targets in the shape of the predictions without the classes.
pub(crate) fn labels(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let labels = ops::cast(y_true, DType::I32);
    let trailing = labels.ndim() == y_pred.ndim() && labels.shape().last() == Some(&1);
    if trailing { ops::squeeze(&labels, &[-1]) } else { labels }
}

/// The value of the true class among `values`, by integer targets; 0 for a target outside the classes.
fn of_label(y_true: &Tensor, y_pred: &Tensor, values: &Tensor) -> Tensor {
    let classes = ops::iota(y_pred.shape(), -1, DType::I32);
    let is_label = ops::equal(&ops::expand_dims(&labels(y_true, y_pred), -1), &classes);
    // Chosen, not multiplied: the logarithms of the other classes may be infinite.
    ops::sum(&ops::where_(&is_label, values, &ops::zeros_like(values)), &[-1], false)
}

fn smooth(y_true: &Tensor, y_pred: &Tensor, smoothing: f64, axis: isize) -> Tensor {
    Tensor::compose(&[y_true, y_pred], || {
        let (t, _) = align(y_true, y_pred);
        if smoothing == 0.0 {
            return Ok(t);
        }
        let axis = cornu_graph::normalize_axis("loss", axis, y_pred.ndim())?;
        Ok(t * (1.0 - smoothing) + smoothing / y_pred.shape()[axis] as f64)
    })
}

/// The logarithm of probabilities that are first made to sum to 1 and kept away from 0 and 1.
fn log_probabilities(p: &Tensor, axis: isize) -> Tensor {
    let p = p / ops::sum(p, &[axis], true);
    ops::log(&ops::clip(&p, EPSILON, 1.0 - EPSILON))
}

/// The logarithm of the softmax, with the largest logit taken out first.
fn log_softmax(x: &Tensor, axis: isize) -> Tensor {
    let shifted = x - ops::stop_gradient(&ops::max(x, &[axis], true));
    &shifted - ops::log(&ops::sum(&ops::exp(&shifted), &[axis], true))
}

/// The categorical cross-entropy of probabilities over the last axis.
pub fn categorical_crossentropy(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    CategoricalCrossentropy::default().call(y_true, y_pred)
}

/// The categorical cross-entropy of probabilities over the last axis, for integer targets.
pub fn sparse_categorical_crossentropy(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    SparseCategoricalCrossentropy::default().call(y_true, y_pred)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;

    fn tensor(shape: &[usize], values: &[f32]) -> Tensor {
        Tensor::from(Array::new(shape, values.to_vec()).unwrap())
    }

    #[test]
    fn a_logit_of_minus_infinity_costs_nothing_where_it_is_not_the_target() {
        let infinite = f32::NEG_INFINITY;
        let logits = tensor(&[2, 3], &[infinite, 0.0, 1.0, 0.0, infinite, 0.0]);
        // The mean of ln(1 + e) and ln 2.
        let expected = 1.003204;
        let sparse = SparseCategoricalCrossentropy { from_logits: true, ..Default::default() };
        let labels = Tensor::from(Array::new(&[2], vec![1i32, 0]).unwrap());
        let found = sparse.compute(&labels, &logits, None).array().unwrap().item().unwrap();
        assert!((found - expected).abs() < 1e-6, "{found}");
        let whole = CategoricalCrossentropy { from_logits: true, ..Default::default() };
        let rows = tensor(&[2, 3], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        let found = whole.compute(&rows, &logits, None).array().unwrap().item().unwrap();
        assert!((found - expected).abs() < 1e-6, "{found}");
    }

    #[test]
    fn classes_have_factors_of_their_own() {
        let config = r#"{"alpha": [0.1, 0.5, 0.4], "gamma": 3.0}"#;
        let loss: CategoricalFocalCrossentropy = serde_json::from_str(config).unwrap();
        let (t, p) = (tensor(&[1, 3], &[0.0, 1.0, 0.0]), tensor(&[1, 3], &[0.2, 0.5, 0.3]));
        let found = loss.compute(&t, &p, None).array().unwrap().item().unwrap();
        assert!((found - 0.0433217).abs() < 1e-7, "{found}");
        let written = serde_json::to_value(&loss).unwrap();
        assert_eq!(written["alpha"], serde_json::json!([0.1, 0.5, 0.4]));
        let two = CategoricalFocalCrossentropy { alpha: vec![0.5, 0.5].into(), ..loss };
        let error = two.compute(&t, &p, None).array().unwrap_err().to_string();
        assert!(error.contains("`alpha` must have 3 factors"), "{error}");
    }

    #[test]
    fn labels_are_those_of_the_classes() {
        let check = |labels: Vec<i32>, ignored| {
            let labels = Array::new(&[labels.len()], labels).unwrap();
            check_labels("loss", &labels, &[2, 3], ignored).map_err(|e| e.to_string())
        };
        assert_eq!(check(vec![0, 2], None), Ok(()));
        assert_eq!(check(vec![0, -1], Some(-1)), Ok(()));
        for wrong in [-1, 3, 5] {
            let error = check(vec![1, wrong], Some(9)).unwrap_err();
            assert!(error.contains("from 0 to 2") && error.contains(&format!("Received: {wrong}")));
        }
    }
}
