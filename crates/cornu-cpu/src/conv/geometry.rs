//! Which source pixels meet which taps of the kernel.
//!
//! Forward and backward-data are the same computation, a *sweep*: every destination pixel is a sum over
//! taps of a source pixel times a matrix. Forward, the source steps by the stride. Backward, destination
//! pixels whose positions have the same remainder by the stride meet the same taps, and the source steps
//! by one: each remainder is a *phase*, a dense problem of its own. Near the edges it meets zeros; where these
//! would be many, each tap is a phase that adds to the pixels it reaches.

use super::ConvShape;
use crate::gemm::{BLOCK_ROWS, MAX_DOTS, MAX_K, Segment};

/// The tasks that there should be at least.
pub(super) const TASKS: usize = 4;
/// How many products cost as much as adding to a value of the target.
const ADDING: usize = 8;

/// One axis of a phase: destination `first + q * step` for `q < count` reads source `q * source_step + offset`
/// for the offset of every tap.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub first: usize,
    pub step: usize,
    pub count: usize,
    pub source_step: usize,
    /// (offset, index in the kernel), by rising offset.
    pub taps: Vec<(isize, usize)>,
}

impl Axis {
    /// The lowest offset.
    pub fn low(&self) -> isize {
        self.taps.first().map_or(0, |tap| tap.0)
    }

    /// The first source position that some destination of `from..to` reads, and the one behind the last.
    fn reach(&self, from: usize, to: usize) -> Option<(isize, isize)> {
        let to = to.min(self.count);
        let (low, high) = (self.taps.first()?.0, self.taps.last()?.0);
        let at = |q: usize| (q * self.source_step) as isize;
        (from < to).then(|| (at(from) + low, at(to - 1) + high + 1))
    }
}

/// The axis of the forward direction.
fn forward_axis(shape: &ConvShape, axis: usize) -> Axis {
    let (kernel, count) = [(shape.k_h, shape.out_h), (shape.k_w, shape.out_w)][axis];
    let pad = shape.pad_lo[axis] as isize;
    let taps = (0..kernel).map(|k| ((k * shape.dilation[axis]) as isize - pad, k)).collect();
    Axis { first: 0, step: 1, count, source_step: shape.stride[axis], taps }
}

/// The axes of the backward direction, one for each phase.
fn backward_axes(shape: &ConvShape, axis: usize) -> Vec<Axis> {
    let (kernel, size) = [(shape.k_h, shape.in_h), (shape.k_w, shape.in_w)][axis];
    let stride = shape.stride[axis];
    let phase = |first: usize| {
        // Input i meets tap k at output o where o * stride = i + pad - k * dilation.
        let mut taps: Vec<_> = (0..kernel)
            .map(|k| {
                let reach = (first + shape.pad_lo[axis]) as isize;
                (reach - (k * shape.dilation[axis]) as isize, k)
            })
            .filter(|(distance, _)| distance % stride as isize == 0)
            .map(|(distance, k)| (distance / stride as isize, k))
            .collect();
        taps.sort();
        let count = (size - first).div_ceil(stride);
        Axis { first, step: stride, count, source_step: 1, taps }
    };
    (0..stride.min(size)).map(phase).collect()
}

/// The axes of the backward direction, one for each tap.
fn tap_axes(shape: &ConvShape, axis: usize) -> Vec<Axis> {
    let (kernel, size) = [(shape.k_h, shape.in_h), (shape.k_w, shape.in_w)][axis];
    let (stride, sources) = (shape.stride[axis], [shape.out_h, shape.out_w][axis]);
    let tap = |k: usize| {
        // Output o meets input o * stride + k * dilation - pad.
        let (reach, pad) = (k * shape.dilation[axis], shape.pad_lo[axis]);
        let from = pad.saturating_sub(reach).div_ceil(stride);
        let to = (size + pad).saturating_sub(reach).div_ceil(stride).min(sources);
        let first = from * stride + reach - pad;
        let count = to.saturating_sub(from);
        Axis { first, step: stride, count, source_step: 1, taps: vec![(from as isize, k)] }
    };
    (0..kernel).map(tap).filter(|axis| axis.count > 0).collect()
}

/// The products of a source pixel and a matrix along an axis.
fn products(axes: &[Axis]) -> usize {
    axes.iter().map(|axis| axis.count * axis.taps.len()).sum()
}

/// A part of the sum of a phase.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub k0: usize,
    pub k: usize,
    pub segments: Vec<Segment>,
}

/// A dense problem: all pairs of its two axes.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    pub axes: [Axis; 2],
    /// Where its packed weights begin, as a number of rows.
    pub k_start: usize,
    /// The products in each sum.
    pub k: usize,
    /// The whole sum as one list of runs.
    pub segments: Vec<Segment>,
    /// The same in parts that fit the cache.
    pub chunks: Vec<Chunk>,
}

/// The plan of one direction.
#[derive(Debug, Clone)]
pub(super) struct Sweep {
    /// Height, width and channels of a source image.
    pub source: [usize; 3],
    /// Height, width and channels of a destination image.
    pub target: [usize; 3],
    /// Source channels of one group.
    pub channels: usize,
    pub phases: Vec<Phase>,
    /// Whether phases meet in target pixels, so that each adds to them.
    pub sums: bool,
    /// Whether bands of the source are copied, since windows leave the image or channels are in groups.
    pub copied: bool,
    /// The leftmost source column that is read, and how many columns from there a band has.
    pub first_col: isize,
    pub cols: usize,
    /// The rows of the highest phase.
    height: usize,
    pub bands: usize,
}

/// The source rows of a band.
pub(super) struct Band {
    pub from: usize,
    pub to: usize,
    pub first_row: isize,
    pub rows: usize,
}

impl Sweep {
    pub fn forward(shape: &ConvShape) -> Self {
        let axes = [0, 1].map(|axis| vec![forward_axis(shape, axis)]);
        let source = [shape.in_h, shape.in_w, shape.in_c];
        let target = [shape.out_h, shape.out_w, shape.out_c];
        Self::new(source, target, shape.groups, axes, false, shape.batch)
    }

    pub fn backward(shape: &ConvShape) -> Self {
        let source = [shape.out_h, shape.out_w, shape.out_c];
        let target = [shape.in_h, shape.in_w, shape.in_c];
        let phases = [0, 1].map(|axis| backward_axes(shape, axis));
        let taps = [0, 1].map(|axis| tap_axes(shape, axis));
        let [few, many] = [&taps, &phases].map(|[h, w]| products(h) * products(w));
        // Adding to a pixel costs about as much as so many products; narrow sums are dot products, and few
        // images are cut into bands.
        let channels = shape.out_c / shape.groups;
        let gains = few * (channels + ADDING) < many * channels;
        let sums = gains && shape.in_c / shape.groups > MAX_DOTS && shape.batch >= TASKS;
        Self::new(source, target, shape.groups, if sums { taps } else { phases }, sums, shape.batch)
    }

    fn new(
        source: [usize; 3],
        target: [usize; 3],
        groups: usize,
        [heights, widths]: [Vec<Axis>; 2],
        sums: bool,
        batch: usize,
    ) -> Self {
        let channels = source[2] / groups;
        let reach = |axes: &[Axis]| {
            let all = axes.iter().filter_map(|axis| axis.reach(0, axis.count));
            all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0))
        };
        let ((top, bottom), (left, right)) = (reach(&heights), reach(&widths));
        let inside =
            top >= 0 && left >= 0 && bottom <= source[0] as isize && right <= source[1] as isize;
        let copied = !inside || groups > 1;
        let (first_col, cols) =
            if copied { (left, (right - left) as usize) } else { (0, source[1]) };
        let longest = |axes: &[Axis]| axes.iter().map(|axis| axis.count).max().unwrap_or(1);
        let rows = (BLOCK_ROWS / longest(&widths).max(1)).max(1);
        // Of few images, each makes several tasks. Bands of pixels that are added to would overlap.
        let least = TASKS.div_ceil(batch.max(1));
        let bands = match sums {
            true => 1,
            false => longest(&heights).div_ceil(rows).max(least.min(longest(&heights))),
        };
        let mut phases = Vec::new();
        let mut k_start = 0;
        for height in &heights {
            for width in &widths {
                let phase = Phase::new(height.clone(), width.clone(), channels, cols, k_start);
                k_start += phase.k;
                phases.push(phase);
            }
        }
        let height = longest(&heights);
        Sweep { height, sums, source, target, channels, phases, copied, first_col, cols, bands }
    }

    /// Which source rows band `i` reads.
    pub fn band(&self, i: usize) -> Band {
        let (from, to) = (i * self.height / self.bands, (i + 1) * self.height / self.bands);
        let reach = self.phases.iter().filter_map(|phase| phase.axes[0].reach(from, to));
        let (low, high) = reach.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0));
        Band { from, to, first_row: low, rows: (high - low) as usize }
    }

    /// How many small images are computed together: as many as have so many pixels, as long as that leaves so
    /// many tasks.
    pub fn images(&self, pixels: usize, batch: usize, tasks: usize) -> usize {
        let of_phase = |phase: &Phase| phase.axes[0].count * phase.axes[1].count;
        let most = self.phases.iter().map(of_phase).max().unwrap_or(0);
        match self.bands {
            1 => (pixels / most.max(1)).clamp(1, batch.div_ceil(tasks).max(1)),
            _ => 1,
        }
    }

    /// The values of a copied band.
    pub fn band_len(&self, band: &Band) -> usize {
        if self.copied { band.rows * self.cols * self.channels } else { 0 }
    }

    /// The rows of all packed weights together.
    pub fn total_k(&self) -> usize {
        self.phases.iter().map(|phase| phase.k).sum()
    }
}

impl Phase {
    fn new(height: Axis, width: Axis, channels: usize, cols: usize, k_start: usize) -> Self {
        let mut segments: Vec<Segment> = Vec::new();
        for &(row, _) in &height.taps {
            for &(col, _) in &width.taps {
                let offset = ((row - height.low()) as usize * cols + (col - width.low()) as usize)
                    * channels;
                match segments.last_mut() {
                    Some(last) if last.offset + last.len == offset => last.len += channels,
                    _ => segments.push(Segment { offset, len: channels }),
                }
            }
        }
        let k = height.taps.len() * width.taps.len() * channels;
        let size = k.div_ceil(k.div_ceil(MAX_K).max(1)).next_multiple_of(4);
        let chunks = (0..k).step_by(size.max(1)).map(|k0| {
            let k = size.min(k - k0);
            Chunk { k0, k, segments: cut(&segments, k0, k) }
        });
        let chunks = chunks.collect();
        Phase { axes: [height, width], k_start, k, segments, chunks }
    }

    /// The kernel's (row, column) of tap `i` in the order of `k`.
    pub fn tap(&self, i: usize) -> (usize, usize) {
        let widths = &self.axes[1].taps;
        (self.axes[0].taps[i / widths.len()].1, widths[i % widths.len()].1)
    }
}

/// Values `k0..k0 + k` of the runs.
fn cut(segments: &[Segment], k0: usize, k: usize) -> Vec<Segment> {
    let mut parts = Vec::new();
    let mut start = 0;
    for segment in segments {
        let (from, to) = (k0.max(start), (k0 + k).min(start + segment.len));
        if from < to {
            parts.push(Segment { offset: segment.offset + from - start, len: to - from });
        }
        start += segment.len;
    }
    parts
}
