//! Losses of targets that are one of several classes.

use cornu_graph::{DType, Tensor, ops};

use super::{EPSILON, Loss, align, define::loss};

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
        let log = if me.from_logits { log_softmax(p, me.axis) } else { log_probabilities(p, me.axis) };
        -ops::sum(&(t * log), &[me.axis], false)
    }

    /// Categorical cross-entropy in which what is easy counts less: times `alpha · (1 - p)^gamma`
    /// (Lin et al., 2017).
    CategoricalFocalCrossentropy "categorical_focal_crossentropy" {
        /// A factor of all classes. Default 0.25.
        alpha: f64 = 0.25;
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
        let factor = ops::power_number(&(1.0 - ops::exp(&log)), me.gamma) * me.alpha;
        -ops::sum(&(factor * t * log), &[me.axis], false)
    }

    /// `(1 - p^q) / q` for the probability of the true class (Zhang and Sabuncu, 2018); integer targets.
    CategoricalGeneralizedCrossEntropy "categorical_generalized_cross_entropy" {
        /// Between 0 (cross-entropy) and 1 (mean absolute error). Default 0.5.
        q: f64 = 0.5;
    } |me, t, p| {
        let p = ops::sum(&(one_hot(t, p) * p), &[-1], false);
        (1.0 - ops::power_number(&p, me.q)) / me.q
    }

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
        let values = -ops::sum(&(one_hot(t, p) * log), &[-1], false);
        match me.mask(t, p) {
            Some(counts) => ops::where_(&counts, &values, &ops::zeros_like(&values)),
            None => values,
        }
    }; mask {
        let labels = labels(t, p);
        let ignored = ops::number_like(&labels, me.ignore_class? as f64);
        Some(ops::not_equal(&labels, &ignored))
    }
}

/// Integer targets in the shape of the predictions without the classes.
pub(crate) fn labels(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let labels = ops::cast(y_true, DType::I32);
    let trailing = labels.ndim() == y_pred.ndim() && labels.shape().last() == Some(&1);
    if trailing { ops::squeeze(&labels, &[-1]) } else { labels }
}

/// One-hot rows of integer targets; a target outside the classes gives zeros.
fn one_hot(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let classes = ops::iota(y_pred.shape(), -1, DType::I32);
    ops::cast(&ops::equal(&ops::expand_dims(&labels(y_true, y_pred), -1), &classes), y_pred.dtype())
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
