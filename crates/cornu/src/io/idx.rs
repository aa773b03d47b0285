//! IDX files, MNIST's format: two zero bytes, the type, the rank, the sizes, the elements, all
//! big-endian; as they are or compressed with gzip.
//!
//! Format: the MNIST database's page. Types `int8` and `int16`, which arrays do not have, are read
//! as `int32`.

use std::io::{BufRead, Read, Write};
use std::path::Path;

use cornu_graph::{Array, DType, element_count};
use flate2::bufread::MultiGzDecoder;

use super::elements::{self, Stored};
use crate::{Error, Result};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

/// Reads an IDX file, compressed or not.
///
/// # Errors
/// When the file cannot be read, is not an IDX file, is truncated or too long, or expands
/// further than [`expansion_limit`](super::expansion_limit).
///
/// ```
/// use cornu::{Array, io::idx};
/// let path = std::env::temp_dir().join("cornu-doc-idx1-ubyte.gz");
/// let labels = Array::new(&[3], vec![5u8, 0, 4])?;
/// idx::write(&path, &labels)?;
/// assert_eq!(idx::read(&path)?, labels);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let (reader, size) = super::open(path)?;
    parse(&path.display().to_string(), reader, size)
}

/// Reads an IDX file that is in memory; `what` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(what: &str, bytes: &[u8]) -> Result<Array> {
    parse(what, bytes, bytes.len() as u64)
}

fn parse(what: &str, mut reader: impl BufRead, size: u64) -> Result<Array> {
    let start = reader.fill_buf().map_err(|e| super::read_error(what, e))?;
    if start.starts_with(GZIP_MAGIC) {
        let limit = super::expansion_limit(size);
        elements(what, &mut MultiGzDecoder::new(reader), |claimed| {
            if claimed <= limit {
                return Ok(());
            }
            Err(Error::format(
                what,
                format!(
                    "claims {claimed} bytes, more than the {limit} that a compressed file of {size} bytes may expand to"
                ),
            ))
        })
    } else {
        elements(what, &mut reader, |claimed| {
            if claimed == size {
                return Ok(());
            }
            Err(Error::format(what, format!("has {size} bytes, but its header says {claimed}")))
        })
    }
}

fn elements(
    what: &str,
    reader: &mut dyn Read,
    check_size: impl Fn(u64) -> Result<()>,
) -> Result<Array> {
    let failed = |e| super::read_error(what, e);
    let mut magic = [0; 4];
    reader.read_exact(&mut magic).map_err(failed)?;
    let [0, 0, kind, rank] = magic else {
        return Err(Error::format(what, "is not an IDX file: it must start with two zero bytes"));
    };
    let stored = match kind {
        0x08 => Stored::U8,
        0x09 => Stored::I8,
        0x0B => Stored::I16,
        0x0C => Stored::I32,
        0x0D => Stored::F32,
        0x0E => Stored::F64,
        _ => {
            return Err(Error::format(
                what,
                format!("is not an IDX file: there is no element type {kind:#04x}"),
            ));
        }
    };
    let mut sizes = vec![0; 4 * usize::from(rank)];
    reader.read_exact(&mut sizes).map_err(failed)?;
    let shape: Vec<usize> =
        sizes.as_chunks::<4>().0.iter().map(|&b| u32::from_be_bytes(b) as usize).collect();
    let count = element_count("io::idx::read", &shape)?;
    let header = (magic.len() + sizes.len()) as u64;
    check_size((count as u64).saturating_mul(stored.size() as u64).saturating_add(header))?;
    let array = stored.read(reader, &shape, true).map_err(failed)?;
    super::expect_end(what, reader)?;
    Ok(array)
}

/// Writes an IDX file; a name that ends in `.gz` is compressed.
///
/// # Errors
/// When the type is `bool` or `int64`, which IDX does not have, a size needs more than 32 bits, or
/// the file cannot be written.
pub fn write(path: impl AsRef<Path>, array: &Array) -> Result<()> {
    let path = path.as_ref();
    let header = header(array)?;
    super::atomic_write(path, |file| {
        let content = |w: &mut dyn Write| {
            w.write_all(&header)?;
            elements::write(array.data(), w, true)
        };
        if path.extension().is_some_and(|e| e == "gz") {
            let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::best());
            content(&mut gz)?;
            gz.finish().map(drop)
        } else {
            content(file)
        }
    })
}

fn header(array: &Array) -> Result<Vec<u8>> {
    let kind = match array.dtype() {
        DType::U8 => 0x08,
        DType::I32 => 0x0C,
        DType::F32 => 0x0D,
        DType::F64 => 0x0E,
        other @ (DType::Bool | DType::I64) => {
            return Err(Error::invalid(
                "io::idx::write",
                "array",
                "must be uint8, int32, float32 or float64",
                format!("dtype={other}"),
            ));
        }
    };
    let too_large = || {
        Error::invalid(
            "io::idx::write",
            "array",
            "must have at most 255 axes of at most 4294967295 elements",
            format!("shape={:?}", array.shape()),
        )
    };
    let rank = u8::try_from(array.ndim()).map_err(|_| too_large())?;
    let mut header = vec![0, 0, kind, rank];
    for &n in array.shape() {
        header.extend_from_slice(&u32::try_from(n).map_err(|_| too_large())?.to_be_bytes());
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;
    use crate::testing::processor_time;
    use cornu_graph::Data;
    use proptest::prelude::*;
    use std::time::Duration;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn message(bytes: &[u8]) -> String {
        from_bytes("f", bytes).unwrap_err().to_string()
    }

    fn array() -> impl Strategy<Value = Array> {
        (prop::collection::vec(0usize..5, 0..4), 0..4u8, any::<u64>()).prop_map(
            |(shape, kind, seed)| {
                let n: usize = shape.iter().product();
                let bits =
                    (0..n as u64).map(|i| seed.wrapping_mul(2 * i + 1).rotate_left(i as u32));
                let data = match kind {
                    0 => Data::U8(bits.map(|b| b as u8).collect()),
                    1 => Data::I32(bits.map(|b| b as i32).collect()),
                    2 => Data::F32(bits.map(|b| b as f32 - 1e18).collect()),
                    _ => Data::F64(bits.map(|b| 1.0 / (b as f64 + 1.0)).collect()),
                };
                Array::from_data(&shape, data).unwrap()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_written_is_read_back(array in array(), compressed: bool) {
            let folder = Folder::new();
            let path = folder.0.join(if compressed { "a.gz" } else { "a" });
            write(&path, &array).unwrap();
            prop_assert_eq!(read(&path).unwrap(), array);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..40), kind in 8..15u8, rank in 0..5u8) {
            let mut file = vec![0, 0, kind, rank];
            file.extend(bytes);
            let _ = from_bytes("f", &file);
            let _ = from_bytes("f", &gz(&file));
        }
    }

    #[test]
    fn a_header_is_big_endian_and_small_integers_widen() {
        let a = from_bytes("f", &[0, 0, 0x0B, 1, 0, 0, 0, 2, 0xff, 0xfe, 1, 0]).unwrap();
        assert_eq!(a, Array::new(&[2], vec![-2i32, 256]).unwrap());
    }

    #[test]
    fn a_lying_header_is_an_error_before_memory_is_taken() {
        // Claims 2^54 bytes.
        let huge = [0, 0, 8, 2, 0x40, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3];
        assert!(message(&huge).contains("but its header says"), "{}", message(&huge));
        assert!(message(&gz(&huge)).contains("may expand to"), "{}", message(&gz(&huge)));
        // The product overflows.
        let overflow = [[0, 0, 8, 4].as_slice(), &[0xff; 16]].concat();
        assert!(message(&overflow).contains("fits in memory"), "{}", message(&overflow));
    }

    #[test]
    fn truncated_longer_and_foreign_files_are_errors() {
        let good = [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3];
        assert_eq!(from_bytes("f", &good).unwrap().len(), 3);
        for n in 0..good.len() {
            assert!(from_bytes("f", &good[..n]).is_err(), "{n} bytes");
        }
        let longer = [good.as_slice(), &[4]].concat();
        assert!(from_bytes("f", &longer).is_err());
        assert!(message(&gz(&longer)).contains("more bytes"));
        let packed = gz(&good);
        for n in 0..packed.len() {
            assert!(from_bytes("f", &packed[..n]).is_err(), "{n} bytes");
        }
        assert!(message(b"PK\x03\x04abcdefgh").contains("not an IDX file"));
    }

    #[test]
    fn a_damaged_checksum_is_an_error() {
        let mut packed = gz(&[0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]);
        let crc = packed.len() - 8;
        packed[crc] ^= 1;
        assert!(message(&packed).contains("damaged"), "{}", message(&packed));
    }

    #[test]
    fn a_bomb_ends_quickly() {
        // 256 MiB of zeros in 260 KB, with a header that tells the truth, and one that hides them.
        let zeros = gz(&[0; 1 << 20]);
        for size in [[0x10, 0, 0, 0], [0, 0, 0, 16]] {
            let mut bomb = gz(&[[0, 0, 8, 1], size].concat());
            bomb.extend(zeros.repeat(256));
            let (read, took) = processor_time(|| from_bytes("f", &bomb));
            assert!(read.is_err() && took < Duration::from_secs(1), "{took:?}");
        }
    }

    #[test]
    fn types_that_idx_lacks_are_refused() {
        let e = write("never", &Array::scalar(true)).unwrap_err().to_string();
        assert!(e.contains("dtype=bool"), "{e}");
    }
}
