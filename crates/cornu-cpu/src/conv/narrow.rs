//! Backward-filter for few filters: the roles change, so that vectors run along the channels.
//!
//! A row is a line of dy for one filter, and the row of the kernel that it meets in a line of x; the columns are
//! (tap of a kernel row, channel), and `k` runs over the pixels of the line: there the windows of x follow each other
//! at a fixed distance.

use super::band::place;
use super::filter::Job;
use super::geometry::Band;
use crate::gemm::{BLOCK_ROWS, Block, Epilogue, Layout, MAX_DOTS, Panels, Segment};
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
    for tap in taps.clone() {
        for j in 0..job.n {
            let start = j * phase.k + tap * widths * channels;
            // SAFETY: the sums have all taps of every filter; those of these rows of the kernel are the task's.
            unsafe { std::slice::from_raw_parts_mut(out.add(start), widths * channels) }
                .fill(T::default());
        }
    }
    // The lines of dy that meet a line of x, each in another row of the kernel.
    let mut meets = Vec::with_capacity(taps.len());
    for (image, y) in images.flat_map(|i| (0..sweep.source[0]).map(move |y| (i, y))) {
        meets.clear();
        for tap in taps.clone() {
            let distance = y as isize - height.taps[tap].0;
            let line = distance.max(0) as usize / height.source_step;
            if (line * height.source_step) as isize == distance && line < height.count {
                meets.push((tap, (image * height.count + line) * width.count));
            }
        }
        // Line by line, so that a copy stays in the first-level cache.
        let band = Band { from: 0, to: height.count, first_row: y as isize, rows: 1 };
        with_scratch(sweep.band_len(&band), |scratch: &mut [T]| {
            let x = &job.x[image * image_len..(image + 1) * image_len];
            let place = place(sweep, x, job.group, &band, scratch);
            for meets in meets.chunks(BLOCK_ROWS / MAX_DOTS) {
                for col in (0..widths).step_by(run) {
                    let mut rows = [std::ptr::null(); BLOCK_ROWS];
                    let mut outs = [std::ptr::null_mut(); BLOCK_ROWS];
                    for (i, &(tap, pixel)) in meets.iter().enumerate() {
                        let dy = &job.dy[pixel * filters + job.group * job.n..];
                        let start = (tap * widths + col) * channels;
                        for j in 0..job.n {
                            rows[i * job.n + j] = dy[j..].as_ptr();
                            outs[i * job.n + j] = out.wrapping_add(j * phase.k + start);
                        }
                    }
                    let count = meets.len() * job.n;
                    let block = Block {
                        rows: &rows[..count],
                        k_step: filters,
                        segments: &segments,
                        outs: &outs[..count],
                        b: place.pixel(0, y as isize, width.taps[col].0),
                        layout: Layout::Rows(width.source_step * channels),
                        panels,
                        range: 0..panels.count(),
                        epilogue: Epilogue { add: true, bias: None },
                    };
                    // SAFETY: the line of dy has its filters in every pixel; the windows of the line
                    // lie inside the place, and columns are whole vectors; tasks have sums of their
                    // own, or rows of the kernel of their own.
                    unsafe { block.compute(job.isa) };
                }
            }
        });
    }
}
