//! Differences of neighbours.

use cornu_graph::{DType, Tensor, normalize_axis};

use super::{not_equal, slice_axis, subtract};

/// The differences of neighbours along `axis`, taken `n` times: `x[i + 1] - x[i]`.
///
/// The axis becomes `n` shorter, and empty where it is too short. `bool` gives `bool`: whether neighbours differ.
pub fn diff(x: &Tensor, n: usize, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let at = normalize_axis("diff", axis, x.ndim())?;
        let difference = if x.dtype() == DType::Bool { not_equal } else { subtract };
        // More steps than elements leave nothing.
        (0..n.min(x.shape()[at])).try_fold(x.clone(), |y, _| {
            let size = y.shape()[at];
            let right = slice_axis(&y, axis, 1, size);
            let y = difference(&right, &slice_axis(&y, axis, 0, size - 1));
            y.check().map(|()| y)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::testing::{check_gradient, value};
    use cornu_graph::{Array, Result};

    #[test]
    fn differences_are_numpys() -> Result<()> {
        let x = Array::from([[1.0, 3.0, 6.0, 10.0], [0.0, 5.0, 6.0, 8.0]]);
        let of = |n, axis| value(&diff(&Tensor::from(&x), n, axis));
        assert_eq!(of(1, -1)?, Array::from([[2.0, 3.0, 4.0], [5.0, 1.0, 2.0]]));
        assert_eq!(of(2, 1)?, Array::from([[1.0, 1.0], [-4.0, 1.0]]));
        assert_eq!(of(1, 0)?, Array::from([[-1.0, 2.0, 0.0, -2.0]]));
        assert_eq!(of(0, 0)?, x);
        assert_eq!(of(9, 1)?.shape(), [2, 0]);
        assert_eq!(of(usize::MAX, 0)?.shape(), [0, 4]);
        check_gradient(|x| diff(&x[0], 2, -1), &[x])
    }

    #[test]
    fn truth_values_differ_or_not() -> Result<()> {
        let x = Tensor::from([true, true, false, true]);
        assert_eq!(value(&diff(&x, 1, 0))?, Array::from([false, true, true]));
        assert!(diff(&Tensor::scalar(1.0), 1, -1).check().is_err());
        Ok(())
    }
}
