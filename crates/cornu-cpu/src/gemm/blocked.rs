//! The general product.
//!
//! Few rows of A stay in the cache: then C is cut into groups of columns, and a task packs the columns of
//! B that it uses, so that no thread waits for another. Where rows are many, all threads pack a block of
//! B together, and a task is a block of rows, which stays in the cache while all of B passes by.

use super::pack::{Rows, pack_panel};
use super::tile::{Block, Epilogue, Layout, Next, Panels, Segment, TILE_ROWS};
use super::{BLOCK_ROWS, Gemm, MAX_K, SERIAL, View};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use std::ops::Range;

/// The tasks for each thread of a product that is large enough: with more, a thread that is disturbed leaves
/// more to the others; with fewer, operands are read less often.
const TASKS_PER_THREAD: usize = 4;
/// The most rows of A that are few.
const FEW_ROWS: usize = 2 * BLOCK_ROWS + 2 * TILE_ROWS;
/// The most panels of B that a task packs for itself.
const MAX_PANELS: usize = 4;
/// The most panels of B that are packed by all threads.
const MAX_SHARED: usize = 32;
/// The least tiles of rows in a task.
const MIN_TILES: usize = 4;

/// `C (+)= A B + bias`; no dimension is zero.
pub(super) fn blocked<T: Real>(
    isa: AnyIsa,
    pool: &Pool,
    spec: &Gemm,
    a: View<T>,
    b: View<T>,
    bias: Option<&[T]>,
    c: &mut [T],
) {
    let Gemm { m, n, k: total, .. } = *spec;
    let panels = Panels::new::<T>(isa, n);
    let c = SharedSlice::new(c);
    let small = m.saturating_mul(n).saturating_mul(total) < SERIAL;
    let threads = if small { 1 } else { pool.threads() };
    // A few rows use B once or not much more: copying it would cost as much as the product.
    let direct = m <= TILE_ROWS && b.col_step == 1 && n.is_multiple_of(panels.lanes());
    // One panel of whole vectors lies in memory as it would be packed.
    let is_packed =
        panels.count() == 1 && (n, b.row_step, b.col_step) == (panels.width(), panels.width(), 1);
    let most = if direct { total } else { MAX_K };
    let chunk = total.div_ceil(total.div_ceil(most)).next_multiple_of(4);
    // Several panels would read columns of A across its rows.
    let copied = a.col_step != 1 && panels.count() > 1 && m > TILE_ROWS;
    for k0 in (0..total).step_by(chunk) {
        let k = chunk.min(total - k0);
        let pass = Pass {
            isa,
            panels,
            m,
            k,
            a: View { values: &a.values[k0 * a.col_step..], ..a },
            copied,
            b: View { values: &b.values[k0 * b.row_step..], ..b },
            epilogue: Epilogue {
                add: spec.accumulate || k0 > 0,
                bias: bias.filter(|_| k0 + k == total),
            },
            c_stride: spec.c_stride,
        };
        if direct {
            let cuts = Cuts::by_columns(m, panels.count(), threads);
            pool.parallel_for(cuts.count(), |i| {
                let (rows, range) = cuts.task(i);
                let b = (pass.b.values.as_ptr(), Layout::Rows(b.row_step));
                pass.compute(rows, range, b, c.as_mut_ptr(), Next::Nothing);
            });
        } else if copied || m > FEW_ROWS {
            pass.share(pool, threads, &c);
        } else {
            let cuts = Cuts::by_columns(m, panels.count(), threads);
            pool.parallel_for(cuts.count(), |i| {
                let (rows, range) = cuts.task(i);
                if is_packed {
                    let b = (pass.b.values.as_ptr(), Layout::Packed);
                    return pass.compute(rows, range, b, c.as_mut_ptr(), Next::Nothing);
                }
                with_scratch(pass.packed_len(&range), |packed: &mut [T]| {
                    let packed = SharedSlice::new(packed);
                    range.clone().for_each(|index| pass.pack(&range, index, &packed));
                    let b = (pass.base(&range, &packed), Layout::Packed);
                    pass.compute(rows, range.clone(), b, c.as_mut_ptr(), Next::Nothing);
                });
            });
        }
    }
}

/// C cut into tasks: parts of its rows times groups of panels.
struct Cuts {
    m: usize,
    panels: usize,
    parts: usize,
    groups: usize,
}

impl Cuts {
    /// Groups of panels; parts of the rows only where few groups cannot be shared out evenly.
    fn by_columns(m: usize, panels: usize, threads: usize) -> Self {
        let groups = panels.min(TASKS_PER_THREAD * threads).max(panels.div_ceil(MAX_PANELS));
        let most = (m / (MIN_TILES * TILE_ROWS)).max(1);
        let idle = |parts: usize| (parts * groups).next_multiple_of(threads) - parts * groups;
        let parts = (1..most).find(|&parts| idle(parts) * 10 <= parts * groups).unwrap_or(most);
        Cuts { m, panels, parts, groups }
    }

    /// Blocks of rows, in whole rounds of all threads; groups of panels only where rows are too few.
    fn by_rows(m: usize, panels: usize, threads: usize, wanted: usize) -> Self {
        let most = m.div_ceil(MIN_TILES * TILE_ROWS);
        let parts = m.div_ceil(BLOCK_ROWS).max(TASKS_PER_THREAD * threads);
        let parts = parts.next_multiple_of(threads).min(most);
        let groups = wanted.div_ceil(parts).min(panels);
        Cuts { m, panels, parts, groups }
    }

    fn count(&self) -> usize {
        self.parts * self.groups
    }

    /// The rows and the panels of task `i`.
    fn task(&self, i: usize) -> (Range<usize>, Range<usize>) {
        let tiles = part(self.m.div_ceil(TILE_ROWS), self.parts, i / self.groups);
        let rows = tiles.start * TILE_ROWS..self.m.min(tiles.end * TILE_ROWS);
        (rows, part(self.panels, self.groups, i % self.groups))
    }
}

/// Part `i` of `total` things cut into `parts` as equal as possible.
pub(super) fn part(total: usize, parts: usize, i: usize) -> Range<usize> {
    total * i / parts..total * (i + 1) / parts
}

/// One run of `k`.
pub(super) struct Pass<'a, T> {
    pub isa: AnyIsa,
    pub panels: Panels,
    pub m: usize,
    pub k: usize,
    pub a: View<'a, T>,
    /// Copy rows of A before they are used.
    pub copied: bool,
    pub b: View<'a, T>,
    pub epilogue: Epilogue<'a, T>,
    pub c_stride: usize,
}

impl<T: Real> Pass<'_, T> {
    /// All threads pack B, a block of columns at a time, and then share out the rows.
    fn share(&self, pool: &Pool, threads: usize, c: &SharedSlice<T>) {
        let count = self.panels.count();
        for first in (0..count).step_by(MAX_SHARED) {
            let range = first..count.min(first + MAX_SHARED);
            with_scratch(self.packed_len(&range), |packed: &mut [T]| {
                let packed = SharedSlice::new(packed);
                pool.parallel_for(range.len(), |i| self.pack(&range, first + i, &packed));
                let base = Base(self.base(&range, &packed));
                // A block that was copied should serve all panels.
                let wanted = TASKS_PER_THREAD * threads * if self.copied { 1 } else { 2 };
                let cuts = Cuts::by_rows(self.m, range.len(), threads, wanted);
                pool.parallel_for(cuts.count(), |i| {
                    let (rows, part) = cuts.task(i);
                    let part = first + part.start..first + part.end;
                    let b = (base.get(), Layout::Packed);
                    self.compute(rows, part, b, c.as_mut_ptr(), Next::Nothing);
                });
            });
        }
    }

    /// The packed values of some panels.
    pub fn packed_len(&self, range: &Range<usize>) -> usize {
        let (first, last) = (self.panels.get(range.start), self.panels.get(range.end - 1));
        (last.col + last.vectors * self.panels.lanes() - first.col) * self.k
    }

    /// Packs one panel of a range; each only once at a time.
    pub fn pack(&self, range: &Range<usize>, index: usize, packed: &SharedSlice<T>) {
        let start = (self.panels.get(index).col - self.panels.get(range.start).col) * self.k;
        let len = self.packed_len(&(index..index + 1));
        // SAFETY: panels lie one after another, and no two threads pack the same one.
        let out = unsafe { packed.slice(start..start + len) };
        pack_panel(self.panels, index, self.b, 0, self.k, out);
    }

    /// The kernel finds panel p at `col(p) * k`: the pointer for which the first of a range is at the
    /// beginning of what was packed.
    fn base(&self, range: &Range<usize>, packed: &SharedSlice<T>) -> *const T {
        packed.as_mut_ptr().wrapping_sub(self.panels.get(range.start).col * self.k)
    }

    /// One task: some rows times some panels, a block of rows at a time, before what the caller reads next. `c` is
    /// the address for which row `i` of C lies at `i * c_stride`.
    pub fn compute(
        &self,
        rows: Range<usize>,
        range: Range<usize>,
        (b, layout): (*const T, Layout),
        c: *mut T,
        next: Next<T>,
    ) {
        for first in rows.clone().step_by(BLOCK_ROWS) {
            let count = BLOCK_ROWS.min(rows.end - first);
            let a = View { values: &self.a.values[first * self.a.row_step..], ..self.a };
            let copy = Rows { count, k: self.k };
            with_scratch(if self.copied { copy.len() } else { 0 }, |scratch: &mut [T]| {
                if self.copied {
                    copy.fill(a, scratch);
                }
                let mut starts = [std::ptr::null(); BLOCK_ROWS];
                let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
                for i in 0..count {
                    starts[i] = if self.copied {
                        scratch[copy.start(i)..].as_ptr()
                    } else {
                        a.values[i * a.row_step..].as_ptr()
                    };
                    outs[i] = c.wrapping_add((first + i) * self.c_stride);
                }
                let block = Block {
                    rows: &starts[..count],
                    k_step: if self.copied { TILE_ROWS } else { a.col_step },
                    segments: &[Segment { offset: 0, len: self.k }],
                    outs: &outs[..count],
                    b,
                    layout,
                    panels: self.panels,
                    range: range.clone(),
                    epilogue: self.epilogue,
                };
                let next = match (next, layout) {
                    // The next rows begin again with the first panel, which may be gone from the cache.
                    (Next::Nothing, Layout::Packed) if range.len() > 1 => {
                        Next::Panel(b.wrapping_add(self.panels.get(range.start).col * self.k))
                    }
                    _ => next,
                };
                // SAFETY: `Gemm::check` saw that the operands and C hold all their rows and that rows of C
                // are apart; tasks have distinct rows or panels; B is packed, or is read in whole vectors.
                unsafe { block.compute_before(self.isa, next) };
            });
        }
    }
}

/// A pointer that threads share.
#[derive(Clone, Copy)]
pub(super) struct Base<T>(pub *const T);

impl<T> Base<T> {
    pub fn get(self) -> *const T {
        self.0
    }
}

// SAFETY: what it points to is only read while it is in use.
unsafe impl<T: Sync> Sync for Base<T> {}
