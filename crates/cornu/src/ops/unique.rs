//! The distinct elements or slices of an array.

use cornu_graph::ops::transpose;
use cornu_graph::{Array, Element, Tensor, normalize_axis, with_dtype};

use super::search::order;
use crate::{Error, Eval, Result};

/// What [`unique`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Unique {
    /// The distinct elements in ascending order, NaN last; or the distinct slices, in the order of their elements.
    pub values: Array,
    /// Where each occurs first (`int32`).
    pub index: Array,
    /// Which of the values each element or slice is (`int32`): with the shape of the input, or one axis for slices.
    pub inverse: Array,
    /// How often each occurs (`int32`).
    pub counts: Array,
}

/// The distinct elements of `x` if `axis` is `None`, else its distinct slices along the axis.
///
/// As in NumPy, all NaN count as one element, while slices with NaN are all distinct.
///
/// ```
/// use cornu::{Array, Tensor, ops};
/// let found = ops::unique(&Tensor::from([3, 1, 3]), None)?;
/// assert_eq!(found.values, Array::from([1, 3]));
/// assert_eq!(found.counts, Array::from([1, 2]));
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When the axis is out of range, there are 2^31 or more elements or slices, or `x` cannot be evaluated.
pub fn unique(x: &Tensor, axis: Option<isize>) -> Result<Unique> {
    x.check()?;
    let Some(axis) = axis else {
        let array = x.array()?;
        let shape = array.shape().to_vec();
        let flat = array.reshape(&[x.count()])?;
        let mut found = rows(&flat, true)?;
        found.inverse = found.inverse.reshape(&shape)?;
        return Ok(found);
    };
    let at = normalize_axis("unique", axis, x.ndim())?;
    // With the axis in front, slices are rows.
    let mut forth: Vec<isize> = (0..x.ndim() as isize).collect();
    forth.remove(at);
    forth.insert(0, at as isize);
    let mut found = rows(&transpose(x, &forth).array()?, false)?;
    let mut back: Vec<isize> = (1..x.ndim() as isize).collect();
    back.insert(at, 0);
    found.values = transpose(&Tensor::from(found.values), &back).array()?;
    Ok(found)
}

/// The distinct rows along the first axis.
fn rows(x: &Array, equal_nan: bool) -> Result<Unique> {
    let count = x.shape()[0];
    if i32::try_from(count).is_err() {
        let rule = "must have fewer than 2^31 elements or slices";
        return Err(Error::invalid("unique", "x", rule, x.spec()));
    }
    let width: usize = x.shape()[1..].iter().product();
    let (first, inverse) = with_dtype!(x.dtype(), T => {
        distinct(count, width, x.as_slice::<T>()?, equal_nan)
    });
    let mut counts = vec![0i32; first.len()];
    for &i in &inverse {
        counts[i as usize] += 1;
    }
    Ok(Unique {
        values: x.take_rows(&first)?,
        index: Array::from(first.into_iter().map(|i| i as i32).collect::<Vec<_>>()),
        inverse: inverse.into(),
        counts: counts.into(),
    })
}

/// The first row of each kind, in order, and the kind of each row.
fn distinct<T: Element>(
    count: usize,
    width: usize,
    x: &[T],
    equal_nan: bool,
) -> (Vec<usize>, Vec<i32>) {
    let row = |i: usize| &x[i * width..(i + 1) * width];
    let mut sorted: Vec<usize> = (0..count).collect();
    sorted.sort_by(|&a, &b| {
        let pairs = row(a).iter().zip(row(b));
        pairs.map(|(a, b)| order(a, b)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
    let same = |a: &T, b: &T| a == b || (equal_nan && order(a, b).is_eq());
    let mut first: Vec<usize> = Vec::new();
    let mut inverse = vec![0; count];
    for i in sorted {
        let new = first.last().is_none_or(|&f| !row(f).iter().zip(row(i)).all(|(a, b)| same(a, b)));
        if new {
            first.push(i);
        }
        inverse[i] = first.len() as i32 - 1;
    }
    (first, inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    fn ints(array: &Array) -> Vec<i32> {
        array.to_vec()
    }

    // The numbers in these tests are NumPy 2.4's.

    #[test]
    fn elements() -> Result<()> {
        let found = unique(&Tensor::from([[3.0, 1.0], [1.0, NAN], [NAN, 3.0]]), None)?;
        let values = found.values.to_vec::<f64>();
        assert_eq!(values[..2], [1.0, 3.0]);
        assert!(values.len() == 3 && values[2].is_nan());
        assert_eq!(ints(&found.index), [1, 0, 3]);
        assert_eq!(found.inverse, Array::from([[1, 0], [0, 2], [2, 1]]));
        assert_eq!(ints(&found.counts), [2, 2, 2]);
        assert_eq!(
            unique(&Tensor::from([true, false, true]), None)?.values,
            Array::from([false, true])
        );
        assert_eq!(unique(&Tensor::scalar(5), None)?.inverse.ndim(), 0);
        let none = unique(&Tensor::from(Vec::<f32>::new()), None)?;
        assert_eq!((none.values.shape(), none.counts.len()), (&[0][..], 0));
        Ok(())
    }

    #[test]
    fn slices() -> Result<()> {
        let x = Tensor::from([[1.0, NAN], [0.0, 5.0], [1.0, NAN], [0.0, 5.0]]);
        let found = unique(&x, Some(0))?;
        assert_eq!(found.values.shape(), [3, 2]);
        assert_eq!(ints(&found.index), [1, 0, 2]);
        assert_eq!(ints(&found.inverse), [1, 0, 2, 0]);
        assert_eq!(ints(&found.counts), [2, 1, 1]);
        let found = unique(&Tensor::from([[1, 0, 1], [2, 0, 2]]), Some(-1))?;
        assert_eq!(found.values, Array::from([[0, 1], [0, 2]]));
        assert_eq!(ints(&found.inverse), [1, 0, 1]);
        let found = unique(&Array::zeros(&[3, 0], crate::DType::F64)?.into(), Some(0))?;
        assert_eq!((found.values.shape(), ints(&found.counts)), (&[1, 0][..], vec![3]));
        assert!(unique(&x, Some(2)).is_err());
        Ok(())
    }
}
