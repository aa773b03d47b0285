//! The places of extremes.

use std::marker::PhantomData;

use cornu_graph::ops::ReduceKind;
use cornu_graph::{Error, Result, element_count};

use super::join::{Join, Max, Min, Reducible};
use super::rows::reduce_row;
use super::{CHUNK, Pass, check_lengths};
use crate::runtime::{Pool, SharedSlice};
use crate::simd::{AnyIsa, Isa, Kernel};

/// The index of the first extreme along an axis, bound to a shape; the first NaN wins over all numbers.
///
/// ```
/// use cornu_cpu::{reduce::ArgReduction, runtime::Pool, simd};
/// use cornu_graph::ops::ReduceKind;
/// let argmax = ArgReduction::new(ReduceKind::Max, &[2, 3], 1)?;
/// let mut out = [0; 2];
/// argmax.run(&Pool::new(1)?, simd::isa()?, &[1f32, 3.0, 3.0, 9.0, 5.0, 6.0], &mut out)?;
/// assert_eq!(out, [1, 0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ArgReduction {
    largest: bool,
    pass: Pass,
}

impl ArgReduction {
    /// The place of the largest ([`ReduceKind::Max`]) or smallest ([`ReduceKind::Min`]) element along
    /// `axis` of row-major arrays of shape `shape`.
    ///
    /// # Errors
    /// When the axis is not the shape's, has no element, or more than `i32` counts; for other kinds.
    pub fn new(kind: ReduceKind, shape: &[usize], axis: usize) -> Result<ArgReduction> {
        element_count("ArgReduction", shape)?;
        let fits = |d: &&usize| (1..=i32::MAX as usize).contains(*d);
        let Some(&size) = shape.get(axis).filter(fits) else {
            return Err(Error::invalid(
                "ArgReduction",
                "axis",
                format!("must be an axis of {shape:?} with 1 to 2^31 - 1 elements"),
                format!("axis={axis}"),
            ));
        };
        if !matches!(kind, ReduceKind::Max | ReduceKind::Min) {
            let received = format!("{kind:?}");
            return Err(Error::invalid("ArgReduction", "kind", "must be Max or Min", received));
        }
        let outer = shape[..axis].iter().product();
        let inner = shape[axis + 1..].iter().product();
        Ok(ArgReduction { largest: kind == ReduceKind::Max, pass: Pass { outer, size, inner } })
    }

    /// Writes the indices to `out`.
    ///
    /// # Errors
    /// When a length is not that of the shape.
    pub fn run<T: Reducible>(
        &self,
        pool: &Pool,
        isa: AnyIsa,
        x: &[T],
        out: &mut [i32],
    ) -> Result<()> {
        let Pass { outer, size, inner } = self.pass;
        check_lengths(outer * size * inner, outer * inner, x.len(), out.len())?;
        if out.is_empty() {
            return Ok(());
        }
        let block = (CHUNK / (size * inner)).max(1);
        let out = SharedSlice::new(out);
        pool.parallel_for(outer.div_ceil(block), |i| {
            let (start, end) = (i * block, outer.min((i + 1) * block));
            let x = &x[start * size * inner..end * size * inner];
            // SAFETY: blocks of different `i` are disjoint, and every `i` comes once.
            let out = unsafe { out.slice(start * inner..end * inner) };
            if self.largest {
                T::dispatch(isa, Places { x, size, inner, out, join: PhantomData::<Max> });
            } else {
                T::dispatch(isa, Places { x, size, inner, out, join: PhantomData::<Min> });
            }
        });
        Ok(())
    }
}

struct Places<'a, T, J> {
    x: &'a [T],
    size: usize,
    inner: usize,
    out: &'a mut [i32],
    join: PhantomData<J>,
}

impl<T: Reducible, J: Join<T>> Kernel for Places<'_, T, J> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Places { x, size, inner, out, .. } = self;
        let blocks = x.chunks_exact(size * inner).zip(out.chunks_exact_mut(inner));
        for (x, out) in blocks {
            if inner == 1 {
                // The value first, by vectors; then its first place.
                let best = reduce_row::<T, J>(x);
                let found = x.iter().position(|&v| v == best || v.is_nan());
                out[0] = found.unwrap_or(0) as i32;
                continue;
            }
            for (tile, out) in out.chunks_mut(WIDTH).enumerate() {
                places_in_columns::<T, J>(&x[tile * WIDTH..], inner, size, out);
            }
        }
    }
}

/// Columns that are searched together, row by row.
const WIDTH: usize = 256;

/// The place in each of the first columns of rows that are `stride` apart.
#[inline(always)]
fn places_in_columns<T: Reducible, J: Join<T>>(
    x: &[T],
    stride: usize,
    rows: usize,
    out: &mut [i32],
) {
    let mut best = [J::IDENTITY; WIDTH];
    let best = &mut best[..out.len()];
    best.copy_from_slice(&x[..out.len()]);
    out.fill(0);
    for i in 1..rows {
        let row = &x[i * stride..][..out.len()];
        for ((best, place), &value) in best.iter_mut().zip(&mut *out).zip(row) {
            let joined = J::join(*best, value);
            *place = if !best.is_nan() & (joined != *best) { i as i32 } else { *place };
            *best = joined;
        }
    }
}
