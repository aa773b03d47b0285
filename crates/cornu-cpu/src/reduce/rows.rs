//! Reduction along the innermost axis: every row gives one value.
//!
//! A leaf of 4096 values is joined in 64 lanes; leaves, and chunks of long rows, are joined pairwise.

use std::marker::PhantomData;

use cornu_graph::Result;

use super::join::{Join, Reducible};
use super::{CHUNK, Pass};
use crate::runtime::{Pool, SharedSlice, with_arena};
use crate::simd::{AnyIsa, Isa, Kernel, prefetch};

const LANES: usize = 64;
const LEAF: usize = 64 * LANES;
/// How many bytes before their turn values are asked for: the processor by itself stops at the end of a page, and its
/// guesses begin anew with every row.
const AHEAD: usize = 4096;

pub(super) fn run<T: Reducible, J: Join<T>>(
    pass: Pass,
    pool: &Pool,
    isa: AnyIsa,
    x: &[T],
    out: &mut [T],
) -> Result<()> {
    let size = pass.size;
    if size < 2 * CHUNK {
        let block = (CHUNK / size).max(1);
        pool.parallel_chunks(out, block, |i, out| {
            let start = i * block * size;
            T::dispatch(
                isa,
                Rows { x: &x[start..start + out.len() * size], size, out, join: PhantomData::<J> },
            );
        });
        return Ok(());
    }
    // Long rows: partial results of fixed chunks.
    let chunks = size.div_ceil(CHUNK);
    with_arena(|arena| {
        let partial = arena.slice_mut::<T>(pass.outer * chunks)?;
        let shared = SharedSlice::new(partial);
        pool.parallel_for(pass.outer * chunks, |i| {
            let (row, chunk) = (i / chunks, i % chunks);
            let start = row * size + chunk * CHUNK;
            let x = &x[start..start + CHUNK.min(size - chunk * CHUNK)];
            // SAFETY: every `i` comes once.
            let out = unsafe { shared.slice(i..i + 1) };
            T::dispatch(isa, Rows { x, size: x.len(), out, join: PhantomData::<J> });
        });
        T::dispatch(isa, Rows { x: partial, size: chunks, out, join: PhantomData::<J> });
        Ok(())
    })
}

/// One row of `x` after the other.
struct Rows<'a, T, J> {
    x: &'a [T],
    size: usize,
    out: &'a mut [T],
    join: PhantomData<J>,
}

impl<T: Reducible, J: Join<T>> Kernel for Rows<'_, T, J> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        for (row, out) in self.x.chunks_exact(self.size).zip(self.out) {
            *out = reduce_row::<T, J>(row);
        }
    }
}

/// One value of a row that is not empty.
#[inline(always)]
pub(super) fn reduce_row<T: Reducible, J: Join<T>>(row: &[T]) -> T {
    if row.len() < LANES {
        let mut value = J::IDENTITY;
        for &x in row {
            value = J::join(value, x);
        }
        return value;
    }
    // A binary counter of leaves: `levels[k]` holds 2^k leaves when bit k of the count is set.
    let mut levels = [J::IDENTITY; usize::BITS as usize];
    let mut count = 0usize;
    for leaf in row.chunks(LEAF) {
        let mut value = reduce_leaf::<T, J>(leaf);
        let mut level = 0;
        while count >> level & 1 == 1 {
            value = J::join(levels[level], value);
            level += 1;
        }
        levels[level] = value;
        count += 1;
    }
    let mut value = J::IDENTITY;
    for (level, &x) in levels.iter().enumerate() {
        if count >> level & 1 == 1 {
            value = J::join(x, value);
        }
    }
    value
}

#[inline(always)]
fn reduce_leaf<T: Reducible, J: Join<T>>(leaf: &[T]) -> T {
    let mut lanes = [J::IDENTITY; LANES];
    let mut strips = leaf.chunks_exact(LANES);
    for strip in &mut strips {
        for line in (0..size_of_val(strip)).step_by(64) {
            prefetch(strip.as_ptr().wrapping_byte_add(AHEAD + line));
        }
        for (lane, &x) in lanes.iter_mut().zip(strip) {
            *lane = J::join(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(strips.remainder()) {
        *lane = J::join(*lane, x);
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        let (low, high) = lanes.split_at_mut(width);
        for (a, &b) in low.iter_mut().zip(&*high) {
            *a = J::join(*a, b);
        }
    }
    lanes[0]
}
