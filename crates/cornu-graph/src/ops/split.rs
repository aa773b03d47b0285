//! Tensors taken apart along an axis.

use crate::ops::{slice_axis, squeeze};
use crate::{Error, Result, Tensor, normalize_axis};

/// Where to cut: into so many parts, or at these places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sections {
    /// The number of parts.
    Parts(usize),
    /// The first index of every part but the first; negative ones count from the end.
    At(Vec<isize>),
}

impl From<usize> for Sections {
    fn from(parts: usize) -> Sections {
        Sections::Parts(parts)
    }
}

impl From<&[isize]> for Sections {
    fn from(places: &[isize]) -> Sections {
        Sections::At(places.to_vec())
    }
}

impl<const N: usize> From<[isize; N]> for Sections {
    fn from(places: [isize; N]) -> Sections {
        Sections::At(places.to_vec())
    }
}

/// The parts of `x` along `axis`: so many equal ones, or cut at a list of places.
///
/// Places are as in a Python slice: beyond the end there is nothing.
///
/// ```
/// use cornu_graph::{Tensor, ops};
/// let x = Tensor::from([1, 2, 3, 4, 5, 6]);
/// let sizes = |parts: Vec<Tensor>| parts.iter().map(Tensor::count).collect::<Vec<_>>();
/// assert_eq!(sizes(ops::split(&x, 3, 0)?), [2, 2, 2]);
/// assert_eq!(sizes(ops::split(&x, [1, 5], 0)?), [1, 4, 1]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// # Errors
/// When `x` carries an error, has no such axis, or its size is not a multiple of the number of parts.
pub fn split(x: &Tensor, sections: impl Into<Sections>, axis: isize) -> Result<Vec<Tensor>> {
    cut("split", x, &sections.into(), axis, true)
}

/// As [`split`], but where the size is not a multiple of the number of parts, the first parts are larger by 1.
///
/// # Errors
/// When `x` carries an error or has no such axis, or the number of parts is 0.
pub fn array_split(x: &Tensor, sections: impl Into<Sections>, axis: isize) -> Result<Vec<Tensor>> {
    cut("array_split", x, &sections.into(), axis, false)
}

/// [`split`] along axis 1, or along axis 0 if `x` is a vector.
///
/// # Errors
/// As [`split`].
pub fn hsplit(x: &Tensor, sections: impl Into<Sections>) -> Result<Vec<Tensor>> {
    let axis = if x.ndim() == 1 { 0 } else { 1 };
    cut("hsplit", x, &sections.into(), axis, true)
}

/// [`split`] along axis 0 of a tensor with two axes at least.
///
/// # Errors
/// As [`split`].
pub fn vsplit(x: &Tensor, sections: impl Into<Sections>) -> Result<Vec<Tensor>> {
    at_least("vsplit", x, 2)?;
    cut("vsplit", x, &sections.into(), 0, true)
}

/// [`split`] along axis 2.
///
/// # Errors
/// As [`split`].
pub fn dsplit(x: &Tensor, sections: impl Into<Sections>) -> Result<Vec<Tensor>> {
    at_least("dsplit", x, 3)?;
    cut("dsplit", x, &sections.into(), 2, true)
}

/// The slices of `x` along `axis`, without that axis.
///
/// # Errors
/// When `x` carries an error or has no such axis.
pub fn unstack(x: &Tensor, axis: isize) -> Result<Vec<Tensor>> {
    x.check()?;
    let at = normalize_axis("unstack", axis, x.ndim())?;
    let parts = cut("unstack", x, &Sections::Parts(x.shape()[at].max(1)), axis, false)?;
    let full = parts.iter().filter(|part| part.shape()[at] == 1);
    Ok(full.map(|part| squeeze(part, &[at as isize])).collect())
}

fn at_least(function: &str, x: &Tensor, rank: usize) -> Result<()> {
    x.check()?;
    if x.ndim() >= rank {
        return Ok(());
    }
    Err(Error::invalid(function, "x", format!("must have {rank} axes at least"), x.spec()))
}

fn cut(
    function: &str,
    x: &Tensor,
    sections: &Sections,
    axis: isize,
    equal: bool,
) -> Result<Vec<Tensor>> {
    x.check()?;
    let axis = normalize_axis(function, axis, x.ndim())?;
    let size = x.shape()[axis];
    let ends: Vec<(usize, usize)> = match sections {
        Sections::Parts(parts) => {
            let parts = *parts;
            if parts == 0 || (equal && !size.is_multiple_of(parts)) {
                let rule =
                    format!("must divide {size}, the size of axis {axis} of {:?}", x.shape());
                let rule = if equal { rule } else { "must be at least 1".into() };
                return Err(Error::invalid(function, "sections", rule, parts));
            }
            // Every part is a node, whatever the size of the axis claims.
            const MOST: usize = 1 << 20;
            if parts > MOST {
                let rule = format!("must be at most {MOST}");
                return Err(Error::invalid(function, "sections", rule, parts));
            }
            let (each, more) = (size / parts, size % parts);
            let start = |i: usize| i * each + i.min(more);
            (0..parts).map(|i| (start(i), start(i + 1))).collect()
        }
        Sections::At(places) => {
            let place = |&p: &isize| match usize::try_from(p) {
                Ok(p) => p.min(size),
                Err(_) => size.saturating_sub(p.unsigned_abs()),
            };
            let starts = std::iter::once(0).chain(places.iter().map(place));
            let stops = places.iter().map(place).chain([size]);
            starts.zip(stops).map(|(start, stop)| (start, stop.max(start))).collect()
        }
    };
    Ok(ends.into_iter().map(|(a, b)| slice_axis(x, axis as isize, a, b)).collect())
}
