//! Constraints on the norms of weights.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::Constraint;
use crate::layers::Axes;
use crate::losses::EPSILON;
use crate::object;

object!(MaxNorm, MinMaxNorm, UnitNorm);

/// Vectors longer than `max_value` are shortened to it (Srivastava et al., 2014).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaxNorm {
    /// The largest norm. Default 2.
    pub max_value: f64,
    /// The axes of the vectors. Default 0: the weights that lead to one unit of a dense layer.
    pub axis: Axes,
}

impl Default for MaxNorm {
    fn default() -> Self {
        MaxNorm { max_value: 2.0, axis: Axes::One(0) }
    }
}

/// The norms of vectors are brought towards a range.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MinMaxNorm {
    /// The smallest norm. Default 0.
    pub min_value: f64,
    /// The largest norm. Default 1.
    pub max_value: f64,
    /// How far one step goes towards the range: 1 enforces it. Default 1.
    pub rate: f64,
    /// The axes of the vectors. Default 0.
    pub axis: Axes,
}

impl Default for MinMaxNorm {
    fn default() -> Self {
        MinMaxNorm { min_value: 0.0, max_value: 1.0, rate: 1.0, axis: Axes::One(0) }
    }
}

/// Vectors have norm 1.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnitNorm {
    /// The axes of the vectors. Default 0.
    pub axis: Axes,
}

impl Default for UnitNorm {
    fn default() -> Self {
        UnitNorm { axis: Axes::One(0) }
    }
}

fn norms(weight: &Tensor, axis: &Axes) -> Tensor {
    ops::sqrt(&ops::sum(&ops::square(weight), axis.list(), true))
}

impl Constraint for MaxNorm {
    fn call(&self, weight: &Tensor) -> Tensor {
        let norms = norms(weight, &self.axis);
        weight * (ops::clip(&norms, 0.0, self.max_value) / (norms + EPSILON))
    }
}

impl Constraint for MinMaxNorm {
    fn call(&self, weight: &Tensor) -> Tensor {
        let norms = norms(weight, &self.axis);
        let inside = ops::clip(&norms, self.min_value, self.max_value);
        let wanted = inside * self.rate + &norms * (1.0 - self.rate);
        weight * (wanted / (norms + EPSILON))
    }
}

impl Constraint for UnitNorm {
    fn call(&self, weight: &Tensor) -> Tensor {
        weight / (norms(weight, &self.axis) + EPSILON)
    }
}
