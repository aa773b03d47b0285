//! Tiles of images: where their pixels are, and how they get to the points and back.

use super::transform::{POINTS, POSITIONS, Pair, V, contract, data, expand, splat};
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

impl Problem {
    /// The rows and columns of a tile of the target; a tile of the source has `POINTS`.
    pub fn size(&self) -> usize {
        POINTS + 1 - self.taps
    }

    /// The tiles of all images.
    pub fn tiles(&self) -> usize {
        self.batch * self.tiles_of_image()
    }

    /// The rows and columns of tiles in an image.
    fn grid(&self) -> [usize; 2] {
        [self.target[0].div_ceil(self.size()), self.target[1].div_ceil(self.size())]
    }

    fn tiles_of_image(&self) -> usize {
        self.grid().iter().product()
    }

    /// Where tile `i` is.
    fn tile(&self, i: usize) -> Tile {
        let [_, across] = self.grid();
        let (image, i) = (i / self.tiles_of_image(), i % self.tiles_of_image());
        Tile { image, row: i / across, col: i % across }
    }
}

/// A tile's image, and its place among the image's tiles.
#[derive(Clone, Copy)]
struct Tile {
    image: usize,
    row: usize,
    col: usize,
}

impl Tile {
    /// Goes to the next tile.
    #[inline(always)]
    fn step(&mut self, [down, across]: [usize; 2]) {
        self.col += 1;
        if self.col == across {
            (self.col, self.row) = (0, self.row + 1);
        }
        if self.row == down {
            (self.row, self.image) = (0, self.image + 1);
        }
    }

    /// The addresses of `N` by `N` pixels of images of this size, from the tile's first pixel of the target and
    /// `origin` on; `outside` where there is none.
    #[inline(always)]
    fn window<T, const N: usize>(
        &self,
        size: usize,
        origin: [isize; 2],
        [height, width, channels]: [usize; 3],
        start: *mut T,
        outside: *mut T,
    ) -> [[*mut T; N]; N] {
        let top = (self.row * size) as isize + origin[0];
        let left = (self.col * size) as isize + origin[1];
        // Positions before the first wrap around to beyond the last.
        let inside: [bool; N] = std::array::from_fn(|j| ((left + j as isize) as usize) < width);
        std::array::from_fn(|i| {
            let y = (top + i as isize) as usize;
            let line = (self.image * height).wrapping_add(y).wrapping_mul(width);
            let first = line.wrapping_add(left as usize).wrapping_mul(channels);
            let first = start.wrapping_add(first);
            std::array::from_fn(|j| match y < height && inside[j] {
                true => first.wrapping_add(j * channels),
                false => outside,
            })
        })
    }
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
        let Problem { source: image, origin, .. } = *self.problem;
        let (size, grid) = (self.problem.size(), self.problem.grid());
        let mut tile = self.problem.tile(self.tiles.start);
        for i in 0..self.tiles.len() {
            let window = tile.window::<T, POINTS>(size, origin, image, source, zeros);
            tile.step(grid);
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
        let (image, grid) = (job.problem.target, job.problem.grid());
        let mut tile = job.problem.tile(job.tiles.start);
        for i in 0..job.tiles.len() {
            let window = tile.window::<T, M>(M, [0, 0], image, job.target, outside);
            tile.step(grid);
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

/// Adds what two rows of positions give to `width` channels of the target, from `channel` on. The products of a
/// tile at point `q` of row `r` are at `products[(r * POINTS + q) * point_step + i * width..]`.
pub(super) struct ScatterPair<'a, T, const M: usize> {
    pub problem: &'a Problem,
    pub tiles: Range<usize>,
    pub products: &'a [T],
    pub point_step: usize,
    pub pair: Pair,
    /// Replace the target's values instead of adding to them; for a pair that counts in all rows.
    pub first: bool,
    pub channel: usize,
    pub width: usize,
    /// A value for each channel of the target, which is added where its values are replaced.
    pub bias: Option<&'a [T]>,
    /// The values of the target.
    pub target: *mut T,
    /// Where pixels go that lie outside: room for `width` values.
    pub outside: &'a mut [T],
}

impl<T: Real, const M: usize> ScatterPair<'_, T, M> {
    /// Writes the tiles.
    ///
    /// # Safety
    /// `target` must be valid for all images of the problem, and nobody else may use these channels of these
    /// tiles meanwhile.
    pub unsafe fn run(self, isa: AnyIsa) {
        isa.run(RunPair(self));
    }
}

/// Made only by [`ScatterPair::run`], whose caller makes its promises.
struct RunPair<'a, T, const M: usize>(ScatterPair<'a, T, M>);

impl<T: Real, const M: usize> Kernel for RunPair<'_, T, M> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let RunPair(job) = self;
        let (width, lanes) = (job.width, V::<S, T>::LANES);
        let last = (2 * POINTS - 1) * job.point_step + job.tiles.len() * width;
        assert!(width.is_multiple_of(lanes) && job.channel + width <= job.problem.target[2]);
        assert!(job.products.len() >= last && job.outside.len() >= width);
        assert!(job.tiles.end <= job.problem.tiles() && M == job.problem.size());
        assert!(job.bias.is_none_or(|bias| bias.len() >= job.channel + width));
        let outside = job.outside.as_mut_ptr().wrapping_sub(job.channel);
        let factors = job.pair.expand(M);
        let (image, grid) = (job.problem.target, job.problem.grid());
        let mut tile = job.problem.tile(job.tiles.start);
        for i in 0..job.tiles.len() {
            let window = tile.window::<T, M>(M, [0, 0], image, job.target, outside);
            tile.step(grid);
            for c in (0..width).step_by(lanes) {
                let products = job.products[i * width + c..].as_ptr();
                let mut rows = [[V::<S, T>::zero(s); M]; 2];
                for r in 0..2 {
                    let mut w = [V::<S, T>::zero(s); POINTS];
                    for q in 0..POINTS {
                        let place = (r * POINTS + q) * job.point_step;
                        // SAFETY: the products of the last point are there (asserted above).
                        w[q] = unsafe { V::<S, T>::load_ptr(s, products.add(place)) };
                    }
                    rows[r] = contract::<S, T, M>(s, w);
                }
                if job.pair.mixed {
                    for j in 0..M {
                        let [a, b] = [rows[0][j], rows[1][j]];
                        (rows[0][j], rows[1][j]) = (a + b, a - b);
                    }
                }
                let channel = job.channel + c;
                let bias = match job.bias {
                    Some(bias) => V::<S, T>::load(s, &bias[channel..]),
                    None => V::<S, T>::zero(s),
                };
                for k in 0..M {
                    if factors[k] == 0.0 {
                        continue;
                    }
                    let factor = splat::<S, T>(s, factors[k]);
                    for j in 0..M {
                        let pixel = window[k][j].wrapping_add(channel);
                        // SAFETY: the pixel is one of the target, which the caller of `ScatterPair::run`
                        // promised, or the room for those outside; both have these channels.
                        unsafe {
                            let sum = match job.first {
                                true => bias,
                                false => V::<S, T>::load_ptr(s, pixel),
                            };
                            factor.mul_add(rows[k % 2][j], sum).store_ptr(pixel);
                        }
                    }
                }
            }
        }
    }
}

/// Brings tiles to the points of two rows of positions: those of the source (`N` = `POINTS`), by `data`, or of
/// the target, by `expand`. Value `c` of tile `i` at point `q` of row `r` goes to
/// `out[(r * POINTS + q) * point_step + places[v].0 + i * places[v].1]` and on, for vector `v` of the channels.
pub(super) struct GatherPair<'a, T, const N: usize> {
    pub problem: &'a Problem,
    pub values: &'a [T],
    /// As many zeros as there are channels.
    pub zeros: &'a [T],
    pub tiles: Range<usize>,
    pub pair: Pair,
    /// The first channel.
    pub channel: usize,
    pub places: &'a [(usize, usize)],
    pub out: &'a mut [T],
    pub point_step: usize,
}

impl<T: Real, const N: usize> Kernel for GatherPair<'_, T, N> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let problem = self.problem;
        let (image, origin, factors) = match N == POINTS {
            true => (problem.source, problem.origin, self.pair.data()),
            false => (problem.target, [0, 0], self.pair.expand(N)),
        };
        let lanes = V::<S, T>::LANES;
        let channels = self.channel + self.places.len() * lanes;
        let count = self.tiles.len();
        let reach = self.places.iter().map(|place| place.0 + count.saturating_sub(1) * place.1);
        let last = (2 * POINTS - 1) * self.point_step + reach.max().unwrap_or(0) + lanes;
        assert!(channels <= image[2] && self.zeros.len() >= image[2]);
        assert!(self.values.len() >= problem.batch * image.iter().product::<usize>());
        assert!(self.out.len() >= last && self.tiles.end <= problem.tiles());
        assert!(N == POINTS || N == problem.size());
        let (values, zeros) = (self.values.as_ptr().cast_mut(), self.zeros.as_ptr().cast_mut());
        let grid = problem.grid();
        let mut tile = problem.tile(self.tiles.start);
        for i in 0..count {
            let window = tile.window::<T, N>(problem.size(), origin, image, values, zeros);
            tile.step(grid);
            for (v, place) in self.places.iter().enumerate() {
                let c = self.channel + v * lanes;
                let mut rows = [[V::<S, T>::zero(s); N]; 2];
                for k in 0..N {
                    if factors[k] == 0.0 {
                        continue;
                    }
                    let factor = splat::<S, T>(s, factors[k]);
                    for j in 0..N {
                        // SAFETY: every pixel of a window lies in the image, or is the zeros; both have
                        // these channels (asserted above).
                        let x = unsafe { V::<S, T>::load_ptr(s, window[k][j].add(c)) };
                        rows[k % 2][j] = factor.mul_add(x, rows[k % 2][j]);
                    }
                }
                if self.pair.mixed {
                    for j in 0..N {
                        let [a, b] = [rows[0][j], rows[1][j]];
                        (rows[0][j], rows[1][j]) = (a + b, a - b);
                    }
                }
                for r in 0..2 {
                    let at = if N == POINTS {
                        let mut all = [V::<S, T>::zero(s); POINTS];
                        all[..N].copy_from_slice(&rows[r]);
                        data::<S, T>(s, all)
                    } else {
                        expand::<S, T, N>(s, rows[r])
                    };
                    for q in 0..POINTS {
                        let place = (r * POINTS + q) * self.point_step + place.0 + i * place.1;
                        // SAFETY: `out` holds the last vector of the last point (asserted above).
                        unsafe { at[q].store_ptr(self.out.as_mut_ptr().add(place)) };
                    }
                }
            }
        }
    }
}
