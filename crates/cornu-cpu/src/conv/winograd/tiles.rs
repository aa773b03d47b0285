//! Tiles of images: where their pixels are.

/// The sum over phases and taps: for pixel (y, x) of every phase of the target, the sum over the source's phases
/// and the taps (i, j) of the kernel's part for both phases, of pixel (y + i, x + j) times a matrix. Only one of
/// the images has several phases.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem {
    pub batch: usize,
    pub source: Image,
    pub target: Image,
    /// Rows and columns of the kernel's part for a phase.
    pub taps: usize,
}

/// An image in `step` by `step` phases: pixel (y, x) of phase (p, q) is the image's pixel `step` (y, x) + (p, q) +
/// `origin`. A pixel outside of the image is zero, and where it is to be written it is not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image {
    /// Height, width and channels.
    pub size: [usize; 3],
    pub origin: [isize; 2],
    pub step: usize,
}

impl Image {
    pub fn channels(&self) -> usize {
        self.size[2]
    }

    pub fn phases(&self) -> usize {
        self.step * self.step
    }

    /// The channels of all phases.
    pub fn depth(&self) -> usize {
        self.phases() * self.channels()
    }

    /// The values of `batch` images.
    pub fn len(&self, batch: usize) -> usize {
        batch * self.size.iter().product::<usize>()
    }
}

impl Problem {
    /// The points along an axis; as many values a tile of the source has.
    pub fn points(&self) -> usize {
        if self.taps == 2 { 4 } else { 6 }
    }

    /// The rows and columns of a tile of the target.
    pub fn size(&self) -> usize {
        self.points() + 1 - self.taps
    }

    /// Positions of a tile.
    pub fn positions(&self) -> usize {
        self.points() * self.points()
    }

    /// The phases of the kernel.
    pub fn phases(&self) -> usize {
        self.source.phases() * self.target.phases()
    }

    /// The values of the kernel at the points.
    pub fn points_len(&self) -> usize {
        self.positions() * self.source.depth() * self.target.depth()
    }

    /// The tiles of all images, each for all phases.
    pub fn tiles(&self) -> usize {
        self.batch * self.tiles_of_image()
    }

    /// The rows and columns of tiles in an image.
    pub fn grid(&self) -> [usize; 2] {
        let Image { size, origin, step } = self.target;
        [0, 1].map(|axis| {
            let pixels = size[axis].saturating_add_signed(-origin[axis]);
            pixels.div_ceil(step).div_ceil(self.size())
        })
    }

    fn tiles_of_image(&self) -> usize {
        self.grid().iter().product()
    }

    /// Where tile `i` is.
    pub fn tile(&self, i: usize) -> Tile {
        let [_, across] = self.grid();
        let (image, i) = (i / self.tiles_of_image(), i % self.tiles_of_image());
        Tile { image, row: i / across, col: i % across }
    }
}

/// A tile's image, and its place among the image's tiles.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    image: usize,
    row: usize,
    col: usize,
}

impl Tile {
    /// Goes to the next tile.
    #[inline(always)]
    pub fn step(&mut self, [down, across]: [usize; 2]) {
        self.col += 1;
        if self.col == across {
            (self.col, self.row) = (0, self.row + 1);
        }
        if self.row == down {
            (self.row, self.image) = (0, self.image + 1);
        }
    }

    /// The addresses of `N` by `N` pixels of a phase of images that begin at `start`, where tiles are `size` pixels
    /// apart; `outside` where there is none.
    #[inline(always)]
    pub fn window<T, const N: usize>(
        &self,
        size: usize,
        image: &Image,
        phase: usize,
        start: *mut T,
        outside: *mut T,
    ) -> [[*mut T; N]; N] {
        let Image { size: [height, width, channels], origin, step } = *image;
        let top = (self.row * size * step + phase / step) as isize + origin[0];
        let left = (self.col * size * step + phase % step) as isize + origin[1];
        // Positions before the first wrap around to beyond the last.
        let inside: [bool; N] =
            std::array::from_fn(|j| (left as usize).wrapping_add(j * step) < width);
        std::array::from_fn(|i| {
            let y = (top as usize).wrapping_add(i * step);
            let line = (self.image * height).wrapping_add(y).wrapping_mul(width);
            let first = line.wrapping_add(left as usize).wrapping_mul(channels);
            let first = start.wrapping_add(first);
            std::array::from_fn(|j| match y < height && inside[j] {
                true => first.wrapping_add(j * step * channels),
                false => outside,
            })
        })
    }
}
