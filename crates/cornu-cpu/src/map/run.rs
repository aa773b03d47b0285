//! The walk over the tiles.

use std::cell::RefCell;

use cornu_graph::{Error, Result};

use super::compile::{Action, Map};
use super::layout::{Layout, gather};
use super::step::{Step, View};
use super::{STRIP, TILE};
use crate::runtime::{Arena, Pool};
use crate::simd::{AnyIsa, end_streams};

/// What a thread keeps between runs, so that a run allocates nothing.
struct Scratch {
    memory: Arena,
    views: Vec<View>,
    ways: Vec<Way>,
}

/// How an output is written.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// By the step that computes it.
    Direct,
    /// So, but past the caches.
    Streamed,
    /// From a buffer, at the end of a tile.
    Staged,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const {
        RefCell::new(Scratch { memory: Arena::EMPTY, views: Vec::new(), ways: Vec::new() })
    };
}

/// The least number of tiles worth handing to a thread, which has to fetch what the other one wrote.
const MIN_TILES: usize = 32;

/// Bytes of a line of the caches, and of the widest vector.
const LINE: usize = 64;

/// From this many bytes on an output is written past the caches. What reads it later would find little of it there,
/// and the processor is spared to read lines that are overwritten whole: a fifth to a quarter of the time of
/// functions of 10^7 values, even where the last level holds them.
const STREAM: usize = 32 << 20;

/// One run: the map and its memory.
struct Run<'a> {
    map: &'a Map,
    isa: AnyIsa,
    inputs: &'a [*const u8],
    outputs: &'a [*mut u8],
    /// How many elements the tiles lie before multiples of [`TILE`].
    shift: usize,
    /// Where the last one ends.
    end: usize,
    /// Whether large outputs are written past the caches.
    stream: bool,
}

// SAFETY: the caller of `Map::run` vouches that the memory may be read and written for its duration;
// threads write disjoint ranges of the outputs.
unsafe impl Sync for Run<'_> {}

impl Map {
    /// Runs the program. Every output is row-major in the iteration shape. The result does not depend
    /// on the number of threads.
    ///
    /// # Errors
    /// When the number of inputs or outputs is not the program's, or memory runs out.
    ///
    /// # Safety
    /// - `inputs[i]` must be aligned for its operand's dtype and valid for reading at every place that
    ///   the operand's strides reach from it over the iteration shape; `bool` elements must be 0 or 1.
    /// - `outputs[i]` must be aligned for its dtype and valid for writing as many elements as the
    ///   iteration shape has.
    /// - No output may overlap another, or an input, with one exception: an output may be exactly
    ///   the memory of a row-major input that is not broadcast and whose elements have the same size.
    pub unsafe fn run(
        &self,
        pool: &Pool,
        isa: AnyIsa,
        inputs: &[*const u8],
        outputs: &[*mut u8],
    ) -> Result<()> {
        self.check(inputs.len(), outputs.len())?;
        // Large outputs begin anywhere in a line (malloc's, 16 bytes behind its begin): tiles begin with lines.
        let stream = self.outputs.iter().any(|o| self.count * o.size >= STREAM);
        let shift = match (self.outputs.first(), outputs.first()) {
            (Some(output), Some(&to)) if stream => to.addr() % LINE / output.size,
            _ => 0,
        };
        let tiles = (self.count + shift).div_ceil(TILE);
        // Many blocks, so that a thread whose core is disturbed keeps the others waiting for little.
        let block = tiles.div_ceil(16 * pool.threads()).max(MIN_TILES);
        let run = Run { map: self, isa, inputs, outputs, shift, end: self.count, stream };
        pool.try_parallel_for(tiles.div_ceil(block), |i| {
            // The whole of `run`: its fields alone may not be shared.
            let run = &run;
            // SAFETY: blocks of different `i` are disjoint; the rest is the caller's promise.
            unsafe { run.block(i * block..tiles.min((i + 1) * block)) }
        })
    }

    /// The number of elements of the iteration shape.
    pub(crate) fn elements(&self) -> usize {
        self.count
    }

    /// Computes the elements of a range on this thread.
    ///
    /// # Errors
    /// As [`Map::run`].
    ///
    /// # Safety
    /// As [`Map::run`], for these elements; no other thread may compute them.
    pub(crate) unsafe fn run_part(
        &self,
        isa: AnyIsa,
        inputs: &[*const u8],
        outputs: &[*mut u8],
        elements: std::ops::Range<usize>,
    ) -> Result<()> {
        self.check(inputs.len(), outputs.len())?;
        let end = elements.end.min(self.count);
        let shift = elements.start.next_multiple_of(TILE) - elements.start;
        let tiles = (elements.start + shift) / TILE..(end + shift).div_ceil(TILE);
        // SAFETY: the caller's promise.
        unsafe { Run { map: self, isa, inputs, outputs, shift, end, stream: false }.block(tiles) }
    }

    fn check(&self, inputs: usize, outputs: usize) -> Result<()> {
        if inputs == self.inputs && outputs == self.outputs.len() {
            return Ok(());
        }
        Err(Error::invalid(
            "Map::run",
            "inputs, outputs",
            format!("must be {} and {}", self.inputs, self.outputs.len()),
            format!("{inputs} and {outputs}"),
        ))
    }
}

impl Run<'_> {
    /// # Safety
    /// As [`Map::run`]; no other thread may run these tiles.
    unsafe fn block(&self, tiles: std::ops::Range<usize>) -> Result<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            let map = self.map;
            scratch.memory.reserve(map.scratch)?;
            scratch.views.clear();
            scratch.views.extend(map.registers.iter().map(|b| View {
                // Inside the memory, which has `map.scratch` bytes.
                ptr: scratch.memory.as_mut_ptr().wrapping_add(b.offset),
                step: if b.uniform { 0 } else { STRIP },
            }));
            scratch.ways.clear();
            scratch.ways.extend(self.outputs.iter().zip(&map.outputs).map(|(&to, output)| {
                let mut inputs = self.inputs.iter().enumerate();
                if inputs.any(|(i, from)| from.addr() == to.addr() && !output.replaces.contains(&i))
                {
                    // In the place of an input that is still read: written at the end of the tile.
                    return Way::Staged;
                }
                let lines = (to.addr() + (TILE - self.shift) * output.size).is_multiple_of(LINE);
                let large = map.count * output.size >= STREAM;
                if self.stream && output.streams && lines && large {
                    Way::Streamed
                } else {
                    Way::Direct
                }
            }));
            // SAFETY: the caller's promise; the views point to buffers of this thread.
            unsafe {
                map.prologue.iter().for_each(|action| self.prepare(action, &scratch.views));
                for tile in tiles {
                    let start = (tile * TILE).saturating_sub(self.shift);
                    let end = self.end.min((tile + 1) * TILE - self.shift);
                    self.tile(start, end - start, scratch);
                }
            }
            if scratch.ways.contains(&Way::Streamed) {
                end_streams();
            }
            Ok(())
        })
    }

    fn source(&self, source: usize) -> *const u8 {
        match source.checked_sub(self.inputs.len()) {
            None => self.inputs[source],
            Some(table) => self.map.tables[table].as_mut_ptr(),
        }
    }

    /// Computes what holds for all tiles.
    ///
    /// # Safety
    /// As [`Map::run`]; the views must be the map's buffers.
    unsafe fn prepare(&self, action: &Action, views: &[View]) {
        match *action {
            Action::Fill { register, ref bits, size } => {
                // SAFETY: the buffer has one strip of elements of this size.
                unsafe { repeat(bits.as_ptr(), 1, views[register].ptr, STRIP, size) };
            }
            Action::Load { register, source, size, ref layout, .. } => {
                let (period, count) = match *layout {
                    Layout::Periodic(period) => (period, TILE + period),
                    _ => (1, STRIP),
                };
                // SAFETY: the input has a period of elements, and the buffer was made for `count`.
                unsafe { repeat(self.source(source), period, views[register].ptr, count, size) };
            }
            Action::Compute { register, op, args, .. } => {
                let out = views[register].ptr;
                let (args, stream) = (args.map(|a| views[a]), std::ptr::null_mut());
                self.isa.run(Step { op, args, out, stream, strips: 1 });
            }
        }
    }

    /// Computes the elements `start..start + count`, at most a tile.
    ///
    /// # Safety
    /// As [`Run::prepare`], after it.
    unsafe fn tile(&self, start: usize, count: usize, scratch: &mut Scratch) {
        let Scratch { memory, views, ways } = scratch;
        let strips = count.div_ceil(STRIP);
        // The loops work on whole strips, so a tile that ends inside one stays off foreign memory.
        let whole = count == strips * STRIP;
        for action in &self.map.body {
            // Inside the memory: the offset was given out below `map.scratch`.
            let buffer = |r: usize| memory.as_mut_ptr().wrapping_add(self.map.registers[r].offset);
            match *action {
                Action::Fill { .. } => {} // Uniform: done in the prologue.
                Action::Load { register, size, layout: Layout::Periodic(period), .. } => {
                    // The buffer repeats the period over a tile more, so any phase fits.
                    views[register].ptr = buffer(register).wrapping_add(start % period * size);
                }
                Action::Load { register, source, size, layout: Layout::Direct, copy }
                    if whole && !copy =>
                {
                    // Only read through: no output overlaps it before it has been read.
                    let from = self.source(source).wrapping_add(start * size);
                    views[register].ptr = from.cast_mut();
                }
                Action::Load { register, source, size, ref layout, copy } => {
                    let (from, to) = (self.source(source), buffer(register));
                    let row = if whole && !copy { layout.row(start, count) } else { None };
                    if let Some((place, stride)) = row {
                        let from = from.wrapping_offset(place * size as isize);
                        views[register] = if stride == 1 {
                            View { ptr: from.cast_mut(), step: STRIP }
                        } else {
                            // SAFETY: `place` is one that the strides reach, and the buffer has a strip.
                            unsafe { repeat(from, 1, to, STRIP, size) };
                            View { ptr: to, step: 0 }
                        };
                        continue;
                    }
                    // SAFETY: the input can be read where its strides lead, the buffer has a tile.
                    unsafe {
                        load(layout, start, count, from, to, size);
                        to.add(count * size).write_bytes(0, (strips * STRIP - count) * size);
                    }
                    views[register] = View { ptr: to, step: STRIP };
                }
                Action::Compute { register, op, args, output } => {
                    let (mut out, mut stream) = (buffer(register), std::ptr::null_mut());
                    if let Some(k) = output.filter(|_| whole) {
                        let place = start * self.map.outputs[k].size;
                        match ways[k] {
                            Way::Direct => out = self.outputs[k].wrapping_add(place),
                            Way::Streamed => stream = self.outputs[k].wrapping_add(place),
                            Way::Staged => {}
                        }
                    }
                    views[register].ptr = out;
                    let args = args.map(|a| views[a]);
                    self.isa.run(Step { op, args, out, stream, strips });
                }
            }
        }
        for ((output, &to), &way) in self.map.outputs.iter().zip(self.outputs).zip(&*ways) {
            if !(output.direct && whole && way != Way::Staged) {
                let View { ptr, step } = views[output.register];
                // SAFETY: the output has elements `start..start + count`, the view as many, or
                // one strip of equal ones.
                unsafe {
                    let to = to.add(start * output.size);
                    if step == 0 {
                        repeat(ptr, 1, to, count, output.size);
                    } else {
                        std::ptr::copy_nonoverlapping(ptr, to, count * output.size);
                    }
                }
            }
        }
    }
}

/// Writes `count` elements of `size` bytes to `to`: the first `period` at `from`, over and over.
///
/// # Safety
/// Both areas must be valid and must not overlap.
unsafe fn repeat(from: *const u8, period: usize, to: *mut u8, count: usize, size: usize) {
    let bytes = count * size;
    let mut done = bytes.min(period * size);
    // SAFETY: all places lie in the first `period` elements at `from` or the `count` elements at `to`.
    unsafe {
        std::ptr::copy_nonoverlapping(from, to, done);
        while done < bytes {
            let more = done.min(bytes - done);
            std::ptr::copy_nonoverlapping(to, to.add(done), more);
            done += more;
        }
    }
}

/// Copies the elements `start..start + count` of an input to a buffer.
///
/// # Safety
/// As [`gather`], with elements of `size` bytes.
unsafe fn load(
    layout: &Layout,
    start: usize,
    count: usize,
    from: *const u8,
    to: *mut u8,
    size: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match (layout, size) {
            (Layout::Strided(axes), 1) => gather(axes, start, count, from, to),
            (Layout::Strided(axes), 4) => gather::<u32>(axes, start, count, from.cast(), to.cast()),
            (Layout::Strided(axes), _) => gather::<u64>(axes, start, count, from.cast(), to.cast()),
            _ => std::ptr::copy_nonoverlapping(from.add(start * size), to, count * size),
        }
    }
}
