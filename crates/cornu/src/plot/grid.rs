//! Sheets of images.

use super::Image;
use crate::{Array, Data, Error, Result};

/// Images side by side: row after row, `columns` to a row, `gap` white pixels between neighbours.
///
/// - `images`: shape (count, height, width, channels) with 1 (gray) or 3 (red, green, blue)
///   channels, or (count, height, width) for gray; `u8`, or floats of which 0 is black and 1 full
///   light (beyond is clipped, not-a-number is black).
/// - `columns`: images in a row. Places that stay empty in the last row are white.
/// - `gap`: 0 for images that touch.
///
/// The result has `columns * width + (columns - 1) * gap` columns of pixels, rows alike, and the
/// channels of the images.
///
/// # Errors
/// When the shape or the type is another, there are no images, `columns` is 0, or the sheet would be
/// too large (see [`Image::new`]).
///
/// ```
/// use cornu::{Array, plot};
/// let digits = Array::full(&[225, 28, 28, 1], 0.5f32)?;
/// let sheet = plot::image_grid(&digits, 15, 0)?;
/// assert_eq!((sheet.width, sheet.height, sheet.channels), (420, 420, 1));
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn image_grid(images: &Array, columns: usize, gap: usize) -> Result<Image> {
    let invalid = |argument: &str, rule: &str, received: String| {
        Error::invalid("plot::image_grid", argument, rule, received)
    };
    let (count, height, width, channels) = match *images.shape() {
        [n, h, w] => (n, h, w, 1),
        [n, h, w, c @ (1 | 3)] => (n, h, w, c),
        ref other => {
            let rule = "must have shape (count, height, width, 1 or 3) or (count, height, width)";
            return Err(invalid("images", rule, format!("shape {other:?}")));
        }
    };
    if images.is_empty() {
        let shape = format!("shape {:?}", images.shape());
        return Err(invalid("images", "must hold at least one pixel", shape));
    }
    if columns == 0 {
        return Err(invalid("columns", "must be at least 1", "0".into()));
    }
    let pixels: Vec<u8> = match images.data() {
        Data::U8(values) => values.clone(),
        Data::F32(values) => values.iter().map(|&v| (v * 255.0).round() as u8).collect(),
        Data::F64(values) => values.iter().map(|&v| (v * 255.0).round() as u8).collect(),
        _ => return Err(invalid("images", "must be u8 or float", images.dtype().to_string())),
    };

    let side = |places: usize, size: usize| {
        places.saturating_mul(size).saturating_add((places - 1).saturating_mul(gap))
    };
    let (sheet_width, sheet_height) = (side(columns, width), side(count.div_ceil(columns), height));
    let mut sheet =
        Image::filled("plot::image_grid", sheet_width, sheet_height, channels, u8::MAX)?;
    for (i, image) in pixels.chunks_exact(height * width * channels).enumerate() {
        // Saturating: a gap that never appears may be of any size.
        let place = |index: usize, size: usize| index * size.saturating_add(gap);
        let (left, top) = (place(i % columns, width), place(i / columns, height));
        for (y, row) in image.chunks_exact(width * channels).enumerate() {
            let start = ((top + y) * sheet_width + left) * channels;
            sheet.pixels[start..start + row.len()].copy_from_slice(row);
        }
    }
    Ok(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Images in which every pixel tells which image it is from.
    fn numbered(count: usize, height: usize, width: usize, channels: usize) -> Array {
        let size = height * width * channels;
        let pixels = (0..count * size).map(|i| (i / size % 25 * 10) as u8).collect();
        Array::new(&[count, height, width, channels], pixels).unwrap()
    }

    #[test]
    fn images_lie_row_after_row() {
        let sheet = image_grid(&numbered(5, 2, 3, 3), 3, 1).unwrap();
        assert_eq!((sheet.width, sheet.height, sheet.channels), (11, 5, 3));
        assert_eq!(sheet.pixel(2, 1), Some(&[0, 0, 0][..]));
        assert_eq!(sheet.pixel(3, 0), Some(&[255, 255, 255][..]));
        assert_eq!(sheet.pixel(4, 0), Some(&[10, 10, 10][..]));
        assert_eq!(sheet.pixel(10, 1), Some(&[20, 20, 20][..]));
        assert_eq!(sheet.pixel(0, 2), Some(&[255, 255, 255][..]));
        assert_eq!(sheet.pixel(0, 3), Some(&[30, 30, 30][..]));
        assert_eq!(sheet.pixel(10, 4), Some(&[255, 255, 255][..]));
    }

    #[test]
    fn the_manifold_is_420_pixels_wide() {
        let sheet = image_grid(&numbered(225, 28, 28, 1), 15, 0).unwrap();
        assert_eq!((sheet.width, sheet.height, sheet.channels), (420, 420, 1));
        assert!(sheet.pixels.iter().all(|p| p % 10 == 0));
    }

    #[test]
    fn floats_go_from_black_to_white() {
        let values = vec![0.0f32, 1.0, 0.5, -3.0, 7.0, f32::NAN, f32::INFINITY, 0.999];
        let sheet = image_grid(&Array::new(&[1, 2, 4], values).unwrap(), 1, 9).unwrap();
        assert_eq!(sheet.pixels, [0, 255, 128, 0, 255, 0, 255, 255]);
    }

    #[test]
    fn impossible_sheets_are_errors() {
        let one = numbered(1, 2, 2, 1);
        assert!(image_grid(&one, 0, 0).is_err());
        assert!(image_grid(&one, usize::MAX, 1).is_err());
        assert!(image_grid(&one, 2, usize::MAX).is_err());
        assert!(image_grid(&one, 1, usize::MAX).is_ok());
        for shape in [&[0, 2, 2, 1][..], &[1, 0, 2, 1], &[1, 2, 2, 2], &[2, 2]] {
            let images = Array::zeros(shape, crate::DType::F32).unwrap();
            let error = image_grid(&images, 1, 0).unwrap_err().to_string();
            assert!(error.starts_with("plot::image_grid: `images` must"), "{error}");
        }
        assert!(image_grid(&Array::zeros(&[1, 2, 2], crate::DType::I32).unwrap(), 1, 0).is_err());
    }
}
