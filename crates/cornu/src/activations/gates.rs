//! Functions that multiply their input by a gate.

use cornu_graph::ops::{self, erf, sigmoid as gate};
use cornu_graph::{Error, Tensor, normalize_axis};

use super::rectifiers::float;
use super::sigmoids::hard_sigmoid;

/// `x · sigmoid(x)` (Ramachandran et al., 2017); also called `swish`.
pub fn silu(x: &Tensor) -> Tensor {
    let x = float(x);
    &x * gate(&x)
}

/// `x · hard_sigmoid(x)` (Howard et al., 2019); also called `hard_swish`.
pub fn hard_silu(x: &Tensor) -> Tensor {
    let x = float(x);
    &x * hard_sigmoid(&x)
}

/// `x · tanh(softplus(x))` (Misra, 2019).
pub fn mish(x: &Tensor) -> Tensor {
    let x = float(x);
    &x * ops::tanh(&ops::softplus(&x))
}

/// `x · Φ(x)` with the normal distribution's Φ (Hendrycks and Gimpel, 2016).
pub fn gelu(x: &Tensor) -> Tensor {
    let x = float(x);
    &x * (erf(&(&x * std::f64::consts::FRAC_1_SQRT_2)) + 1.0) * 0.5
}

/// [`gelu`] by a hyperbolic tangent: `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`.
pub fn gelu_approximate(x: &Tensor) -> Tensor {
    let x = float(x);
    let factor = (2.0 / std::f64::consts::PI).sqrt();
    let inner = (&x + &x * &x * &x * 0.044715) * factor;
    &x * (ops::tanh(&inner) + 1.0) * 0.5
}

/// [`glu_with`] along the last axis.
pub fn glu(x: &Tensor) -> Tensor {
    glu_with(x, -1)
}

/// The first half of `x` along `axis` times the sigmoid of the second (Dauphin et al., 2016).
///
/// An axis of odd size is an error.
pub fn glu_with(x: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let size = x.shape()[normalize_axis("glu", axis, x.ndim())?];
        if !size.is_multiple_of(2) {
            let received = format!("{:?} with axis={axis}", x.shape());
            return Err(Error::invalid(
                "glu",
                "x",
                "must have an even size along the axis",
                received,
            ));
        }
        let x = float(x);
        let half = |start: usize| ops::slice_axis(&x, axis, start, start + size / 2);
        Ok(half(0) * gate(&half(size / 2)))
    })
}
