//! Layers that prepare data.

mod normalization;
mod rescaling;

pub use normalization::Normalization;
pub use rescaling::Rescaling;

use cornu_graph::{Array, Tensor};
use serde::{Deserialize, Serialize};

use crate::Result;

/// A number, or one per feature, perhaps nested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Numbers {
    /// One number.
    One(f64),
    /// A list of numbers or of lists.
    Many(Vec<Numbers>),
}

impl Numbers {
    /// The shape and the numbers in row-major order; lists of different lengths give no array.
    fn array(&self) -> Result<Array> {
        fn visit(numbers: &Numbers, depth: usize, shape: &mut Vec<usize>, out: &mut Vec<f32>) {
            match numbers {
                Numbers::One(number) => out.push(*number as f32),
                Numbers::Many(list) => {
                    if shape.len() == depth {
                        shape.push(list.len());
                    }
                    list.iter().for_each(|inner| visit(inner, depth + 1, shape, out));
                }
            }
        }
        let (mut shape, mut out) = (Vec::new(), Vec::new());
        visit(self, 0, &mut shape, &mut out);
        Ok(Array::new(&shape, out)?)
    }

    /// The same with each number changed by `f`.
    pub(crate) fn map(&self, f: fn(f64) -> f64) -> Numbers {
        match self {
            Numbers::One(number) => Numbers::One(f(*number)),
            Numbers::Many(list) => Numbers::Many(list.iter().map(|inner| inner.map(f)).collect()),
        }
    }

    /// A constant in the dtype of `x`.
    pub(crate) fn like(&self, x: &Tensor) -> Result<Tensor> {
        Ok(Tensor::from(self.array()?.cast(x.dtype().to_float())))
    }
}

impl From<&Array> for Numbers {
    fn from(array: &Array) -> Self {
        fn nest(shape: &[usize], values: &[f64]) -> Numbers {
            let [count, inner @ ..] = shape else {
                return Numbers::One(values.first().copied().unwrap_or_default());
            };
            let size: usize = inner.iter().product();
            let part = |i: usize| nest(inner, &values[i * size..(i + 1) * size]);
            Numbers::Many((0..*count).map(part).collect())
        }
        nest(array.shape(), &array.to_vec::<f64>())
    }
}

impl From<f64> for Numbers {
    fn from(number: f64) -> Self {
        Numbers::One(number)
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(numbers: Vec<f64>) -> Self {
        Numbers::Many(numbers.into_iter().map(Numbers::One).collect())
    }
}

impl<const N: usize> From<[f64; N]> for Numbers {
    fn from(numbers: [f64; N]) -> Self {
        numbers.to_vec().into()
    }
}
