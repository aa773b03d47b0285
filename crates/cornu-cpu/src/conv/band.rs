//! Bands of images with zeros around them.

use super::geometry::{Band, Sweep};
use crate::simd::Real;

/// Copies one band of the channels of `group` of an image, zeros where it leaves the image.
pub(super) fn copy_band<T: Real>(
    sweep: &Sweep,
    image: &[T],
    group: usize,
    band: &Band,
    out: &mut [T],
) {
    let [height, width, all_channels] = sweep.source;
    let channels = sweep.channels;
    if sweep.cols == 0 {
        // No tap meets any pixel: every phase has an empty sum.
        return;
    }
    let left = (-sweep.first_col).clamp(0, sweep.cols as isize) as usize;
    let first = sweep.first_col.max(0) as usize;
    let inside = width.saturating_sub(first).min(sweep.cols - left);
    let rows = out.chunks_exact_mut(sweep.cols * channels).take(band.rows);
    for (i, row) in rows.enumerate() {
        let y = band.first_row + i as isize;
        if y < 0 || y >= height as isize {
            row.fill(T::default());
            continue;
        }
        let (before, rest) = row.split_at_mut(left * channels);
        let (middle, after) = rest.split_at_mut(inside * channels);
        before.fill(T::default());
        after.fill(T::default());
        let start = (y as usize * width + first) * all_channels;
        if channels == all_channels {
            middle.copy_from_slice(&image[start..start + middle.len()]);
        } else {
            let pixels = image[start..].chunks(all_channels);
            for (to, from) in middle.chunks_exact_mut(channels).zip(pixels) {
                to.copy_from_slice(&from[group * channels..(group + 1) * channels]);
            }
        }
    }
}

/// Where the values of a band of some images are read: its copies, or the images themselves.
pub(super) struct Place<'a, T> {
    pub values: &'a [T],
    /// The source position of the first value.
    pub first_row: isize,
    pub first_col: isize,
    /// Columns of a row.
    pub cols: usize,
    pub channels: usize,
    /// The values of an image.
    pub step: usize,
}

impl<T> Place<'_, T> {
    /// The pixel at a source position of an image.
    pub fn pixel(&self, image: usize, row: isize, col: isize) -> *const T {
        let (row, col) = ((row - self.first_row) as usize, (col - self.first_col) as usize);
        let start = image * self.step + (row * self.cols + col) * self.channels;
        self.values[start..].as_ptr()
    }
}

/// The band of some images: copied into `scratch`, which has room for as many, if the sweep wants that.
pub(super) fn place<'a, T: Real>(
    sweep: &Sweep,
    images: &'a [T],
    group: usize,
    band: &Band,
    scratch: &'a mut [T],
) -> Place<'a, T> {
    let (cols, channels) = (sweep.cols, sweep.channels);
    let image_len: usize = sweep.source.iter().product();
    if !sweep.copied {
        let (values, step) = (images, image_len);
        return Place { values, first_row: 0, first_col: 0, cols, channels, step };
    }
    let step = sweep.band_len(band);
    for (i, image) in images.chunks_exact(image_len).enumerate() {
        copy_band(sweep, image, group, band, &mut scratch[i * step..(i + 1) * step]);
    }
    let (first_row, first_col) = (band.first_row, sweep.first_col);
    Place { values: scratch, first_row, first_col, cols, channels, step }
}
