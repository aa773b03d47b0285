//! Losses of real-valued predictions.

use cornu_graph::{Tensor, ops};

use super::{EPSILON, align, define::loss};

loss! {
    /// `mean((t - p)²)` over the last axis.
    ///
    /// ```
    /// use cornu::{Array, Eval, Tensor, losses::{Loss, MeanSquaredError}};
    /// let y_true = Tensor::from(Array::new(&[2, 2], vec![0f32, 1.0, 0.0, 0.0])?);
    /// let y_pred = Tensor::from(Array::new(&[2, 2], vec![1f32, 1.0, 1.0, 0.0])?);
    /// assert_eq!(MeanSquaredError::default().compute(&y_true, &y_pred, None).array()?.item()?, 0.5);
    /// # Ok::<(), cornu::Error>(())
    /// ```
    MeanSquaredError "mean_squared_error" {} |_me, t, p| mean_squared_error(t, p)

    /// `mean(|t - p|)` over the last axis.
    MeanAbsoluteError "mean_absolute_error" {} |_me, t, p| mean_absolute_error(t, p)

    /// `100 · mean(|t - p| / max(|t|, 1e-7))` over the last axis.
    MeanAbsolutePercentageError "mean_absolute_percentage_error" {} |_me, t, p| {
        mean_absolute_percentage_error(t, p)
    }

    /// `mean((ln(1 + t) - ln(1 + p))²)` over the last axis; values below 1e-7 count as that.
    MeanSquaredLogarithmicError "mean_squared_logarithmic_error" {} |_me, t, p| {
        mean_squared_logarithmic_error(t, p)
    }

    /// `mean(ln(cosh(p - t)))` over the last axis.
    LogCosh "log_cosh" {} |_me, t, p| log_cosh(t, p)

    /// Half the square of small errors, linear in large ones (Huber, 1964); the mean over the last axis.
    Huber "huber_loss" {
        /// Where the square ends. Default 1.
        delta: f64 = 1.0;
    } |me, t, p| huber(t, p, me.delta)

    /// The negative cosine of the angle between targets and predictions along an axis.
    CosineSimilarity "cosine_similarity" {
        /// The axis of the vectors. Default -1.
        axis: isize = -1;
    } |me, t, p| cosine_similarity(t, p, me.axis)
}

/// `mean((t - p)²)` over the last axis.
pub fn mean_squared_error(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    ops::mean(&ops::square(&(t - p)), &[-1], false)
}

/// `mean(|t - p|)` over the last axis.
pub fn mean_absolute_error(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    ops::mean(&ops::abs(&(t - p)), &[-1], false)
}

/// `100 · mean(|t - p| / max(|t|, 1e-7))` over the last axis.
pub fn mean_absolute_percentage_error(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let size = ops::maximum(&ops::abs(&t), &ops::number_like(&t, EPSILON));
    ops::mean(&ops::abs(&((t - p) / size)), &[-1], false) * 100.0
}

/// `mean((ln(1 + t) - ln(1 + p))²)` over the last axis.
pub fn mean_squared_logarithmic_error(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let log = |x: &Tensor| ops::log(&(ops::maximum(x, &ops::number_like(x, EPSILON)) + 1.0));
    ops::mean(&ops::square(&(log(&t) - log(&p))), &[-1], false)
}

/// `mean(ln(cosh(p - t)))` over the last axis, as `|x| + ln(1 + e^-2|x|) - ln 2`, which does not overflow.
pub fn log_cosh(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let size = ops::abs(&(p - t));
    let rest = ops::log1p(&ops::exp(&(&size * -2.0)));
    ops::mean(&(size + rest - std::f64::consts::LN_2), &[-1], false)
}

/// The Huber loss over the last axis.
pub fn huber(y_true: &Tensor, y_pred: &Tensor, delta: f64) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let error = p - t;
    let size = ops::abs(&error);
    let small = ops::square(&error) * 0.5;
    let large = &size * delta - 0.5 * delta * delta;
    let inside = ops::less_equal(&size, &ops::number_like(&size, delta));
    ops::mean(&ops::where_(&inside, &small, &large), &[-1], false)
}

/// The negative cosine of the angle between two vectors along an axis.
pub fn cosine_similarity(y_true: &Tensor, y_pred: &Tensor, axis: isize) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let unit = |x: &Tensor| {
        let square = ops::sum(&ops::square(x), &[axis], true);
        let floor = ops::number_like(&square, EPSILON * EPSILON);
        x * ops::rsqrt(&ops::maximum(&square, &floor))
    };
    -ops::sum(&(unit(&t) * unit(&p)), &[axis], false)
}
