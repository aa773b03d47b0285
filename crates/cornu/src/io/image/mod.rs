//! Pictures: PNG and JPEG files, one by one or as folders with a sub-folder for each class.

mod folder;
mod jpeg;
mod png;
mod resize;

pub use folder::{ImageFolder, read_folder};
pub use jpeg::{jpeg_from_bytes, read_jpeg};
pub use png::{png_bytes, png_from_bytes, read_png, write_png};
pub use resize::resize;

use std::path::Path;

use cornu_graph::Array;

use super::Kind;
use crate::Result;

/// Reads a PNG or JPEG file as `uint8` of shape `[height, width, channels]`: 1 channel for grey, 3 for colour.
///
/// The contents tell the format, not the name. See [`read_png`] and [`read_jpeg`].
///
/// # Errors
/// When the file cannot be read, is of another format, is damaged, or expands further than
/// [`expansion_limit`](super::expansion_limit).
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    match Kind::of(path)? {
        Kind::Png => read_png(path),
        Kind::Jpeg => read_jpeg(path),
        other => Err(other.refusal(&path.display().to_string(), "a PNG or JPEG image")),
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
        for (start, said) in [
            (b"GIF89a......".as_slice(), "is a GIF image, not a PNG or JPEG image"),
            (b"RIFF....WEBP", "is a WebP image"),
            (b"BM6\x00\x00\x00\x00\x00\x00\x006\x00", "is a BMP image"),
            (b"II*\x00........", "is a TIFF image"),
            (b"\0\0\0\x18ftypheic", "is a HEIC image"),
            (b"\0\0\0\x1cftypavif", "is an AVIF image"),
            (b"BM, he said", "is text, not"),
            (b"", "is empty, not"),
        ] {
            let message = read(folder.file("b.png", start)).unwrap_err().to_string();
            assert!(message.contains(&format!("b.png: {said}")), "{message}");
        }
    }
}
