//! NumPy's `.npz` files: a zip of named arrays.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, Write};
use std::path::Path;

use cornu_graph::Array;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::npy;
use crate::{Error, Result};

/// Reads all arrays of a `.npz` file, by name.
///
/// # Errors
/// When the file cannot be read, is not a zip, holds anything but `.npy` files that
/// [`npy::read`] reads, or all together expand further than
/// [`expansion_limit`](super::expansion_limit).
///
/// ```
/// use cornu::{Array, io::npz};
/// let path = std::env::temp_dir().join("cornu-doc.npz");
/// npz::write(&path, [("x", &Array::scalar(1f32)), ("y", &Array::scalar(2i32))])?;
/// assert_eq!(npz::read(&path)?["y"].item()?, 2.0);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>> {
    let path = path.as_ref();
    let (reader, size) = super::open(path)?;
    parse(&path.display().to_string(), reader, size)
}

/// Reads all arrays of a `.npz` file that is in memory; `what` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(what: &str, bytes: &[u8]) -> Result<BTreeMap<String, Array>> {
    parse(what, Cursor::new(bytes), bytes.len() as u64)
}

fn parse(what: &str, reader: impl Read + Seek, size: u64) -> Result<BTreeMap<String, Array>> {
    let failed = |e: zip::result::ZipError| match e {
        zip::result::ZipError::Io(e) => super::read_error(what, e),
        e => Error::format(what, format!("is not a readable .npz file: {e}")),
    };
    let mut archive = super::open_zip(reader).map_err(failed)?;
    // One budget for the whole file: entries may share their compressed bytes.
    let limit = super::expansion_limit(size);
    let mut left = limit;
    let mut arrays = BTreeMap::new();
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).map_err(failed)?;
        let name = file.name().map_err(failed)?.into_owned();
        let entry = format!("{what}, entry {name:?}");
        let Some(name) = name.strip_suffix(".npy").map(str::to_string) else {
            return Err(Error::format(entry, "is not a .npy file"));
        };
        let claimed = file.size();
        left = left.checked_sub(claimed).ok_or_else(|| {
            Error::format(
                &entry,
                format!(
                    "claims {claimed} bytes; the arrays of a file of {size} bytes may expand to {limit} in all"
                ),
            )
        })?;
        let array = npy::read_from(&entry, &mut file, claimed)?;
        if arrays.insert(name, array).is_some() {
            return Err(Error::format(entry, "occurs twice"));
        }
    }
    Ok(arrays)
}

/// Writes named arrays to a `.npz` file, not compressed, as `numpy.savez` does.
///
/// # Errors
/// When a name occurs twice, an array has more than 64 axes, or the file cannot be written.
pub fn write<'a>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (&'a str, &'a Array)>,
) -> Result<()> {
    super::atomic_write(path, |file| write_to(file, arrays))
}

/// Writes named arrays to a compressed `.npz` file, as `numpy.savez_compressed` does.
///
/// Arrays that compress more than 200 times, such as many zeros, may not be read back: see
/// [`expansion_limit`](super::expansion_limit).
///
/// # Errors
/// As [`write()`].
pub fn write_compressed<'a>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (&'a str, &'a Array)>,
) -> Result<()> {
    super::atomic_write(path, |file| entries(file, arrays, CompressionMethod::Deflated))
}

/// Writes named arrays as the contents of a `.npz` file to a writer.
///
/// # Errors
/// When a name occurs twice, an array has more than 64 axes, or the writer fails.
pub fn write_to<'a>(
    writer: impl Write + Seek,
    arrays: impl IntoIterator<Item = (&'a str, &'a Array)>,
) -> io::Result<()> {
    entries(writer, arrays, CompressionMethod::Stored)
}

fn entries<'a>(
    writer: impl Write + Seek,
    arrays: impl IntoIterator<Item = (&'a str, &'a Array)>,
    method: CompressionMethod,
) -> io::Result<()> {
    super::write_zip(writer, |zip| {
        for (name, array) in arrays {
            // Entries of 4 GiB need zip's 64-bit form; the header takes at most a few hundred bytes.
            let large =
                array.len() as u64 * array.dtype().size() as u64 > u64::from(u32::MAX) - 8192;
            let options = SimpleFileOptions::default().compression_method(method).large_file(large);
            zip.start_file(format!("{name}.npy"), options)?;
            npy::write_to(name, &mut *zip, array).map_err(io::Error::other)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;
    use crate::testing::processor_time;
    use cornu_graph::DType;
    use std::time::Duration;
    use zip::ZipWriter;

    fn written(arrays: &[(&str, &Array)]) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        write_to(&mut out, arrays.iter().copied()).unwrap();
        out.into_inner()
    }

    fn zipped(name: &str, content: &[u8], repeat: usize) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        for _ in 0..repeat {
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn arrays_come_back_by_name() {
        let x = Array::new(&[2, 2], vec![1f32, 2.0, 3.0, 4.0]).unwrap();
        let y = Array::new(&[2], vec![true, false]).unwrap();
        let back = from_bytes("f", &written(&[("x", &x), ("layers/dense/0", &y)])).unwrap();
        assert_eq!(back.len(), 2);
        assert_eq!(back["x"], x);
        assert_eq!(back["layers/dense/0"], y);
    }

    #[test]
    fn compressed_entries_are_read() {
        let mut npy = Vec::new();
        npy::write_to("f", &mut npy, &Array::full(&[1000], 7i64).unwrap()).unwrap();
        let file = zipped("x.npy", &npy, 1);
        assert!(file.len() < 1000);
        assert_eq!(from_bytes("f", &file).unwrap()["x"].as_slice::<i64>().unwrap()[999], 7);
    }

    #[test]
    fn compressed_files_are_smaller_and_read_back() {
        let folder = Folder::new();
        let (plain, small) = (folder.0.join("a.npz"), folder.0.join("b.npz"));
        let x = Array::from((0..5000i64).map(|i| i / 100).collect::<Vec<_>>());
        let y = Array::zeros(&[0, 3], DType::Bool).unwrap();
        let arrays = || [("x", &x), ("deep/y", &y)];
        write(&plain, arrays()).unwrap();
        write_compressed(&small, arrays()).unwrap();
        let size = |path| std::fs::metadata(path).unwrap().len();
        assert!(size(&small) * 20 < size(&plain));
        assert_eq!(read(&plain).unwrap(), read(&small).unwrap());
        assert_eq!(read(&small).unwrap()["x"], x);
        assert_eq!(read(&small).unwrap()["deep/y"], y);
    }

    #[test]
    fn a_bomb_and_foreign_contents_are_errors() {
        let bomb = zipped("x.npy", &[0; 1 << 20], 128);
        let (refused, took) = processor_time(|| from_bytes("f", &bomb));
        let e = refused.unwrap_err().to_string();
        assert!(e.contains("may expand to"), "{e}");
        assert!(took < Duration::from_secs(1), "{took:?}");

        let e = from_bytes("f", &zipped("run.py", b"import os", 1)).unwrap_err().to_string();
        assert!(e.contains("\"run.py\": is not a .npy file"), "{e}");
        let e = from_bytes("f", &zipped("x.npy", b"import os", 1)).unwrap_err().to_string();
        assert!(e.contains("is not a .npy file"), "{e}");
        let e = from_bytes("f", b"no zip at all").unwrap_err().to_string();
        assert!(e.contains("not a readable .npz"), "{e}");
    }

    #[test]
    fn damage_anywhere_is_an_error_or_harmless_and_never_a_panic() {
        let x = Array::new(&[4], vec![1f32, 2.0, 3.0, 4.0]).unwrap();
        let good = written(&[("x", &x)]);
        for at in 0..good.len() {
            for bit in [1, 0x80] {
                let mut bytes = good.clone();
                bytes[at] ^= bit;
                if let Ok(back) = from_bytes("f", &bytes) {
                    assert!(back.values().all(|v| *v == x), "byte {at}");
                }
            }
            assert!(from_bytes("f", &good[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_directory_that_claims_billions_of_entries_is_an_error() {
        // A 64-bit end record of 2^36 entries, its locator, and the 32-bit end record, in 98 bytes.
        let (n, size, start) = (1u64 << 36, 46u64 << 36, 1u64 << 40);
        let mut file = b"PK\x06\x06".to_vec();
        file.extend(44u64.to_le_bytes());
        file.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for v in [n, n, size, start] {
            file.extend(v.to_le_bytes());
        }
        file.extend(b"PK\x06\x07");
        file.extend([0; 12]);
        file.extend(1u32.to_le_bytes());
        file.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
        assert!(from_bytes("f", &file).is_err());
        // The same, but claimed to fit the file.
        file[48..56].copy_from_slice(&[0; 8]);
        assert!(from_bytes("f", &file).is_err());
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        let x = Array::scalar(1u8);
        let e = write_to(Cursor::new(Vec::new()), [("x", &x), ("x", &x)]);
        assert!(e.is_err());
    }
}
