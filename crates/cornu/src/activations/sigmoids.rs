//! S-shaped functions, exact and by parts.

use cornu_graph::Tensor;
use cornu_graph::ops::{self, greater, less, less_equal, number_like, square, where_};

use super::rectifiers::{clamp, float};

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(x: &Tensor) -> Tensor {
    ops::sigmoid(x)
}

/// `log(sigmoid(x))`, exact where the sigmoid is close to 0.
pub fn log_sigmoid(x: &Tensor) -> Tensor {
    -ops::softplus(&-float(x))
}

/// `(x + 3) / 6` limited to `[0, 1]`.
pub fn hard_sigmoid(x: &Tensor) -> Tensor {
    clamp(&(float(x) + 3.0), 0.0, 6.0) / 6.0
}

/// `(x + 1) / 2` limited to `[0, 1]`.
pub fn sparse_sigmoid(x: &Tensor) -> Tensor {
    clamp(&((float(x) + 1.0) * 0.5), 0.0, 1.0)
}

/// 0 up to -1, `x` from 1, and the parabola `(x + 1)² / 4` between.
pub fn sparse_plus(x: &Tensor) -> Tensor {
    let x = float(x);
    let curve = square(&(&x + 1.0)) * 0.25;
    let right = where_(&less(&x, &number_like(&x, 1.0)), &curve, &x);
    where_(&less_equal(&x, &number_like(&x, -1.0)), &number_like(&x, 0.0), &right)
}

/// The hyperbolic tangent.
pub fn tanh(x: &Tensor) -> Tensor {
    ops::tanh(x)
}

/// `x - tanh(x)`.
pub fn tanh_shrink(x: &Tensor) -> Tensor {
    let x = float(x);
    &x - ops::tanh(&x)
}

/// `x` limited to `[-1, 1]`.
pub fn hard_tanh(x: &Tensor) -> Tensor {
    // The slope on the limits is 1, as in TensorFlow's clip_by_value.
    let (low, high) = (number_like(x, -1.0), number_like(x, 1.0));
    let bottom = where_(&less(x, &low), &low, x);
    where_(&greater(&bottom, &high), &high, &bottom)
}
