//! Functions along one axis of an array.

use cornu_graph::{Array, DType, normalize_axis};

use crate::Result;

/// `x` as `float64`, with `change` applied to each of its lines along an axis.
pub(super) fn map_lanes(
    function: &str,
    x: &Array,
    axis: isize,
    mut change: impl FnMut(&mut [f64]),
) -> Result<Array> {
    let axis = normalize_axis(function, axis, x.ndim())?;
    let (size, inner) = (x.shape()[axis], x.shape()[axis + 1..].iter().product::<usize>());
    let mut result = x.cast(DType::F64);
    if result.is_empty() {
        return Ok(result);
    }
    let mut lane = vec![0.0; size];
    for block in result.as_slice_mut::<f64>()?.chunks_exact_mut(size * inner) {
        for start in 0..inner {
            for (value, at) in lane.iter_mut().zip((start..).step_by(inner)) {
                *value = block[at];
            }
            change(&mut lane);
            for (value, at) in lane.iter().zip((start..).step_by(inner)) {
                block[at] = *value;
            }
        }
    }
    Ok(result)
}
