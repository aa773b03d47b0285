//! PNG images, one by one or as folders with a sub-folder for each class.

use std::io::{BufRead, Cursor, Seek};
use std::path::{Path, PathBuf};

use cornu_graph::Array;

use crate::{Error, Result};

/// Reads a PNG as `uint8` of shape `[height, width, channels]`: 1 channel for grey, 3 for colour.
///
/// Palettes are resolved, 16 bits per channel are cut to 8, and transparency is blended over white.
///
/// # Errors
/// When the file cannot be read, is not a whole PNG, or expands further than
/// [`expansion_limit`](super::expansion_limit).
pub fn read_png(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let (reader, size) = super::open(path)?;
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
    let failed = |e: png::DecodingError| match e {
        png::DecodingError::IoError(e) => super::read_error(what, e),
        e => Error::format(what, format!("is not a readable PNG: {e}")),
    };
    let mut decoder = png::Decoder::new(reader);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut image = decoder.read_info().map_err(failed)?;
    let limit = super::expansion_limit(size);
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
        png::ColorType::Grayscale => (1, pixels),
        png::ColorType::Rgb => (3, pixels),
        png::ColorType::GrayscaleAlpha => (1, over_white::<2>(&pixels)),
        png::ColorType::Rgba => (3, over_white::<4>(&pixels)),
        png::ColorType::Indexed => {
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
    super::atomic_write(path, |file| std::io::Write::write_all(file, &bytes))
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
        [h, w] | [h, w, 1] => (h, w, png::ColorType::Grayscale),
        [h, w, 3] => (h, w, png::ColorType::Rgb),
        _ => return Err(wrong()),
    };
    let pixels = image.as_slice::<u8>().map_err(|_| wrong())?;
    let (Ok(w), Ok(h)) = (u32::try_from(width), u32::try_from(height)) else {
        return Err(wrong());
    };
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, w, h);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(pixels))
        .map_err(|_| wrong())?;
    Ok(out)
}

/// The images of a folder, as [`read_folder`] gives them.
#[derive(Debug, Clone)]
pub struct ImageFolder {
    /// `uint8` of shape `[images, height, width, channels]`.
    pub images: Array,
    /// The class of each image, `int32`; `None` where the folder has no sub-folders.
    pub labels: Option<Array>,
    /// The sub-folders' names, sorted: label 0 is the first.
    pub class_names: Vec<String>,
}

/// Reads all PNG images of a folder, sorted by name.
///
/// Each sub-folder is a class, as in Keras's `image_dataset_from_directory`; images that stand directly in the
/// folder have no labels. Where some images are grey and some coloured, all get three channels.
/// `image_size` is the `(height, width)` to which images of another size are resized: bilinear between
/// pixel centres, each pixel the mean over the area that it covers where the image shrinks.
/// Without it all images must have one size. Hidden files and files that are no images are passed over.
///
/// # Errors
/// When there is no PNG, images stand both in the folder and in sub-folders, an image is of another format
/// or cannot be read, or sizes differ and `image_size` is `None`.
pub fn read_folder(
    path: impl AsRef<Path>,
    image_size: Option<(usize, usize)>,
) -> Result<ImageFolder> {
    let path = path.as_ref();
    let what = path.display().to_string();
    let Listing { folders, images } = list(path)?;
    let mut class_names = Vec::new();
    let mut files: Vec<(PathBuf, i32)> = images.into_iter().map(|p| (p, -1)).collect();
    for folder in folders {
        let inside = list(&folder)?.images;
        if inside.is_empty() {
            continue;
        }
        let label = class_names.len() as i32;
        files.extend(inside.into_iter().map(|p| (p, label)));
        class_names.push(folder.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }
    let labelled = !class_names.is_empty();
    if labelled && files.iter().any(|&(_, label)| label < 0) {
        return Err(Error::format(what, "has images both directly inside and in sub-folders"));
    }
    if files.is_empty() {
        return Err(Error::format(what, "holds no PNG image"));
    }

    let mut images = Vec::with_capacity(files.len());
    for (file, _) in &files {
        let image = read_png(file)?;
        let image = match image_size {
            Some(size) => resize(&image, size)?,
            None => image,
        };
        images.push(image);
    }
    let &[height, width, _] = images[0].shape() else {
        return Err(Error::format(what, "holds an image without three axes"));
    };
    if let Some(i) = images.iter().position(|i| i.shape()[..2] != [height, width]) {
        let (h, w) = (images[i].shape()[0], images[i].shape()[1]);
        return Err(Error::format(
            what,
            format!(
                "images must have one size: {} is {width}x{height}, {} is {w}x{h}; give `image_size` or resize them",
                files[0].0.display(),
                files[i].0.display()
            ),
        ));
    }
    let channels = images.iter().map(|i| i.shape()[2]).max().unwrap_or(1);
    let mut pixels = Vec::with_capacity(images.len() * height * width * channels);
    for image in &images {
        let from = image.as_slice::<u8>()?;
        if image.shape()[2] == channels {
            pixels.extend_from_slice(from);
        } else {
            pixels.extend(from.iter().flat_map(|&grey| [grey; 3]));
        }
    }
    let labels = if labelled {
        Some(Array::new(&[files.len()], files.iter().map(|&(_, label)| label).collect())?)
    } else {
        None
    };
    Ok(ImageFolder {
        images: Array::new(&[files.len(), height, width, channels], pixels)?,
        labels,
        class_names,
    })
}

struct Listing {
    folders: Vec<PathBuf>,
    images: Vec<PathBuf>,
}

/// The sub-folders and PNG files of a folder, each sorted by name.
fn list(path: &Path) -> Result<Listing> {
    let failed = |e| Error::io(path, e);
    let (mut folders, mut images) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?.path();
        if entry.file_name().is_none_or(|n| n.to_string_lossy().starts_with('.')) {
            continue;
        }
        if entry.is_dir() {
            folders.push(entry);
            continue;
        }
        let extension = entry.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match extension.as_str() {
            "png" => images.push(entry),
            "jpg" | "jpeg" | "gif" | "bmp" | "webp" | "tif" | "tiff" => {
                return Err(Error::format(
                    entry.display().to_string(),
                    "only PNG images can be read; convert it to PNG",
                ));
            }
            _ => {}
        }
    }
    folders.sort();
    images.sort();
    Ok(Listing { folders, images })
}

/// Resizes a `uint8` image `[height, width, channels]` with a triangle filter: bilinear where it grows, and
/// widened to the area that a pixel covers where it shrinks. Pixel centres are at half-integers.
///
/// # Errors
/// When the image has another type or shape, or a size is 0.
pub fn resize(image: &Array, size: (usize, usize)) -> Result<Array> {
    let wrong = |argument: &str, rule: &str, received: String| {
        Err(Error::invalid("io::image::resize", argument, rule, received))
    };
    let &[height, width, channels] = image.shape() else {
        return wrong("image", "must have three axes", format!("shape={:?}", image.shape()));
    };
    if size.0 == 0 || size.1 == 0 || size.0.saturating_mul(size.1) > (1 << 28) {
        return wrong("size", "must be from 1x1 to 2^28 pixels", format!("{}x{}", size.0, size.1));
    }
    if image.is_empty() {
        return wrong("image", "must have pixels", format!("shape={:?}", image.shape()));
    }
    if (height, width) == size {
        return Ok(image.clone());
    }
    let from: Vec<f32> = image.as_slice::<u8>()?.iter().map(|&v| f32::from(v)).collect();
    // Rows first, then columns: the filter is a product of two.
    let (rows, columns) = (weights(height, size.0), weights(width, size.1));
    let mut tall = vec![0f32; size.0 * width * channels];
    let stride = width * channels;
    for (to, (first, row)) in tall.chunks_mut(stride).zip(&rows) {
        for (k, &weight) in row.iter().enumerate() {
            let source = &from[(first + k) * stride..(first + k + 1) * stride];
            for (t, &s) in to.iter_mut().zip(source) {
                *t += weight * s;
            }
        }
    }
    let mut out = Vec::with_capacity(size.0 * size.1 * channels);
    for row in tall.chunks(stride) {
        for (first, column) in &columns {
            for c in 0..channels {
                let sum: f32 = column
                    .iter()
                    .enumerate()
                    .map(|(k, &weight)| weight * row[(first + k) * channels + c])
                    .sum();
                out.push(sum.round() as u8);
            }
        }
    }
    Ok(Array::new(&[size.0, size.1, channels], out)?)
}

/// For each of `to` outputs, the first of `from` inputs that it sees and the weights from there.
fn weights(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    (0..to)
        .map(|i| {
            let centre = (i as f64 + 0.5) * scale;
            let first = (centre - reach).floor().max(0.0) as usize;
            let last = ((centre + reach).ceil() as usize).min(from);
            let raw: Vec<f64> = (first..last)
                .map(|j| (1.0 - ((j as f64 + 0.5 - centre) / reach).abs()).max(0.0))
                .collect();
            let sum: f64 = raw.iter().sum();
            (first, raw.iter().map(|w| (w / sum) as f32).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;
    use crate::testing::processor_time;
    use std::time::Duration;

    fn encoded(
        color: png::ColorType,
        depth: png::BitDepth,
        w: u32,
        h: u32,
        data: &[u8],
    ) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, w, h);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == png::ColorType::Indexed {
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
        use png::{BitDepth, ColorType};
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

    #[test]
    fn subfolders_are_classes() {
        let folder = Folder::new();
        folder.file("dog/b.png", &grey(2, 2, 20));
        folder.file("dog/a.png", &grey(2, 2, 10));
        folder.file("cat/z.PNG", &grey(2, 2, 30));
        folder.file("cat/notes.txt", b"no image");
        folder.file(".cache/x.png", &grey(9, 9, 1));
        std::fs::create_dir(folder.0.join("empty")).unwrap();
        let read = read_folder(&folder.0, None).unwrap();
        assert_eq!(read.class_names, ["cat", "dog"]);
        assert_eq!(read.labels.unwrap().as_slice::<i32>().unwrap(), [0, 1, 1]);
        assert_eq!(read.images.shape(), [3, 2, 2, 1]);
        assert_eq!(
            read.images.as_slice::<u8>().unwrap()[..9],
            [30, 30, 30, 30, 10, 10, 10, 10, 20]
        );
        // Directly inside: no labels. One coloured image makes all coloured.
        let dog = folder.0.join("dog");
        folder.file("dog/c.png", &png_bytes(&Array::full(&[2, 2, 3], 5u8).unwrap()).unwrap());
        let read = read_folder(&dog, None).unwrap();
        assert!(read.labels.is_none() && read.class_names.is_empty());
        assert_eq!(read.images.shape(), [3, 2, 2, 3]);
    }

    #[test]
    fn folders_that_do_not_fit_say_why() {
        let folder = Folder::new();
        let message = |size| read_folder(&folder.0, size).unwrap_err().to_string();
        assert!(message(None).contains("no PNG image"));
        folder.file("a/1.png", &grey(2, 3, 1));
        folder.file("a/2.png", &grey(4, 4, 7));
        assert!(message(None).contains("1.png is 3x2"), "{}", message(None));
        let resized = read_folder(&folder.0, Some((2, 2))).unwrap();
        assert_eq!(resized.images.as_slice::<u8>().unwrap(), [1, 1, 1, 1, 7, 7, 7, 7]);
        folder.file("b.png", &grey(2, 2, 1));
        assert!(message(Some((2, 2))).contains("both directly"));
        folder.file("c.jpg", b"");
        assert!(message(None).contains("convert it to PNG"));
    }

    #[test]
    fn resizing_keeps_means_and_interpolates_linearly() {
        let image = Array::new(&[1, 2, 1], vec![0u8, 100]).unwrap();
        // Centres of four pixels over two: 0.25 and 0.75 lie between the centres 0.5 and 1.5 as below.
        let wide = resize(&image, (1, 4)).unwrap();
        assert_eq!(wide.as_slice::<u8>().unwrap(), [0, 25, 75, 100]);
        assert_eq!(resize(&image, (1, 1)).unwrap().as_slice::<u8>().unwrap(), [50]);
        assert!(resize(&image, (0, 1)).is_err());
    }
}
