//! How inputs lie against the iteration space.

use super::TILE;

/// The axes of an iteration: size and stride of every input, outermost first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub size: usize,
    pub strides: Vec<isize>,
}

/// Drops axes of size 1 and merges neighbours that every input walks in one stride.
pub(super) fn collapse(shape: &[usize], inputs: &[&[isize]]) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for (i, &size) in shape.iter().enumerate().filter(|&(_, &size)| size != 1) {
        let strides: Vec<isize> = inputs.iter().map(|s| s[i]).collect();
        match axes.last_mut() {
            Some(outer)
                if outer.strides.iter().zip(&strides).all(|(&o, &s)| o == s * size as isize) =>
            {
                outer.size *= size;
                outer.strides = strides;
            }
            _ => axes.push(Axis { size, strides }),
        }
    }
    axes
}

/// One input's elements in the order of the flat index.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Layout {
    /// The same element everywhere.
    Uniform,
    /// Element `i` is at place `i`.
    Direct,
    /// Element `i` is at place `i % period`.
    Periodic(usize),
    /// Any strides: sizes and strides, outermost first.
    Strided(Vec<(usize, isize)>),
}

/// Longer periods are copied run by run: runs that long cost nothing extra.
const MAX_PERIOD: usize = 2 * TILE;

impl Layout {
    /// The layout of one input: its strides along `shape`.
    pub fn of(shape: &[usize], strides: &[isize]) -> Layout {
        let axes: Vec<(usize, isize)> =
            collapse(shape, &[strides]).into_iter().map(|a| (a.size, a.strides[0])).collect();
        match axes[..] {
            [] | [(_, 0)] => Layout::Uniform,
            [(_, 1)] => Layout::Direct,
            [(_, 0), (period, 1)] if period <= MAX_PERIOD => Layout::Periodic(period),
            _ => Layout::Strided(axes),
        }
    }

    /// Where the elements `start..start + count` begin, and the step from one to the next, if that is 0 or 1
    /// and they lie in one row.
    pub fn row(&self, start: usize, count: usize) -> Option<(isize, isize)> {
        let Layout::Strided(axes) = self else { return None };
        let (&(width, stride), outer) = axes.split_last()?;
        let (row, column) = (start / width, start % width);
        let whole = column + count <= width && matches!(stride, 0 | 1);
        whole.then(|| (place(outer, row) + column as isize * stride, stride))
    }

    /// The elements between the beginnings of two of `parts` parts of `count` elements each, if the
    /// layout is the same in every part.
    pub fn step(&self, count: usize, parts: usize) -> Option<usize> {
        match self {
            Layout::Uniform => Some(0),
            Layout::Direct => Some(count),
            Layout::Periodic(period) => count.is_multiple_of(*period).then_some(0),
            Layout::Strided(axes) => {
                let &(size, stride) = axes.first()?;
                let whole = size.is_multiple_of(parts);
                whole.then(|| usize::try_from(stride).ok().map(|stride| size / parts * stride))?
            }
        }
    }
}

/// Where the place with this flat index is.
fn place(axes: &[(usize, isize)], mut index: usize) -> isize {
    let mut place = 0;
    for &(size, stride) in axes.iter().rev() {
        place += (index % size) as isize * stride;
        index /= size;
    }
    place
}

/// Copies the elements with flat index `start..start + count` of a strided input to `to`.
///
/// # Safety
/// `from` must be valid for reading at every place that the strides reach, `to` for writing `count`
/// elements, and the two must not overlap.
pub(super) unsafe fn gather<T: Copy>(
    axes: &[(usize, isize)],
    start: usize,
    count: usize,
    from: *const T,
    to: *mut T,
) {
    let Some((&(width, stride), outer)) = axes.split_last() else { return };
    let (mut row, mut column) = (start / width, start % width);
    let mut done = 0;
    while done < count {
        let run = (width - column).min(count - done);
        let place = place(outer, row) + column as isize * stride;
        // SAFETY: `place` and the places of the run are reached by the strides, and `done + run` is at
        // most `count`; the caller vouches for both areas.
        unsafe {
            let (from, to) = (from.offset(place), to.add(done));
            match stride {
                1 => std::ptr::copy_nonoverlapping(from, to, run),
                0 => std::slice::from_raw_parts_mut(to, run).fill(*from),
                _ => (0..run).for_each(|i| *to.add(i) = *from.offset(i as isize * stride)),
            }
        }
        done += run;
        row += 1;
        column = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_recognised() {
        assert_eq!(Layout::of(&[2, 3, 4], &[12, 4, 1]), Layout::Direct);
        assert_eq!(Layout::of(&[2, 1, 4], &[4, 77, 1]), Layout::Direct);
        assert_eq!(Layout::of(&[2, 3, 4], &[0, 4, 1]), Layout::Periodic(12));
        assert_eq!(Layout::of(&[2, 3, 4], &[0, 0, 0]), Layout::Uniform);
        assert_eq!(Layout::of(&[], &[]), Layout::Uniform);
        assert_eq!(Layout::of(&[1, 1], &[5, 1]), Layout::Uniform);
        assert_eq!(Layout::of(&[6, 4], &[1, 0]), Layout::Strided(vec![(6, 1), (4, 0)]));
        assert_eq!(
            Layout::of(&[2, 3, 4], &[12, 1, 3]),
            Layout::Strided(vec![(2, 12), (3, 1), (4, 3)])
        );
    }

    #[test]
    fn gather_follows_the_strides() {
        let from: Vec<i32> = (0..24).collect();
        // A transposed view of a (4, 6) array, its columns walked backwards.
        let axes = [(6, -1), (4, 6)];
        let want: Vec<i32> = (0..6).flat_map(|c| (0..4).map(move |r| r * 6 + 5 - c)).collect();
        for start in [0, 1, 5] {
            let mut to = [0; 18];
            // SAFETY: the view starts at place 5 and stays in the array.
            unsafe { gather(&axes, start, 18, from[5..].as_ptr(), to.as_mut_ptr()) };
            assert_eq!(to, want[start..start + 18]);
        }
    }
}
