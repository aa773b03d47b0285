//! Where elements are not zero, and the elements there.

use cornu_graph::ops::{cast, ravel, stack, take};
use cornu_graph::{Array, DType, Tensor, normalize_axis};

use crate::{Error, Eval, Result};

/// Where the elements in row-major order are true (or not 0; NaN is not 0).
fn places(function: &str, argument: &str, x: &Tensor) -> Result<Vec<usize>> {
    x.check()?;
    if i32::try_from(x.count()).is_err() {
        let rule = "must have fewer than 2^31 elements";
        return Err(Error::invalid(function, argument, rule, x.spec()));
    }
    let truth = cast(x, DType::Bool).array()?;
    let elements = truth.as_slice::<bool>()?.iter().enumerate();
    Ok(elements.filter(|(_, t)| **t).map(|(i, _)| i).collect())
}

/// The places as one index (`int32`) per axis of `shape`.
fn indices(places: &[usize], shape: &[usize]) -> Vec<Array> {
    let column = |axis: usize| {
        let stride: usize = shape[axis + 1..].iter().product();
        Array::from(places.iter().map(|p| (p / stride % shape[axis]) as i32).collect::<Vec<_>>())
    };
    (0..shape.len()).map(column).collect()
}

/// The indices (`int32`) of the elements that are not 0, in row-major order: an array for every axis.
///
/// ```
/// use cornu::{Array, Tensor, ops};
/// let x = Tensor::from([[3, 0], [0, 5]]);
/// assert_eq!(ops::nonzero(&x)?, [Array::from([0, 1]), Array::from([0, 1])]);
/// assert_eq!(ops::argwhere(&x)?, Array::from([[0, 0], [1, 1]]));
/// assert_eq!(ops::extract(&x, &x)?, Array::from([3, 5]));
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When `x` has no axis or 2^31 or more elements, or cannot be evaluated.
pub fn nonzero(x: &Tensor) -> Result<Vec<Array>> {
    x.check()?;
    if x.ndim() == 0 {
        return Err(Error::invalid("nonzero", "x", "must have an axis", x.spec()));
    }
    Ok(indices(&places("nonzero", "x", x)?, x.shape()))
}

/// The indices (`int32`) of the elements that are not 0, in row-major order: a row of one index per axis for each.
///
/// # Errors
/// When `x` has 2^31 or more elements, or cannot be evaluated.
pub fn argwhere(x: &Tensor) -> Result<Array> {
    let places = places("argwhere", "x", x)?;
    let columns: Vec<Tensor> = indices(&places, x.shape()).into_iter().map(Tensor::from).collect();
    if columns.is_empty() {
        return Array::zeros(&[places.len(), 0], DType::I32).map_err(Error::from);
    }
    stack(&columns, 1).array()
}

/// The places (`int32`) in row-major order of the elements that are not 0.
///
/// # Errors
/// When `x` has 2^31 or more elements, or cannot be evaluated.
pub fn flatnonzero(x: &Tensor) -> Result<Array> {
    let places = places("flatnonzero", "x", x)?;
    Ok(Array::from(places.into_iter().map(|p| p as i32).collect::<Vec<_>>()))
}

/// The slices of `x` along `axis` where `condition` is true (or not 0); of its elements in row-major order if
/// `axis` is `None`.
///
/// `condition` has one axis, which may be shorter than that of `x`: the slices beyond it are left out.
///
/// # Errors
/// When `condition` has not one axis or is true beyond the end of `x`, or `x` has no such axis; when a tensor
/// cannot be evaluated.
pub fn compress(condition: &Tensor, x: &Tensor, axis: Option<isize>) -> Result<Array> {
    if condition.check().is_ok() && condition.ndim() != 1 {
        return Err(Error::invalid(
            "compress",
            "condition",
            "must have one axis",
            condition.spec(),
        ));
    }
    pick("compress", condition, x, axis)
}

/// The elements of `x` in row-major order where `condition` is true (or not 0).
///
/// `condition` may have fewer elements than `x`: those beyond it are left out.
///
/// # Errors
/// When `condition` is true beyond the end of `x`, or a tensor cannot be evaluated.
pub fn extract(condition: &Tensor, x: &Tensor) -> Result<Array> {
    pick("extract", &ravel(condition), x, None)
}

fn pick(function: &str, condition: &Tensor, x: &Tensor, axis: Option<isize>) -> Result<Array> {
    x.check()?;
    let (x, axis) = match axis {
        Some(axis) => (x.clone(), normalize_axis(function, axis, x.ndim())?),
        None => (ravel(x), 0),
    };
    let (places, size) = (places(function, "condition", condition)?, x.shape()[axis]);
    match places.last() {
        Some(&last) if last >= size => {
            let rule = format!("must not be true beyond the size {size} of `x`");
            Err(Error::invalid(function, "condition", rule, format!("true at {last}")))
        }
        _ => {
            let places: Vec<i64> = places.into_iter().map(|p| p as i64).collect();
            take(&x, &Tensor::from(places), axis as isize).array()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::ops::{full, greater, zeros};

    // The numbers in these tests are NumPy 2.4's.

    #[test]
    fn indices_of_what_is_not_zero() -> Result<()> {
        let x = Tensor::from([[0.0, f64::NAN, 0.5], [-0.0, f64::NEG_INFINITY, 0.0]]);
        let found = nonzero(&x)?;
        assert_eq!(found, [Array::from([0, 0, 1]), Array::from([1, 2, 1])]);
        assert_eq!(argwhere(&x)?, Array::from([[0, 1], [0, 2], [1, 1]]));
        assert_eq!(flatnonzero(&x)?, Array::from([1, 2, 4]));
        let cube = full(&[2, 1, 2], true);
        let expected = [[0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 1]].map(Array::from);
        assert_eq!(nonzero(&cube)?, expected);
        assert_eq!(nonzero(&Tensor::from([0, 0]))?, [Array::from(Vec::<i32>::new())]);
        let none = nonzero(&zeros(&[2, 0], DType::F32))?;
        assert_eq!((none.len(), none[1].shape()), (2, &[0][..]));
        assert_eq!(argwhere(&zeros(&[3, 0], DType::U8))?.shape(), [0, 2]);
        assert_eq!(argwhere(&Tensor::scalar(3))?.shape(), [1, 0]);
        assert_eq!(argwhere(&Tensor::scalar(0))?.shape(), [0, 0]);
        assert_eq!(flatnonzero(&Tensor::scalar(3))?, Array::from([0]));
        let message = nonzero(&Tensor::scalar(3)).unwrap_err().to_string();
        assert!(message.contains("nonzero: `x` must have an axis. Received: int32[]"), "{message}");
        let message = flatnonzero(&full(&[1 << 31], 1.0)).unwrap_err().to_string();
        assert!(message.contains("flatnonzero: `x` must have fewer than 2^31"), "{message}");
        assert!(argwhere(&Tensor::input(&[2], DType::F32)).is_err());
        Ok(())
    }

    #[test]
    fn slices_and_elements_by_condition() -> Result<()> {
        let x = Tensor::from([[0, 1, 2], [3, 4, 5]]);
        let when = Tensor::from([false, true, false]);
        assert_eq!(compress(&when, &x, Some(0))?, Array::from([[3, 4, 5]]));
        assert_eq!(compress(&when, &x, Some(-1))?, Array::from([[1], [4]]));
        assert_eq!(compress(&when, &x, None)?, Array::from([1]));
        assert_eq!(compress(&Tensor::from([0.0; 7]), &x, None)?.shape(), [0]);
        assert_eq!(extract(&greater(&x, &Tensor::scalar(2)), &x)?, Array::from([3, 4, 5]));
        assert_eq!(extract(&Tensor::scalar(true), &Tensor::scalar(2.5))?, Array::from([2.5]));
        let message = |r: Result<Array>| r.unwrap_err().to_string();
        let beyond = Tensor::from([0, 0, 1]);
        assert_eq!(
            message(compress(&beyond, &x, Some(0))),
            "compress: `condition` must not be true beyond the size 2 of `x`. Received: true at 2"
        );
        assert!(
            message(compress(&x, &x, None)).contains("compress: `condition` must have one axis")
        );
        assert!(message(compress(&when, &x, Some(2))).starts_with("compress: `axis`"));
        assert_eq!(extract(&when, &x)?, Array::from([1]));
        let beyond = extract(&Tensor::from([[0; 4], [1; 4]]), &x);
        assert!(
            message(beyond).contains("extract: `condition` must not be true beyond the size 6")
        );
        Ok(())
    }
}
