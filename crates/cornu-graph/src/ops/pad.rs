//! Padding: constants at the ends and between elements, mirrors, repetitions.

use crate::ops::{
    Operation, Slice, Vjp, arity, attribute, iota, maximum, minimum, mod_, place_of, take, unravel,
};
use crate::{Array, DType, Element, Error, Result, Spec, Tensor};

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

/// What [`pad`] puts around a tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PadMode {
    /// A number; a plain number converts to this.
    Constant(f64),
    /// The element at the edge.
    Edge,
    /// What a mirror in the middle of the edge's element shows: `3 2 | 1 2 3 | 2 1`.
    Reflect,
    /// What a mirror behind the edge's element shows: `2 1 | 1 2 3 | 3 2`.
    Symmetric,
    /// The elements from the other end: `2 3 | 1 2 3 | 1 2`.
    Wrap,
}

impl From<f64> for PadMode {
    fn from(value: f64) -> PadMode {
        PadMode::Constant(value)
    }
}

impl PadMode {
    /// The places along an axis of `size` elements that fill one with `low` more in front, of `total` in
    /// all. Where the padding is wider than the axis, mirrors face each other, as in NumPy.
    fn places(self, low: usize, total: usize, size: usize) -> Tensor {
        let (low, size) = (low as i64, size as i64);
        let number = |n: i64| Tensor::scalar(n);
        let at = iota(&[total], 0, DType::I64) - number(low);
        // A mirrored axis comes back after its way there and its way back.
        let mirrored = |period: i64, turn: i64| {
            let at = mod_(&at, &number(period));
            minimum(&at, &(number(turn) - &at))
        };
        match self {
            PadMode::Wrap => mod_(&at, &number(size)),
            PadMode::Symmetric => mirrored(2 * size, 2 * size - 1),
            PadMode::Reflect if size > 1 => mirrored(2 * (size - 1), 2 * (size - 1)),
            _ => minimum(&maximum(&at, &number(0)), &number(size - 1)),
        }
    }
}

/// `x` with `(before, after)` elements more along each axis; a single pair goes for all axes.
///
/// `mode` is a [`PadMode`], or a number for a constant.
///
/// ```
/// use cornu_graph::{Tensor, ops, testing::value};
/// let x = Tensor::from([1, 2, 3]);
/// assert_eq!(value(&ops::pad(&x, &[(1, 2)], 0.0))?.to_vec::<i32>(), [0, 1, 2, 3, 0, 0]);
/// let mirrored = ops::pad(&x, &[(1, 2)], ops::PadMode::Reflect);
/// assert_eq!(value(&mirrored)?.to_vec::<i32>(), [2, 1, 2, 3, 2, 1]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// Errors when the padding does not name every axis, and, for all modes but a constant, when an axis without
/// elements would have to grow.
pub fn pad(x: &Tensor, padding: &[(usize, usize)], mode: impl Into<PadMode>) -> Tensor {
    let mode = mode.into();
    Tensor::compose(&[x], || {
        let padding = match *padding {
            [one] => vec![one; x.ndim()],
            _ => padding.to_vec(),
        };
        if let PadMode::Constant(value) = mode {
            let op = Pad {
                low: padding.iter().map(|p| p.0).collect(),
                high: padding.iter().map(|p| p.1).collect(),
                interior: vec![0; padding.len()],
                value: value.to_bits(),
            };
            return Ok(Tensor::apply(op, &[x]));
        }
        if padding.len() != x.ndim() {
            let rule = format!("must name every axis of {:?}", x.shape());
            return Err(Error::invalid("pad", "padding", rule, format!("{padding:?}")));
        }
        let mut y = x.clone();
        for (axis, &(low, high)) in padding.iter().enumerate().filter(|(_, p)| **p != (0, 0)) {
            let size = x.shape()[axis];
            if size == 0 {
                let rule = format!("must leave axis {axis}, which has no elements to repeat");
                return Err(Error::invalid("pad", "padding", rule, format!("{padding:?}")));
            }
            let total = size.saturating_add(low).saturating_add(high);
            crate::element_count("pad", &[total])?;
            y = take(&y, &mode.places(low, total, size), axis as isize);
        }
        Ok(y)
    })
}
