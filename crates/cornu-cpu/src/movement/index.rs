//! Slices by index, and sums of slices by index.

use cornu_graph::{Error, Result, element_count};

use crate::runtime::{Pod, Pool};

/// A type of indices.
pub trait Index: Pod + std::fmt::Display {
    /// The place in an axis of `size` elements, if it has one; negative indices count from the end.
    fn place(self, size: usize) -> Option<usize>;
}

macro_rules! index {
    ($($t:ty)*) => {
        $(impl Index for $t {
            fn place(self, size: usize) -> Option<usize> {
                // No size is beyond i64.
                let at = i64::from(self);
                let at = if at < 0 { at + size as i64 } else { at };
                usize::try_from(at).ok().filter(|&p| p < size)
            }
        })*
    };
}

index! { i32 i64 }

/// An array seen as (outer, size, inner), whose middle axis is looked up by index.
///
/// ```
/// use cornu_cpu::{movement::Lookup, runtime::Pool};
/// let rows = Lookup::new(&[3, 2], 0)?;
/// let mut out = [0.0; 4];
/// rows.gather(&Pool::new(1)?, &[1f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 0], &mut out)?;
/// assert_eq!(out, [5.0, 6.0, 1.0, 2.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    outer: usize,
    size: usize,
    inner: usize,
}

/// Elements of a piece of work.
const CHUNK: usize = 1 << 15;
/// Parts of the axis that are summed apart, a fixed number.
const PARTS: usize = 8;

impl Lookup {
    /// Lookups along `axis` of row-major arrays of shape `shape`.
    ///
    /// # Errors
    /// When the axis is not the shape's.
    pub fn new(shape: &[usize], axis: usize) -> Result<Lookup> {
        element_count("Lookup", shape)?;
        let Some(&size) = shape.get(axis) else {
            let rule = format!("must be an axis of {shape:?}");
            return Err(Error::invalid("Lookup", "axis", rule, format!("axis={axis}")));
        };
        let outer = shape[..axis].iter().product();
        Ok(Lookup { outer, size, inner: shape[axis + 1..].iter().product() })
    }

    /// `out[o, k, i] = x[o, indices[k], i]`.
    ///
    /// # Errors
    /// When an index leaves the axis; when a length does not fit the shape.
    pub fn gather<T: Pod, I: Index>(
        &self,
        pool: &Pool,
        x: &[T],
        indices: &[I],
        out: &mut [T],
    ) -> Result<()> {
        self.check("take", x.len(), indices, out.len())?;
        let inner = self.inner;
        if out.is_empty() {
            return Ok(());
        }
        let rows = (CHUNK / inner).max(1);
        pool.parallel_chunks(out, rows * inner, |block, out| {
            for (i, out) in out.chunks_exact_mut(inner).enumerate() {
                let row = block * rows + i;
                let (o, k) = (row / indices.len(), row % indices.len());
                // Checked above: every index is a place of the axis.
                let place = indices[k].place(self.size).unwrap_or(0);
                let start = (o * self.size + place) * inner;
                out.copy_from_slice(&x[start..start + inner]);
            }
        });
        Ok(())
    }

    /// `sums[o, j, i]` = the sum of `updates[o, k, i]` over all `k` with `indices[k] == j`, added in
    /// the order of `k` by `add`; `zero` where there is none.
    ///
    /// # Errors
    /// As [`Lookup::gather`].
    pub fn scatter_add<T: Pod, I: Index>(
        &self,
        pool: &Pool,
        updates: &[T],
        indices: &[I],
        sums: &mut [T],
        zero: T,
        add: impl Fn(T, T) -> T + Sync,
    ) -> Result<()> {
        self.check("scatter_add", sums.len(), indices, updates.len())?;
        let Lookup { size, inner, .. } = *self;
        if sums.is_empty() {
            return Ok(());
        }
        // Every part goes through all indices and takes its own: each sum has one writer, one order.
        let parts = if indices.len().saturating_mul(inner) < CHUNK { 1 } else { PARTS };
        let rows = size.div_ceil(parts);
        // One part of one outer index is a block, the last of each outer index may be shorter: the
        // blocks are found by their places, not by cutting evenly.
        let shared = crate::runtime::SharedSlice::new(sums);
        let parts = size.div_ceil(rows);
        pool.parallel_for(self.outer * parts, |i| {
            let (o, part) = (i / parts, i % parts);
            let (low, high) = (part * rows, size.min((part + 1) * rows));
            // SAFETY: the ranges of different `i` are disjoint, and every `i` comes once.
            let sums = unsafe { shared.slice((o * size + low) * inner..(o * size + high) * inner) };
            sums.fill(zero);
            for (k, index) in indices.iter().enumerate() {
                let Some(place) = index.place(size).filter(|p| (low..high).contains(p)) else {
                    continue;
                };
                let from = (o * indices.len() + k) * inner;
                let to = &mut sums[(place - low) * inner..][..inner];
                for (sum, &update) in to.iter_mut().zip(&updates[from..from + inner]) {
                    *sum = add(*sum, update);
                }
            }
        });
        Ok(())
    }

    /// Checks the lengths of the array and of the slices, and all indices.
    fn check<I: Index>(&self, op: &str, array: usize, indices: &[I], slices: usize) -> Result<()> {
        let Lookup { outer, size, inner } = *self;
        let wanted =
            (outer * size * inner, outer.saturating_mul(indices.len()).saturating_mul(inner));
        if (array, slices) != wanted {
            let rule = format!("must have {} and {} elements", wanted.0, wanted.1);
            return Err(Error::invalid(op, "x, slices", rule, format!("{array} and {slices}")));
        }
        let outside = |i: &&I| i.place(size).is_none();
        match indices.iter().find(outside) {
            None => Ok(()),
            Some(bad) => {
                Err(Error::invalid(op, "indices", format!("must be in [-{size}, {size})"), bad))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::ops::{Gather, Operation, ScatterAdd};
    use cornu_graph::{Array, Spec};

    #[test]
    fn lookups_and_their_sums() {
        let cases: [(&[usize], usize, usize); 7] = [
            (&[5], 0, 9),
            (&[4, 3], 0, 6),
            (&[4, 3], 1, 2),
            (&[2, 5, 3], 1, 0),
            (&[1000, 64], 0, 700),
            (&[3, 50, 40], 1, 1000),
            (&[4, 3, 0], 1, 2),
        ];
        for (shape, axis, count) in cases {
            let total: usize = shape.iter().product();
            let x = Array::new(shape, (0..total).map(|i| i as f32).collect()).unwrap();
            let size = shape[axis] as i64;
            // Every third counts from the end.
            let pick = |i: i64| i * i * 7 % size - if i % 3 == 2 { size } else { 0 };
            let picks: Vec<i64> = (0..count as i64).map(pick).collect();
            let indices = Array::new(&[count], picks.clone()).unwrap();
            let lookup = Lookup::new(shape, axis).unwrap();
            let gather = Gather { axis };
            let spec = gather
                .infer(&[&Spec::new(shape, x.dtype()), &Spec::new([count], indices.dtype())])
                .unwrap();
            let want = gather.evaluate(&[&x, &indices], &spec).unwrap();
            let scatter = ScatterAdd { axis, size: shape[axis] };
            let sums = scatter.evaluate(&[&want, &indices], &Spec::new(shape, x.dtype())).unwrap();
            for threads in [1, 2] {
                let pool = Pool::new(threads).unwrap();
                let mut out = vec![-1f32; want.len()];
                lookup.gather(&pool, x.as_slice::<f32>().unwrap(), &picks, &mut out).unwrap();
                assert_eq!(out, want.as_slice::<f32>().unwrap());
                let mut got = vec![-1f32; total];
                lookup.scatter_add(&pool, &out, &picks, &mut got, 0.0, |a, b| a + b).unwrap();
                for (a, b) in got.iter().zip(sums.as_slice::<f32>().unwrap()) {
                    assert!((a - b).abs() <= 1e-5 * b.abs(), "{a} instead of {b}");
                }
            }
        }
    }

    #[test]
    fn bad_indices_are_named() {
        let lookup = Lookup::new(&[3, 2], 0).unwrap();
        let pool = Pool::new(1).unwrap();
        for bad in [3, -4, i32::MIN, i32::MAX] {
            let x = [0u8; 6];
            let error = lookup.gather(&pool, &x, &[0, bad], &mut [0; 4]).unwrap_err().to_string();
            assert!(error.contains("take") && error.contains(&bad.to_string()), "{error}");
            let sums =
                lookup.scatter_add(&pool, &[0u8; 4], &[0, bad], &mut [0; 6], 0, |a, b| a + b);
            assert!(sums.unwrap_err().to_string().contains("scatter_add"));
        }
        assert!(lookup.gather(&pool, &[0u8; 5], &[0], &mut [0; 2]).is_err());
        assert!(lookup.gather(&pool, &[0u8; 6], &[0], &mut [0; 4]).is_err());
        assert!(Lookup::new(&[3], 1).is_err());
    }
}
