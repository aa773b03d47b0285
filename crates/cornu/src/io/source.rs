//! Bytes that can be read at any place: those of a file, or in memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hdf5_pure::FormatError;

use crate::Result;

/// A file, a text of bytes, or a part of one. What is large goes from a file to where it is wanted without a copy on
/// the way.
#[derive(Clone)]
pub(crate) struct Source {
    bytes: Arc<Bytes>,
    start: u64,
    len: u64,
}

enum Bytes {
    File(Mutex<File>),
    Memory(Vec<u8>),
}

impl Source {
    /// A regular file, as long as it is now.
    pub(crate) fn open(path: &Path) -> Result<Source> {
        let (file, len) = super::open_file(path)?;
        Ok(Source { bytes: Arc::new(Bytes::File(Mutex::new(file))), start: 0, len })
    }

    pub(crate) fn memory(bytes: Vec<u8>) -> Source {
        let len = bytes.len() as u64;
        Source { bytes: Arc::new(Bytes::Memory(bytes)), start: 0, len }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// A part, if it lies within.
    pub(crate) fn part(&self, start: u64, len: u64) -> Option<Source> {
        start.checked_add(len).filter(|&end| end <= self.len)?;
        Some(Source { bytes: self.bytes.clone(), start: self.start + start, len })
    }

    /// A reader from the first byte on.
    pub(crate) fn reader(&self) -> Reader {
        Reader { source: self.clone(), at: 0 }
    }

    /// All bytes.
    pub(crate) fn to_vec(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let len = usize::try_from(self.len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        bytes.try_reserve_exact(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.reader().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads some bytes from a place on, as [`Read::read`] does.
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(at).min(buffer.len() as u64) as usize;
        let buffer = &mut buffer[..left];
        let at = self.start + at.min(self.len);
        match &*self.bytes {
            Bytes::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(at))?;
                file.read(buffer)
            }
            Bytes::Memory(bytes) => {
                let from = bytes.get(at as usize..).unwrap_or_default();
                let count = from.len().min(left);
                buffer[..count].copy_from_slice(&from[..count]);
                Ok(count)
            }
        }
    }
}

impl hdf5_pure::Source for Source {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        let mut reader = Reader { source: self.clone(), at: offset };
        reader.read_exact(buffer).map_err(|e| FormatError::Source(e.to_string()))
    }
}

/// A place in a [`Source`].
pub(crate) struct Reader {
    source: Source,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read_at(self.at, buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(offset) => (self.source.len, offset),
            SeekFrom::Current(offset) => (self.at, offset),
        };
        self.at = base.checked_add_signed(offset).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;

    #[test]
    fn parts_of_files_and_memory_are_read_alike() {
        let folder = Folder::new();
        let bytes: Vec<u8> = (0..100).collect();
        let file = Source::open(&folder.file("a.bin", &bytes)).unwrap();
        for source in [file, Source::memory(bytes.clone())] {
            assert_eq!(source.len(), 100);
            let part = source.part(10, 20).unwrap().part(5, 10).unwrap();
            assert_eq!(part.to_vec().unwrap(), bytes[15..25]);
            let mut reader = part.reader();
            reader.seek(SeekFrom::End(-3)).unwrap();
            let mut end = Vec::new();
            reader.read_to_end(&mut end).unwrap();
            assert_eq!(end, bytes[22..25]);
            assert_eq!(reader.seek(SeekFrom::Start(50)).unwrap(), 50);
            assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
            assert!(reader.seek(SeekFrom::Current(-51)).is_err());
            assert!(part.part(1, 10).is_none() && source.part(u64::MAX, 2).is_none());
            assert!(hdf5_pure::Source::read_at(&part, 8, &mut [0; 3]).is_err());
        }
    }
}
