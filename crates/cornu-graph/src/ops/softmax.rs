//! Exponentials that are normalized along axes, in forms that neither overflow nor lose small values.

use crate::ops::{
    cast, exp, isfinite, less_equal, log, log1p, max, reshape, stop_gradient, sum, where_,
    zeros_like,
};
use crate::{Tensor, normalize_axes};

/// `x` less its maximum over `axes` (all if empty), and that maximum, both floating-point; the maximum
/// keeps the axes. Gradients do not pass through it, since no result depends on what is subtracted.
fn centered(x: &Tensor, axes: &[isize]) -> (Tensor, Tensor) {
    let x = cast(x, x.dtype().to_float());
    if x.count() == 0 {
        let top = sum(&x, axes, true);
        return (x, top);
    }
    let top = max(&x, axes, true);
    // All -inf: there is nothing to subtract.
    let top = stop_gradient(&where_(&isfinite(&top), &top, &zeros_like(&top)));
    (&x - &top, top)
}

/// `log(Σ exp(x))` over `axes` (all if empty), without overflow; minus infinity of nothing.
pub fn logsumexp(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let (shifted, top) = centered(x, axes);
        let total = log(&sum(&exp(&shifted), axes, true)) + top;
        total.check()?;
        if keepdims {
            return Ok(total);
        }
        let gone = normalize_axes("logsumexp", axes, x.ndim())?;
        let kept = |(i, &d): (usize, &usize)| (!gone.contains(&i)).then_some(d);
        let shape: Vec<usize> = total.shape().iter().enumerate().filter_map(kept).collect();
        Ok(reshape(&total, &shape))
    })
}

/// `exp(x) / Σ exp(x)` over `axes` (all if empty): positive, with sum 1.
pub fn softmax(x: &Tensor, axes: &[isize]) -> Tensor {
    Tensor::compose(&[x], || {
        let e = exp(&centered(x, axes).0);
        Ok(&e / sum(&e, axes, true))
    })
}

/// `log(softmax(x))`, exact where the softmax is close to 0.
pub fn log_softmax(x: &Tensor, axes: &[isize]) -> Tensor {
    Tensor::compose(&[x], || {
        let shifted = centered(x, axes).0;
        Ok(&shifted - log(&sum(&exp(&shifted), axes, true)))
    })
}

/// `log(1 + exp(x))` without overflow.
pub fn softplus(x: &Tensor) -> Tensor {
    Tensor::compose(&[x], || {
        let x = cast(x, x.dtype().to_float());
        let zero = zeros_like(&x);
        let below = less_equal(&x, &zero);
        // One branch each way, so that the slope at 0 is that of the formula, 1/2.
        let positive = where_(&below, &zero, &x);
        let negated = where_(&below, &x, &-&x);
        Ok(positive + log1p(&exp(&negated)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Graph, gradients};

    fn value(t: &Tensor) -> Vec<f64> {
        let graph = Graph::trace(&[], std::slice::from_ref(t), &[]).unwrap();
        graph.evaluate(&[]).unwrap()[0].to_vec()
    }

    fn tensor(shape: &[usize], values: &[f64]) -> Tensor {
        Array::new(shape, values.to_vec()).unwrap().into()
    }

    #[test]
    fn logsumexp_keeps_large_values_and_small_ones() {
        let x = tensor(&[2, 2], &[1000.0, 1000.0, -1000.0, -1000.0]);
        let two = 2f64.ln();
        assert_eq!(value(&logsumexp(&x, &[1], false)), [1000.0 + two, -1000.0 + two]);
        assert_eq!(logsumexp(&x, &[0], true).shape(), [1, 2]);
        let none = tensor(&[2], &[f64::NEG_INFINITY; 2]);
        assert_eq!(value(&logsumexp(&none, &[], false)), [f64::NEG_INFINITY]);
    }

    #[test]
    fn softmax_over_two_axes_sums_to_one() {
        let x = tensor(&[2, 2, 2], &[1.0, 2.0, 3.0, 400.0, 5.0, -6.0, 7.0, 8.0]);
        let total = value(&sum(&softmax(&x, &[1, 2]), &[1, 2], false));
        assert!(total.iter().all(|t| (t - 1.0).abs() < 1e-15), "{total:?}");
        let logs = value(&log_softmax(&x, &[1, 2]));
        assert_eq!(logs[0], -399.0);
    }

    #[test]
    fn softplus_has_the_slope_of_the_sigmoid() {
        let x = tensor(&[5], &[-800.0, -1.0, 0.0, 1.0, 800.0]);
        let y = softplus(&x);
        assert_eq!(value(&y)[4], 800.0);
        assert!((value(&y)[2] - 2f64.ln()).abs() < 1e-15);
        let slope = value(&gradients(&sum(&y, &[], false), std::slice::from_ref(&x)).unwrap()[0]);
        let sigmoid = value(&crate::ops::sigmoid(&x));
        assert!(slope.iter().zip(&sigmoid).all(|(a, b)| (a - b).abs() < 1e-15), "{slope:?}");
    }
}
