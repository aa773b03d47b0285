//! Backward-filter for few filters: the roles change, so that vectors run along the channels.
//!
//! A row is a filter, the columns are (tap of a kernel row, channel), and `k` runs over the pixels of one
//! line of the output: there the windows of x follow each other at a fixed distance.

use super::band::place;
use super::filter::Job;
use crate::gemm::{Block, Epilogue, Layout, MAX_DOTS, Panels, Segment};
use crate::runtime::{Pool, SharedSlice};
use crate::scratch::with_scratch;
use crate::simd::Real;
use std::ops::Range;

/// The parts of the batch that have sums of their own.
const PARTS: usize = 8;

/// Whether there are few filters, and whole vectors of channels.
pub(super) fn suits<T: Real>(job: &Job<T>) -> bool {
    let channels = job.sweep.channels;
    job.n <= MAX_DOTS && channels.is_multiple_of(Panels::new::<T>(job.isa, channels).lanes())
}

/// Computes the columns of the group of `dw`.
pub(super) fn run<T: Real>(job: &Job<T>, pool: &Pool, dw: &mut [T]) {
    let phase = &job.sweep.phases[0];
    let (filters, n) = (job.sweep.target[2], job.n);
    let parts = PARTS.min(job.batch);
    // A small batch shares out the rows of the kernel as well.
    let heights = phase.axes[0].taps.len();
    let cuts = if parts < PARTS / 2 { heights } else { 1 };
    with_scratch(parts * n * phase.k, |sums: &mut [T]| {
        let shared = SharedSlice::new(sums);
        pool.parallel_for(parts * cuts, |task| {
            let (part, cut) = (task / cuts, task % cuts);
            let images = part * job.batch / parts..(part + 1) * job.batch / parts;
            let taps = cut * heights / cuts..(cut + 1) * heights / cuts;
            let out = shared.as_mut_ptr().wrapping_add(part * n * phase.k);
            sum(job, images, taps, out);
        });
        for (i, row) in dw.chunks_exact_mut(filters).enumerate() {
            for (j, value) in row[job.group * n..(job.group + 1) * n].iter_mut().enumerate() {
                *value = sums[j * phase.k + i];
                for part in 1..parts {
                    *value += sums[(part * n + j) * phase.k + i];
                }
            }
        }
    });
}

/// One task: some rows of the kernel over some images, to `out[filter][row, column, channel]`.
fn sum<T: Real>(job: &Job<T>, images: Range<usize>, taps: Range<usize>, out: *mut T) {
    let sweep = job.sweep;
    let phase = &sweep.phases[0];
    let [height, width] = &phase.axes;
    let (channels, filters) = (sweep.channels, sweep.target[2]);
    // Without dilation, a row of the kernel is one run of columns.
    let widths = width.taps.len();
    let dense = width.taps.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1);
    let run = if dense { widths } else { 1 };
    let panels = Panels::new::<T>(job.isa, run * channels);
    let segments = [Segment { offset: 0, len: width.count }];
    let image_len: usize = sweep.source.iter().product();
    let mut add = false;
    for (image, band) in images.flat_map(|i| (0..sweep.bands).map(move |b| (i, b))) {
        let band = sweep.band(band);
        with_scratch(sweep.band_len(&band), |scratch: &mut [T]| {
            let x = &job.x[image * image_len..(image + 1) * image_len];
            let place = place(sweep, x, job.group, &band, scratch);
            for line in band.from..band.to.min(height.count) {
                let pixel = (image * height.count + line) * width.count;
                let dy = &job.dy[pixel * filters + job.group * job.n..];
                let mut rows = [std::ptr::null(); MAX_DOTS];
                for (j, row) in rows.iter_mut().enumerate().take(job.n) {
                    *row = dy[j..].as_ptr();
                }
                for tap in taps.clone() {
                    let source_row = (line * height.source_step) as isize + height.taps[tap].0;
                    for col in (0..widths).step_by(run) {
                        let mut outs = [std::ptr::null_mut(); MAX_DOTS];
                        for (j, row) in outs.iter_mut().enumerate().take(job.n) {
                            let start = j * phase.k + (tap * widths + col) * channels;
                            *row = out.wrapping_add(start);
                        }
                        let block = Block {
                            rows: &rows[..job.n],
                            k_step: filters,
                            segments: &segments,
                            outs: &outs[..job.n],
                            b: place.pixel(0, source_row, width.taps[col].0),
                            layout: Layout::Rows(width.source_step * channels),
                            panels,
                            range: 0..panels.count(),
                            epilogue: Epilogue { add, bias: None },
                        };
                        // SAFETY: the line of dy has its filters in every pixel; the windows of the line
                        // lie inside the place, and columns are whole vectors; tasks have sums of their
                        // own, or rows of the kernel of their own.
                        unsafe { block.compute(job.isa) };
                    }
                }
                add = true;
            }
        });
    }
}
