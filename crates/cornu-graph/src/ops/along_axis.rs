//! Elements read and written at one index each along an axis.

use crate::ops::{as_indices, broadcast_to, cast, iota, moveaxis, reshape, scatter::replace, take};
use crate::{DType, Error, Result, Tensor, broadcast_shapes, normalize_axis};

/// A tensor and indices along one of its axes, both with that axis in front and the rest in a row.
struct Along {
    axis: isize,
    /// The tensor's elements in a row.
    elements: Tensor,
    /// For every index, where its element is among them.
    places: Tensor,
    /// The shapes of the tensor and of the indices with the axis in front.
    shape: Vec<usize>,
    wanted: Vec<usize>,
}

impl Along {
    /// The sizes of the other axes broadcast, those of `x` only if `stretch`.
    fn new(name: &str, x: &Tensor, indices: &Tensor, axis: isize, stretch: bool) -> Result<Along> {
        let indices = as_indices(name, indices)?;
        let at = normalize_axis(name, axis, x.ndim())?;
        let others = |t: &Tensor| {
            let mut shape = t.shape().to_vec();
            shape.remove(at);
            shape
        };
        let refused = || {
            let rule = format!("must have the shape {:?} but for axis {at}", x.shape());
            Error::invalid(name, "indices", rule, indices.spec())
        };
        if indices.ndim() != x.ndim() {
            return Err(refused());
        }
        let rest = broadcast_shapes(name, &others(x), &others(&indices)).map_err(|_| refused())?;
        if !stretch && rest != others(x) {
            return Err(refused());
        }
        let axis = at as isize;
        let front = |t: &Tensor| {
            let shape = [&[t.shape()[at]], &rest[..]].concat();
            broadcast_to(&moveaxis(t, &[axis], &[0]), &shape)
        };
        let (x, indices) = (front(x), front(&indices));
        x.check()?;
        indices.check()?;
        // With the axis in front, the element (i, rest) is element `i * count(rest) + rest`.
        let width: usize = rest.iter().product();
        let column = iota(&[indices.shape()[0], width], 1, DType::I64);
        // Looked up for the check, so that a wrong index is named as it was given.
        let row =
            take(&iota(&[x.shape()[0]], 0, DType::I64), &reshape(&indices, column.shape()), 0);
        let places = reshape(&(row * Tensor::scalar(width as i64) + column), &[indices.count()]);
        let (shape, wanted) = (x.shape().to_vec(), indices.shape().to_vec());
        Ok(Along { axis, elements: reshape(&x, &[x.count()]), places, shape, wanted })
    }

    /// What was flattened, with the axis back in its place.
    fn back(&self, flat: &Tensor, shape: &[usize]) -> Tensor {
        moveaxis(&reshape(flat, shape), &[0], &[self.axis])
    }
}

/// The elements of `x` at `indices` along `axis`; the other axes broadcast. Negative indices count from the end.
///
/// An index outside the axis is an error when it is met.
pub fn take_along_axis(x: &Tensor, indices: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x, indices], || {
        let along = Along::new("take_along_axis", x, indices, axis, true)?;
        Ok(along.back(&take(&along.elements, &along.places, 0), &along.wanted))
    })
}

/// `x` with `values`, in its dtype, at `indices` along `axis`.
///
/// `indices` has the shape of `x` but for that axis, or broadcasts to it; `values` broadcasts to the result
/// of that. Of several values for one place, the last one stays.
///
/// An index outside the axis is an error when it is met.
pub fn put_along_axis(x: &Tensor, indices: &Tensor, values: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x, indices, values], || {
        let along = Along::new("put_along_axis", x, indices, axis, false)?;
        let mut shape = along.wanted[1..].to_vec();
        shape.insert(along.axis as usize, along.wanted[0]);
        let values = broadcast_to(&cast(values, x.dtype()), &shape);
        let rows = reshape(&moveaxis(&values, &[along.axis], &[0]), &[-1, 1]);
        let y = replace(&reshape(&along.elements, &[-1, 1]), &along.places, &rows);
        Ok(along.back(&y, &along.shape))
    })
}
