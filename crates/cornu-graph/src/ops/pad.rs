//! Constant padding, at the ends and between elements.

use crate::ops::{Operation, Slice, Vjp, arity, attribute, place_of, unravel};
use crate::{Array, Element, Error, Result, Spec, Tensor};

/// A constant around the input, and between neighbours of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pad {
    /// How many before the first element, per axis.
    pub low: Vec<usize>,
    /// How many after the last, per axis.
    pub high: Vec<usize>,
    /// How many between two neighbours, per axis.
    pub interior: Vec<usize>,
    /// The constant, as the bits of a double.
    pub value: u64,
}

impl Operation for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        let rank = x.shape.len();
        if [&self.low, &self.high, &self.interior].iter().any(|v| v.len() != rank) {
            return Err(Error::invalid(
                self.name(),
                "padding",
                format!("must name every axis of {:?}", x.shape),
                format!("low={:?} high={:?} interior={:?}", self.low, self.high, self.interior),
            ));
        }
        let size = |i: usize| {
            let between = x.shape[i].saturating_sub(1).saturating_mul(self.interior[i]);
            let ends = self.low[i].saturating_add(self.high[i]);
            x.shape[i].saturating_add(between).saturating_add(ends)
        };
        Ok(Spec { shape: (0..rank).map(size).collect(), dtype: x.dtype })
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let to = vjp.dy.shape();
        let slice = Slice {
            start: self.low.clone(),
            stop: to.iter().zip(&self.high).map(|(d, h)| d - h).collect(),
            step: self.interior.iter().map(|i| i.saturating_add(1)).collect(),
        };
        Ok(vec![Some(Tensor::apply(slice, &[vjp.dy]))])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut list = vec![attribute("low", &self.low), attribute("high", &self.high)];
        if self.interior.iter().any(|&n| n != 0) {
            list.push(attribute("interior", &self.interior));
        }
        list.push(attribute("value", &f64::from_bits(self.value)));
        list
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let from = inputs[0].shape();
        let mut index = vec![0; from.len()];
        crate::with_dtype!(spec.dtype, T => {
            let source = inputs[0].as_slice::<T>()?;
            let mut out = vec![<T as Element>::from_f64(f64::from_bits(self.value)); spec.count()];
            for (p, &value) in source.iter().enumerate() {
                unravel(p, from, &mut index);
                for (i, x) in index.iter_mut().enumerate() {
                    *x = self.low[i] + *x * self.interior[i].saturating_add(1);
                }
                out[place_of(&index, &spec.shape)] = value;
            }
            Array::new::<T>(&spec.shape, out)
        })
    }
}

/// `x` with `(before, after)` copies of `value` along each axis.
pub fn pad(x: &Tensor, padding: &[(usize, usize)], value: f64) -> Tensor {
    let op = Pad {
        low: padding.iter().map(|p| p.0).collect(),
        high: padding.iter().map(|p| p.1).collect(),
        interior: vec![0; padding.len()],
        value: value.to_bits(),
    };
    Tensor::apply(op, &[x])
}
