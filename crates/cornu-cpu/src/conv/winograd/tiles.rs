//! Tiles of images: where their pixels are, and how they get to the points and back.

use super::transform::{POINTS, POSITIONS, V, contract, data, expand, splat};
use crate::simd::{AnyIsa, Float, Isa, Kernel, Real, Vector};
use std::ops::Range;

/// A correlation with stride 1: pixel (y, x) of the target is the sum over the taps (i, j) of the source's pixel
/// (y + i, x + j) + `origin` times a matrix. Pixels outside the source are zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem {
    pub batch: usize,
    /// Height, width and channels of a source image.
    pub source: [usize; 3],
    /// Height, width and channels of a target image.
    pub target: [usize; 3],
    pub origin: [isize; 2],
    /// Rows and columns of the kernel.
    pub taps: usize,
}

/// The addresses of a tile's pixels.
type Window<T> = [[*mut T; POINTS]; POINTS];

impl Problem {
    /// The rows and columns of a tile of the target; a tile of the source has `POINTS`.
    pub fn size(&self) -> usize {
        POINTS + 1 - self.taps
    }

    /// The tiles of all images.
    pub fn tiles(&self) -> usize {
        self.batch * self.tiles_of_image()
    }

    fn tiles_of_image(&self) -> usize {
        self.target[0].div_ceil(self.size()) * self.target[1].div_ceil(self.size())
    }

    /// The image of a tile, and its first pixel in the target.
    fn locate(&self, tile: usize) -> (usize, [usize; 2]) {
        let (image, tile) = (tile / self.tiles_of_image(), tile % self.tiles_of_image());
        let across = self.target[1].div_ceil(self.size());
        (image, [tile / across * self.size(), tile % across * self.size()])
    }

    /// A tile of the source at `start`; what lies outside is found at `outside`.
    fn source_window<T>(&self, tile: usize, start: *mut T, outside: *mut T) -> Window<T> {
        let (image, [y, x]) = self.locate(tile);
        let first = [y as isize + self.origin[0], x as isize + self.origin[1]];
        window(self.source, POINTS, image, first, start, outside)
    }

    /// The same for the target.
    fn target_window<T>(&self, tile: usize, start: *mut T, outside: *mut T) -> Window<T> {
        let (image, [y, x]) = self.locate(tile);
        window(self.target, self.size(), image, [y as isize, x as isize], start, outside)
    }
}

fn window<T>(
    [height, width, channels]: [usize; 3],
    size: usize,
    image: usize,
    first: [isize; 2],
    start: *mut T,
    outside: *mut T,
) -> Window<T> {
    let mut window = [[outside; POINTS]; POINTS];
    for (i, row) in window.iter_mut().enumerate().take(size) {
        let y = first[0] + i as isize;
        if y < 0 || y >= height as isize {
            continue;
        }
        let line = (image * height + y as usize) * width;
        for (j, pixel) in row.iter_mut().enumerate().take(size) {
            let x = first[1] + j as isize;
            if x >= 0 && x < width as isize {
                *pixel = start.wrapping_add((line + x as usize) * channels);
            }
        }
    }
    window
}

/// Brings tiles of the source to the points: value `c` of tile `i` at position `p` goes to
/// `out[p * position_step + i * channels + c]`.
pub(super) struct Gather<'a, T> {
    pub problem: &'a Problem,
    pub source: &'a [T],
    /// As many zeros as the source has channels.
    pub zeros: &'a [T],
    pub tiles: Range<usize>,
    pub out: &'a mut [T],
    pub position_step: usize,
}

impl<T: Real> Kernel for Gather<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let channels = self.problem.source[2];
        let lanes = V::<S, T>::LANES;
        let last = (POSITIONS - 1) * self.position_step + self.tiles.len() * channels;
        assert!(channels.is_multiple_of(lanes) && self.zeros.len() >= channels);
        assert!(
            self.source.len() >= self.problem.batch * self.problem.source.iter().product::<usize>()
        );
        assert!(self.out.len() >= last && self.tiles.end <= self.problem.tiles());
        let (source, zeros) = (self.source.as_ptr().cast_mut(), self.zeros.as_ptr().cast_mut());
        for (i, tile) in self.tiles.enumerate() {
            let window = self.problem.source_window(tile, source, zeros);
            for c in (0..channels).step_by(lanes) {
                let mut half = [[V::<S, T>::zero(s); POINTS]; POINTS];
                for j in 0..POINTS {
                    let mut d = [V::<S, T>::zero(s); POINTS];
                    for k in 0..POINTS {
                        // SAFETY: every pixel of a window lies in the source, or is the zeros, and has
                        // `channels` values, of which whole vectors are read (asserted above).
                        d[k] = unsafe { V::<S, T>::load_ptr(s, window[k][j].add(c)) };
                    }
                    let at = data::<S, T>(s, d);
                    for k in 0..POINTS {
                        half[k][j] = at[k];
                    }
                }
                for k in 0..POINTS {
                    let at = data::<S, T>(s, half[k]);
                    for j in 0..POINTS {
                        let place = (k * POINTS + j) * self.position_step + i * channels + c;
                        // SAFETY: `out` holds the last value of the last position (asserted above).
                        unsafe { at[j].store_ptr(self.out.as_mut_ptr().add(place)) };
                    }
                }
            }
        }
    }
}

/// Brings products from the points to `width` channels of the target, from `channel` on. The products of a
/// tile at position `p` are at `products[p * position_step + i * width..]`.
pub(super) struct Scatter<'a, T, const M: usize> {
    pub problem: &'a Problem,
    pub tiles: Range<usize>,
    pub products: &'a [T],
    pub position_step: usize,
    pub channel: usize,
    pub width: usize,
    /// A value for each channel of the target, which is added.
    pub bias: Option<&'a [T]>,
    /// The values of the target.
    pub target: *mut T,
    /// Where pixels go that lie outside: room for `width` values.
    pub outside: &'a mut [T],
}

impl<T: Real, const M: usize> Scatter<'_, T, M> {
    /// Writes the tiles.
    ///
    /// # Safety
    /// `target` must be valid for writing all images of the problem, and nobody else may use these channels of
    /// these tiles meanwhile.
    pub unsafe fn run(self, isa: AnyIsa) {
        isa.run(Run(self));
    }
}

/// Made only by [`Scatter::run`], whose caller makes its promises.
struct Run<'a, T, const M: usize>(Scatter<'a, T, M>);

impl<T: Real, const M: usize> Kernel for Run<'_, T, M> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Run(job) = self;
        let (width, lanes) = (job.width, V::<S, T>::LANES);
        let last = (POSITIONS - 1) * job.position_step + job.tiles.len() * width;
        assert!(width.is_multiple_of(lanes) && job.channel + width <= job.problem.target[2]);
        assert!(job.products.len() >= last && job.outside.len() >= width);
        assert!(job.tiles.end <= job.problem.tiles() && M == job.problem.size());
        assert!(job.bias.is_none_or(|bias| bias.len() >= job.channel + width));
        let outside = job.outside.as_mut_ptr().wrapping_sub(job.channel);
        for (i, tile) in job.tiles.enumerate() {
            let window = job.problem.target_window(tile, job.target, outside);
            for c in (0..width).step_by(lanes) {
                let products = job.products[i * width + c..].as_ptr();
                let mut half = [[V::<S, T>::zero(s); POINTS]; M];
                for j in 0..POINTS {
                    let mut w = [V::<S, T>::zero(s); POINTS];
                    for k in 0..POINTS {
                        let place = (k * POINTS + j) * job.position_step;
                        // SAFETY: the products of the last position are there (asserted above).
                        w[k] = unsafe { V::<S, T>::load_ptr(s, products.add(place)) };
                    }
                    let y = contract::<S, T, M>(s, w);
                    for k in 0..M {
                        half[k][j] = y[k];
                    }
                }
                let channel = job.channel + c;
                let bias = match job.bias {
                    Some(bias) => V::<S, T>::load(s, &bias[channel..]),
                    None => V::<S, T>::zero(s),
                };
                for k in 0..M {
                    let y = contract::<S, T, M>(s, half[k]);
                    for j in 0..M {
                        // SAFETY: the pixel is one of the target, which the caller of `Scatter::run`
                        // promised, or the room for those outside; both have these channels.
                        unsafe { (y[j] + bias).store_ptr(window[k][j].add(channel)) };
                    }
                }
            }
        }
    }
}

/// Adds what one row of positions gives to `width` channels of the target, from `channel` on. The products of a
/// tile at point `q` of the row are at `products[q * point_step + i * width..]`.
pub(super) struct ScatterRow<'a, T, const M: usize> {
    pub problem: &'a Problem,
    pub tiles: Range<usize>,
    pub products: &'a [T],
    pub point_step: usize,
    /// The factor of this row of positions for each row of pixels.
    pub row: [f64; POINTS],
    /// Replace the target's values instead of adding to them; all factors count then.
    pub first: bool,
    pub channel: usize,
    pub width: usize,
    /// A value for each channel of the target, which is added.
    pub bias: Option<&'a [T]>,
    /// The values of the target.
    pub target: *mut T,
    /// Where pixels go that lie outside: room for `width` values.
    pub outside: &'a mut [T],
}

impl<T: Real, const M: usize> ScatterRow<'_, T, M> {
    /// Writes the tiles.
    ///
    /// # Safety
    /// `target` must be valid for all images of the problem, and nobody else may use these channels of these
    /// tiles meanwhile.
    pub unsafe fn run(self, isa: AnyIsa) {
        isa.run(RunRow(self));
    }
}

/// Made only by [`ScatterRow::run`], whose caller makes its promises.
struct RunRow<'a, T, const M: usize>(ScatterRow<'a, T, M>);

impl<T: Real, const M: usize> Kernel for RunRow<'_, T, M> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let RunRow(job) = self;
        let (width, lanes) = (job.width, V::<S, T>::LANES);
        let last = (POINTS - 1) * job.point_step + job.tiles.len() * width;
        assert!(width.is_multiple_of(lanes) && job.channel + width <= job.problem.target[2]);
        assert!(job.products.len() >= last && job.outside.len() >= width);
        assert!(job.tiles.end <= job.problem.tiles() && M == job.problem.size());
        assert!(job.bias.is_none_or(|bias| bias.len() >= job.channel + width));
        let outside = job.outside.as_mut_ptr().wrapping_sub(job.channel);
        for (i, tile) in job.tiles.enumerate() {
            let window = job.problem.target_window(tile, job.target, outside);
            for c in (0..width).step_by(lanes) {
                let products = job.products[i * width + c..].as_ptr();
                let mut w = [V::<S, T>::zero(s); POINTS];
                for q in 0..POINTS {
                    // SAFETY: the products of the last point are there (asserted above).
                    w[q] = unsafe { V::<S, T>::load_ptr(s, products.add(q * job.point_step)) };
                }
                let y = contract::<S, T, M>(s, w);
                let channel = job.channel + c;
                let bias = match job.bias {
                    Some(bias) => V::<S, T>::load(s, &bias[channel..]),
                    None => V::<S, T>::zero(s),
                };
                for k in 0..M {
                    if job.row[k] == 0.0 {
                        continue;
                    }
                    let factor = splat::<S, T>(s, job.row[k]);
                    for j in 0..M {
                        let pixel = window[k][j].wrapping_add(channel);
                        // SAFETY: the pixel is one of the target, which the caller of `ScatterRow::run`
                        // promised, or the room for those outside; both have these channels.
                        unsafe {
                            let sum = match job.first {
                                true => bias,
                                false => V::<S, T>::load_ptr(s, pixel),
                            };
                            factor.mul_add(y[j], sum).store_ptr(pixel);
                        }
                    }
                }
            }
        }
    }
}

/// Brings tiles to the points of one row of positions: those of the source (`N` = `POINTS`), by `data`, or of
/// the target, by `expand`. Value `c` of tile `i` at point `q` goes to
/// `out[q * point_step + places[v].0 + i * places[v].1]` and on, for vector `v` of the channels.
pub(super) struct GatherRow<'a, T, const N: usize> {
    pub problem: &'a Problem,
    pub values: &'a [T],
    /// As many zeros as there are channels.
    pub zeros: &'a [T],
    pub tiles: Range<usize>,
    /// What each row of pixels is multiplied with.
    pub row: [f64; POINTS],
    /// The first channel.
    pub channel: usize,
    pub places: &'a [(usize, usize)],
    pub out: &'a mut [T],
    pub point_step: usize,
}

impl<T: Real, const N: usize> Kernel for GatherRow<'_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let problem = self.problem;
        let image = if N == POINTS { problem.source } else { problem.target };
        let lanes = V::<S, T>::LANES;
        let channels = self.channel + self.places.len() * lanes;
        let count = self.tiles.len();
        let reach = self.places.iter().map(|place| place.0 + count.max(1).strict_sub(1) * place.1);
        let last = (POINTS - 1) * self.point_step + reach.max().unwrap_or(0) + lanes;
        assert!(channels <= image[2] && self.zeros.len() >= image[2]);
        assert!(self.values.len() >= problem.batch * image.iter().product::<usize>());
        assert!(self.out.len() >= last && self.tiles.end <= problem.tiles());
        assert!(N == POINTS || N == problem.size());
        let (values, zeros) = (self.values.as_ptr().cast_mut(), self.zeros.as_ptr().cast_mut());
        // The rows that count, and their factors.
        let mut rows = [(0, V::<S, T>::zero(s)); POINTS];
        let mut used = 0;
        for (i, &factor) in self.row.iter().enumerate() {
            if factor != 0.0 {
                rows[used] = (i, splat::<S, T>(s, factor));
                used += 1;
            }
        }
        for (i, tile) in self.tiles.enumerate() {
            let window = if N == POINTS {
                problem.source_window(tile, values, zeros)
            } else {
                problem.target_window(tile, values, zeros)
            };
            for (v, place) in self.places.iter().enumerate() {
                let c = self.channel + v * lanes;
                let mut half = [V::<S, T>::zero(s); N];
                for &(k, factor) in &rows[..used] {
                    for j in 0..N {
                        // SAFETY: every pixel of a window lies in the image, or is the zeros; both have
                        // these channels (asserted above).
                        let x = unsafe { V::<S, T>::load_ptr(s, window[k][j].add(c)) };
                        half[j] = factor.mul_add(x, half[j]);
                    }
                }
                let at = if N == POINTS {
                    let mut all = [V::<S, T>::zero(s); POINTS];
                    all[..N].copy_from_slice(&half);
                    data::<S, T>(s, all)
                } else {
                    expand::<S, T, N>(s, half)
                };
                for q in 0..POINTS {
                    let place = q * self.point_step + place.0 + i * place.1;
                    // SAFETY: `out` holds the last vector of the last point (asserted above).
                    unsafe { at[q].store_ptr(self.out.as_mut_ptr().add(place)) };
                }
            }
        }
    }
}
