//! Forward and backward-data: packed weights, and tasks that are bands of images.

use super::band::{Place, place};
use super::geometry::{Phase, Sweep, TASKS};
use crate::gemm::{
    BLOCK_ROWS, Block, Dots, Epilogue, Layout, MAX_DOTS, Panels, SERIAL, View, pack_panel,
};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use std::ops::Range;

/// With fewer pixels, copying the weights for the kernel costs more than reading them where they are: a copy also
/// makes every other thread fetch them.
const FEW_PIXELS: usize = 1024;
/// The pixels up to which a task takes more than one image: they meet the weights together.
const PIXELS: usize = 64;

/// The weights of one group: tap (row, col) of the kernel is a matrix from source channels to target
/// channels, element (i, j) at `tap_start + i * row_step + j * col_step`.
#[derive(Clone, Copy)]
pub(super) struct Weights<'a, T> {
    pub values: &'a [T],
    pub kernel_width: usize,
    /// Elements from one tap to the next.
    pub tap_step: usize,
    pub row_step: usize,
    pub col_step: usize,
}

impl<'a, T> Weights<'a, T> {
    fn tap(&self, phase: &Phase, i: usize) -> View<'a, T> {
        let (row, col) = phase.tap(i);
        let start = (row * self.kernel_width + col) * self.tap_step;
        let values = &self.values[start..];
        View { values, row_step: self.row_step, col_step: self.col_step }
    }
}

/// One group of a sweep over a batch.
pub(super) struct Job<'a, T> {
    pub isa: AnyIsa,
    pub sweep: &'a Sweep,
    pub source: &'a [T],
    pub weights: Weights<'a, T>,
    pub bias: Option<&'a [T]>,
    pub group: usize,
    /// Target channels of one group.
    pub n: usize,
    pub batch: usize,
}

impl<T: Real> Job<'_, T> {
    /// Computes the channels of the group in every pixel of `target`.
    pub fn run(&self, pool: &Pool, target: &SharedSlice<T>) {
        let k = self.sweep.total_k();
        // Dot products pay where every sum is long.
        let narrow = self.n <= MAX_DOTS && self.sweep.phases.iter().all(|phase| phase.k >= 32);
        let panels = Panels::new::<T>(self.isa, self.n);
        let width = if narrow { self.n } else { panels.width() };
        let pixels = self.batch * self.sweep.target[0] * self.sweep.target[1];
        if pixels < FEW_PIXELS && !narrow && self.is_packed(panels) {
            return self.tasks(pool, panels, narrow, &self.weights.values[..k * width], target);
        }
        with_scratch(k * width, |packed: &mut [T]| {
            if narrow {
                self.pack_rows(packed);
            } else {
                self.pack(pool, panels, packed);
            }
            self.tasks(pool, panels, narrow, packed, target);
        });
    }

    /// Runs the tasks with packed weights.
    fn tasks(
        &self,
        pool: &Pool,
        panels: Panels,
        narrow: bool,
        packed: &[T],
        target: &SharedSlice<T>,
    ) {
        let images = self.sweep.images(PIXELS, self.batch, TASKS);
        let bands = self.batch.div_ceil(images) * self.sweep.bands;
        // Few small images: share out the panels as well.
        let split = if narrow || bands >= TASKS { 1 } else { panels.count().min(TASKS) };
        let each = panels.count().div_ceil(split);
        let split = panels.count().div_ceil(each);
        let run = |task: usize| {
            let (band, part) = (task / split, task % split);
            let range = part * each..panels.count().min((part + 1) * each);
            let weights =
                if narrow { Packed::Rows(packed) } else { Packed::Panels(packed, panels, range) };
            let first = band / self.sweep.bands * images;
            let images = first..self.batch.min(first + images);
            self.band(images, band % self.sweep.bands, &weights, target);
        };
        let [height, width, _] = self.sweep.target;
        if self.batch * height * width * packed.len() < 2 * SERIAL {
            (0..bands * split).for_each(run);
        } else {
            pool.parallel_for(bands * split, run);
        }
    }

    /// Whether the weights lie in memory as [`Job::pack`] would write them: one panel of whole vectors, and
    /// taps in the kernel's order.
    fn is_packed(&self, panels: Panels) -> bool {
        let Weights { tap_step, row_step, col_step, .. } = self.weights;
        let [phase] = &self.sweep.phases[..] else { return false };
        let in_order = |i: usize| {
            let (row, col) = phase.tap(i);
            row * self.weights.kernel_width + col == i
        };
        panels.count() == 1
            && (self.n, col_step, row_step) == (panels.width(), 1, panels.width())
            && tap_step == self.sweep.channels * row_step
            && (0..phase.k / self.sweep.channels).all(in_order)
    }

    /// Packs the weights: phase after phase, chunk after chunk, panel after panel.
    fn pack(&self, pool: &Pool, panels: Panels, packed: &mut [T]) {
        let channels = self.sweep.channels;
        let large = packed.len() >= SERIAL / 4;
        let packed = SharedSlice::new(packed);
        let pack_one = |index: usize| {
            let panel = panels.get(index);
            let width = panel.vectors * panels.lanes();
            for phase in &self.sweep.phases {
                for chunk in &phase.chunks {
                    let start = (phase.k_start + chunk.k0) * panels.width() + panel.col * chunk.k;
                    // SAFETY: panels of chunks lie one after another, and each is packed once.
                    let out = unsafe { packed.slice(start..start + chunk.k * width) };
                    let mut done = 0;
                    while done < chunk.k {
                        let (tap, first) =
                            ((chunk.k0 + done) / channels, (chunk.k0 + done) % channels);
                        let rows = (channels - first).min(chunk.k - done);
                        let out = &mut out[done * width..];
                        let matrix = self.weights.tap(phase, tap);
                        pack_panel(panels, index, matrix, first, rows, out);
                        done += rows;
                    }
                }
            }
        };
        if large {
            pool.parallel_for(panels.count(), pack_one);
        } else {
            (0..panels.count()).for_each(pack_one);
        }
    }

    /// Packs the weights of a narrow target: phase after phase, a row along `k` for each channel.
    fn pack_rows(&self, packed: &mut [T]) {
        let channels = self.sweep.channels;
        for phase in &self.sweep.phases {
            for i in 0..phase.k {
                let matrix = self.weights.tap(phase, i / channels);
                for j in 0..self.n {
                    packed[phase.k_start * self.n + j * phase.k + i] =
                        matrix.values[i % channels * matrix.row_step + j * matrix.col_step];
                }
            }
        }
    }

    /// One task: a band of some images, all phases.
    fn band(
        &self,
        images: Range<usize>,
        band: usize,
        weights: &Packed<T>,
        target: &SharedSlice<T>,
    ) {
        let sweep = self.sweep;
        let image_len: usize = sweep.source.iter().product();
        let source = &self.source[images.start * image_len..images.end * image_len];
        let band = sweep.band(band);
        let len = images.len() * sweep.band_len(&band);
        with_scratch(len, |scratch: &mut [T]| {
            let place = place(sweep, source, self.group, &band, scratch);
            // The first channel of the group in the first pixel of the first image.
            let pixels = sweep.target[0] * sweep.target[1];
            let first = images.start * pixels * sweep.target[2] + self.group * self.n;
            let first = target.as_mut_ptr().wrapping_add(first);
            if sweep.sums {
                let step = sweep.target[2];
                let pixels = (0..images.len() * pixels).map(|i| first.wrapping_add(i * step));
                self.clear(pixels, weights);
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
                    self.block(phase, &rows[..count], &outs[..count], weights);
                }
            }
        });
    }

    /// Fills pixels with the bias, or zeros.
    fn clear(&self, pixels: impl Iterator<Item = *mut T>, weights: &Packed<T>) {
        let (from, to) = match weights {
            Packed::Rows(_) => (0, self.n),
            Packed::Panels(_, panels, range) => columns(*panels, range, self.n),
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
    fn block(&self, phase: &Phase, rows: &[*const T], outs: &[*mut T], weights: &Packed<T>) {
        if phase.k == 0 {
            return self.clear(outs.iter().copied(), weights);
        }
        match weights {
            Packed::Rows(packed) => {
                let dots = Dots {
                    rows,
                    segments: &phase.segments,
                    outs,
                    out_step: 1,
                    b: &packed[phase.k_start * self.n..(phase.k_start + phase.k) * self.n],
                    columns: self.n,
                    add: false,
                };
                // SAFETY: every window lies inside the band, every pixel of the target inside the target;
                // tasks have distinct pixels or channels.
                unsafe { dots.compute(self.isa) };
                for (&out, bias) in
                    outs.iter().flat_map(|out| std::iter::repeat(out).zip(self.bias))
                {
                    for (j, &bias) in bias.iter().enumerate() {
                        // SAFETY: as above.
                        unsafe { *out.add(j) += bias };
                    }
                }
            }
            Packed::Panels(packed, panels, range) => {
                // Pixels that phases add to have the bias from the start.
                let bias = self.bias.filter(|_| !self.sweep.sums);
                for chunk in &phase.chunks {
                    let start = (phase.k_start + chunk.k0) * panels.width();
                    let block = Block {
                        rows,
                        k_step: 1,
                        segments: &chunk.segments,
                        outs,
                        b: packed[start..].as_ptr(),
                        layout: Layout::Packed,
                        panels: *panels,
                        range: range.clone(),
                        epilogue: Epilogue {
                            add: chunk.k0 > 0 || self.sweep.sums,
                            bias: bias.filter(|_| chunk.k0 + chunk.k == phase.k),
                        },
                    };
                    // SAFETY: every window lies inside the band, every pixel of the target inside the
                    // target; tasks have distinct pixels or panels; the weights were packed for them.
                    unsafe { block.compute(self.isa) };
                }
            }
        }
    }
}

/// The packed weights, as a task needs them.
enum Packed<'a, T> {
    /// For narrow targets.
    Rows(&'a [T]),
    /// For the others: all panels, and those of the task.
    Panels(&'a [T], Panels, Range<usize>),
}

/// The columns of a range of panels.
fn columns(panels: Panels, range: &Range<usize>, n: usize) -> (usize, usize) {
    let to = if range.end == panels.count() { n } else { panels.get(range.end).col };
    (panels.get(range.start).col, to)
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
