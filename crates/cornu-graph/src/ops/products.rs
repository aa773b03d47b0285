//! Products of vectors and matrices by NumPy's names.

use crate::ops::{moveaxis, multiply, ravel, reshape, slice_axis, squeeze, stack, tensordot};
use crate::{DType, Error, Result, Tensor, element_count, normalize_axis};

fn misfit(function: &str, rule: &str, a: &Tensor, b: &Tensor) -> Error {
    Error::invalid(function, "a, b", rule, format!("{} and {}", a.spec(), b.spec()))
}

/// The sum of products over one axis of each tensor.
fn along(function: &str, a: &Tensor, axis_a: isize, b: &Tensor, axis_b: isize) -> Result<Tensor> {
    let size = |t: &Tensor, axis| Ok(t.shape()[normalize_axis(function, axis, t.ndim())?]);
    if size(a, axis_a)? != size(b, axis_b)? {
        let rule = format!("must have one size on axes {axis_a} and {axis_b}");
        return Err(misfit(function, &rule, a, b));
    }
    Ok(tensordot(a, b, &[axis_a], &[axis_b]))
}

/// The sum of products over the last axis of `a` and the last but one of `b`, or its only one.
///
/// The other axes of `a` come first, then those of `b`; a scalar multiplies every element. Dtypes promote; of
/// `bool`: whether any pair is true.
///
/// ```
/// use cornu_graph::{Tensor, ops, testing::value};
/// let (a, b) = (Tensor::from([[1, 2], [3, 4]]), Tensor::from([10, 1]));
/// assert_eq!(value(&ops::dot(&a, &b))?, [12, 34].into());
/// assert_eq!(value(&ops::einsum("ij,j->i", &[a, b]))?, [12, 34].into());
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// Errors when the sizes of these axes differ.
pub fn dot(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || match (a.ndim(), b.ndim()) {
        (0, _) | (_, 0) => Ok(multiply(a, b)),
        (_, 1) => along("dot", a, -1, b, -1),
        _ => along("dot", a, -1, b, -2),
    })
}

/// The sum of the products of all elements, in row-major order.
///
/// Errors when there are not as many elements in `a` as in `b`.
pub fn vdot(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        if a.count() != b.count() {
            return Err(misfit("vdot", "must have equally many elements", a, b));
        }
        along("vdot", &ravel(a), 0, &ravel(b), 0)
    })
}

/// The sum of products over the last axes; a scalar multiplies every element.
///
/// The other axes of `a` come first, then those of `b`. Errors when the sizes of the last axes differ.
pub fn inner(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || match (a.ndim(), b.ndim()) {
        (0, _) | (_, 0) => Ok(multiply(a, b)),
        _ => along("inner", a, -1, b, -1),
    })
}

/// The product of every element of `a` (rows) with every element of `b` (columns), both in row-major order.
pub fn outer(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        element_count("outer", &[a.count(), b.count()])?;
        Ok(multiply(&reshape(a, &[a.count(), 1]), &reshape(b, &[1, b.count()])))
    })
}

/// The Kronecker product: `a` with every element replaced by its product with all of `b`.
///
/// The tensor with fewer axes gets new ones in front; sizes multiply.
pub fn kron(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        let rank = a.ndim().max(b.ndim());
        let whole = |t: &Tensor| [&vec![1; rank - t.ndim()][..], t.shape()].concat();
        let (sa, sb) = (whole(a), whole(b));
        let shape: Vec<usize> = sa.iter().zip(&sb).map(|(&n, &m)| n.saturating_mul(m)).collect();
        element_count("kron", &shape)?;
        let blocks: Vec<usize> = sa.iter().flat_map(|&n| [n, 1]).collect();
        let within: Vec<usize> = sb.iter().flat_map(|&m| [1, m]).collect();
        Ok(reshape(&multiply(&reshape(a, &blocks), &reshape(b, &within)), &shape))
    })
}

/// The cross product of the vectors along `axis` (-1 in NumPy), which have 2 or 3 components; others broadcast.
///
/// A vector of 2 lies in the plane of the first two of 3 components. Of two such vectors the result is the third
/// component alone, without the axis.
///
/// ```text
/// (a × b)ᵢ = aⱼ bₖ − aₖ bⱼ    for (i, j, k) = (0, 1, 2), (1, 2, 0), (2, 0, 1)
/// ```
///
/// Errors when an axis has another size, and for `bool`.
pub fn cross(a: &Tensor, b: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[a, b], || {
        if a.dtype().promote(b.dtype()) == DType::Bool {
            return Err(misfit("cross", "must be numbers", a, b));
        }
        let parts = |t: &Tensor| {
            let at = normalize_axis("cross", axis, t.ndim())?;
            match t.shape()[at] {
                n @ (2 | 3) => {
                    let part = |i| squeeze(&slice_axis(t, at as isize, i, i + 1), &[at as isize]);
                    Ok((0..n).map(part).collect::<Vec<_>>())
                }
                _ => {
                    let rule = format!("must have 2 or 3 components along axis {axis}");
                    Err(misfit("cross", &rule, a, b))
                }
            }
        };
        let (u, v) = (parts(a)?, parts(b)?);
        let component = |j: usize, k: usize| {
            // A component that is not there is no factor: 0 · inf would be NaN.
            let product = |x: &[Tensor], y: &[Tensor]| Some(multiply(x.get(j)?, y.get(k)?));
            match (product(&u, &v), product(&v, &u)) {
                (Some(p), Some(q)) => Some(p - q),
                (p, q) => p.or(q.map(|q| -q)),
            }
        };
        if u.len() == 2 && v.len() == 2 {
            return Ok(u[0].clone() * &v[1] - &u[1] * &v[0]);
        }
        let vector: Vec<Tensor> =
            [(1, 2), (2, 0), (0, 1)].into_iter().filter_map(|(j, k)| component(j, k)).collect();
        Ok(moveaxis(&stack(&vector, -1), &[-1], &[axis]))
    })
}
