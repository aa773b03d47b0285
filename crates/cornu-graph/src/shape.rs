//! Arithmetic on shapes: counts, strides, broadcasting, axes.

use crate::{Error, Result};

/// The number of elements of a shape.
///
/// # Errors
/// When the product of the sizes, zeros left out as in NumPy, or eight times it in bytes, does not fit in
/// an `isize`: so no product of some of the sizes can overflow either.
pub fn element_count(function: &str, shape: &[usize]) -> Result<usize> {
    let bound = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d.max(1)));
    let count = if shape.contains(&0) { bound.map(|_| 0) } else { bound };
    let fits = bound.is_some_and(|n| n <= isize::MAX as usize / 8);
    count.filter(|_| fits).ok_or_else(|| {
        Error::invalid(
            function,
            "shape",
            "must describe an array that fits in memory",
            format!("shape={shape:?}"),
        )
    })
}

/// Row-major strides in elements.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i].max(1);
    }
    strides
}

/// The shape that two shapes broadcast to by NumPy's rule: aligned at the right, sizes equal or one of them 1.
///
/// ```
/// assert_eq!(cornu_graph::broadcast_shapes("add", &[2, 1], &[3]).unwrap(), [2, 3]);
/// ```
///
/// # Errors
/// When two aligned sizes differ and neither is 1.
pub fn broadcast_shapes(function: &str, a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let at = |s: &[usize], i: usize| (i + s.len()).checked_sub(rank).map_or(1, |j| s[j]);
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(Error::invalid(
                function,
                "shapes",
                "must broadcast together",
                format!("{a:?} and {b:?}"),
            )),
        })
        .collect()
}

/// An axis counted from the front, from one that may be negative.
///
/// # Errors
/// When the axis is not in `-rank..rank`.
pub fn normalize_axis(function: &str, axis: isize, rank: usize) -> Result<usize> {
    let r = rank as isize;
    if (-r..r).contains(&axis) {
        Ok(if axis < 0 { axis + r } else { axis } as usize)
    } else {
        Err(Error::invalid(
            function,
            "axis",
            format!("must be in [-{rank}, {rank}) for a tensor of rank {rank}"),
            format!("axis={axis}"),
        ))
    }
}

/// Distinct axes counted from the front and sorted; an empty list means all axes.
///
/// # Errors
/// When an axis is out of range or named twice.
pub fn normalize_axes(function: &str, axes: &[isize], rank: usize) -> Result<Vec<usize>> {
    if axes.is_empty() {
        return Ok((0..rank).collect());
    }
    let mut out =
        axes.iter().map(|&a| normalize_axis(function, a, rank)).collect::<Result<Vec<_>>>()?;
    out.sort_unstable();
    if out.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::invalid(function, "axes", "must be distinct", format!("axes={axes:?}")));
    }
    Ok(out)
}
