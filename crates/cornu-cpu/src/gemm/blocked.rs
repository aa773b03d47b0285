//! The general product: B is packed block by block, and each block meets all rows of A.

use super::pack::{pack_panel, pack_rows, packed_row};
use super::tile::{Block, Epilogue, Layout, Panels, Segment, TILE_ROWS};
use super::{BLOCK_ROWS, Gemm, MAX_K, SERIAL, View};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use std::ops::Range;

/// The most columns of B that are packed at once.
const MAX_COLUMNS: usize = 2048;
/// The tasks that a product is cut into where it is large enough.
const TASKS: usize = 8;

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
    let Gemm { m, n, k, .. } = *spec;
    let panels = Panels::new::<T>(isa, n);
    let c = SharedSlice::new(c);
    // A few rows use B once or not much more: copying it would cost as much as the product.
    if m <= TILE_ROWS && b.col_step == 1 && n.is_multiple_of(panels.lanes()) {
        let groups = groups_of(panels.count(), tasks(m, n, k));
        pool.parallel_for(groups.count, |i| {
            let range = groups.range(i, 0);
            let rows = RowRange { first: 0, count: m };
            let epilogue = Epilogue { add: spec.accumulate, bias };
            let part = Part { k0: 0, k, b: b.values.as_ptr(), layout: Layout::Rows(b.row_step) };
            compute(isa, spec, a, &part, rows, panels, range, epilogue, &c);
        });
        return;
    }
    let chunk = k.div_ceil(k.div_ceil(MAX_K)).next_multiple_of(4);
    let most = (MAX_COLUMNS / panels.get(0).vectors / panels.lanes()).max(1);
    let packed_len = chunk * panels.width().min(most * panels.get(0).vectors * panels.lanes());
    with_scratch(packed_len, |packed: &mut [T]| {
        for first_panel in (0..panels.count()).step_by(most) {
            let last_panel = panels.count().min(first_panel + most);
            for k0 in (0..k).step_by(chunk) {
                let len = chunk.min(k - k0);
                pack(pool, panels, first_panel..last_panel, b, k0, len, packed);
                // The kernel finds panel p at col(p) * len: shift its base so that the first one
                // of this block is at the beginning of the buffer.
                let base = packed.as_ptr().wrapping_sub(panels.get(first_panel).col * len);
                let part = Part { k0, k: len, b: base, layout: Layout::Packed };
                let epilogue = Epilogue {
                    add: spec.accumulate || k0 > 0,
                    bias: bias.filter(|_| k0 + len == k),
                };
                let columns =
                    n.min((last_panel - first_panel) * panels.get(0).vectors * panels.lanes());
                let row_blocks = m.div_ceil(BLOCK_ROWS);
                let groups = groups_of(
                    last_panel - first_panel,
                    tasks(m, columns, len).div_ceil(row_blocks),
                );
                let each = m.div_ceil(row_blocks).next_multiple_of(TILE_ROWS).min(BLOCK_ROWS);
                let row_blocks = m.div_ceil(each);
                pool.parallel_for(row_blocks * groups.count, |task| {
                    let (block, group) = (task / groups.count, task % groups.count);
                    let range = groups.range(group, first_panel);
                    let rows = RowRange { first: block * each, count: each.min(m - block * each) };
                    compute(isa, spec, a, &part, rows, panels, range, epilogue, &c);
                });
            }
        }
    });
}

fn tasks(m: usize, n: usize, k: usize) -> usize {
    if m.saturating_mul(n).saturating_mul(k) < SERIAL { 1 } else { TASKS }
}

/// Panels cut into groups of `each`.
struct Groups {
    panels: usize,
    each: usize,
    count: usize,
}

fn groups_of(panels: usize, wanted: usize) -> Groups {
    let each = panels.div_ceil(wanted.min(panels));
    Groups { panels, each, count: panels.div_ceil(each) }
}

impl Groups {
    fn range(&self, i: usize, first: usize) -> Range<usize> {
        first + i * self.each..first + self.panels.min((i + 1) * self.each)
    }
}

fn pack<T: Real>(
    pool: &Pool,
    panels: Panels,
    range: Range<usize>,
    b: View<T>,
    k0: usize,
    k: usize,
    packed: &mut [T],
) {
    let first = panels.get(range.start).col;
    let groups = groups_of(range.len(), tasks(8, panels.n, k));
    let packed = SharedSlice::new(packed);
    pool.parallel_for(groups.count, |i| {
        for index in groups.range(i, range.start) {
            let panel = panels.get(index);
            let start = (panel.col - first) * k;
            let len = panel.vectors * panels.lanes() * k;
            // SAFETY: panels lie one after another and every panel is packed once.
            let out = unsafe { packed.slice(start..start + len) };
            pack_panel(panels, index, b, k0, k, out);
        }
    });
}

/// A run of `k` and its rows of B.
struct Part<T> {
    k0: usize,
    k: usize,
    b: *const T,
    layout: Layout,
}

// SAFETY: the pointer is only read, and what it points to is not changed while the part is in use.
unsafe impl<T: Sync> Sync for Part<T> {}

struct RowRange {
    first: usize,
    count: usize,
}

/// One task: a block of rows of A times a range of panels.
#[allow(clippy::too_many_arguments)] // One product, in its parts.
fn compute<T: Real>(
    isa: AnyIsa,
    spec: &Gemm,
    a: View<T>,
    part: &Part<T>,
    rows: RowRange,
    panels: Panels,
    range: Range<usize>,
    epilogue: Epilogue<T>,
    c: &SharedSlice<T>,
) {
    let k = part.k;
    // Rows of A are read as they are, unless several panels would read them across its rows, or at a
    // distance that maps many rows to few sets of the cache.
    let conflicts = (a.row_step * size_of::<T>()).is_multiple_of(1024) && rows.count > TILE_ROWS;
    let copy = range.len() > 1 && (a.col_step != 1 || conflicts);
    let copied = if copy { rows.count.next_multiple_of(TILE_ROWS) * k } else { 0 };
    with_scratch(copied, |scratch: &mut [T]| {
        if copy {
            pack_rows(a, rows.first, rows.count, part.k0, k, scratch);
        }
        let mut starts = [std::ptr::null(); BLOCK_ROWS];
        let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
        for i in 0..rows.count {
            starts[i] = if copy {
                scratch[packed_row(i, k)..].as_ptr()
            } else {
                a.values[(rows.first + i) * a.row_step + part.k0 * a.col_step..].as_ptr()
            };
            outs[i] = c.as_mut_ptr().wrapping_add((rows.first + i) * spec.c_stride);
        }
        let block = Block {
            rows: &starts[..rows.count],
            k_step: if copy { TILE_ROWS } else { a.col_step },
            segments: &[Segment { offset: 0, len: k }],
            outs: &outs[..rows.count],
            b: part.b,
            layout: part.layout,
            panels,
            range,
            epilogue,
        };
        // SAFETY: `Gemm::check` saw that the operands and C hold all their rows and that rows of C
        // are apart; tasks have distinct rows or panels; B is packed, or is read in whole vectors.
        unsafe { block.compute(isa) };
    });
}
