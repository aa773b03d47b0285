//! Diagonals and triangles of matrices.

use crate::ops::{
    Pad, broadcast_to, logical_not, moveaxis, ravel, reshape, slice, sum, tri, where_, zeros_like,
};
use crate::{DType, Error, Result, Tensor, normalize_axis};

/// Where diagonal `k` of an `n` by `m` matrix starts, and its length.
fn diagonal_of(n: usize, m: usize, k: isize) -> (usize, usize, usize) {
    let (row, column) = if k < 0 { (k.unsigned_abs(), 0) } else { (0, k.unsigned_abs()) };
    (row, column, n.saturating_sub(row).min(m.saturating_sub(column)))
}

/// The elements on diagonal `offset` of the matrices in axes `axis1` and `axis2`, along a new last axis.
///
/// ```
/// use cornu_graph::{Tensor, ops, testing::value};
/// let x = Tensor::from([[1, 2, 3], [4, 5, 6]]);
/// assert_eq!(value(&ops::diagonal(&x, 1, 0, 1))?.to_vec::<i32>(), [2, 6]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn diagonal(x: &Tensor, offset: isize, axis1: isize, axis2: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let (a, b) = pair("diagonal", x, axis1, axis2)?;
        let y = moveaxis(x, &[a as isize, b as isize], &[-2, -1]);
        let (n, m) = (x.shape()[a], x.shape()[b]);
        let (row, column, length) = diagonal_of(n, m, offset);
        let outer = &y.shape()[..x.ndim() - 2];
        // In row-major order, one row and one column on is m + 1 places on.
        let flat = reshape(&y, &[outer, &[n * m]].concat());
        let first = row.saturating_mul(m).saturating_add(column);
        let tail = |at: usize| [&vec![0; outer.len()][..], &[at]].concat();
        let (first, end) = match length {
            0 => (0, 0),
            _ => (first, first + (length - 1) * (m + 1) + 1),
        };
        let step = [&vec![1; outer.len()][..], &[m + 1]].concat();
        Ok(slice(&flat, &tail(first), &[outer, &[end]].concat(), &step))
    })
}

/// Two different axes of `x`, counted from the front.
fn pair(function: &str, x: &Tensor, axis1: isize, axis2: isize) -> Result<(usize, usize)> {
    let a = normalize_axis(function, axis1, x.ndim())?;
    let b = normalize_axis(function, axis2, x.ndim())?;
    if a != b {
        return Ok((a, b));
    }
    let received = format!("axis1={axis1} and axis2={axis2} for {}", x.spec());
    Err(Error::invalid(function, "axis1, axis2", "must be two different axes", received))
}

/// The sum along diagonal `offset` of the matrices in axes `axis1` and `axis2`.
pub fn trace(x: &Tensor, offset: isize, axis1: isize, axis2: isize) -> Tensor {
    Tensor::compose(&[x], || {
        pair("trace", x, axis1, axis2)?;
        Ok(sum(&diagonal(x, offset, axis1, axis2), &[-1], false))
    })
}

/// Diagonal `k` of a matrix; or, of a vector, the square matrix with it on diagonal `k` and zeros elsewhere.
pub fn diag(x: &Tensor, k: isize) -> Tensor {
    Tensor::compose(&[x], || match x.ndim() {
        1 => Ok(diagflat(x, k)),
        2 => Ok(diagonal(x, k, 0, 1)),
        _ => Err(Error::invalid("diag", "x", "must be a vector or a matrix", x.spec())),
    })
}

/// The square matrix with the elements of `x` in row-major order on diagonal `k` and zeros elsewhere.
pub fn diagflat(x: &Tensor, k: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let size = x.count().saturating_add(k.unsigned_abs());
        let total = crate::element_count("diagflat", &[size, size])?;
        if x.count() == 0 {
            return Ok(crate::ops::zeros(&[size, size], x.dtype()));
        }
        let (row, column, length) = diagonal_of(size, size, k);
        let first = row * size + column;
        let last = first + (length - 1) * (size + 1);
        let apart = Pad {
            low: vec![first],
            high: vec![total - 1 - last],
            interior: vec![size],
            value: 0f64.to_bits(),
        };
        Ok(reshape(&Tensor::apply(apart, &[&ravel(x)]), &[size, size]))
    })
}

/// The matrices in the last two axes of `x` with zeros above diagonal `k`; a vector counts as equal rows.
pub fn tril(x: &Tensor, k: isize) -> Tensor {
    triangle("tril", x, k, |below| below)
}

/// The matrices in the last two axes of `x` with zeros below diagonal `k`; a vector counts as equal rows.
pub fn triu(x: &Tensor, k: isize) -> Tensor {
    triangle("triu", x, k.saturating_sub(1), |below| logical_not(&below))
}

fn triangle(function: &str, x: &Tensor, k: isize, keep: impl FnOnce(Tensor) -> Tensor) -> Tensor {
    Tensor::compose(&[x], || {
        let (n, m) = match *x.shape() {
            [] => return Err(Error::invalid(function, "x", "must have an axis", x.spec())),
            [m] => (m, m),
            [.., n, m] => (n, m),
        };
        let x = if x.ndim() == 1 { broadcast_to(x, &[n, m]) } else { x.clone() };
        Ok(where_(&keep(tri(n, m, k, DType::Bool)), &x, &zeros_like(&x)))
    })
}
