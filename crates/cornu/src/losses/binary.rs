//! Losses of yes-or-no targets.

use cornu_graph::{Tensor, ops};

use super::{EPSILON, Loss, align, define::loss};

loss! {
    /// `-(t · ln p + (1 - t) · ln(1 - p))`, the mean over an axis.
    BinaryCrossentropy "binary_crossentropy" {
        /// Whether predictions are logits instead of probabilities. Default: false.
        from_logits: bool = false;
        /// Targets move this far towards 0.5, in `[0, 1]`. Default 0.
        label_smoothing: f64 = 0.0;
        /// The axis of the mean. Default -1.
        axis: isize = -1;
    } |me, t, p| {
        let (t, p) = align(&smooth(t, p, me.label_smoothing), p);
        let values = if me.from_logits { of_logits(&t, &p) } else { of_probabilities(&t, &p) };
        ops::mean(&values, &[me.axis], false)
    }

    /// Binary cross-entropy in which what is easy counts less: times `(1 - p_t)^gamma` (Lin et al., 2017).
    BinaryFocalCrossentropy "binary_focal_crossentropy" {
        /// Whether the classes are weighted by `alpha` and `1 - alpha`. Default: false.
        apply_class_balancing: bool = false;
        /// The weight of class 1. Default 0.25.
        alpha: f64 = 0.25;
        /// How much less easy samples count. Default 2.
        gamma: f64 = 2.0;
        /// Whether predictions are logits instead of probabilities. Default: false.
        from_logits: bool = false;
        /// Targets move this far towards 0.5, in `[0, 1]`. Default 0.
        label_smoothing: f64 = 0.0;
        /// The axis of the mean. Default -1.
        axis: isize = -1;
    } |me, t, p| {
        let (t, p) = align(&smooth(t, p, me.label_smoothing), p);
        let (p, entropy) = if me.from_logits {
            (ops::sigmoid(&p), of_logits(&t, &p))
        } else {
            (p.clone(), of_probabilities(&t, &p))
        };
        let hit = &t * &p + (1.0 - &t) * (1.0 - &p);
        let factor = ops::power_number(&(1.0 - hit), me.gamma);
        let mut values = factor * entropy;
        if me.apply_class_balancing {
            values = values * (&t * me.alpha + (1.0 - &t) * (1.0 - me.alpha));
        }
        ops::mean(&values, &[me.axis], false)
    }
}

/// Targets moved towards 0.5.
fn smooth(y_true: &Tensor, y_pred: &Tensor, smoothing: f64) -> Tensor {
    let t = ops::cast(y_true, y_pred.dtype());
    if smoothing == 0.0 { t } else { t * (1.0 - smoothing) + 0.5 * smoothing }
}

/// The cross-entropy of every element for probabilities.
fn of_probabilities(t: &Tensor, p: &Tensor) -> Tensor {
    let p = ops::clip(p, EPSILON, 1.0 - EPSILON);
    -(t * ops::log(&p) + (1.0 - t) * ops::log(&(1.0 - &p)))
}

/// The cross-entropy of every element for logits: `ln(1 + e^x) - x · t`.
fn of_logits(t: &Tensor, x: &Tensor) -> Tensor {
    ops::softplus(x) - x * t
}

/// The binary cross-entropy of probabilities, the mean over the last axis.
pub fn binary_crossentropy(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    BinaryCrossentropy::default().call(y_true, y_pred)
}
