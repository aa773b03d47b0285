//! Axes moved, exchanged, turned.

use crate::ops::{flip, transpose};
use crate::{Error, Result, Tensor, normalize_axis};

/// Distinct axes counted from the front, in the given order.
fn places(function: &str, argument: &str, axes: &[isize], rank: usize) -> Result<Vec<usize>> {
    let mut found = Vec::with_capacity(axes.len().min(rank));
    for &axis in axes {
        let at = normalize_axis(function, axis, rank)?;
        if found.contains(&at) {
            let received = format!("{argument}={axes:?}");
            return Err(Error::invalid(function, argument, "must hold distinct axes", received));
        }
        found.push(at);
    }
    Ok(found)
}

/// `x` with its axes in the given order.
pub(super) fn permute(x: &Tensor, order: &[usize]) -> Tensor {
    if order.iter().copied().eq(0..x.ndim()) {
        return x.clone();
    }
    transpose(x, &order.iter().map(|&a| a as isize).collect::<Vec<_>>())
}

/// `x` with the axes `source` at the places `destination`; the others keep their order.
///
/// ```
/// use cornu_graph::{DType, ops};
/// let x = ops::zeros(&[2, 3, 4], DType::F32);
/// assert_eq!(ops::moveaxis(&x, &[0], &[-1]).shape(), [3, 4, 2]);
/// ```
pub fn moveaxis(x: &Tensor, source: &[isize], destination: &[isize]) -> Tensor {
    Tensor::compose(&[x], || {
        let from = places("moveaxis", "source", source, x.ndim())?;
        let to = places("moveaxis", "destination", destination, x.ndim())?;
        if from.len() != to.len() {
            let received = format!("source={source:?} and destination={destination:?}");
            let rule = "must be as many as source";
            return Err(Error::invalid("moveaxis", "destination", rule, received));
        }
        let mut rest = (0..x.ndim()).filter(|a| !from.contains(a));
        let axis = |i: usize| match to.iter().position(|&t| t == i) {
            Some(k) => Some(from[k]),
            None => rest.next(),
        };
        let order: Vec<usize> = (0..x.ndim()).filter_map(axis).collect();
        Ok(permute(x, &order))
    })
}

/// `x` with two axes exchanged.
pub fn swapaxes(x: &Tensor, axis1: isize, axis2: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let a = normalize_axis("swapaxes", axis1, x.ndim())?;
        let b = normalize_axis("swapaxes", axis2, x.ndim())?;
        let mut order: Vec<usize> = (0..x.ndim()).collect();
        order.swap(a, b);
        Ok(permute(x, &order))
    })
}

/// `x` reversed along axis 1: left to right.
pub fn fliplr(x: &Tensor) -> Tensor {
    flip_one("fliplr", x, 1)
}

/// `x` reversed along axis 0: top to bottom.
pub fn flipud(x: &Tensor) -> Tensor {
    flip_one("flipud", x, 0)
}

fn flip_one(function: &str, x: &Tensor, axis: usize) -> Tensor {
    Tensor::compose(&[x], || {
        if x.ndim() <= axis {
            let rule = format!("must have an axis {axis}");
            return Err(Error::invalid(function, "x", rule, x.spec()));
        }
        Ok(flip(x, &[axis as isize]))
    })
}

/// `x` turned `k` times by 90 degrees in the plane of two axes, from the first towards the second.
///
/// NumPy's defaults are `k = 1` and `axes = (0, 1)`, which turns a picture counterclockwise.
pub fn rot90(x: &Tensor, k: isize, axes: (isize, isize)) -> Tensor {
    Tensor::compose(&[x], || {
        let plane = places("rot90", "axes", &[axes.0, axes.1], x.ndim())?;
        let (a, b) = (plane[0] as isize, plane[1] as isize);
        Ok(match k.rem_euclid(4) {
            0 => x.clone(),
            1 => swapaxes(&flip(x, &[b]), a, b),
            2 => flip(x, &[a, b]),
            _ => flip(&swapaxes(x, a, b), &[b]),
        })
    })
}
