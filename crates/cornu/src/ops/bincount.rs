//! Counts of small integers.

use cornu_graph::ops::{
    ScatterAdd, add, cast, greater_equal, iota, less, logical_or, max, min, number_like, ones,
    reshape, where_,
};
use cornu_graph::{Array, DType, Tensor, element_count};

use crate::{Error, Eval, Result, evaluate};

/// How often each of the integers from 0 up occurs in `x`.
///
/// # Arguments
/// - `x`: integers from 0 up, of shape `[n]`, or `[rows, n]` for a count of each row.
/// - `weights`: what each element adds instead of 1; of the shape of `x`.
/// - `minlength`: the least length of the last axis of the result, which otherwise is the largest element plus 1.
///
/// The result is `int32`, or of the common type of `x` and `weights`.
///
/// ```
/// use cornu::{Array, Tensor, ops};
/// assert_eq!(ops::bincount(&Tensor::from([1, 3, 1]), None, 0)?, Array::from([0, 2, 0, 1]));
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When an element is negative or the counts do not fit in memory; as [`bincount_of_length`].
pub fn bincount(x: &Tensor, weights: Option<&Tensor>, minlength: usize) -> Result<Array> {
    x.check()?;
    check(x, weights)?;
    let mut length = minlength;
    if x.count() > 0 {
        let ends = evaluate(&[min(x, &[], false), max(x, &[], false)])?;
        let ends: Vec<i64> = ends.into_iter().flat_map(Array::into_vec::<i64>).collect();
        if ends[0] < 0 {
            return Err(Error::invalid("bincount", "x", "must not be negative", ends[0]));
        }
        length = length.max(usize::try_from(ends[1]).unwrap_or(usize::MAX).saturating_add(1));
    }
    let rows = if x.ndim() == 2 { x.shape()[0] } else { 1 };
    let count = element_count("bincount", &[rows, length])?;
    // The data names the size of the result: ask before the allocation that would end the process.
    if Vec::<u64>::new().try_reserve_exact(count).is_err() {
        let received = format!("{rows} x {length} counts");
        return Err(Error::invalid(
            "bincount",
            "x",
            "must give counts that fit in memory",
            received,
        ));
    }
    bincount_of_length(x, weights, length).array()
}

/// How often each of the integers from 0 to `length - 1` occurs in `x`: [`bincount`] for graphs, where sizes
/// are known ahead. Another integer is an error when it is met.
///
/// Differentiable in `weights`.
pub fn bincount_of_length(x: &Tensor, weights: Option<&Tensor>, length: usize) -> Tensor {
    let inputs: Vec<&Tensor> = [x].into_iter().chain(weights).collect();
    Tensor::compose(&inputs, || {
        check(x, weights)?;
        let batch = &x.shape()[..x.ndim() - 1];
        let rows = batch.first().copied().unwrap_or(1);
        let all = element_count("bincount", &[rows, length])?;
        let added = match weights {
            Some(w) => cast(w, w.dtype().promote(x.dtype())),
            None => ones(x.shape(), DType::I32),
        };
        let index = cast(x, DType::I64);
        let outside = logical_or(
            &less(&index, &number_like(&index, 0.0)),
            &greater_equal(&index, &number_like(&index, length as f64)),
        );
        // Row r counts from r * length; an index outside must not count in another row.
        let row = iota(&[batch, &[1]].concat(), 0, DType::I64);
        let start = if batch.is_empty() { number_like(&index, 0.0) } else { row * length as f64 };
        let index = where_(&outside, &number_like(&index, all as f64), &add(&index, &start));
        let flat = [x.count()];
        let op = ScatterAdd { axis: 0, size: all };
        let counts = Tensor::apply(op, &[&reshape(&added, &flat), &reshape(&index, &flat)]);
        Ok(reshape(&counts, &[batch, &[length]].concat()))
    })
}

fn check(x: &Tensor, weights: Option<&Tensor>) -> cornu_graph::Result<()> {
    use cornu_graph::Error;
    if !x.dtype().is_integer() || !matches!(x.ndim(), 1 | 2) {
        let rule = "must be integers with one or two axes";
        return Err(Error::invalid("bincount", "x", rule, x.spec()));
    }
    match weights {
        Some(w) if w.shape() != x.shape() => {
            let rule = format!("must have the shape {:?} of `x`", x.shape());
            Err(Error::invalid("bincount", "weights", rule, w.spec()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::testing::{check_gradient, value};

    #[test]
    fn counts_rows_and_weights() -> Result<()> {
        let x = Tensor::from([0, 1, 1, 3, 2, 1, 7]);
        assert_eq!(bincount(&x, None, 0)?, Array::from([1, 3, 1, 1, 0, 0, 0, 1]));
        assert_eq!(bincount(&x, None, 9)?.len(), 9);
        let w = Tensor::from([0.3, 0.5, 0.2, 0.7, 1.0, -0.6]);
        let y = bincount(&Tensor::from([0, 1, 1, 2, 2, 2]), Some(&w), 0)?;
        assert_eq!(y.dtype(), DType::F64);
        let expected = [0.3, 0.7, 1.1];
        assert!(y.to_vec::<f64>().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
        let rows = Tensor::from([[0u8, 2, 2], [1, 1, 1]]);
        assert_eq!(bincount(&rows, None, 0)?, Array::from([[1, 0, 2], [0, 3, 0]]));
        assert_eq!(bincount(&Tensor::from(Vec::<i32>::new()), None, 2)?, Array::from([0, 0]));
        Ok(())
    }

    #[test]
    fn a_given_length_is_kept_to() -> Result<()> {
        let counts = |x: Tensor| value(&bincount_of_length(&x, None, 3));
        assert_eq!(counts(Tensor::from([2i64, 0, 2]))?, Array::from([1, 0, 2]));
        // An index beyond the first row's counts must not count in the second row.
        for bad in [Tensor::from([[3, 0], [0, 0]]), Tensor::from([[0, 0], [-1, 0]])] {
            assert!(counts(bad).is_err());
        }
        let x = Tensor::from([1, 0, 1]);
        let of = |w: &[Tensor]| bincount_of_length(&x, Some(&w[0]), 2);
        Ok(check_gradient(of, &[Array::from([0.5, 1.0, -2.0])])?)
    }

    #[test]
    fn what_cannot_be_counted_is_an_error() {
        let message = |x: Tensor| bincount(&x, None, 0).unwrap_err().to_string();
        assert!(message(Tensor::from([1, -2])).contains("must not be negative. Received: -2"));
        assert!(message(Tensor::from([1.0])).contains("integers with one or two axes"));
        assert!(message(Tensor::scalar(1)).contains("integers with one or two axes"));
        assert!(message(Tensor::from([i64::MAX])).contains("memory"));
        let w = Tensor::from([1.0]);
        assert!(bincount(&Tensor::from([1, 2]), Some(&w), 0).is_err());
    }
}
