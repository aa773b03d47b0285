//! Files of arrays, tables and images.
//!
//! Files are untrusted: a reader compares what a header claims with the size of the file before it
//! allocates, and a compressed file may expand only so far (see [`expansion_limit`]). Files are
//! written whole or not at all (see [`atomic_write`]).

pub mod hdf5;
pub mod idx;
pub mod image;
pub mod npy;
pub mod npz;
pub mod safetensors;
pub mod table;

mod atomic;
mod elements;
mod kind;
mod source;

pub use atomic::atomic_write;
pub(crate) use atomic::write_zip;
pub use kind::Kind;
pub(crate) use source::{Reader, Source};

/// NumPy's names for the doors to `.npy` and `.npz` files.
pub use npy::{read as load, write as save};
pub use npz::{read as load_npz, write as savez, write_compressed as savez_compressed};

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use zip::ZipArchive;

use crate::{Error, Result};

/// The bytes to which a compressed file of `stored` bytes may expand: 200 times its size, or 64 MiB
/// if that is more.
///
/// Real arrays and images stay far below (MNIST expands 5 times), while DEFLATE can expand 1,032
/// times, so that a file of some megabytes could fill the memory.
pub fn expansion_limit(stored: u64) -> u64 {
    stored.saturating_mul(200).max(64 << 20)
}

/// Opens a regular file for reading and gives its size: a pipe or a device could go on for ever.
fn open_file(path: &Path) -> Result<(File, u64)> {
    // Asked before opening, as opening a pipe waits for its other end.
    let meta = fs::metadata(path).map_err(|e| Error::io(path, e))?;
    if !meta.is_file() {
        return Err(Error::format(path.display().to_string(), "is not a regular file"));
    }
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    Ok((file, meta.len()))
}

/// A reader of a regular file, and its size.
pub(crate) fn open(path: &Path) -> Result<(BufReader<File>, u64)> {
    let (file, size) = open_file(path)?;
    Ok((BufReader::with_capacity(64 << 10, file), size))
}

/// The contents of a regular file.
pub(crate) fn read_all(path: &Path) -> Result<Vec<u8>> {
    let (reader, size) = open(path)?;
    let mut bytes = Vec::new();
    // A file that grows meanwhile is read up to the size that it had.
    reader.take(size).read_to_end(&mut bytes).map_err(|e| Error::io(path, e))?;
    Ok(bytes)
}

/// A zip archive whose entries have one name each: in its directory and in front of the contents, as Python compares
/// them, too. Of several entries of one name the last one counts, as in Python.
pub(crate) fn open_zip<R: Read + Seek>(reader: R) -> zip::result::ZipResult<ZipArchive<R>> {
    let mut archive = ZipArchive::new(reader)?;
    let mut entries = Vec::new();
    for i in 0..archive.len() {
        let entry = archive.by_index_raw(i)?;
        entries.push((entry.header_start(), entry.name_raw().to_vec()));
    }
    let mut reader = archive.into_inner();
    for (start, name) in entries {
        let mut header = [0; 30];
        reader.seek(SeekFrom::Start(start))?;
        reader.read_exact(&mut header)?;
        let mut found = Vec::new();
        let length = u16::from_le_bytes([header[26], header[27]]);
        (&mut reader).take(length.into()).read_to_end(&mut found)?;
        if found != name {
            let text = |name: &[u8]| format!("{:?}", String::from_utf8_lossy(name));
            let reason =
                format!("{} is called {} where its contents start", text(&name), text(&found));
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason).into());
        }
    }
    ZipArchive::new(reader)
}

/// An error of reading a file's contents, as the file's fault where it is.
fn read_error(what: &str, e: io::Error) -> Error {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => Error::format(what, "ends too early: it is truncated"),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            Error::format(what, format!("is damaged: {e}"))
        }
        _ => Error::io(what, e),
    }
}

/// Checks that a reader has no bytes left; a decompressor verifies its checksum here.
fn expect_end(what: &str, reader: &mut dyn Read) -> Result<()> {
    match reader.read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(Error::format(what, "holds more bytes than its header says")),
        Err(e) => Err(read_error(what, e)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// A folder that is removed when the test ends.
    pub(crate) struct Folder(pub std::path::PathBuf);

    impl Folder {
        pub(crate) fn new() -> Folder {
            static COUNTER: AtomicU64 = AtomicU64::new(0);
            let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
            let path =
                std::env::temp_dir().join(format!("cornu-io-{}-{unique}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        pub(crate) fn file(&self, name: &str, content: &[u8]) -> std::path::PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
