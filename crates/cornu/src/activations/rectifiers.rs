//! Functions that cut at a threshold.

use cornu_graph::Tensor;
use cornu_graph::ops::{greater, less, less_equal, number_like, relu as rectify, where_};

/// `x` in a floating-point type: integers become `float32`.
pub(super) fn float(x: &Tensor) -> Tensor {
    cornu_graph::ops::cast(x, x.dtype().to_float())
}

/// `x` limited to `[low, high]`; the slope is 0 outside and on the limits, NaN stays.
pub(super) fn clamp(x: &Tensor, low: f64, high: f64) -> Tensor {
    let (low, high) = (number_like(x, low), number_like(x, high));
    let bottom = where_(&less_equal(x, &low), &low, x);
    where_(&cornu_graph::ops::greater_equal(&bottom, &high), &high, &bottom)
}

/// `max(x, 0)`.
pub fn relu(x: &Tensor) -> Tensor {
    rectify(x)
}

/// [`relu`] with a slope below a threshold and a ceiling, in Keras's sense: `max_value` where
/// `x ≥ max_value`, `x` above `threshold`, else `negative_slope · (x - threshold)`.
pub fn relu_with(
    x: &Tensor,
    negative_slope: f64,
    max_value: Option<f64>,
    threshold: f64,
) -> Tensor {
    if negative_slope != 0.0 && max_value.is_none() && threshold == 0.0 {
        return leaky_relu_with(x, negative_slope);
    }
    Tensor::compose(&[x], || {
        let mut y = if threshold == 0.0 {
            relu(x)
        } else {
            where_(&less_equal(x, &number_like(x, threshold)), &number_like(x, 0.0), x)
        };
        if let Some(max) = max_value {
            y = clamp(&float(&y), 0.0, max);
        }
        if negative_slope != 0.0 {
            let x = float(x);
            y = y - rectify(&(threshold - x)) * negative_slope;
        }
        Ok(y)
    })
}

/// `min(max(x, 0), 6)` (Krizhevsky, 2010).
pub fn relu6(x: &Tensor) -> Tensor {
    clamp(x, 0.0, 6.0)
}

/// [`leaky_relu_with`] with slope 0.2. (The layer [`LeakyReLU`](crate::layers::LeakyReLU) has 0.3, as in Keras.)
pub fn leaky_relu(x: &Tensor) -> Tensor {
    leaky_relu_with(x, 0.2)
}

/// `x` above 0, else `negative_slope · x` (Maas et al., 2013).
pub fn leaky_relu_with(x: &Tensor, negative_slope: f64) -> Tensor {
    let x = float(x);
    where_(&greater(&x, &number_like(&x, 0.0)), &x, &(&x * negative_slope))
}

/// `x` above `threshold`, else `default_value`.
pub fn threshold(x: &Tensor, threshold: f64, default_value: f64) -> Tensor {
    where_(&greater(x, &number_like(x, threshold)), x, &number_like(x, default_value))
}

/// `x` where it is further from 0 than 0.5, else 0.
pub fn hard_shrink(x: &Tensor) -> Tensor {
    hard_shrink_with(x, 0.5)
}

/// `x` where it is further from 0 than `threshold`, else 0.
pub fn hard_shrink_with(x: &Tensor, threshold: f64) -> Tensor {
    let near = less_equal(&cornu_graph::ops::abs(x), &number_like(x, threshold));
    where_(&near, &number_like(x, 0.0), x)
}

/// `x` moved by 0.5 towards 0, and 0 when it is closer.
pub fn soft_shrink(x: &Tensor) -> Tensor {
    soft_shrink_with(x, 0.5)
}

/// `x` moved by `threshold` towards 0, and 0 when it is closer.
pub fn soft_shrink_with(x: &Tensor, threshold: f64) -> Tensor {
    let x = &float(x);
    let limit = number_like(x, threshold);
    let inner = where_(&less(x, &-&limit), &(x + &limit), &number_like(x, 0.0));
    let shrunk = where_(&greater(x, &limit), &(x - &limit), &inner);
    // NaN is in none of the three ranges.
    where_(&cornu_graph::ops::isnan(x), x, &shrunk)
}
