//! The order of elements along an axis.
//!
//! Elements become unsigned keys whose order is theirs; a key and its element's index are sorted together, so
//! that no comparison looks anything up, equal elements keep their order, and any sort will do.

use cornu_graph::{Error, Result, element_count};

use crate::runtime::{Pod, Pool};

/// Elements of a piece of work: enough to hide the cost of handing it out.
const CHUNK: usize = 1 << 12;

/// An element that can be sorted; `u8` stands for `bool` too.
pub trait Sortable: Pod {
    /// A key and an index.
    #[doc(hidden)]
    type Packed: Copy + Ord;
    /// The element's key, the greatest there is for NaN, and its index.
    #[doc(hidden)]
    fn pack(self, descending: bool, index: u32) -> Self::Packed;
    /// The index.
    #[doc(hidden)]
    fn index(packed: Self::Packed) -> i32;
}

macro_rules! sortable {
    ($($t:ty: $key:ty, $packed:ty, |$x:ident| $order:expr, $pack:expr, $index:expr;)*) => {$(
        impl Sortable for $t {
            type Packed = $packed;
            #[inline(always)]
            #[allow(clippy::eq_op)] // Integers equal themselves, NaN does not.
            fn pack(self, descending: bool, index: u32) -> $packed {
                let $x = self;
                let key: $key = if $x != $x {
                    <$key>::MAX
                } else if descending {
                    !$order
                } else {
                    $order
                };
                $pack(key, index)
            }
            #[inline(always)]
            fn index(packed: $packed) -> i32 {
                $index(packed) as i32
            }
        }
    )*};
}

/// Negative floats have all bits turned, the others the sign; zeros of both signs are one.
macro_rules! float_order {
    ($x:ident, $sign:literal) => {{
        let bits = ($x + 0.0).to_bits();
        if bits >> $sign == 1 { !bits } else { bits | 1 << $sign }
    }};
}

fn narrow(key: u32, index: u32) -> u64 {
    u64::from(key) << 32 | u64::from(index)
}

fn wide(key: u64, index: u32) -> (u64, u32) {
    (key, index)
}

sortable! {
    u8: u32, u64, |x| u32::from(x), narrow, |p: u64| p as u32;
    i32: u32, u64, |x| x as u32 ^ 1 << 31, narrow, |p: u64| p as u32;
    f32: u32, u64, |x| float_order!(x, 31), narrow, |p: u64| p as u32;
    i64: u64, (u64, u32), |x| x as u64 ^ 1 << 63, wide, |p: (u64, u32)| p.1;
    f64: u64, (u64, u32), |x| float_order!(x, 63), wide, |p: (u64, u32)| p.1;
}

/// The indices that sort the elements along an axis, bound to a shape: stable, NaN last.
///
/// ```
/// use cornu_cpu::{runtime::Pool, sort::ArgSorting};
/// let sorting = ArgSorting::new(&[2, 3], 1, false)?;
/// let mut out = [0; 6];
/// sorting.run(&Pool::new(1)?, &[3f32, 1.0, 2.0, f32::NAN, 0.0, -0.0], &mut out)?;
/// assert_eq!(out, [1, 2, 0, 1, 2, 0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ArgSorting {
    outer: usize,
    size: usize,
    inner: usize,
    descending: bool,
}

impl ArgSorting {
    /// The order of elements along `axis` of row-major arrays of shape `shape`; NaN is last both ways.
    ///
    /// # Errors
    /// When the axis is not the shape's, or has more elements than `i32` counts.
    pub fn new(shape: &[usize], axis: usize, descending: bool) -> Result<ArgSorting> {
        element_count("ArgSorting", shape)?;
        let Some(&size) = shape.get(axis).filter(|&&size| size <= i32::MAX as usize) else {
            let rule = format!("must be an axis of {shape:?} with less than 2^31 elements");
            return Err(Error::invalid("ArgSorting", "axis", rule, format!("axis={axis}")));
        };
        let (outer, inner) = (shape[..axis].iter().product(), shape[axis + 1..].iter().product());
        Ok(ArgSorting { outer, size, inner, descending })
    }

    /// Writes the indices to `out`.
    ///
    /// # Errors
    /// When a length is not that of the shape.
    pub fn run<T: Sortable>(&self, pool: &Pool, x: &[T], out: &mut [i32]) -> Result<()> {
        let &ArgSorting { outer, size, inner, descending } = self;
        let count = outer * size * inner;
        if (x.len(), out.len()) != (count, count) {
            let received = format!("{} and {}", x.len(), out.len());
            let rule = format!("must have {count} elements each");
            return Err(Error::invalid("ArgSorting::run", "x, out", rule, received));
        }
        if count == 0 {
            return Ok(());
        }
        let part = size * inner;
        let block = (CHUNK / part).max(1) * part;
        pool.parallel_chunks(out, block, |i, out| {
            let x = &x[i * block..][..out.len()];
            let mut row: Vec<T::Packed> = Vec::with_capacity(size);
            for (x, out) in x.chunks_exact(part).zip(out.chunks_exact_mut(part)) {
                for j in 0..inner {
                    let values = x[j..].iter().step_by(inner).enumerate();
                    row.clear();
                    row.extend(values.map(|(i, v)| v.pack(descending, i as u32)));
                    row.sort_unstable();
                    let places = out[j..].iter_mut().step_by(inner);
                    places.zip(&row).for_each(|(place, &packed)| *place = T::index(packed));
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a stable sort by comparison.
    fn check<T: Sortable + PartialOrd + std::fmt::Debug>(values: &[T]) {
        let pool = Pool::new(2).unwrap();
        for (shape, axis) in
            [([1, 24, 1], 1), ([4, 6, 1], 1), ([1, 6, 4], 1), ([2, 3, 4], 1), ([2, 3, 4], 0)]
        {
            for descending in [false, true] {
                let mut got = vec![0; 24];
                let sorting = ArgSorting::new(&shape, axis, descending).unwrap();
                sorting.run(&pool, &values[..24], &mut got).unwrap();
                let (size, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
                for row in 0..24 / size {
                    let at = |i: usize| row / inner * size * inner + row % inner + i * inner;
                    let mut want: Vec<usize> = (0..size).collect();
                    want.sort_by(|&a, &b| {
                        let (a, b) = (&values[at(a)], &values[at(b)]);
                        let order = if descending { b.partial_cmp(a) } else { a.partial_cmp(b) };
                        let nan = |v: &T| v.partial_cmp(v).is_none();
                        order.unwrap_or(nan(a).cmp(&nan(b)))
                    });
                    let row: Vec<usize> = (0..size).map(|i| got[at(i)] as usize).collect();
                    assert_eq!(row, want, "{values:?} {shape:?} {axis} {descending}");
                }
            }
        }
    }

    #[test]
    fn orders_as_a_stable_sort_does() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        let odd = [
            0.0,
            -0.0,
            nan,
            1.0,
            -1.0,
            inf,
            -inf,
            5e-324,
            -5e-324,
            2.0,
            1.0,
            -nan,
            f64::MAX,
            f64::MIN,
            0.0,
            -3.5,
            -2.0,
            nan,
            7.0,
            -0.0,
            1e-40,
            -1e-40,
            inf,
            1.0,
        ];
        check(&odd);
        check(&odd.map(|v| v as f32));
        check(&odd.map(|v| v as i64));
        check(&odd.map(|v| v as i32));
        check(&odd.map(|v| v as u8));
    }

    #[test]
    fn wrong_sizes_are_errors() {
        assert!(ArgSorting::new(&[2], 1, false).is_err());
        let pool = Pool::new(1).unwrap();
        let sorting = ArgSorting::new(&[2], 0, false).unwrap();
        assert!(sorting.run(&pool, &[1.0; 3], &mut [0; 2]).is_err());
        ArgSorting::new(&[0, 3], 0, true).unwrap().run::<f32>(&pool, &[], &mut []).unwrap();
    }
}
