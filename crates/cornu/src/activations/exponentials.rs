//! Exponential units and functions that grow like one.

use cornu_graph::Tensor;
use cornu_graph::ops::{self, exp, expm1, greater, less, number_like, sqrt, square, where_};

use super::rectifiers::float;

/// The part of `x` that is not positive: what exponentials can take without overflow.
fn below_zero(x: &Tensor) -> Tensor {
    let zero = number_like(x, 0.0);
    where_(&greater(x, &zero), &zero, x)
}

/// `e` to the power of `x`.
pub fn exponential(x: &Tensor) -> Tensor {
    exp(x)
}

/// [`elu_with`] with α = 1.
pub fn elu(x: &Tensor) -> Tensor {
    elu_with(x, 1.0)
}

/// `x` above 0, else `alpha · (exp(x) - 1)` (Clevert et al., 2016).
pub fn elu_with(x: &Tensor, alpha: f64) -> Tensor {
    let x = float(x);
    let curve = expm1(&below_zero(&x)) * alpha;
    where_(&greater(&x, &number_like(&x, 0.0)), &x, &curve)
}

/// [`celu_with`] with α = 1.
pub fn celu(x: &Tensor) -> Tensor {
    celu_with(x, 1.0)
}

/// `x` above 0, else `alpha · (exp(x / alpha) - 1)` (Barron, 2017).
pub fn celu_with(x: &Tensor, alpha: f64) -> Tensor {
    let x = float(x);
    let curve = expm1(&(below_zero(&x) / alpha)) * alpha;
    where_(&greater(&x, &number_like(&x, 0.0)), &x, &curve)
}

/// The self-normalizing [`elu_with`]: times 1.0507, with α = 1.6733 (Klambauer et al., 2017).
pub fn selu(x: &Tensor) -> Tensor {
    const ALPHA: f64 = 1.673_263_242_354_377_2;
    const SCALE: f64 = 1.050_700_987_355_480_5;
    let x = float(x);
    let curve = expm1(&below_zero(&x)) * ALPHA;
    where_(&less(&x, &number_like(&x, 0.0)), &curve, &x) * SCALE
}

/// `log(1 + exp(x))`.
pub fn softplus(x: &Tensor) -> Tensor {
    ops::softplus(x)
}

/// `x / (|x| + 1)`.
pub fn softsign(x: &Tensor) -> Tensor {
    let x = float(x);
    &x / (ops::abs(&x) + 1.0)
}

/// [`squareplus_with`] with `b` 4.
pub fn squareplus(x: &Tensor) -> Tensor {
    squareplus_with(x, 4.0)
}

/// `(x + √(x² + b)) / 2` (Barron, 2021).
pub fn squareplus_with(x: &Tensor, b: f64) -> Tensor {
    let x = float(x);
    (&x + sqrt(&(square(&x) + b))) / 2.0
}
