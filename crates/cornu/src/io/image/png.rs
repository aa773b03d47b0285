//! PNG files.

use std::io::{BufRead, Cursor, Seek};
use std::path::Path;

use cornu_graph::Array;

use crate::{Error, Result};

/// Reads a PNG as `uint8` of shape `[height, width, channels]`: 1 channel for grey, 3 for colour.
///
/// Palettes are resolved, 16 bits per channel are cut to 8, and transparency is blended over white.
///
/// # Errors
/// When the file cannot be read, is not a whole PNG, or expands further than
/// [`expansion_limit`](crate::io::expansion_limit).
pub fn read_png(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let (reader, size) = crate::io::open(path)?;
    decode(&path.display().to_string(), reader, size)
}

/// Reads a PNG that is in memory; `what` names it in errors.
///
/// # Errors
/// As [`read_png`].
pub fn png_from_bytes(what: &str, bytes: &[u8]) -> Result<Array> {
    decode(what, Cursor::new(bytes), bytes.len() as u64)
}

fn decode(what: &str, reader: impl BufRead + Seek, size: u64) -> Result<Array> {
    let failed = |e: ::png::DecodingError| match e {
        ::png::DecodingError::IoError(e) => crate::io::read_error(what, e),
        e => Error::format(what, format!("is not a readable PNG: {e}")),
    };
    let mut decoder = ::png::Decoder::new(reader);
    decoder.set_transformations(::png::Transformations::normalize_to_color8());
    let mut image = decoder.read_info().map_err(failed)?;
    let limit = crate::io::expansion_limit(size);
    let bytes = image.output_buffer_size().filter(|&n| n as u64 <= limit).ok_or_else(|| {
        let (w, h) = (image.info().width, image.info().height);
        Error::format(
            what,
            format!("claims {w}x{h} pixels, more than the {limit} bytes that a file of {size} bytes may expand to"),
        )
    })?;
    let mut pixels = vec![0; bytes];
    let frame = image.next_frame(&mut pixels).map_err(failed)?;
    pixels.truncate(frame.buffer_size());
    let (channels, pixels) = match frame.color_type {
        ::png::ColorType::Grayscale => (1, pixels),
        ::png::ColorType::Rgb => (3, pixels),
        ::png::ColorType::GrayscaleAlpha => (1, over_white::<2>(&pixels)),
        ::png::ColorType::Rgba => (3, over_white::<4>(&pixels)),
        ::png::ColorType::Indexed => {
            return Err(Error::format(what, "has a palette that could not be resolved"));
        }
    };
    Ok(Array::new(&[frame.height as usize, frame.width as usize, channels], pixels)?)
}

/// Blends pixels whose last of `N` channels is their opacity over white.
fn over_white<const N: usize>(pixels: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() / N * (N - 1));
    for pixel in pixels.as_chunks::<N>().0 {
        let alpha = u32::from(pixel[N - 1]);
        for &v in &pixel[..N - 1] {
            let sum = u32::from(v) * alpha + 255 * (255 - alpha);
            // At most 255: a weighted mean of bytes, rounded.
            out.push(((sum + 127) / 255) as u8);
        }
    }
    out
}

/// Writes a `uint8` array as a PNG: `[height, width]` or `[height, width, 1]` as grey,
/// `[height, width, 3]` as RGB.
///
/// # Errors
/// When the array has another type or shape or no pixels, or the file cannot be written.
///
/// ```
/// use cornu::{Array, io::image};
/// let path = std::env::temp_dir().join("cornu-doc.png");
/// image::write_png(&path, &Array::new(&[1, 2], vec![0u8, 255])?)?;
/// assert_eq!(image::read_png(&path)?.shape(), [1, 2, 1]);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn write_png(path: impl AsRef<Path>, image: &Array) -> Result<()> {
    let bytes = png_bytes(image)?;
    crate::io::atomic_write(path, |file| std::io::Write::write_all(file, &bytes))
}

/// The contents of the PNG file that [`write_png`] writes.
///
/// # Errors
/// When the array has another type or shape or no pixels.
pub fn png_bytes(image: &Array) -> Result<Vec<u8>> {
    let wrong = || {
        Error::invalid(
            "io::image::write_png",
            "image",
            "must be uint8 of shape [height, width], [height, width, 1] or [height, width, 3], not empty",
            format!("dtype={}, shape={:?}", image.dtype(), image.shape()),
        )
    };
    let (height, width, color) = match *image.shape() {
        [h, w] | [h, w, 1] => (h, w, ::png::ColorType::Grayscale),
        [h, w, 3] => (h, w, ::png::ColorType::Rgb),
        _ => return Err(wrong()),
    };
    let pixels = image.as_slice::<u8>().map_err(|_| wrong())?;
    let (Ok(w), Ok(h)) = (u32::try_from(width), u32::try_from(height)) else {
        return Err(wrong());
    };
    let mut out = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut out, w, h);
    encoder.set_color(color);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels))
        .map_err(|_| wrong())?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::tests::Folder;
    use crate::testing::processor_time;
    use std::time::Duration;

    fn encoded(
        color: ::png::ColorType,
        depth: ::png::BitDepth,
        w: u32,
        h: u32,
        data: &[u8],
    ) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut out, w, h);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ::png::ColorType::Indexed {
            encoder.set_palette(vec![1, 2, 3, 4, 5, 6]);
        }
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        out
    }

    fn grey(h: usize, w: usize, value: u8) -> Vec<u8> {
        png_bytes(&Array::full(&[h, w], value).unwrap()).unwrap()
    }

    #[test]
    fn images_come_back() {
        let folder = Folder::new();
        let path = folder.0.join("a.png");
        for (shape, back) in [
            (vec![3, 4], vec![3, 4, 1]),
            (vec![3, 4, 1], vec![3, 4, 1]),
            (vec![2, 2, 3], vec![2, 2, 3]),
        ] {
            let image = Array::new(&shape, (0..12u8).map(|v| v * 20).collect()).unwrap();
            write_png(&path, &image).unwrap();
            assert_eq!(read_png(&path).unwrap(), image.reshape(&back).unwrap());
        }
    }

    #[test]
    fn every_kind_of_png_becomes_grey_or_rgb_bytes() {
        use ::png::{BitDepth, ColorType};
        let read = |color, depth, w, h, data: &[u8]| {
            png_from_bytes("f", &encoded(color, depth, w, h, data)).unwrap()
        };
        let rgb = |v: Vec<u8>| Array::new(&[1, v.len() / 3, 3], v).unwrap();
        assert_eq!(
            read(ColorType::Indexed, BitDepth::Eight, 2, 1, &[1, 0]),
            rgb(vec![4, 5, 6, 1, 2, 3])
        );
        // Opaque, clear and half clear over white.
        let rgba = [10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 51];
        assert_eq!(
            read(ColorType::Rgba, BitDepth::Eight, 3, 1, &rgba),
            rgb(vec![10, 20, 30, 255, 255, 255, 204, 224, 244])
        );
        let alpha = read(ColorType::GrayscaleAlpha, BitDepth::Eight, 2, 1, &[7, 255, 7, 0]);
        assert_eq!(alpha, Array::new(&[1, 2, 1], vec![7u8, 255]).unwrap());
        let deep = read(ColorType::Grayscale, BitDepth::Sixteen, 1, 1, &[200, 99]);
        assert_eq!(deep.as_slice::<u8>().unwrap(), [200]);
        let bits = read(ColorType::Grayscale, BitDepth::One, 2, 1, &[0b0100_0000]);
        assert_eq!(bits.as_slice::<u8>().unwrap(), [0, 255]);
    }

    #[test]
    fn hostile_images_are_errors() {
        let good = grey(5, 5, 9);
        for n in 0..good.len() - 12 {
            assert!(png_from_bytes("f", &good[..n]).is_err(), "{n} bytes");
        }
        assert!(png_from_bytes("f", b"GIF89a").is_err());
        // A picture of 10^10 pixels in some bytes: only the header and its checksum are changed.
        let mut bomb = good;
        bomb[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
        let mut crc = flate2::Crc::new();
        crc.update(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let (read, took) = processor_time(|| png_from_bytes("f", &bomb));
        let e = read.unwrap_err().to_string();
        assert!(e.contains("may expand to"), "{e}");
        assert!(took < Duration::from_secs(1), "{took:?}");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for image in [
            Array::scalar(1u8),
            Array::full(&[2, 2], 1f32).unwrap(),
            Array::full(&[2, 2, 4], 1u8).unwrap(),
            Array::full(&[0, 2], 1u8).unwrap(),
        ] {
            let e = png_bytes(&image).unwrap_err().to_string();
            assert!(e.contains("must be uint8 of shape"), "{e}");
        }
    }
}
