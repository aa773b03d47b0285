//! Elements read and written at index tuples.

use crate::ops::{
    ScatterAdd, argsort, as_indices, broadcast_to, cast, concatenate, greater, iota, multiply,
    not_equal, ones, pad, reshape, slice_axis, take, where_,
};
use crate::{DType, Error, Result, Tensor, element_count};

/// What becomes of an element that is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scattering {
    /// It is replaced; by the last update if there are several.
    #[default]
    Replace,
    /// The updates are added to it.
    Add,
}

/// Index tuples along the last axis of `indices` as places in the row-major order of `shape`, of which a
/// tuple may name the first axes only.
struct Tuples {
    /// One `int64` place for every tuple, in a row.
    places: Tensor,
    /// The shape of `indices` without its last axis.
    outer: Vec<usize>,
    /// The axes that tuples do not name.
    inner: Vec<usize>,
    /// The number of different places.
    rows: usize,
}

impl Tuples {
    fn new(function: &str, indices: &Tensor, shape: &[usize]) -> Result<Tuples> {
        let indices = as_indices(function, indices)?;
        let Some((&width, outer)) = indices.shape().split_last().filter(|s| *s.0 <= shape.len())
        else {
            let rule =
                format!("must have a last axis of {} at most: one index per axis", shape.len());
            return Err(Error::invalid(function, "indices", rule, indices.spec()));
        };
        element_count(function, shape)?;
        let count: usize = outer.iter().product();
        let mut places = crate::ops::zeros(&[count], DType::I64);
        for (axis, &size) in shape[..width].iter().enumerate() {
            let column = reshape(&slice_axis(&indices, -1, axis, axis + 1), &[count]);
            // Looked up for the check: a wrong index must not become another axis' right one.
            let index = take(&iota(&[size], 0, DType::I64), &column, 0);
            places = multiply(&places, &Tensor::scalar(size as i64)) + index;
        }
        let (rows, inner) = shape.split_at(width);
        let outer = outer.to_vec();
        Ok(Tuples { places, outer, inner: inner.to_vec(), rows: rows.iter().product() })
    }

    /// `x` with one row per place.
    fn table(&self, x: &Tensor) -> Tensor {
        reshape(x, &[self.rows, self.inner.iter().product()])
    }

    /// One row for every tuple, from tensors that broadcast to what the tuples name.
    fn updates(&self, updates: &Tensor, dtype: DType) -> Tensor {
        let whole = [&self.outer[..], &self.inner].concat();
        let rows = broadcast_to(&cast(updates, dtype), &whole);
        reshape(&rows, &[self.outer.iter().product(), self.inner.iter().product::<usize>()])
    }
}

/// The elements of `x` at the index tuples along the last axis of `indices`: tuples that name the first axes
/// only give whole slices. Negative indices count from the end.
///
/// The result's shape is that of `indices` without its last axis, then the axes that are not named.
///
/// ```
/// use cornu_graph::{Tensor, ops, testing::value};
/// let x = Tensor::from([[1, 2], [3, 4]]);
/// let y = ops::gather_nd(&x, &Tensor::from([[0, 1], [-1, 0]]));
/// assert_eq!(value(&y)?, [2, 3].into());
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn gather_nd(x: &Tensor, indices: &Tensor) -> Tensor {
    Tensor::compose(&[x, indices], || {
        let at = Tuples::new("gather_nd", indices, x.shape())?;
        Ok(reshape(&take(&at.table(x), &at.places, 0), &[&at.outer[..], &at.inner].concat()))
    })
}

/// Zeros of `shape` with `values` added at the index tuples along the last axis of `indices`.
///
/// The shape of `values` is what [`gather_nd`] would give, or broadcasts to it.
pub fn scatter(indices: &Tensor, values: &Tensor, shape: &[usize]) -> Tensor {
    Tensor::compose(&[indices, values], || {
        let at = Tuples::new("scatter", indices, shape)?;
        Ok(cast(&reshape(&added(&at, values, values.dtype()), shape), values.dtype()))
    })
}

/// The updates of every place added up.
fn added(at: &Tuples, updates: &Tensor, dtype: DType) -> Tensor {
    let updates = at.updates(updates, dtype.max(DType::U8));
    Tensor::apply(ScatterAdd { axis: 0, size: at.rows }, &[&updates, &at.places])
}

/// `x` with `updates`, in its dtype, at the index tuples along the last axis of `indices`.
///
/// The shape of `updates` is what [`gather_nd`] would give, or broadcasts to it. `how` says what happens to
/// the elements there, and where several updates meet.
pub fn scatter_update(x: &Tensor, indices: &Tensor, updates: &Tensor, how: Scattering) -> Tensor {
    Tensor::compose(&[x, indices, updates], || {
        let at = Tuples::new("scatter_update", indices, x.shape())?;
        let y = match how {
            Scattering::Replace => {
                replace(&at.table(x), &at.places, &at.updates(updates, x.dtype()))
            }
            Scattering::Add => cast(&(at.table(x) + added(&at, updates, x.dtype())), x.dtype()),
        };
        Ok(reshape(&y, x.shape()))
    })
}

/// The rows of `table` with those at `places` replaced by `rows`: by the last one of each place.
pub(super) fn replace(table: &Tensor, places: &Tensor, rows: &Tensor) -> Tensor {
    let count = places.count();
    if count == 0 {
        return table.clone();
    }
    let order = argsort(places, 0, false);
    let sorted = take(places, &order, 0);
    // The sort is stable: the last row of a place is the last of its run.
    let next = slice_axis(&sorted, 0, 1, count);
    let turns = not_equal(&slice_axis(&sorted, 0, 0, count - 1), &next);
    let last = concatenate(&[turns, ones(&[1], DType::Bool)], 0);
    // For every place: 1 + the number of its row, or 0.
    let number = multiply(&cast(&last, DType::I32), &(order + Tensor::scalar(1)));
    let number = Tensor::apply(ScatterAdd { axis: 0, size: table.shape()[0] }, &[&number, &sorted]);
    let written = greater(&number, &Tensor::scalar(0));
    // The row of a place without one does not matter.
    let chosen = take(rows, &(number - Tensor::scalar(1)), 0);
    where_(&reshape(&written, &[-1, 1]), &chosen, table)
}

/// `x` with `updates`, in its dtype, in the block that starts at index `start` of every axis.
///
/// Errors when the block does not lie inside `x`.
pub fn slice_update(x: &Tensor, start: &[usize], updates: &Tensor) -> Tensor {
    Tensor::compose(&[x, updates], || {
        let ends = start.iter().zip(updates.shape()).map(|(s, d)| s.saturating_add(*d));
        let fits = start.len() == x.ndim()
            && updates.ndim() == x.ndim()
            && ends.clone().zip(x.shape()).all(|(end, &d)| end <= d);
        if !fits {
            let rule =
                format!("must leave updates of {:?} inside {:?}", updates.shape(), x.shape());
            return Err(Error::invalid("slice_update", "start", rule, format!("{start:?}")));
        }
        let after = ends.zip(x.shape()).map(|(end, d)| d - end);
        let padding: Vec<(usize, usize)> = start.iter().copied().zip(after).collect();
        let inside = pad(&ones(updates.shape(), DType::Bool), &padding, 0.0);
        Ok(where_(&inside, &pad(&cast(updates, x.dtype()), &padding, 0.0), x))
    })
}
