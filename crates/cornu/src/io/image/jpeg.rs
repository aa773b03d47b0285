//! JPEG files.

use std::path::Path;

use cornu_graph::Array;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::{Error, Result};

/// A picture that appears step by step has about ten of them; each goes over the whole picture.
const SCANS: usize = 40;

/// Reads a JPEG as `uint8` of shape `[height, width, channels]`: 1 channel for grey, 3 for colour.
///
/// Baseline and progressive files are read; CMYK becomes RGB. As in Pillow and in Keras, a camera's note on which side
/// is up (Exif) changes nothing.
///
/// # Errors
/// When the file cannot be read, is not a whole JPEG, or expands further than
/// [`expansion_limit`](crate::io::expansion_limit).
pub fn read_jpeg(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    jpeg_from_bytes(&path.display().to_string(), &crate::io::read_all(path)?)
}

/// Reads a JPEG that is in memory; `what` names it in errors.
///
/// # Errors
/// As [`read_jpeg`].
pub fn jpeg_from_bytes(what: &str, bytes: &[u8]) -> Result<Array> {
    let failed =
        |e: DecodeErrors| Error::format(what, format!("is not a readable JPEG: {}", reason(&e)));
    // Strict: what is cut off is an error, where it would be grey.
    let options = DecoderOptions::default().set_strict_mode(true).jpeg_set_max_scans(SCANS);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(failed)?;
    let (colours, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    let (width, height) = decoder.dimensions().unwrap_or_default();
    let limit = crate::io::expansion_limit(bytes.len() as u64);
    let size = (width as u64).saturating_mul(height as u64).saturating_mul(channels);
    if size > limit {
        return Err(Error::format(
            what,
            format!(
                "claims {width}x{height} pixels, more than the {limit} bytes that a file of {} bytes may expand to",
                bytes.len()
            ),
        ));
    }
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let pixels = decoder.decode().map_err(failed)?;
    Ok(Array::new(&[height, width, channels as usize], pixels)?)
}

/// What the decoder says, as one short line.
fn reason(e: &DecodeErrors) -> String {
    let text = format!("{e:?}");
    text.trim_matches('"').chars().filter(|c| !c.is_control()).take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::processor_time;
    use std::time::Duration;

    fn fixture(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/images");
        std::fs::read(Path::new(folder).join(name)).unwrap()
    }

    #[test]
    fn pictures_are_those_that_pillow_sees() {
        // The PNGs hold what Pillow made of the JPEGs (tools/data/jpegs.py). Where colour is stored for each second pixel,
        // Pillow's smooths between them.
        for (name, tolerance) in [
            ("grey", 1),
            ("grey-progressive", 1),
            ("colour", 2),
            ("colour-halved", 12),
            ("colour-progressive", 12),
            ("cmyk", 2),
        ] {
            let ours = jpeg_from_bytes(name, &fixture(&format!("{name}.jpg"))).unwrap();
            let theirs =
                super::super::png_from_bytes(name, &fixture(&format!("{name}.png"))).unwrap();
            assert_eq!(ours.shape(), theirs.shape(), "{name}");
            let pairs = ours.to_vec::<u8>().into_iter().zip(theirs.to_vec::<u8>());
            let most = pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap();
            assert!(most <= tolerance, "{name}: {most}");
        }
    }

    #[test]
    fn damaged_pictures_are_errors_or_pictures_and_never_a_panic() {
        for name in ["colour.jpg", "colour-progressive.jpg", "grey.jpg", "cmyk.jpg"] {
            let good = fixture(name);
            for length in 0..good.len() - good.len() / 8 {
                let message = jpeg_from_bytes("f", &good[..length]).unwrap_err().to_string();
                assert!(message.starts_with("f: is not a readable JPEG: "), "{message}");
            }
            for at in 0..good.len() {
                for flip in [1, 0x80] {
                    let mut bytes = good.clone();
                    bytes[at] ^= flip;
                    if let Err(e) = jpeg_from_bytes("f", &bytes) {
                        assert!(e.to_string().len() < 300, "{e}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_claim_beyond_the_limit_is_refused_before_it_is_allocated() {
        let mut bomb = fixture("grey.jpg");
        let frame = bomb.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        // 16,000 x 16,000 in some hundred bytes.
        bomb[frame + 5..frame + 9].copy_from_slice(&[0x3e, 0x80, 0x3e, 0x80]);
        let (read, took) = processor_time(|| jpeg_from_bytes("f", &bomb));
        let e = read.unwrap_err().to_string();
        assert!(e.contains("claims 16000x16000 pixels"), "{e}");
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}
