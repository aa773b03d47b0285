//! Python's square brackets.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use crate::ops::{flip, reshape, slice};
use crate::{Error, Tensor};

/// One entry between the brackets of `x[…]`; [`index!`](crate::index) makes lists of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Index {
    /// One index; the axis disappears. Negative ones count from the end.
    At(isize),
    /// `start:stop:step`, as in Python.
    Slice {
        /// The first index; by default the first one in the direction of the step.
        start: Option<isize>,
        /// The end, left out; by default beyond the last one.
        stop: Option<isize>,
        /// The distance, not 0; negative ones walk backwards.
        step: isize,
    },
    /// As many whole axes as there are left.
    Ellipsis,
    /// A new axis of size 1.
    NewAxis,
}

impl From<isize> for Index {
    fn from(index: isize) -> Index {
        Index::At(index)
    }
}

macro_rules! ranges {
    ($($range:ty, $r:ident => $start:expr, $stop:expr;)*) => {
        $(impl From<$range> for Index {
            fn from($r: $range) -> Index {
                Index::Slice { start: $start, stop: $stop, step: 1 }
            }
        }

        /// A range with a step.
        impl From<($range, isize)> for Index {
            fn from(($r, step): ($range, isize)) -> Index {
                Index::Slice { start: $start, stop: $stop, step }
            }
        })*
    };
}

/// The end behind an index that is in: behind the last one (-1) there is no index.
fn behind(last: isize) -> Option<isize> {
    last.checked_add(1).filter(|&end| end != 0)
}

ranges! {
    RangeFull, _r => None, None;
    Range<isize>, r => Some(r.start), Some(r.end);
    RangeFrom<isize>, r => Some(r.start), None;
    RangeTo<isize>, r => None, Some(r.end);
    RangeInclusive<isize>, r => Some(*r.start()), behind(*r.end());
    RangeToInclusive<isize>, r => None, behind(r.end);
}

/// The entries between Python's square brackets: numbers, ranges, `(range, step)`, [`Index`] values.
///
/// ```
/// use cornu_graph::{Tensor, index, ops::{Index, get_item}, testing::value};
/// let x = Tensor::from([[1, 2, 3], [4, 5, 6]]);
/// assert_eq!(value(&get_item(&x, &index![0, -2..]))?, [2, 3].into());
/// assert_eq!(value(&get_item(&x, &index![Index::Ellipsis, (.., -2)]))?, [[3, 1], [6, 4]].into());
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[macro_export]
macro_rules! index {
    ($($entry:expr),* $(,)?) => {
        [$($crate::ops::Index::from($entry)),*]
    };
}

/// The elements `start:stop:step` of an axis of `size`: the lowest index, the end, the distance, and whether
/// they come in reverse. Python's rule: what lies outside is cut off.
fn bounds(
    size: usize,
    start: Option<isize>,
    stop: Option<isize>,
    step: isize,
) -> (usize, usize, usize, bool) {
    let n = size as isize;
    let back = step < 0;
    let (first, last) = if back { (-1, n - 1) } else { (0, n) };
    let place = |i: isize| (if i < 0 { i.saturating_add(n) } else { i }).clamp(first, last);
    let start = start.map_or(if back { last } else { first }, place);
    let stop = stop.map_or(if back { first } else { last }, place);
    let distance = if back { start - stop } else { stop - start };
    if distance <= 0 {
        return (0, 0, 1, false);
    }
    // A step beyond the axis is one to its end: it finds one element.
    let step = step.unsigned_abs().min(size);
    if !back {
        return (start as usize, stop as usize, step, false);
    }
    let count = (distance as usize).div_ceil(step);
    (start as usize - (count - 1) * step, start as usize + 1, step, true)
}

/// `x[key]` by Python's rules, for whole numbers, slices, new axes and an ellipsis: axes that the key does
/// not name stay whole. [`index!`](crate::index) makes keys.
///
/// Errors when the key names more axes than `x` has, holds two ellipses, a step of 0, or an index outside
/// its axis.
pub fn get_item(x: &Tensor, key: &[Index]) -> Tensor {
    Tensor::compose(&[x], || {
        let wrong = |rule: String| Error::invalid("get_item", "key", rule, format!("{key:?}"));
        let named = key.iter().filter(|k| matches!(k, Index::At(_) | Index::Slice { .. })).count();
        let ellipses = key.iter().filter(|k| **k == Index::Ellipsis).count();
        if named > x.ndim() || ellipses > 1 {
            return Err(wrong(format!(
                "must name at most the {} axes of {:?}, with at most one ellipsis",
                x.ndim(),
                x.shape()
            )));
        }
        let rest = x.ndim() - named;
        let whole = Index::from(..);
        // Without an ellipsis, there is one at the end.
        let implied = (ellipses == 0).then_some(&Index::Ellipsis);
        let entries = key.iter().chain(implied).flat_map(|k| match k {
            Index::Ellipsis => vec![whole; rest],
            other => vec![*other],
        });
        let (mut start, mut stop, mut step) = (Vec::new(), Vec::new(), Vec::new());
        let (mut reversed, mut shape) = (Vec::new(), Vec::new());
        for entry in entries {
            let axis = start.len();
            let size = x.shape().get(axis).copied().unwrap_or(1);
            let part = match entry {
                Index::At(i) => {
                    let at = at(i, size).ok_or_else(|| {
                        wrong(format!("must hold indices in [-{size}, {size}) for axis {axis}"))
                    })?;
                    (at, at + 1, 1, false)
                }
                Index::Slice { step: 0, .. } => {
                    return Err(wrong("must not hold a step of 0".into()));
                }
                Index::Slice { start, stop, step } => {
                    let part = bounds(size, start, stop, step);
                    shape.push((part.1 - part.0).div_ceil(part.2));
                    part
                }
                Index::NewAxis | Index::Ellipsis => {
                    shape.push(1);
                    continue;
                }
            };
            start.push(part.0);
            stop.push(part.1);
            step.push(part.2);
            if part.3 {
                reversed.push(axis as isize);
            }
        }
        let part = slice(x, &start, &stop, &step);
        let part = if reversed.is_empty() { part } else { flip(&part, &reversed) };
        Ok(reshape(&part, &shape))
    })
}

/// The place of an index that may be negative.
fn at(index: isize, size: usize) -> Option<usize> {
    let place = if index < 0 { index + size as isize } else { index };
    usize::try_from(place).ok().filter(|&p| p < size)
}
