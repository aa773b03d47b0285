//! Forward and backward-data: tasks that are bands of images.

use super::band::{Place, place};
use super::geometry::{Phase, Sweep, TASKS};
use super::packing::Packing;
use crate::gemm::{BLOCK_ROWS, Block, Dots, Epilogue, Layout, Panels, SERIAL};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::Real;
use std::ops::Range;

/// The pixels up to which a task takes more than one image: they meet the weights together.
const PIXELS: usize = 64;

/// One group of a sweep over a batch.
pub(super) struct Job<'a, T> {
    pub packing: Packing<'a>,
    pub source: &'a [T],
    /// The weights of the group, packed.
    pub packed: &'a [T],
    pub bias: Option<&'a [T]>,
    pub group: usize,
    pub batch: usize,
}

impl<T: Real> Job<'_, T> {
    /// Computes the channels of the group in every pixel of `target`.
    pub fn run(&self, pool: &Pool, target: &SharedSlice<T>) {
        let Packing { sweep, n, .. } = self.packing;
        let (panels, rows) = (self.packing.panels::<T>(), self.packing.is_rows());
        let images = sweep.images(PIXELS, self.batch, TASKS);
        let bands = self.batch.div_ceil(images) * sweep.bands;
        // Few small images: share out the panels as well.
        let split = if rows || bands >= TASKS { 1 } else { panels.count().min(TASKS) };
        let each = panels.count().div_ceil(split);
        let split = panels.count().div_ceil(each);
        let run = |task: usize| {
            let (band, part) = (task / split, task % split);
            let columns = match rows {
                true => Columns::All(n),
                false => {
                    Columns::Panels(panels, part * each..panels.count().min((part + 1) * each))
                }
            };
            let first = band / sweep.bands * images;
            let images = first..self.batch.min(first + images);
            self.band(images, band % sweep.bands, &columns, target);
        };
        let [height, width, _] = sweep.target;
        if self.batch * height * width * self.packed.len() < 2 * SERIAL {
            (0..bands * split).for_each(run);
        } else {
            pool.parallel_for(bands * split, run);
        }
    }

    /// One task: a band of some images, all phases.
    fn band(&self, images: Range<usize>, band: usize, columns: &Columns, target: &SharedSlice<T>) {
        let Packing { sweep, n, .. } = self.packing;
        let image_len: usize = sweep.source.iter().product();
        let source = &self.source[images.start * image_len..images.end * image_len];
        let band = sweep.band(band);
        let len = images.len() * sweep.band_len(&band);
        with_scratch(len, |scratch: &mut [T]| {
            let place = place(sweep, source, self.group, &band, scratch);
            // The first channel of the group in the first pixel of the first image.
            let pixels = sweep.target[0] * sweep.target[1];
            let first = images.start * pixels * sweep.target[2] + self.group * n;
            let first = target.as_mut_ptr().wrapping_add(first);
            if sweep.sums {
                let step = sweep.target[2];
                let pixels = (0..images.len() * pixels).map(|i| first.wrapping_add(i * step));
                self.clear(pixels, columns);
            }
            for phase in &sweep.phases {
                let end = band.to.min(phase.axes[0].count);
                let (from, images) = (band.from, images.len());
                let mut pixels = Pixels::new(sweep, phase, &place, first, images, from..end);
                let mut rows = [std::ptr::null(); BLOCK_ROWS];
                let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
                loop {
                    let count = pixels.next(&mut rows, &mut outs);
                    if count == 0 {
                        break;
                    }
                    self.block(phase, &rows[..count], &outs[..count], columns);
                }
            }
        });
    }

    /// Fills pixels with the bias, or zeros.
    fn clear(&self, pixels: impl Iterator<Item = *mut T>, columns: &Columns) {
        let (from, to) = match columns {
            Columns::All(n) => (0, *n),
            Columns::Panels(panels, range) if range.end == panels.count() => {
                (panels.get(range.start).col, panels.n)
            }
            Columns::Panels(panels, range) => {
                (panels.get(range.start).col, panels.get(range.end).col)
            }
        };
        for pixel in pixels {
            // SAFETY: a pixel of the target has the channels of the group; tasks are apart.
            let out = unsafe { std::slice::from_raw_parts_mut(pixel.add(from), to - from) };
            match self.bias {
                Some(bias) => out.copy_from_slice(&bias[from..to]),
                None => out.fill(T::default()),
            }
        }
    }

    /// Some pixels of one phase.
    fn block(&self, phase: &Phase, rows: &[*const T], outs: &[*mut T], columns: &Columns) {
        if phase.k == 0 {
            return self.clear(outs.iter().copied(), columns);
        }
        let Packing { isa, sweep, .. } = self.packing;
        match columns {
            &Columns::All(n) => {
                let dots = Dots {
                    rows,
                    segments: &phase.segments,
                    outs,
                    out_step: 1,
                    b: &self.packed[phase.k_start * n..(phase.k_start + phase.k) * n],
                    columns: n,
                    add: false,
                };
                // SAFETY: every window lies inside the band, every pixel of the target inside the target;
                // tasks have distinct pixels or channels.
                unsafe { dots.compute(isa) };
                for (&out, bias) in
                    outs.iter().flat_map(|out| std::iter::repeat(out).zip(self.bias))
                {
                    for (j, &bias) in bias.iter().enumerate() {
                        // SAFETY: as above.
                        unsafe { *out.add(j) += bias };
                    }
                }
            }
            Columns::Panels(panels, range) => {
                // Pixels that phases add to have the bias from the start.
                let bias = self.bias.filter(|_| !sweep.sums);
                for chunk in &phase.chunks {
                    let start = (phase.k_start + chunk.k0) * panels.width();
                    let block = Block {
                        rows,
                        k_step: 1,
                        segments: &chunk.segments,
                        outs,
                        b: self.packed[start..].as_ptr(),
                        layout: Layout::Packed,
                        panels: *panels,
                        range: range.clone(),
                        epilogue: Epilogue {
                            add: chunk.k0 > 0 || sweep.sums,
                            bias: bias.filter(|_| chunk.k0 + chunk.k == phase.k),
                        },
                    };
                    // SAFETY: every window lies inside the band, every pixel of the target inside the
                    // target; tasks have distinct pixels or panels; the weights were packed for them.
                    unsafe { block.compute(isa) };
                }
            }
        }
    }
}

/// The target channels of a task.
enum Columns {
    /// All, as dot products with rows of weights.
    All(usize),
    /// Those of a range of panels.
    Panels(Panels, Range<usize>),
}

/// The pixels of a phase within a band of some images, some at a time.
struct Pixels<'a, T> {
    sweep: &'a Sweep,
    phase: &'a Phase,
    place: &'a Place<'a, T>,
    /// The first pixel of the target.
    first: *mut T,
    images: Range<usize>,
    rows: Range<usize>,
    row: usize,
    col: usize,
}

impl<'a, T> Pixels<'a, T> {
    fn new(
        sweep: &'a Sweep,
        phase: &'a Phase,
        place: &'a Place<'a, T>,
        first: *mut T,
        images: usize,
        rows: Range<usize>,
    ) -> Self {
        // Without columns there is nothing to do.
        let images = if phase.axes[1].count > 0 && !rows.is_empty() { 0..images } else { 0..0 };
        let row = rows.start;
        Pixels { sweep, phase, place, first, images, rows, row, col: 0 }
    }

    /// Fills in where the next pixels read, and where they write; how many.
    fn next(&mut self, rows: &mut [*const T], outs: &mut [*mut T]) -> usize {
        let [height, width] = &self.phase.axes;
        let [target_rows, target_cols, channels] = self.sweep.target;
        let (source_step, step) = (width.source_step * self.sweep.channels, width.step * channels);
        let mut done = 0;
        while !self.images.is_empty() && done < rows.len() {
            let count = (width.count - self.col).min(rows.len() - done);
            let image = self.images.start;
            let mut row = std::ptr::null();
            if self.phase.k > 0 {
                let y = (self.row * height.source_step) as isize + height.low();
                let x = (self.col * width.source_step) as isize + width.low();
                row = self.place.pixel(image, y, x);
            }
            let y = image * target_rows + height.first + self.row * height.step;
            let x = width.first + self.col * width.step;
            let mut out = self.first.wrapping_add((y * target_cols + x) * channels);
            for i in done..done + count {
                (rows[i], outs[i]) = (row, out);
                (row, out) = (row.wrapping_add(source_step), out.wrapping_add(step));
            }
            done += count;
            self.col += count;
            if self.col == width.count {
                (self.col, self.row) = (0, self.row + 1);
            }
            if self.row == self.rows.end {
                (self.row, self.images.start) = (self.rows.start, image + 1);
            }
        }
        done
    }
}
