//! The mean of squared differences.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{Loss, Reduction, align};
use crate::object;

object!(MeanSquaredError);

/// `mean((y_true - y_pred)²)` over the last axis.
///
/// ```
/// use cornu::{Array, Eval, Tensor, losses::{Loss, MeanSquaredError}};
/// let y_true = Tensor::from(Array::new(&[2, 2], vec![0f32, 1.0, 0.0, 0.0])?);
/// let y_pred = Tensor::from(Array::new(&[2, 2], vec![1f32, 1.0, 1.0, 0.0])?);
/// assert_eq!(MeanSquaredError::default().compute(&y_true, &y_pred, None).array()?.item()?, 0.5);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MeanSquaredError {
    /// The loss's name. Default `"mean_squared_error"`.
    pub name: String,
    /// How the samples' values are reduced. Default: the sum over the number of values.
    pub reduction: Reduction,
    /// The dtype of the computation; Keras writes it, the tensors' own counts.
    #[serde(skip_serializing)]
    pub dtype: serde_json::Value,
}

impl Default for MeanSquaredError {
    fn default() -> Self {
        let dtype = serde_json::Value::Null;
        MeanSquaredError {
            name: "mean_squared_error".into(),
            reduction: Reduction::default(),
            dtype,
        }
    }
}

impl Loss for MeanSquaredError {
    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Tensor {
        mean_squared_error(y_true, y_pred)
    }
    fn reduction(&self) -> Reduction {
        self.reduction
    }
}

/// The mean of squared differences over the last axis.
pub fn mean_squared_error(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (y_true, y_pred) = align(y_true, y_pred);
    ops::mean(&ops::square(&(y_true - y_pred)), &[-1], false)
}
