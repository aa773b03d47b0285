//! Norms of vectors and matrices.

use cornu_graph::ops::{
    abs, cast, max, min, not_equal, power_number, reshape, sqrt, square, sum, zeros, zeros_like,
};
use cornu_graph::{Error, Result, Tensor, normalize_axis};

use super::svdvals;

/// The kind of a [`norm`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// The root of the sum of squares of a matrix.
    Frobenius,
    /// The sum of the singular values of a matrix.
    Nuclear,
    /// A number, which may be infinite: see [`norm`].
    P(f64),
}

impl From<f64> for Order {
    fn from(p: f64) -> Order {
        Order::P(p)
    }
}

/// The norm of vectors (one axis) or matrices (two axes).
///
/// # Arguments
/// - `x`: numbers; integers become `float32`.
/// - `order`: by default (`None`) the root of the sum of squares. For vectors, infinity is the largest magnitude, negative
///   infinity the smallest, 0 the number of elements that are not 0, and any other `p` is `sum(|x|^p)^(1/p)`. For
///   matrices, infinity and negative infinity are the largest and smallest sum of magnitudes of a row, 1 and -1 of a
///   column, 2 and -2 the largest and smallest singular value.
/// - `axes`: one axis for vectors, rows and columns for matrices. Empty means all axes: of any number if `order` is
///   `None`, else one or two.
/// - `keepdims`: whether the axes stay, with size 1.
///
/// ```
/// use cornu::{Eval, Tensor, linalg};
/// let x = Tensor::from([[3.0, -4.0], [0.0, 1.0]]);
/// assert_eq!(linalg::norm(&x, None, &[1], false).array()?.to_vec::<f64>(), [5.0, 1.0]);
/// assert_eq!(linalg::norm(&x, Some(f64::INFINITY.into()), &[], false).array()?.item()?, 7.0);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn norm(x: &Tensor, order: Option<Order>, axes: &[isize], keepdims: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let x = cast(x, x.dtype().to_float());
        if axes.is_empty() && order.is_none() {
            let y = if x.ndim() == 0 { abs(&x) } else { sqrt(&sum(&square(&x), &[], keepdims)) };
            return Ok(y);
        }
        let place = |&a: &isize| normalize_axis("norm", a, x.ndim());
        let at = if axes.is_empty() {
            (0..x.ndim()).collect()
        } else {
            axes.iter().map(place).collect::<Result<Vec<_>>>()?
        };
        match at[..] {
            [axis] => vector(&x, order, axis as isize, keepdims),
            [rows, columns] if rows != columns => matrix(&x, order, rows, columns, keepdims),
            _ => {
                let rule = "must be one axis or two distinct ones";
                Err(Error::invalid("norm", "axes", rule, format!("axes={at:?} of {}", x.spec())))
            }
        }
    })
}

fn vector(x: &Tensor, order: Option<Order>, axis: isize, keepdims: bool) -> Result<Tensor> {
    let axes = &[axis];
    let total = |t: &Tensor| sum(t, axes, keepdims);
    Ok(match order {
        None => sqrt(&total(&square(x))),
        Some(Order::P(f64::INFINITY)) => largest(x, axes, keepdims),
        Some(Order::P(f64::NEG_INFINITY)) => min(&abs(x), axes, keepdims),
        Some(Order::P(0.0)) => total(&cast(&not_equal(x, &zeros_like(x)), x.dtype())),
        Some(Order::P(1.0)) => total(&abs(x)),
        Some(Order::P(2.0)) => sqrt(&total(&square(x))),
        Some(Order::P(p)) => power_number(&total(&power_number(&abs(x), p)), 1.0 / p),
        Some(order) => return Err(unknown(order, "vectors")),
    })
}

/// The largest magnitude; 0 where there are no elements, as in NumPy.
fn largest(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    let sums = sum(x, axes, keepdims);
    if x.count() == 0 { zeros(sums.shape(), x.dtype()) } else { max(&abs(x), axes, keepdims) }
}

fn unknown(order: Order, what: &str) -> Error {
    Error::invalid(
        "norm",
        "order",
        format!("must be one of those for {what}"),
        format!("{order:?}"),
    )
}

fn matrix(
    x: &Tensor,
    order: Option<Order>,
    rows: usize,
    columns: usize,
    keepdims: bool,
) -> Result<Tensor> {
    // With the matrices last, both axes go and come back as one.
    let mut forth: Vec<isize> =
        (0..x.ndim()).filter(|&i| i != rows && i != columns).map(|i| i as isize).collect();
    forth.extend([rows as isize, columns as isize]);
    let m = cornu_graph::ops::transpose(x, &forth);
    let along = |t: &Tensor, axis: isize| sum(&abs(t), &[axis], false);
    let singular =
        |select: fn(&Tensor, &[isize], bool) -> Tensor| select(&svdvals(&m), &[-1], false);
    let y = match order {
        None | Some(Order::Frobenius) => sqrt(&sum(&square(&m), &[-2, -1], false)),
        Some(Order::Nuclear) => singular(sum),
        Some(Order::P(p)) => match p {
            1.0 => largest(&along(&m, -2), &[-1], false),
            -1.0 => min(&along(&m, -2), &[-1], false),
            2.0 => singular(largest),
            -2.0 => singular(min),
            f64::INFINITY => largest(&along(&m, -1), &[-1], false),
            f64::NEG_INFINITY => min(&along(&m, -1), &[-1], false),
            _ => return Err(unknown(Order::P(p), "matrices")),
        },
    };
    y.check()?;
    if !keepdims {
        return Ok(y);
    }
    let mut shape = x.shape().to_vec();
    (shape[rows], shape[columns]) = (1, 1);
    Ok(reshape(&y, &shape))
}
