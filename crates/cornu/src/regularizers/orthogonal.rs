//! A penalty on vectors that are not at right angles.

use cornu_graph::{DType, Error, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::Regularizer;
use crate::object;

object!(OrthogonalRegularizer);

/// Which vectors of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrthogonalMode {
    /// Its rows.
    #[default]
    Rows,
    /// Its columns.
    Columns,
}

/// `factor` times the mean absolute cosine between two rows (or columns) of a matrix.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrthogonalRegularizer {
    /// The factor. Default 0.01.
    pub factor: f64,
    /// Rows or columns. Default: rows.
    pub mode: OrthogonalMode,
}

impl Default for OrthogonalRegularizer {
    fn default() -> Self {
        OrthogonalRegularizer { factor: 0.01, mode: OrthogonalMode::Rows }
    }
}

impl Regularizer for OrthogonalRegularizer {
    fn call(&self, weight: &Tensor) -> Tensor {
        Tensor::compose(&[weight], || {
            let [rows, columns] = *weight.shape() else {
                let rule = "must be a matrix";
                return Err(Error::invalid("OrthogonalRegularizer", "weight", rule, weight.spec()));
            };
            let (vectors, size) = match self.mode {
                OrthogonalMode::Rows => (weight.clone(), rows),
                OrthogonalMode::Columns => (ops::transpose(weight, &[]), columns),
            };
            let norms = ops::sqrt(&ops::sum(&ops::square(&vectors), &[-1], true));
            let unit =
                &vectors / ops::maximum(&norms, &ops::number_like(&norms, crate::losses::EPSILON));
            let cosines = ops::matmul(&unit, &ops::transpose(&unit, &[]));
            let index = |axis| ops::iota(&[size, size], axis, DType::I32);
            let apart = ops::not_equal(&index(0), &index(1));
            let off = ops::where_(&apart, &ops::abs(&cosines), &ops::zeros_like(&cosines));
            let pairs = (size * size.saturating_sub(1)) as f64 / 2.0;
            Ok(ops::sum(&off, &[], false) * (self.factor * 0.5 / pairs.max(1.0)))
        })
    }
}
