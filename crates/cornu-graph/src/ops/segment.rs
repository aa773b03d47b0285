//! Reductions over the elements that have one label.

use crate::ops::{
    Gather, ScatterAdd, argsort, broadcast_to, cast, cumsum, equal, full, greater_equal, less,
    logical_or, maximum, negative, number_like, ones, reshape, slice_axis, take_along_axis, where_,
    zeros_like,
};
use crate::{DType, Error, Result, Tensor};

/// The labels (`int64`), those outside `0..segments` as `segments`.
fn labels(name: &str, data: &Tensor, ids: &Tensor, segments: usize) -> Result<Tensor> {
    let fits = data.ndim() > 0 && ids.shape() == &data.shape()[..1] && ids.dtype().is_integer();
    if !fits {
        let rule = format!("must be a list of integers, one per row of {}", data.spec());
        return Err(Error::invalid(name, "segment_ids", rule, ids.spec()));
    }
    let ids = cast(ids, DType::I64);
    let end = number_like(&ids, segments as f64);
    let outside = logical_or(&less(&ids, &zeros_like(&ids)), &greater_equal(&ids, &end));
    Ok(where_(&outside, &end, &ids))
}

/// The sums of the rows of `data` (along the first axis) with one label: row `i` of the result is the sum of
/// those whose entry in `segment_ids` is `i`, 0 if there are none. Labels outside `0..segments` are left out;
/// they need no order. `bool` and `uint8` count as `int32`.
///
/// ```
/// use cornu_graph::{Tensor, ops, testing::value};
/// let sums = ops::segment_sum(&Tensor::from([1.0, 2.0, 4.0]), &Tensor::from([1, 0, 1]), 3);
/// assert_eq!(value(&sums)?.to_vec::<f64>(), [2.0, 5.0, 0.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn segment_sum(data: &Tensor, segment_ids: &Tensor, segments: usize) -> Tensor {
    Tensor::compose(&[data, segment_ids], || {
        let data = cast(data, data.dtype().max(DType::I32));
        let ids = labels("segment_sum", &data, segment_ids, segments)?;
        // One more row takes what is left out.
        let sums = Tensor::apply(ScatterAdd { axis: 0, size: segments + 1 }, &[&data, &ids]);
        sums.check()?;
        Ok(slice_axis(&sums, 0, 0, segments))
    })
}

/// The largest elements of the rows of `data` (along the first axis) with one label, element by element: as
/// [`segment_sum`] with maxima. NaN wins; without rows the least value of the dtype, minus infinity of floats.
pub fn segment_max(data: &Tensor, segment_ids: &Tensor, segments: usize) -> Tensor {
    extreme("segment_max", data, segment_ids, segments, false)
}

/// The smallest elements of the rows of `data` with one label, element by element: as [`segment_max`] with
/// minima, and the greatest value of the dtype where there are no rows.
pub fn segment_min(data: &Tensor, segment_ids: &Tensor, segments: usize) -> Tensor {
    extreme("segment_min", data, segment_ids, segments, true)
}

/// The last element of every label when the rows are sorted by label and value.
fn extreme(name: &str, data: &Tensor, ids: &Tensor, segments: usize, least: bool) -> Tensor {
    Tensor::compose(&[data, ids], || {
        let ids = labels(name, data, ids, segments)?;
        let rows = data.shape()[0];
        let mut shape = data.shape().to_vec();
        shape[0] = segments;
        let none = nothing(data.dtype(), least);
        if rows == 0 {
            return Ok(broadcast_to(&none, &shape));
        }
        let by_value = argsort(data, 0, least);
        let mut column = vec![1; data.ndim()];
        column[0] = rows;
        let spread = broadcast_to(&reshape(&ids, &column), data.shape());
        let by_label = argsort(&take_along_axis(&spread, &by_value, 0), 0, false);
        let sorted = take_along_axis(data, &take_along_axis(&by_value, &by_label, 0), 0);
        let counts = segment_sum(&ones(&[rows], DType::I32), &ids, segments);
        let last = cumsum(&counts, 0) - 1.0;
        let last = maximum(&last, &zeros_like(&last));
        let found = Tensor::apply(Gather { axis: 0 }, &[&sorted, &last]);
        column[0] = segments;
        let empty = reshape(&equal(&counts, &zeros_like(&counts)), &column);
        Ok(where_(&empty, &none, &found))
    })
}

/// The maximum (or minimum, if `least`) of no elements.
fn nothing(dtype: DType, least: bool) -> Tensor {
    match (dtype, least) {
        (DType::Bool, _) => full(&[], least),
        (DType::U8, true) => full(&[], u8::MAX),
        (DType::U8, false) => full(&[], u8::MIN),
        (DType::I32, true) => full(&[], i32::MAX),
        (DType::I32, false) => full(&[], i32::MIN),
        (DType::I64, true) => full(&[], i64::MAX),
        (DType::I64, false) => full(&[], i64::MIN),
        (DType::F32, true) => full(&[], f32::INFINITY),
        (DType::F64, true) => full(&[], f64::INFINITY),
        (DType::F32 | DType::F64, false) => negative(&nothing(dtype, true)),
    }
}
