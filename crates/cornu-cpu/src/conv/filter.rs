//! Backward-filter: rows are (tap, channel) of the kernel, columns are filters, and `k` runs over pixels.

use super::band::place;
use super::geometry::Sweep;
use super::narrow;
use crate::gemm::{BLOCK_ROWS, Block, Epilogue, Layout, Panels, Segment, View, pack_panel};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::{AnyIsa, Real};
use std::ops::Range;

/// The tasks that the work is cut into, whatever the number of threads.
const TASKS: usize = 8;
/// The most values that partial sums may take together.
const MAX_PARTIAL: usize = 1 << 20;
/// The values of a task that adds up partial sums.
const SUMS: usize = 1 << 12;
/// Fewer rows than this meet the values of dy so seldom that packing them does not pay.
const PACK_ROWS: usize = 32;

/// One group of the gradient for the kernel.
pub(super) struct Job<'a, T> {
    pub isa: AnyIsa,
    /// The forward sweep.
    pub sweep: &'a Sweep,
    pub x: &'a [T],
    pub dy: &'a [T],
    pub group: usize,
    /// Filters of one group.
    pub n: usize,
    pub batch: usize,
}

impl<T: Real> Job<'_, T> {
    /// Computes the columns of the group of `dw`.
    pub fn run(&self, pool: &Pool, dw: &mut [T]) {
        let (filters, n) = (self.sweep.target[2], self.n);
        let rows = self.sweep.phases[0].k;
        if self.batch == 0 {
            dw.fill(T::default());
            return;
        }
        if narrow::suits(self) {
            return narrow::run(self, pool, dw);
        }
        // Parts of the batch have sums of their own, which are added in order; a large kernel, or one for few
        // pixels, is cut into rows instead.
        let [height, width] = &self.sweep.phases[0].axes;
        let blocks = self.batch * height.count * width.count / BLOCK_ROWS;
        let most = TASKS.min(self.batch).min(blocks.max(1));
        let parts = (MAX_PARTIAL / (rows * n)).clamp(1, most);
        let cuts = TASKS.div_ceil(parts).min(rows.div_ceil(96));
        let each = rows.div_ceil(cuts).next_multiple_of(6);
        let cuts = rows.div_ceil(each);
        with_scratch((parts - 1) * rows * n, |partial: &mut [T]| {
            let sums = SharedSlice::new(partial);
            let out = SharedSlice::new(dw);
            pool.parallel_for(parts * cuts, |task| {
                let (part, cut) = (task / cuts, task % cuts);
                let images = part * self.batch / parts..(part + 1) * self.batch / parts;
                let range = cut * each..rows.min((cut + 1) * each);
                let place = match part {
                    0 => Output {
                        start: out.as_mut_ptr().wrapping_add(self.group * n),
                        step: filters,
                    },
                    _ => {
                        let start = sums.as_mut_ptr().wrapping_add((part - 1) * rows * n);
                        Output { start, step: n }
                    }
                };
                self.part(images, range, &place);
            });
            let partial = &*partial;
            let block = SUMS.div_ceil(n);
            pool.parallel_chunks(dw, block * filters, |i, dw| {
                for (r, row) in dw.chunks_exact_mut(filters).enumerate() {
                    let row = &mut row[self.group * n..(self.group + 1) * n];
                    for part in 0..parts - 1 {
                        let start = (part * rows + i * block + r) * n;
                        for (sum, &more) in row.iter_mut().zip(&partial[start..start + n]) {
                            *sum += more;
                        }
                    }
                }
            });
        });
    }

    /// One task: some rows, summed over some images.
    fn part(&self, images: Range<usize>, range: Range<usize>, output: &Output<T>) {
        let sweep = self.sweep;
        let phase = &sweep.phases[0];
        let [height, width] = &phase.axes;
        // Of small images, several are summed over at once.
        let together = sweep.images(BLOCK_ROWS, images.len(), 1);
        let blocks: Vec<_> = images
            .clone()
            .step_by(together)
            .flat_map(|i| (0..sweep.bands).map(move |band| (i, band)))
            .collect();
        let panels = Panels::new::<T>(self.isa, self.n);
        let image_len: usize = sweep.source.iter().product();
        let filters = sweep.target[2];
        // One panel of all filters lies in memory as it would be packed.
        let is_packed =
            panels.count() == 1 && (self.n, filters) == (panels.width(), panels.width());
        let direct = is_packed || range.len() <= PACK_ROWS && self.n.is_multiple_of(panels.lanes());
        let mut add = false;
        for (first, band) in blocks {
            let count = together.min(images.end - first);
            let band = sweep.band(band);
            let lines = band.to.min(height.count) - band.from;
            let pixels = count * lines * width.count;
            let packed_len = if direct { 0 } else { pixels * panels.width() };
            with_scratch(count * sweep.band_len(&band), |scratch: &mut [T]| {
                with_scratch(packed_len, |packed: &mut [T]| {
                    let x = &self.x[first * image_len..(first + count) * image_len];
                    let place = place(sweep, x, self.group, &band, scratch);
                    let first = (first * height.count + band.from) * width.count;
                    let values = &self.dy[first * filters + self.group * self.n..];
                    let (b, layout) = if direct {
                        (values.as_ptr(), Layout::Rows(filters))
                    } else {
                        let view = View { values, row_step: filters, col_step: 1 };
                        for index in 0..panels.count() {
                            let out = &mut packed[panels.get(index).col * pixels..];
                            pack_panel(panels, index, view, 0, pixels, out);
                        }
                        (packed.as_ptr(), Layout::Packed)
                    };
                    let origin = place.pixel(
                        0,
                        (band.from * height.source_step) as isize + height.low(),
                        width.low(),
                    );
                    let mut segments = [Segment { offset: 0, len: width.count }; BLOCK_ROWS];
                    let segments = &mut segments[..count * lines];
                    let step = height.source_step * sweep.cols * sweep.channels;
                    for (i, segment) in segments.iter_mut().enumerate() {
                        segment.offset = i / lines * place.step + i % lines * step;
                    }
                    for from in range.clone().step_by(BLOCK_ROWS) {
                        let to = range.end.min(from + BLOCK_ROWS);
                        let mut rows = [std::ptr::null(); BLOCK_ROWS];
                        let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
                        for (i, row) in (from..to).enumerate() {
                            rows[i] = origin.wrapping_add(self.offset(row));
                            outs[i] = output.start.wrapping_add(row * output.step);
                        }
                        let block = Block {
                            rows: &rows[..to - from],
                            k_step: width.source_step * sweep.channels,
                            segments,
                            outs: &outs[..to - from],
                            b,
                            layout,
                            panels,
                            range: 0..panels.count(),
                            epilogue: Epilogue { add, bias: None },
                        };
                        // SAFETY: every window of the band lies inside its place; tasks have distinct rows
                        // or sums of their own; dy is packed, or is read in whole vectors.
                        unsafe { block.compute(self.isa) };
                    }
                });
            });
            add = true;
        }
    }

    /// From the first tap and channel of a window to those of row `i`.
    fn offset(&self, i: usize) -> usize {
        let (channels, [height, width]) = (self.sweep.channels, &self.sweep.phases[0].axes);
        let (tap, channel) = (i / channels, i % channels);
        let row = height.taps[tap / width.taps.len()].0 - height.low();
        let col = width.taps[tap % width.taps.len()].0 - width.low();
        (row as usize * self.sweep.cols + col as usize) * channels + channel
    }
}

/// Where the rows of a task go.
struct Output<T> {
    start: *mut T,
    step: usize,
}
