//! Pictures: PNG and JPEG files, one by one or as folders with a sub-folder for each class.

mod folder;
mod jpeg;
mod png;
mod resize;

pub use folder::{ImageFolder, read_folder};
pub use jpeg::{jpeg_from_bytes, read_jpeg};
pub use png::{png_bytes, png_from_bytes, read_png, write_png};
pub use resize::resize;

use std::io::Read;
use std::path::Path;

use cornu_graph::Array;

use crate::{Error, Result};

/// Reads a PNG or JPEG file as `uint8` of shape `[height, width, channels]`: 1 channel for grey, 3 for colour.
///
/// The contents tell the format, not the name. See [`read_png`] and [`read_jpeg`].
///
/// # Errors
/// When the file cannot be read, is of another format, is damaged, or expands further than
/// [`expansion_limit`](super::expansion_limit).
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let start = start(path)?;
    if start.starts_with(PNG) {
        read_png(path)
    } else if start.starts_with(JPEG) {
        read_jpeg(path)
    } else {
        let what = match other(&start) {
            Some(format) => format!("is a {format} picture"),
            None => "is not a picture".into(),
        };
        let reason = format!("{what}: PNG and JPEG can be read");
        Err(Error::format(path.display().to_string(), reason))
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];

/// Whether a file starts as a picture of some format does.
pub fn is_picture(path: impl AsRef<Path>) -> Result<bool> {
    let start = start(path.as_ref())?;
    Ok(start.starts_with(PNG) || start.starts_with(JPEG) || other(&start).is_some())
}

fn start(path: &Path) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    let (reader, _) = super::open(path)?;
    reader.take(12).read_to_end(&mut start).map_err(|e| Error::io(path, e))?;
    Ok(start)
}

/// The format of a picture that cannot be read.
fn other(start: &[u8]) -> Option<&'static str> {
    match start {
        [b'G', b'I', b'F', b'8', ..] => Some("GIF"),
        // The 4 bytes after the file's size are reserved, and 0.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some("BMP"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Some("WebP"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("TIFF"),
        [0, 0, 0, _, b'f', b't', b'y', b'p', b'h', b'e', b'i', b'c' | b'x'] => Some("HEIC"),
        [0, 0, 0, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f'] => Some("AVIF"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;

    #[test]
    fn the_contents_tell_the_format() {
        let folder = Folder::new();
        let grey = png_bytes(&Array::full(&[2, 3], 7u8).unwrap()).unwrap();
        let path = folder.file("a.jpg", &grey);
        assert_eq!(read(&path).unwrap().shape(), [2, 3, 1]);
        assert!(is_picture(&path).unwrap());
        for (start, format) in [
            (b"GIF89a......".as_slice(), Some("GIF")),
            (b"RIFF....WEBP", Some("WebP")),
            (b"BM6\x00\x00\x00\x00\x00\x00\x006\x00", Some("BMP")),
            (b"II*\x00........", Some("TIFF")),
            (b"\0\0\0\x18ftypheic", Some("HEIC")),
            (b"BM, he said", None),
            (b"", None),
        ] {
            let path = folder.file("b.png", start);
            let message = read(&path).unwrap_err().to_string();
            let said = format.map_or("is not a picture".into(), |f| format!("is a {f} picture"));
            assert!(
                message.contains(&format!("b.png: {said}: PNG and JPEG can be read")),
                "{message}"
            );
            assert_eq!(is_picture(&path).unwrap(), format.is_some());
        }
    }
}
