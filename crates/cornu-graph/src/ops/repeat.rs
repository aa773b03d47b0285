//! Elements moved around the end, and repeated.

use crate::ops::{
    ScatterAdd, broadcast_to, concatenate, cumsum, ones, ravel, reshape, slice_axis, take,
};
use crate::{DType, Error, Tensor, normalize_axis};

/// `x` with its elements moved on by `shifts` along `axes`; what leaves at one end enters at the other.
///
/// One shift goes for all axes, or there are as many as axes; an axis may be named more than once. With an
/// empty list of axes, the elements move in row-major order through the whole tensor.
///
/// ```
/// use cornu_graph::{Tensor, ops, testing::value};
/// let x = Tensor::from([1, 2, 3, 4]);
/// assert_eq!(value(&ops::roll(&x, &[1], &[0]))?.to_vec::<i32>(), [4, 1, 2, 3]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn roll(x: &Tensor, shifts: &[isize], axes: &[isize]) -> Tensor {
    Tensor::compose(&[x], || {
        if axes.is_empty() {
            return Ok(reshape(&roll(&ravel(x), shifts, &[0]), x.shape()));
        }
        if shifts.len() != axes.len() && shifts.len() != 1 && axes.len() != 1 {
            let received = format!("shifts={shifts:?} axes={axes:?}");
            return Err(Error::invalid("roll", "shifts", "must be one, or one per axis", received));
        }
        let mut total = vec![0; x.ndim()];
        for i in 0..if shifts.len() == 1 { axes.len() } else { shifts.len() } {
            let at = normalize_axis("roll", axes[i.min(axes.len() - 1)], x.ndim())?;
            let size = x.shape()[at].max(1) as isize;
            let shift = shifts[i.min(shifts.len() - 1)].rem_euclid(size);
            total[at] = (total[at] + shift) % size;
        }
        let mut y = x.clone();
        for (axis, &shift) in total.iter().enumerate().filter(|(_, shift)| **shift != 0) {
            let (size, axis) = (x.shape()[axis], axis as isize);
            let middle = size - shift as usize;
            y = concatenate(
                &[slice_axis(&y, axis, middle, size), slice_axis(&y, axis, 0, middle)],
                axis,
            );
        }
        Ok(y)
    })
}

/// `x` repeated as a whole, `reps[i]` times along axis `i`; the shorter of shape and `reps` is filled with
/// ones in front.
pub fn tile(x: &Tensor, reps: &[usize]) -> Tensor {
    Tensor::compose(&[x], || {
        let rank = x.ndim().max(reps.len());
        let at = |s: &[usize], i: usize| (i + s.len()).checked_sub(rank).map_or(1, |j| s[j]);
        // Every axis becomes two, of which the first repeats the second.
        let one = (0..rank).flat_map(|i| [1, at(x.shape(), i)]);
        let many = (0..rank).flat_map(|i| [at(reps, i), at(x.shape(), i)]);
        let wide = broadcast_to(&reshape(x, &one.collect::<Vec<_>>()), &many.collect::<Vec<_>>());
        let size = |i| at(reps, i).saturating_mul(at(x.shape(), i));
        Ok(reshape(&wide, &(0..rank).map(size).collect::<Vec<_>>()))
    })
}

/// Every slice of `x` along `axis` repeated `repeats[i]` times in place; one number goes for all slices.
pub fn repeat(x: &Tensor, repeats: &[usize], axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let at = normalize_axis("repeat", axis, x.ndim())?;
        let size = x.shape()[at];
        if let [times] = *repeats {
            let (before, after) = (&x.shape()[..at], &x.shape()[at + 1..]);
            let one = reshape(x, &[before, &[size, 1], after].concat());
            let wide = broadcast_to(&one, &[before, &[size, times], after].concat());
            return Ok(reshape(&wide, &[before, &[size.saturating_mul(times)], after].concat()));
        }
        if repeats.len() != size {
            let rule = format!("must be one number, or one for each of the {size} slices");
            return Err(Error::invalid("repeat", "repeats", rule, format!("{repeats:?}")));
        }
        // Where every slice but the first starts. The length is a mere claim until the run, so the indices
        // are counted there.
        let ends = repeats.iter().scan(0usize, |end, &r| {
            *end = end.saturating_add(r);
            Some(*end)
        });
        let ends: Vec<usize> = ends.collect();
        let total = ends.last().copied().unwrap_or(0);
        crate::element_count("repeat", &[total])?;
        let starts: Vec<i64> =
            ends.into_iter().filter(|&end| end < total).map(|end| end as i64).collect();
        let ones = ones(&[starts.len()], DType::I64);
        let marks = Tensor::apply(ScatterAdd { axis: 0, size: total }, &[&ones, &starts.into()]);
        let indices = cumsum(&marks, 0);
        Ok(take(x, &indices, at as isize))
    })
}
