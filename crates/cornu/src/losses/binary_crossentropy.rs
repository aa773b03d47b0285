//! The cross-entropy of yes-or-no targets.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{Loss, Reduction, align};
use crate::object;

object!(BinaryCrossentropy);

/// `-(t · ln p + (1 - t) · ln(1 - p))`, the mean over an axis.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BinaryCrossentropy {
    /// The loss's name. Default `"binary_crossentropy"`.
    pub name: String,
    /// How the samples' values are reduced. Default: the sum over the number of values.
    pub reduction: Reduction,
    /// The dtype of the computation; Keras writes it, the tensors' own counts.
    #[serde(skip_serializing)]
    pub dtype: serde_json::Value,
    /// Whether predictions are logits instead of probabilities. Default: false.
    pub from_logits: bool,
    /// Targets move this far towards 0.5, in `[0, 1]`. Default 0.
    pub label_smoothing: f64,
    /// The axis of the mean. Default -1.
    pub axis: isize,
}

impl Default for BinaryCrossentropy {
    fn default() -> Self {
        BinaryCrossentropy {
            name: "binary_crossentropy".into(),
            reduction: Reduction::default(),
            dtype: serde_json::Value::Null,
            from_logits: false,
            label_smoothing: 0.0,
            axis: -1,
        }
    }
}

impl Loss for BinaryCrossentropy {
    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Tensor {
        let smooth = self.label_smoothing;
        let y_true = if smooth == 0.0 {
            y_true.clone()
        } else {
            ops::cast(y_true, y_pred.dtype()) * (1.0 - smooth) + 0.5 * smooth
        };
        let (y_true, y_pred) = align(&y_true, y_pred);
        let values = if self.from_logits {
            sigmoid_crossentropy(&y_true, &y_pred)
        } else {
            elementwise(&y_true, &y_pred)
        };
        ops::mean(&values, &[self.axis], false)
    }
    fn reduction(&self) -> Reduction {
        self.reduction
    }
}

/// Probabilities are kept this far from 0 and 1.
pub(crate) const EPSILON: f64 = 1e-7;

/// The cross-entropy of every element for probabilities.
fn elementwise(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let p = ops::clip(y_pred, EPSILON, 1.0 - EPSILON);
    let yes = y_true * ops::log(&p);
    let no = (1.0 - y_true) * ops::log(&(1.0 - &p));
    -(yes + no)
}

/// The cross-entropy of every element for logits: `max(x, 0) - x · t + ln(1 + e^-|x|)`.
fn sigmoid_crossentropy(y_true: &Tensor, logits: &Tensor) -> Tensor {
    let rest = ops::log1p(&ops::exp(&-ops::abs(logits)));
    ops::relu(logits) - logits * y_true + rest
}

/// The binary cross-entropy of probabilities, the mean over the last axis.
pub fn binary_crossentropy(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    BinaryCrossentropy::default().call(y_true, y_pred)
}
