//! Sizes of results and parameters that broadcast.

use crate::random::arguments::positions;
use crate::{Array, Element, Error, Result};

/// The shape of a result, from a number, a list of sizes, or `None` for the shape that the parameters broadcast to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size(pub(super) Option<Vec<usize>>);

impl From<usize> for Size {
    fn from(count: usize) -> Self {
        Size(Some(vec![count]))
    }
}

impl From<&[usize]> for Size {
    fn from(shape: &[usize]) -> Self {
        Size(Some(shape.to_vec()))
    }
}

impl<const N: usize> From<[usize; N]> for Size {
    fn from(shape: [usize; N]) -> Self {
        Size(Some(shape.to_vec()))
    }
}

impl From<Vec<usize>> for Size {
    fn from(shape: Vec<usize>) -> Self {
        Size(Some(shape))
    }
}

impl From<Option<usize>> for Size {
    fn from(count: Option<usize>) -> Self {
        Size(count.map(|n| vec![n]))
    }
}

impl Size {
    /// The shape where there are no parameters that broadcast.
    pub(super) fn shape(self) -> Vec<usize> {
        self.0.unwrap_or_default()
    }

    /// The shape of a result whose parameters broadcast to `inputs`.
    fn over(self, function: &str, inputs: Vec<usize>) -> Result<Vec<usize>> {
        let Some(shape) = self.0 else { return Ok(inputs) };
        match cornu_graph::broadcast_shapes(function, &inputs, &shape) {
            Ok(both) if both == shape => Ok(shape),
            _ => Err(Error::invalid(
                function,
                "size",
                format!("must be a shape that parameters of shape {inputs:?} broadcast to"),
                format!("{shape:?}"),
            )),
        }
    }
}

/// An array of a shape, its elements drawn in order.
pub(super) fn fill<T: Element>(shape: &[usize], mut draw: impl FnMut() -> T) -> Result<Array> {
    let mut array = Array::zeros(shape, T::DTYPE)?;
    array.as_slice_mut::<T>()?.fill_with(&mut draw);
    Ok(array)
}

/// An array whose elements are drawn in order, each with its own two parameters.
pub(super) fn fill_over<P: Element, Q: Element, T: Element>(
    function: &str,
    size: Size,
    (a, b): (&Array, &Array),
    mut draw: impl FnMut(P, Q) -> T,
) -> Result<Array> {
    let inputs = cornu_graph::broadcast_shapes(function, a.shape(), b.shape())?;
    let shape = size.over(function, inputs)?;
    let mut array = Array::zeros(&shape, T::DTYPE)?;
    let places = positions(a.shape(), &shape).zip(positions(b.shape(), &shape));
    let (a, b) = (a.to_vec::<P>(), b.to_vec::<Q>());
    for (element, (i, j)) in array.as_slice_mut::<T>()?.iter_mut().zip(places) {
        *element = draw(a[i], b[j]);
    }
    Ok(array)
}

/// Checks a parameter of floating-point type, element by element.
pub(super) fn check(
    function: &str,
    name: &str,
    values: &Array,
    rule: &str,
    holds: impl Fn(f64) -> bool,
) -> Result<()> {
    match values.to_vec::<f64>().into_iter().find(|&value| !holds(value)) {
        Some(value) => Err(Error::invalid(function, name, rule, format!("{name}={value}"))),
        None => Ok(()),
    }
}

/// Checks counts: integers that are not negative.
pub(super) fn check_counts(function: &str, name: &str, values: &Array) -> Result<()> {
    if values.dtype().is_float() {
        return Err(Error::invalid(function, name, "must have an integer type", values.dtype()));
    }
    check(function, name, values, "must not be negative", |n| n >= 0.0)
}
