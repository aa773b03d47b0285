//! The micro-kernel: a tile of up to 6 rows by a few vectors, kept in registers over a run of `k`.
//!
//! `C[i, j] (+)= sum over k of A[i, k] * B[k, j]`: a value of A is broadcast, B is read in vectors. Rows of
//! A and C are given by pointers, and `k` runs over a list of segments, so that one kernel serves matrices
//! and convolutions: for a convolution a row is a pixel, and the segments are the rows of its window.

use crate::simd::{AnyIsa, Float, Isa, Kernel, MAX_LANES, Real, Vector, prefetch, prefetch_far};

/// The rows of a full tile. Six rows by two vectors (of 16 registers) or four (of 32) leave room
/// for the operands.
pub(crate) const TILE_ROWS: usize = 6;

/// A run of `len` values of `k`, `offset` elements from the pointer of a row of A.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    pub offset: usize,
    pub len: usize,
}

/// The columns of C, cut into panels of whole vectors as equal as possible.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panels {
    /// What the panels are made for.
    pub isa: AnyIsa,
    /// The number of columns.
    pub n: usize,
    lanes: usize,
    vectors: usize,
    count: usize,
}

/// A few vectors' worth of columns.
pub(crate) struct Panel {
    /// The first column.
    pub col: usize,
    /// The number of vectors.
    pub vectors: usize,
}

struct TileShape;

impl Kernel for TileShape {
    type Output = (usize, usize);
    #[inline(always)]
    fn run<S: Isa>(self, _: S) -> (usize, usize) {
        (S::F32::LANES, max_vectors::<S>())
    }
}

const fn max_vectors<S: Isa>() -> usize {
    if S::REGISTERS >= 32 { 4 } else { 2 }
}

impl Panels {
    /// The panels of `n` columns of `T`.
    pub fn new<T: Real>(isa: AnyIsa, n: usize) -> Self {
        let (f32_lanes, max) = isa.run(TileShape);
        // A vector has the same number of bytes for every type; one lane is the least.
        let lanes = (f32_lanes * size_of::<f32>() / size_of::<T>()).max(1);
        let vectors = n.div_ceil(lanes);
        Panels { isa, n, lanes, vectors, count: vectors.div_ceil(max) }
    }

    /// The lanes of one vector.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// The number of panels.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The columns, rounded up to whole vectors: the row length of packed B.
    pub fn width(&self) -> usize {
        self.vectors * self.lanes
    }

    /// Panel `i`; its packed values start at `col * k`.
    pub fn get(&self, i: usize) -> Panel {
        let (each, rest) = (self.vectors / self.count, self.vectors % self.count);
        let first = i * each + i.min(rest);
        Panel { col: first * self.lanes, vectors: each + usize::from(i < rest) }
    }
}

/// How the values of B lie in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layout {
    /// Panel after panel, each `[k][its columns]`, filled up with zeros to whole vectors.
    Packed,
    /// Rows with this stride; the number of columns must be a multiple of the lanes.
    Rows(usize),
}

/// What happens to the values of C.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Epilogue<'a, T> {
    /// Add to what is there instead of replacing it.
    pub add: bool,
    /// One value per column, added as well.
    pub bias: Option<&'a [T]>,
}

/// A block of C: all rows given, the panels of a range.
pub(crate) struct Block<'a, T> {
    /// Where each row of A starts.
    pub rows: &'a [*const T],
    /// The elements from one `k` to the next within a segment.
    pub k_step: usize,
    /// The runs of `k`.
    pub segments: &'a [Segment],
    /// Where each row of C starts.
    pub outs: &'a [*mut T],
    /// The values of B.
    pub b: *const T,
    /// How they lie.
    pub layout: Layout,
    /// All columns of C.
    pub panels: Panels,
    /// The panels to compute.
    pub range: std::ops::Range<usize>,
    /// What happens to the result.
    pub epilogue: Epilogue<'a, T>,
}

impl<T: Real> Block<'_, T> {
    /// Computes the block.
    ///
    /// # Safety
    /// - `outs` must be as long as `rows`; every row of A must be readable at `offset + k * k_step` for
    ///   every `k < len` of every segment.
    /// - Every row of C must be valid for `panels.n` values (read as well if `add`), no two rows may
    ///   overlap, and nobody else may use the columns of the panels meanwhile.
    /// - `b` must be readable as `layout` and `panels` say, for as many rows as the segments are long;
    ///   `panels` must have been made for `isa` and `T`, and `bias` must have `panels.n` values.
    pub unsafe fn compute(self, isa: AnyIsa) {
        // SAFETY: the caller's promise.
        unsafe { self.compute_before(isa, Next::Nothing) };
    }

    /// The same, while what comes next is brought to the second-level cache.
    ///
    /// # Safety
    /// Those of [`Block::compute`].
    pub unsafe fn compute_before(self, isa: AnyIsa, next: Next<T>) {
        debug_assert_eq!(self.rows.len(), self.outs.len());
        debug_assert!(self.epilogue.bias.is_none_or(|bias| bias.len() >= self.panels.n));
        isa.run(Run { block: self, next });
    }
}

/// What is read after a block.
#[derive(Clone, Copy)]
pub(crate) enum Next<'a, T> {
    /// Nobody knows.
    Nothing,
    /// As many packed values of B as the last panel has.
    Panel(*const T),
    /// Stretches of so many values.
    Stretches(&'a [*const T], usize),
}

/// Made only by [`Block::compute_before`], whose caller makes its promises.
struct Run<'a, T> {
    block: Block<'a, T>,
    next: Next<'a, T>,
}

impl<T: Real> Kernel for Run<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Run { block, next } = self;
        let k: usize = block.segments.iter().map(|segment| segment.len).sum();
        for index in block.range.clone() {
            let panel = block.panels.get(index);
            // SAFETY: the promises of `Block::compute` hold for the block, hence for each of its panels.
            unsafe {
                let (b, b_step) = match block.layout {
                    Layout::Packed => {
                        (block.b.add(panel.col * k), panel.vectors * block.panels.lanes)
                    }
                    Layout::Rows(stride) => (block.b.add(panel.col), stride),
                };
                let ahead = Ahead::new(&block, index, next, k, k * b_step, T::Vec::<S>::LANES);
                match panel.vectors {
                    1 => sweep::<S, T, 1>(s, &block, panel.col, b, b_step, &ahead),
                    2 => sweep::<S, T, 2>(s, &block, panel.col, b, b_step, &ahead),
                    3 if max_vectors::<S>() == 4 => {
                        sweep::<S, T, 3>(s, &block, panel.col, b, b_step, &ahead)
                    }
                    4 if max_vectors::<S>() == 4 => {
                        sweep::<S, T, 4>(s, &block, panel.col, b, b_step, &ahead)
                    }
                    _ => unreachable!("a panel has at most as many vectors as a tile"),
                }
            }
        }
    }
}

/// One panel of a block.
///
/// # Safety
/// The promises of [`Block::compute`]; `b` is that of the panel at `col`.
#[inline(always)]
unsafe fn sweep<S: Isa, T: Real, const NV: usize>(
    s: S,
    block: &Block<T>,
    col: usize,
    b: *const T,
    b_step: usize,
    ahead: &Ahead<T>,
) {
    let full = block.rows.len() - block.rows.len() % TILE_ROWS;
    // SAFETY: each tile is a part of the block.
    unsafe {
        for i in (0..full).step_by(TILE_ROWS) {
            tile::<S, T, 6, NV>(s, block, i, col, b, b_step, ahead);
        }
        match block.rows.len() - full {
            1 => tile::<S, T, 1, NV>(s, block, full, col, b, b_step, ahead),
            2 => tile::<S, T, 2, NV>(s, block, full, col, b, b_step, ahead),
            3 => tile::<S, T, 3, NV>(s, block, full, col, b, b_step, ahead),
            4 => tile::<S, T, 4, NV>(s, block, full, col, b, b_step, ahead),
            5 => tile::<S, T, 5, NV>(s, block, full, col, b, b_step, ahead),
            _ => {}
        }
    }
}

/// Stretches of values that are brought to the second-level cache. Each tile asks for a part of one, in turns: some
/// cache lines with every vector of its rows of A.
struct Ahead<T> {
    stretches: [*const T; MAX_STRETCHES],
    count: usize,
    /// The values of a part.
    part: usize,
    lines: usize,
    /// The tiles of the block before this panel.
    before: usize,
}

/// The most stretches that are brought to the cache at once.
pub(crate) const MAX_STRETCHES: usize = 4;

impl<T: Copy> Ahead<T> {
    /// The values in a cache line.
    const LINE: usize = 64 / size_of::<T>();

    /// For the panel `index` of a block, which has `k` rows of B, and `values` packed values.
    fn new(
        block: &Block<T>,
        index: usize,
        next: Next<T>,
        k: usize,
        values: usize,
        lanes: usize,
    ) -> Self {
        let tiles = block.rows.len().div_ceil(TILE_ROWS);
        let one = |start| ([start; MAX_STRETCHES], 1, values, tiles, 0);
        let (stretches, count, len, tiles, before) = match (block.layout, next) {
            (_, Next::Stretches(all, len)) if !all.is_empty() => {
                let mut stretches = [std::ptr::null(); MAX_STRETCHES];
                stretches.iter_mut().zip(all).for_each(|(to, from)| *to = *from);
                let before = tiles * (index - block.range.start);
                (stretches, all.len().min(MAX_STRETCHES), len, tiles * block.range.len(), before)
            }
            // Packed panels follow each other.
            (Layout::Packed, _) if index + 1 < block.range.end => {
                one(block.b.wrapping_add(block.panels.get(index + 1).col * k))
            }
            (_, Next::Panel(start)) => one(start),
            _ => ([std::ptr::null(); MAX_STRETCHES], 1, 0, tiles, 0),
        };
        let part = len.div_ceil((tiles / count).max(1));
        let lines = part.div_ceil(k.div_ceil(lanes).max(1) * Self::LINE);
        Ahead { stretches, count, part, lines, before }
    }

    /// Where the part of a tile of the panel begins.
    #[inline(always)]
    fn part(&self, tile: usize) -> *const T {
        let tile = self.before + tile;
        self.stretches[tile % self.count].wrapping_add(tile / self.count * self.part)
    }
}

/// One tile: rows `i..i + MR`, `NV` vectors from column `col`.
///
/// # Safety
/// The promises of [`Block::compute`]; the rows exist, and `b` is that of the panel at `col`.
#[inline(always)]
unsafe fn tile<S: Isa, T: Real, const MR: usize, const NV: usize>(
    s: S,
    block: &Block<T>,
    i: usize,
    col: usize,
    mut b: *const T,
    b_step: usize,
    ahead: &Ahead<T>,
) {
    let mut acc = [[T::Vec::<S>::zero(s); NV]; MR];
    let mut rows = [std::ptr::null(); MR];
    rows.copy_from_slice(&block.rows[i..i + MR]);
    let mut outs = [std::ptr::null_mut::<T>(); MR];
    for r in 0..MR {
        outs[r] = block.outs[i + r].wrapping_add(col);
        // The values of C are on their way while the sums are made.
        for v in 0..NV {
            prefetch(outs[r].wrapping_add(v * T::Vec::<S>::LANES));
        }
    }
    // The rows of the next tile, which meet the same B.
    let mut next = rows;
    if i + 2 * MR <= block.rows.len() {
        next.copy_from_slice(&block.rows[i + MR..i + 2 * MR]);
    }
    let mut far = ahead.part(i / TILE_ROWS);
    for segment in block.segments {
        let mut offset = segment.offset;
        let mut left = segment.len;
        while left > 0 {
            for r in 0..MR {
                prefetch(next[r].wrapping_add(offset));
            }
            for _ in 0..ahead.lines {
                prefetch_far(far);
                far = far.wrapping_add(Ahead::<T>::LINE);
            }
            let mut run = left.min(T::Vec::<S>::LANES);
            left -= run;
            // SAFETY: offsets stay within the segment, which the caller promises to be readable; `b` goes
            // one row of B further with every k.
            unsafe {
                if block.k_step == 1 && b_step == NV * T::Vec::<S>::LANES {
                    while run >= 4 {
                        for u in 0..4 {
                            let b = b.add(u * NV * T::Vec::<S>::LANES);
                            step::<S, T, MR, NV>(s, &mut acc, &rows, offset + u, b);
                        }
                        offset += 4;
                        b = b.add(4 * NV * T::Vec::<S>::LANES);
                        run -= 4;
                    }
                }
                // Not unrolled: with steps known only at run time, the compiler would keep the addresses
                // of all copies in registers that it does not have.
                for _ in 0..run {
                    step::<S, T, MR, NV>(s, &mut acc, &rows, offset, b);
                    offset += block.k_step;
                    b = b.add(b_step);
                }
            }
        }
    }
    let Epilogue { add, bias } = block.epilogue;
    let cols = (block.panels.n - col).min(NV * T::Vec::<S>::LANES);
    // SAFETY: the rows of C have n columns, which nobody else uses now; the bias has n values.
    unsafe {
        if cols == NV * T::Vec::<S>::LANES {
            let bias = bias.map(|bias| bias[col..].as_ptr());
            finish(s, acc, outs, add, bias);
            return;
        }
        // The last columns are not whole vectors: the same in a copy that is.
        let mut copy = [[T::default(); MAX_WIDTH]; MR];
        let mut bias_copy = [T::default(); MAX_WIDTH];
        let mut copies = [std::ptr::null_mut::<T>(); MR];
        for r in 0..MR {
            if add {
                std::ptr::copy_nonoverlapping(outs[r], copy[r].as_mut_ptr(), cols);
            }
            copies[r] = copy[r].as_mut_ptr();
        }
        if let Some(bias) = bias {
            bias_copy[..cols].copy_from_slice(&bias[col..]);
        }
        finish(s, acc, copies, add, bias.map(|_| bias_copy.as_ptr()));
        for r in 0..MR {
            std::ptr::copy_nonoverlapping(copies[r], outs[r], cols);
        }
    }
}

/// The most columns of a tile.
const MAX_WIDTH: usize = 4 * MAX_LANES;

/// Writes the sums of a tile. Its loops have nothing in them that keeps the compiler from unrolling them: the sums
/// stay in registers.
///
/// # Safety
/// Every row of `outs`, and `bias`, must be valid for `NV` vectors.
#[inline(always)]
unsafe fn finish<S: Isa, V: Float<Isa = S>, const MR: usize, const NV: usize>(
    s: S,
    mut acc: [[V; NV]; MR],
    outs: [*mut V::Elem; MR],
    add: bool,
    bias: Option<*const V::Elem>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if add {
            for r in 0..MR {
                for v in 0..NV {
                    acc[r][v] = acc[r][v] + V::load_ptr(s, outs[r].add(v * V::LANES));
                }
            }
        }
        if let Some(bias) = bias {
            for v in 0..NV {
                let bias = V::load_ptr(s, bias.add(v * V::LANES));
                for r in 0..MR {
                    acc[r][v] = acc[r][v] + bias;
                }
            }
        }
        for r in 0..MR {
            for v in 0..NV {
                acc[r][v].store_ptr(outs[r].add(v * V::LANES));
            }
        }
    }
}

/// One `k` of a tile.
///
/// # Safety
/// `rows` must be readable at `offset`, and `b` for `NV` vectors.
#[inline(always)]
unsafe fn step<S: Isa, T: Real, const MR: usize, const NV: usize>(
    s: S,
    acc: &mut [[T::Vec<S>; NV]; MR],
    rows: &[*const T; MR],
    offset: usize,
    b: *const T,
) {
    let mut values = [T::Vec::<S>::zero(s); NV];
    for v in 0..NV {
        // SAFETY: the caller promises NV readable vectors.
        values[v] = unsafe { T::Vec::<S>::load_ptr(s, b.add(v * T::Vec::<S>::LANES)) };
    }
    for r in 0..MR {
        // SAFETY: the caller promises that the row is readable here.
        let a = T::Vec::<S>::splat(s, unsafe { *rows[r].add(offset) });
        for v in 0..NV {
            acc[r][v] = a.mul_add(values[v], acc[r][v]);
        }
    }
}
