//! Running sums along an axis, in one pass.

use cornu_graph::{Error, Result, element_count};

use crate::runtime::{Pod, Pool};

/// Elements of a piece of work: enough to hide the cost of handing it out.
const CHUNK: usize = 1 << 14;

/// A number that can be summed up; single precision is summed in double.
pub trait Summable: Pod {
    /// The sum so far.
    #[doc(hidden)]
    type Total: Copy;
    /// The sum of nothing: -0, to which every float can be added without change.
    #[doc(hidden)]
    const START: Self::Total;
    #[doc(hidden)]
    fn add(total: Self::Total, x: Self) -> Self::Total;
    #[doc(hidden)]
    fn rounded(total: Self::Total) -> Self;
}

macro_rules! summable {
    ($($t:ty, $total:ty, $start:literal, |$a:ident, $x:ident| $sum:expr;)*) => {$(
        impl Summable for $t {
            type Total = $total;
            const START: $total = $start;
            #[inline(always)]
            fn add($a: $total, $x: $t) -> $total {
                $sum
            }
            #[inline(always)]
            fn rounded(total: $total) -> $t {
                total as $t
            }
        }
    )*};
}

summable! {
    u8, u8, 0, |a, x| a.wrapping_add(x);
    i32, i32, 0, |a, x| a.wrapping_add(x);
    i64, i64, 0, |a, x| a.wrapping_add(x);
    f32, f64, -0.0, |a, x| a + f64::from(x);
    f64, f64, -0.0, |a, x| a + x;
}

/// The sums of the elements up to each place along an axis, bound to a shape.
///
/// ```
/// use cornu_cpu::{cumulative::CumulativeSum, runtime::Pool};
/// let sums = CumulativeSum::new(&[2, 3], 1, false)?;
/// let mut out = [0; 6];
/// sums.run(&Pool::new(1)?, &[1, 2, 3, 4, 5, 6], &mut out)?;
/// assert_eq!(out, [1, 3, 6, 4, 9, 15]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CumulativeSum {
    outer: usize,
    size: usize,
    inner: usize,
    reverse: bool,
}

impl CumulativeSum {
    /// The sums along `axis` of row-major arrays of shape `shape`; from the end if `reverse`.
    ///
    /// # Errors
    /// When the axis is not the shape's.
    pub fn new(shape: &[usize], axis: usize, reverse: bool) -> Result<CumulativeSum> {
        element_count("CumulativeSum", shape)?;
        let Some(&size) = shape.get(axis) else {
            let rule = format!("must be an axis of {shape:?}");
            return Err(Error::invalid("CumulativeSum", "axis", rule, format!("axis={axis}")));
        };
        let (outer, inner) = (shape[..axis].iter().product(), shape[axis + 1..].iter().product());
        Ok(CumulativeSum { outer, size, inner, reverse })
    }

    /// Writes the sums to `out`.
    ///
    /// # Errors
    /// When a length is not that of the shape.
    pub fn run<T: Summable>(&self, pool: &Pool, x: &[T], out: &mut [T]) -> Result<()> {
        let &CumulativeSum { outer, size, inner, reverse } = self;
        let count = outer * size * inner;
        if (x.len(), out.len()) != (count, count) {
            let received = format!("{} and {}", x.len(), out.len());
            let rule = format!("must have {count} elements each");
            return Err(Error::invalid("CumulativeSum::run", "x, out", rule, received));
        }
        if count == 0 {
            return Ok(());
        }
        let part = size * inner;
        let block = (CHUNK / part).max(1) * part;
        pool.parallel_chunks(out, block, |i, out| {
            let x = &x[i * block..][..out.len()];
            let mut totals = vec![T::START; inner];
            for (x, out) in x.chunks_exact(part).zip(out.chunks_exact_mut(part)) {
                totals.fill(T::START);
                let rows = x.chunks_exact(inner).zip(out.chunks_exact_mut(inner));
                if reverse {
                    rows.rev().for_each(|(x, out)| advance(&mut totals, x, out));
                } else {
                    rows.for_each(|(x, out)| advance(&mut totals, x, out));
                }
            }
        });
        Ok(())
    }
}

/// Adds a row to the totals and writes them.
#[inline(always)]
fn advance<T: Summable>(totals: &mut [T::Total], x: &[T], out: &mut [T]) {
    for ((total, &x), out) in totals.iter_mut().zip(x).zip(out) {
        *total = T::add(*total, x);
        *out = T::rounded(*total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::ops::{CumSum, Operation};
    use cornu_graph::{Array, Element, Spec};

    fn check<T: Summable + Element>(shape: &[usize], axis: usize) {
        let count = shape.iter().product();
        let x = Array::new(shape, (0..count).map(|i| (i * 7 % 11) as i32).collect()).unwrap();
        let x = x.cast(T::DTYPE);
        for reverse in [false, true] {
            let want =
                CumSum { axis, reverse }.evaluate(&[&x], &Spec::new(shape, T::DTYPE)).unwrap();
            for threads in [1, 2] {
                let mut out = vec![T::default(); count];
                let sums = CumulativeSum::new(shape, axis, reverse).unwrap();
                let pool = Pool::new(threads).unwrap();
                sums.run(&pool, x.as_slice::<T>().unwrap(), &mut out).unwrap();
                assert_eq!(Array::new(shape, out).unwrap(), want, "{shape:?} {axis} {reverse}");
            }
        }
    }

    #[test]
    fn agrees_with_the_definition() {
        for (shape, axis) in
            [(&[40][..], 0), (&[3, 5, 4], 0), (&[3, 5, 4], 1), (&[3, 5, 4], 2), (&[700, 60], 1)]
        {
            check::<f32>(shape, axis);
            check::<f64>(shape, axis);
            check::<i32>(shape, axis);
            check::<i64>(shape, axis);
            check::<u8>(shape, axis);
        }
    }

    #[test]
    fn long_sums_of_single_precision_keep_their_digits() {
        let mut out = vec![0f32; 1 << 20];
        let sums = CumulativeSum::new(&[1 << 20], 0, false).unwrap();
        sums.run(&Pool::new(1).unwrap(), &vec![0.1f32; 1 << 20], &mut out).unwrap();
        assert_eq!(out[(1 << 20) - 1], (f64::from(0.1f32) * f64::from(1 << 20)) as f32);
    }

    #[test]
    fn wrong_sizes_are_errors() {
        assert!(CumulativeSum::new(&[2], 1, false).is_err());
        let sums = CumulativeSum::new(&[2], 0, false).unwrap();
        assert!(sums.run(&Pool::new(1).unwrap(), &[1.0; 3], &mut [0.0; 2]).is_err());
    }
}
