//! The picture that every plot returns.

use std::path::Path;

use crate::{Array, Error, Result, io};

/// A picture in memory: rows from the top, pixels from the left, 8 bits a channel.
///
/// ```
/// use cornu::plot::Image;
/// let red = Image::new(2, 1, 3, vec![255, 0, 0, 255, 0, 0])?;
/// assert_eq!(red.pixel(1, 0), Some(&[255, 0, 0][..]));
/// assert_eq!(red.enlarge(3)?.width, 6);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1 (gray) or 3 (red, green, blue).
    pub channels: usize,
    /// `height * width * channels` values.
    pub pixels: Vec<u8>,
}

/// A side longer than this is a mistake in the arguments, not a picture.
const MAX_SIDE: usize = 1 << 15;
/// More pixels than this would take over 750 MB.
const MAX_PIXELS: usize = 1 << 28;

impl Image {
    /// A picture of `width` times `height` pixels with 1 or 3 channels.
    ///
    /// # Errors
    /// When a side is 0 or above 32768, there are over 2²⁸ pixels, `channels` is neither 1 nor 3,
    /// or `pixels` does not have `height * width * channels` values.
    pub fn new(width: usize, height: usize, channels: usize, pixels: Vec<u8>) -> Result<Image> {
        let count = checked_size("Image", width, height, channels)?;
        if pixels.len() != count {
            return Err(Error::invalid(
                "Image",
                "pixels",
                format!("must have {height} x {width} x {channels} = {count} values"),
                format!("{} values", pixels.len()),
            ));
        }
        Ok(Image { width, height, channels, pixels })
    }

    /// A picture with one value everywhere.
    pub(super) fn filled(
        function: &str,
        width: usize,
        height: usize,
        channels: usize,
        value: u8,
    ) -> Result<Image> {
        let count = checked_size(function, width, height, channels)?;
        Ok(Image { width, height, channels, pixels: vec![value; count] })
    }

    /// The channels of the pixel in column `x` of row `y`; `None` outside of the picture.
    pub fn pixel(&self, x: usize, y: usize) -> Option<&[u8]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        let start = y.checked_mul(self.width)?.checked_add(x)?.checked_mul(self.channels)?;
        self.pixels.get(start..start.checked_add(self.channels)?)
    }

    /// The picture with every pixel repeated `factor` times in both directions, without blur.
    ///
    /// # Errors
    /// When `factor` is 0 or the result would be too large (see [`Image::new`]).
    pub fn enlarge(&self, factor: usize) -> Result<Image> {
        let (width, height) =
            (self.width.saturating_mul(factor), self.height.saturating_mul(factor));
        let count = checked_size("Image::enlarge", width, height, self.channels)?;
        let mut pixels = Vec::with_capacity(count);
        for row in self.pixels.chunks_exact(self.width * self.channels) {
            let start = pixels.len();
            for pixel in row.chunks_exact(self.channels) {
                for _ in 0..factor {
                    pixels.extend_from_slice(pixel);
                }
            }
            let end = pixels.len();
            for _ in 1..factor {
                pixels.extend_from_within(start..end);
            }
        }
        Ok(Image { width, height, channels: self.channels, pixels })
    }

    /// The picture as an array of shape (height, width, channels), `u8`.
    ///
    /// # Errors
    /// When the public fields were changed so that they do not fit together.
    pub fn to_array(&self) -> Result<Array> {
        Ok(Array::new(&[self.height, self.width, self.channels], self.pixels.clone())?)
    }

    /// The bytes of a PNG file with this picture.
    ///
    /// # Errors
    /// When the public fields were changed into something that is not a picture.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        io::image::png_bytes(&self.to_array()?)
    }

    /// Writes the picture as a PNG file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        io::image::write_png(path, &self.to_array()?)
    }
}

/// The number of values in a picture of this size, if it is a possible one.
fn checked_size(function: &str, width: usize, height: usize, channels: usize) -> Result<usize> {
    let fits = |side: usize| (1..=MAX_SIDE).contains(&side);
    if !fits(width) || !fits(height) || width * height > MAX_PIXELS {
        return Err(Error::invalid(
            function,
            "size",
            format!("must give sides of 1 to {MAX_SIDE} and at most {MAX_PIXELS} pixels"),
            format!("{width} x {height}"),
        ));
    }
    if channels != 1 && channels != 3 {
        return Err(Error::invalid(function, "channels", "must be 1 or 3", channels));
    }
    Ok(width * height * channels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_picture_has_the_same_pixels() {
        let path = std::env::temp_dir().join(format!("cornu-image-{}.png", std::process::id()));
        for channels in [1, 3] {
            let pixels: Vec<u8> = (0..5 * 4 * channels).map(|i| (i * 7 % 256) as u8).collect();
            let image = Image::new(5, 4, channels, pixels).unwrap();
            image.save(&path).unwrap();
            assert_eq!(io::image::read_png(&path).unwrap(), image.to_array().unwrap());
            assert_eq!(std::fs::read(&path).unwrap(), image.to_png().unwrap());
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn enlarge_repeats_pixels() {
        let image = Image::new(2, 2, 1, vec![1, 2, 3, 4]).unwrap();
        let large = image.enlarge(2).unwrap();
        assert_eq!(large.pixels, [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
        assert!(image.enlarge(0).is_err());
        assert!(image.enlarge(usize::MAX).is_err());
    }

    #[test]
    fn impossible_pictures_are_errors() {
        assert!(Image::new(0, 1, 1, vec![]).is_err());
        assert!(Image::new(1, 1, 2, vec![0, 0]).is_err());
        assert!(Image::new(usize::MAX, usize::MAX, 3, vec![]).is_err());
        let error = Image::new(2, 2, 1, vec![0]).unwrap_err().to_string();
        assert!(error.contains("4 values. Received: 1 values"), "{error}");
        let mut image = Image::filled("test", 1, 1, 1, 0).unwrap();
        image.width = 0;
        assert!(image.to_png().is_err());
        image.width = 2;
        assert!(image.to_png().is_err());
    }
}
