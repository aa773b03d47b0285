//! Reading. `hdf5-pure` allocates what a header claims, so every claim is compared with the file's size first.

use std::collections::BTreeMap;
use std::path::Path;

use cornu_graph::Array;
use hdf5_pure::{AttrValue, ChunkIndex, Dataset, Datatype, DatatypeByteOrder, FormatError, Layout};

use super::header::Patched;
use super::{Attribute, Group, tree};
use crate::io::{Source, elements::Stored, expansion_limit};
use crate::{Error, Result};

/// Groups deeper than this are refused: Keras nests a model within a model by two.
const DEPTH: usize = 64;
/// The least bytes that an object takes in a file: no more objects than this are looked at.
const OBJECT: u64 = 16;

/// Reads a whole HDF5 file.
///
/// `float16` and `bfloat16` widen to `float32`, small integers to `int32`. Links out of the file are not followed.
///
/// # Errors
/// When the file cannot be read or is damaged, its arrays expand further than
/// [`expansion_limit`](crate::io::expansion_limit), or hold something other than numbers.
pub fn read(path: impl AsRef<Path>) -> Result<Group> {
    let path = path.as_ref();
    let source = Source::open(path)?;
    let limit = expansion_limit(source.len());
    from_source(&path.display().to_string(), source, limit)
}

/// Reads an HDF5 file that is in memory; `what` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(what: &str, bytes: Vec<u8>) -> Result<Group> {
    let limit = expansion_limit(bytes.len() as u64);
    from_bytes_within(what, bytes, limit)
}

/// As [`from_bytes`], with the number of bytes to which all arrays together may expand.
///
/// # Errors
/// As [`read`].
pub fn from_bytes_within(what: &str, bytes: Vec<u8>, limit: u64) -> Result<Group> {
    from_source(what, Source::memory(bytes), limit)
}

/// As [`from_bytes_within`], from where the bytes stand.
pub(crate) fn from_source(what: &str, source: Source, limit: u64) -> Result<Group> {
    match whole(what, Patched::none(source.clone()), limit) {
        Err(Failed::NewLayout { base }) => {
            let shown = Patched::layouts(source, base).map_err(|e| error(what, "", e))?;
            whole(what, shown, limit).map_err(|failed| match failed {
                Failed::NewLayout { .. } => error(what, "", "has layouts of a later version"),
                Failed::Error(error) => error,
            })
        }
        Err(Failed::Error(error)) => Err(error),
        Ok(group) => Ok(group),
    }
}

/// Why a file could not be read.
enum Failed {
    /// A layout of version 5; where addresses count from.
    NewLayout {
        base: u64,
    },
    Error(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Error(error)
    }
}

fn whole(what: &str, shown: Patched, limit: u64) -> std::result::Result<Group, Failed> {
    let size = shown.source.len();
    let failed = |e| Error::format(what, format!("is not a readable HDF5 file: {e}"));
    let file = hdf5_pure::File::from_source(shown.clone()).map_err(failed)?;
    let superblock = file.superblock();
    let (end, base) = (superblock.eof_address, superblock.base_address.get());
    if end > size {
        let reason = format!("is truncated: it has {size} of {end} bytes");
        return Err(Error::format(what, reason).into());
    }
    let objects_left = size / OBJECT;
    let source = shown.source.clone();
    let mut reader =
        Reader { what, source, shown, limit, bytes_left: limit, objects_left, newer: false };
    match reader.group(&file.root(), "", 0) {
        Err(_) if reader.newer => Err(Failed::NewLayout { base }),
        read => Ok(read?),
    }
}

struct Reader<'a> {
    what: &'a str,
    source: Source,
    limit: u64,
    bytes_left: u64,
    objects_left: u64,
    /// The source as `hdf5-pure` sees it.
    shown: Patched,
    /// Whether a layout of version 5 was met.
    newer: bool,
}

impl Reader<'_> {
    fn error(&self, path: &str, reason: impl std::fmt::Display) -> Error {
        error(self.what, path, reason)
    }

    /// Counts objects: links may form a cycle, or lead to one group a thousand times.
    fn count(&mut self, path: &str) -> Result<()> {
        self.objects_left = self.objects_left.checked_sub(1).ok_or_else(|| {
            self.error(path, "is reached by more links than the file has room for")
        })?;
        Ok(())
    }

    fn group(&mut self, group: &hdf5_pure::Group, path: &str, depth: usize) -> Result<Group> {
        if depth > DEPTH {
            return Err(self.error(path, format!("lies more than {DEPTH} groups deep")));
        }
        let attributes = attributes(group.attrs().map_err(|e| self.error(path, e))?);
        let mut made = Group { attributes, ..Group::default() };
        for (name, inner) in group.iter_groups().map_err(|e| self.error(path, e))? {
            let path = format!("{path}/{name}");
            self.count(&path)?;
            made.groups.insert(name, self.group(&inner, &path, depth + 1)?);
        }
        for (name, dataset) in group.iter_datasets().map_err(|e| self.error(path, e))? {
            let path = format!("{path}/{name}");
            self.count(&path)?;
            made.arrays.insert(name, self.array(&dataset, &path)?);
        }
        Ok(made)
    }

    fn array(&mut self, dataset: &Dataset, path: &str) -> Result<Array> {
        let what = self.what;
        let size = self.source.len();
        let failed = move |e: hdf5_pure::Error| error(what, path, e);
        let datatype = dataset.datatype().map_err(failed)?;
        let marked = match datatype {
            Datatype::Opaque { .. } => attributes(dataset.attrs().map_err(failed)?).remove("dtype"),
            _ => None,
        };
        let Some((stored, big)) = stored(&datatype, marked.as_ref()) else {
            return Err(self.error(path, format!("holds {datatype}, which is no number")));
        };
        let sizes = dataset.shape().map_err(failed)?;
        let shape: Option<Vec<usize>> = sizes.iter().map(|&n| usize::try_from(n).ok()).collect();
        let bytes = product(&sizes).and_then(|n| n.checked_mul(stored.size() as u64));
        let (Some(shape), Some(bytes)) = (shape, bytes) else {
            return Err(self.error(path, format!("claims the shape {sizes:?}")));
        };
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or_else(|| {
            let limit = self.limit;
            self.error(
                path,
                format!("claims {bytes} bytes; the arrays of a file of {size} bytes may expand to {limit} in all"),
            )
        })?;
        let layout = dataset.layout().map_err(|e| {
            self.newer |=
                matches!(e, hdf5_pure::Error::Format(FormatError::InvalidLayoutVersion(5)));
            failed(e)
        })?;
        match layout {
            Layout::Contiguous { size: run, .. } if bytes > size || run > size => {
                return Err(self.error(path, format!("claims {bytes} bytes of a file of {size}")));
            }
            Layout::Chunked { ref chunk_shape, index } => {
                let chunk = product(chunk_shape).and_then(|n| n.checked_mul(stored.size() as u64));
                let Some(chunk_bytes) = chunk.filter(|&c| c <= self.limit) else {
                    return Err(self.error(path, format!("claims chunks of shape {chunk_shape:?}")));
                };
                if index == ChunkIndex::BTreeV2 {
                    let raw = tree::read(&self.shown, dataset, path, stored.size(), self.limit);
                    let raw = raw.map_err(|reason| self.error(path, reason))?;
                    let array = stored.read(&mut &raw[..], &shape, big);
                    return array.map_err(|e| self.error(path, e));
                }
                let mut left = self.limit;
                for chunk in dataset.chunks().map_err(failed)? {
                    let (start, bytes) = (chunk.address, chunk.storage_size);
                    if start.checked_add(bytes).is_none_or(|end| end > size) {
                        let claim = format!("claims a chunk of {bytes} bytes at {start}");
                        return Err(self.error(path, format!("{claim} of a file of {size}")));
                    }
                    if chunk.offset.iter().zip(&sizes).any(|(at, size)| at >= size) {
                        let claim = format!("claims a chunk at {:?}", chunk.offset);
                        return Err(self.error(path, format!("{claim} of the shape {sizes:?}")));
                    }
                    // Chunks may be far larger than the array that they are cut to.
                    left = left.checked_sub(chunk_bytes).ok_or_else(|| {
                        let claim = format!("unpacks to more than {} bytes", self.limit);
                        self.error(path, format!("{claim}, of chunks of {chunk_bytes} bytes"))
                    })?;
                }
            }
            Layout::Virtual => return Err(self.error(path, "takes its values from other files")),
            _ => {}
        }
        // A run of bytes goes from the file to its array; without a filter there is nothing to undo.
        let run = match layout {
            Layout::Contiguous { address: Some(start), size: run } if run == bytes => {
                self.source.part(start, run)
            }
            _ => None,
        };
        if let Some(run) = run {
            let array = stored.read(&mut run.reader(), &shape, big);
            return array.map_err(|e| self.error(path, e));
        }
        let raw = match bytes {
            // An array without elements may never have been given a place.
            0 => Vec::new(),
            _ => dataset.read_raw().map_err(failed)?,
        };
        if raw.len() as u64 != bytes {
            return Err(self.error(path, format!("has {} bytes instead of {bytes}", raw.len())));
        }
        stored.read(&mut &raw[..], &shape, big).map_err(|e| self.error(path, e))
    }
}

fn error(what: &str, path: &str, reason: impl std::fmt::Display) -> Error {
    Error::format(format!("{what}, {}", if path.is_empty() { "/" } else { path }), reason)
}

fn product(sizes: &[u64]) -> Option<u64> {
    sizes.iter().try_fold(1u64, |product, &n| product.checked_mul(n))
}

fn attributes(values: std::collections::HashMap<String, AttrValue>) -> BTreeMap<String, Attribute> {
    let text = |(name, value): (String, AttrValue)| {
        let attribute = match value {
            AttrValue::String(text)
            | AttrValue::AsciiString(text)
            | AttrValue::VarLenString(text)
            | AttrValue::VarLenAsciiString(text) => Attribute::Text(text),
            other => Attribute::Texts(other.as_strings()?.to_vec()),
        };
        Some((name, attribute))
    };
    values.into_iter().filter_map(text).collect()
}

/// How the elements stand in the file, and whether the largest byte comes first.
fn stored(datatype: &Datatype, marked: Option<&Attribute>) -> Option<(Stored, bool)> {
    match datatype {
        Datatype::FixedPoint { size, byte_order, layout } => {
            if layout.bit_offset != 0 || size.checked_mul(8) != Some(layout.bit_precision.into()) {
                return None;
            }
            let stored = match (size, layout.signed) {
                (1, true) => Stored::I8,
                (1, false) => Stored::U8,
                (2, true) => Stored::I16,
                (2, false) => Stored::U16,
                (4, true) => Stored::I32,
                (4, false) => Stored::U32,
                (8, true) => Stored::I64,
                _ => return None,
            };
            Some((stored, big(byte_order)?))
        }
        Datatype::FloatingPoint { size, byte_order, layout } => {
            let stored = match (size, layout.exponent_size, layout.mantissa_size) {
                (2, 5, 10) => Stored::F16,
                (2, 8, 7) => Stored::BF16,
                (4, 8, 23) => Stored::F32,
                (8, 11, 52) => Stored::F64,
                _ => return None,
            };
            Some((stored, big(byte_order)?))
        }
        // h5py's bool, as NumPy's.
        Datatype::Enumeration { size: 1, members, .. } if members.len() == 2 => {
            Some((Stored::Bool, false))
        }
        // Keras's bfloat16.
        Datatype::Opaque { size: 2, .. } if marked == Some(&Attribute::Text("bfloat16".into())) => {
            Some((Stored::BF16, false))
        }
        _ => None,
    }
}

fn big(order: &DatatypeByteOrder) -> Option<bool> {
    match order {
        DatatypeByteOrder::LittleEndian => Some(false),
        DatatypeByteOrder::BigEndian => Some(true),
        _ => None,
    }
}
