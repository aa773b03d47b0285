//! Random orders.

use super::bounded::interval;
use super::{BitGenerator, Generator};
use crate::{Array, Error, Result};

/// The elements of an array along an axis, in another order or number.
pub(super) fn take(array: &Array, axis: usize, places: &[usize]) -> Result<Array> {
    let (outer, inner) = array.shape().split_at(axis);
    let mut shape = array.shape().to_vec();
    let length = std::mem::replace(&mut shape[axis], places.len());
    let width: usize = inner[1..].iter().product();
    let rows: usize = outer.iter().product();
    let mut taken = Array::zeros(&shape, array.dtype())?;
    if taken.is_empty() {
        return Ok(taken);
    }
    cornu_graph::with_dtype!(array.dtype(), T => {
        let from = array.as_slice::<T>()?;
        let chosen = (0..rows).flat_map(|row| places.iter().map(move |place| row * length + place));
        for (to, place) in taken.as_slice_mut::<T>()?.chunks_exact_mut(width).zip(chosen) {
            to.copy_from_slice(&from[place * width..(place + 1) * width]);
        }
    });
    Ok(taken)
}

impl<B: BitGenerator> Generator<B> {
    /// Shuffles a slice in place, as NumPy shuffles a list (Fisher and Yates).
    pub fn shuffle_slice<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            values.swap(i, interval(&mut self.bits, i));
        }
    }

    /// Changes the order of an array's parts along an axis; the parts stay as they are.
    ///
    /// `axis`: NumPy's default is 0, the only one that its `RandomState` has.
    ///
    /// # Errors
    /// When the array does not have the axis.
    pub fn shuffle(&mut self, x: &mut Array, axis: isize) -> Result<()> {
        let axis = cornu_graph::normalize_axis("shuffle", axis, x.ndim())?;
        if !x.is_empty() {
            let order = self.order(x.shape()[axis]);
            *x = take(x, axis, &order)?;
        }
        Ok(())
    }

    /// A shuffled copy: of the numbers `0..x` (`int64`) if `x` is an integer, else of an array along its first axis.
    ///
    /// # Errors
    /// When `x` is a scalar, but no integer from 0 on, or so large that the numbers do not fit in memory.
    pub fn permutation(&mut self, x: impl Into<Array>) -> Result<Array> {
        let x = x.into();
        if x.ndim() > 0 {
            let order = self.order(x.shape()[0]);
            return take(&x, 0, &order);
        }
        let count = count("permutation", "x", &x)?;
        let mut numbers = numbers(count)?;
        self.shuffle_slice(numbers.as_slice_mut::<i64>()?);
        Ok(numbers)
    }

    fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        self.shuffle_slice(&mut order);
        order
    }
}

/// The numbers `0..count`.
pub(super) fn numbers(count: usize) -> Result<Array> {
    let mut numbers = Array::zeros(&[count], crate::DType::I64)?;
    for (number, i) in numbers.as_slice_mut::<i64>()?.iter_mut().zip(0..) {
        *number = i;
    }
    Ok(numbers)
}

/// A scalar that stands for that many numbers.
pub(super) fn count(function: &str, name: &str, x: &Array) -> Result<usize> {
    let value = x.to_vec::<i64>()[0];
    match usize::try_from(value) {
        Ok(count) if !x.dtype().is_float() => Ok(count),
        _ => {
            let rule = "must be an array or an integer that is not negative";
            Err(Error::invalid(function, name, rule, format!("{x:?}")))
        }
    }
}
