//! Arrays whose chunks a B-tree of version 2 lists: those that may grow along several axes, in the latest format.
//!
//! `hdf5-pure` reads every other index of chunks but has no reader of this one, nor does it say where the tree is. So the
//! array's object header is found by watching where `hdf5-pure` reads it, and from there on everything is read here
//! (HDF5 File Format Specification 3.0, sections III.A.2, IV.A.1.b, IV.A.2 and VII.A). Checksums are compared.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use hdf5_pure::{Dataset, File, FormatError};

use super::filters::unfilter;
use super::header::{self, Cursor, Patched, Result, checked, part};
use crate::io::Source;

/// Levels of one tree: more than any file has.
const LEVELS: u16 = 16;

/// The elements of the array at a path, as they would stand in one run.
///
/// The caller has compared the array's bytes and those of a chunk with the file; `limit`: the most bytes that all
/// chunks may unpack to.
pub(super) fn read(
    file: &Patched,
    dataset: &Dataset,
    path: &str,
    size: usize,
    limit: u64,
) -> Result<Vec<u8>> {
    let words = |e: hdf5_pure::Error| e.to_string();
    let shape = dataset.shape().map_err(words)?;
    let chunk = dataset.chunk_shape().map_err(words)?.unwrap_or_default();
    if chunk.len() != shape.len() || chunk.contains(&0) {
        return Err(format!("has chunks of shape {chunk:?} for the shape {shape:?}"));
    }
    let bytes = |sizes: &[u64]| {
        let count = sizes.iter().try_fold(size as u64, |n, &s| n.checked_mul(s));
        count.and_then(|n| usize::try_from(n).ok()).ok_or("is too large")
    };
    let source = &file.source;
    let (base, header) = header_of(file, path)?;
    let blocks = header::blocks(source, base, header)?;
    let (mut address, mut unwritten) = (None, None);
    for (message, contents) in header::messages(&blocks)? {
        match message.kind {
            header::FILL if message.shared => return Err("shares its fill value".into()),
            header::FILL => unwritten = fill(contents)?,
            header::LAYOUT => address = Some(layout(contents, &chunk)?),
            _ => {}
        }
    }
    let address = address.ok_or("has no layout")?;
    let fill = match unwritten {
        Some(fill) if fill.len() == size => fill,
        Some(fill) => return Err(format!("has a fill value of {} bytes", fill.len())),
        None => vec![0; size],
    };
    let mut out = fill.repeat(bytes(&shape)? / size);
    // Nowhere, if no chunk was written yet.
    let Some(address) = address else { return Ok(out) };
    let tree = Tree::open(source, base, address, shape.len())?;
    let filters = dataset.filter_pipeline();
    if tree.filtered == filters.is_empty() {
        return Err("has filters in one place and none in another".into());
    }
    let chunk_bytes = bytes(&chunk)?;
    let mut left = limit;
    let mut places = HashSet::new();
    for entry in tree.entries()? {
        let start = entry.place.iter().zip(&chunk).map(|(at, size)| at.checked_mul(*size));
        let start: Vec<u64> = start.collect::<Option<_>>().ok_or("has a chunk out of its shape")?;
        // An array that was made smaller may keep chunks that lie outside.
        if start.iter().zip(&shape).any(|(at, size)| at >= size) {
            continue;
        }
        if !places.insert(entry.place) {
            return Err(format!("has two chunks at {start:?}"));
        }
        left = left.checked_sub(chunk_bytes as u64).ok_or_else(|| {
            format!("unpacks to more than {limit} bytes, of chunks of {chunk_bytes} bytes")
        })?;
        let stored = entry.bytes.unwrap_or(chunk_bytes as u64);
        let stored = part(source, base, entry.address, stored)?;
        let data = unfilter(stored, &filters, entry.skipped, size, chunk_bytes)?;
        place(&data, &mut out, &start, &chunk, &shape, size);
    }
    Ok(out)
}

/// A file that remembers where it is read.
struct Watched {
    file: Patched,
    reads: Arc<Mutex<Vec<u64>>>,
}

impl hdf5_pure::Source for Watched {
    fn len(&self) -> u64 {
        self.file.source.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::result::Result<(), FormatError> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner).push(offset);
        hdf5_pure::Source::read_at(&self.file, offset, buffer)
    }
}

/// Where addresses count from, and the address of the header of the array at a path.
fn header_of(file: &Patched, path: &str) -> Result<(u64, u64)> {
    let words = |e: hdf5_pure::Error| e.to_string();
    let reads = Arc::new(Mutex::new(Vec::new()));
    let watched = Watched { file: file.clone(), reads: reads.clone() };
    let opened = File::from_source(watched).map_err(words)?;
    let superblock = opened.superblock();
    if (superblock.offset_size, superblock.length_size) != (8, 8) {
        return Err("is in a file whose addresses do not have 8 bytes".into());
    }
    let base = superblock.base_address.get();
    reads.lock().unwrap_or_else(PoisonError::into_inner).clear();
    opened.dataset(path).and_then(|dataset| dataset.chunk_shape()).map_err(words)?;
    let reads = reads.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // The last header that was read is the array's own; `layout` compares what it says.
    let is_header = |at: &&u64| {
        file.source.part(**at, 4).is_some_and(|p| p.to_vec().is_ok_and(|b| b == b"OHDR"))
    };
    let at = reads.iter().rev().find(is_header).and_then(|at| at.checked_sub(base));
    Ok((base, at.ok_or("has a header that cannot be found")?))
}

/// The value of elements that were never written, if it is not zero.
fn fill(message: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut rest = Cursor(message);
    let (version, flags) = (rest.number(1)?, rest.number(1)?);
    if version != 3 {
        return Err(format!("has a fill value of version {version}"));
    }
    if flags & 0x20 == 0 {
        return Ok(None);
    }
    let size = rest.number(4)? as usize;
    let value = rest.take(size)?;
    Ok(Some(value.to_vec()).filter(|v| !v.is_empty()))
}

/// Where the tree of a chunked layout is.
fn layout(message: &[u8], chunk: &[u64]) -> Result<Option<u64>> {
    let mut rest = Cursor(message);
    let (version, class, _flags) = (rest.number(1)?, rest.number(1)?, rest.number(1)?);
    let (axes, width) = (rest.number(1)? as usize, rest.number(1)? as usize);
    // Beside the axes stands the size of an element.
    if !(version == 4 || version == 5) || class != 2 || axes != chunk.len() + 1 {
        return Err("has a layout that is not the array's".into());
    }
    for &expected in chunk {
        if rest.number(width)? != expected {
            return Err("has a layout that is not the array's".into());
        }
    }
    rest.take(width)?;
    let index = rest.number(1)?;
    if index != 5 {
        return Err(format!("has an index of kind {index} for its chunks"));
    }
    // The size of a node, and when nodes are split and joined: they stand in the tree again.
    rest.take(6)?;
    rest.address()
}

/// A chunk as the tree lists it.
struct Entry {
    address: u64,
    /// How many bytes it has there, if filters made them another number.
    bytes: Option<u64>,
    /// Filters that were not applied to it, by their bits.
    skipped: u32,
    /// Its place among the chunks, along each axis.
    place: Vec<u64>,
}

/// A tree of version 2 that lists chunks.
struct Tree<'a> {
    source: &'a Source,
    base: u64,
    filtered: bool,
    axes: usize,
    node: u32,
    record: usize,
    depth: u16,
    root: Option<u64>,
    root_records: u64,
    total: u64,
}

impl<'a> Tree<'a> {
    fn open(source: &'a Source, base: u64, address: u64, axes: usize) -> Result<Tree<'a>> {
        let header = checked(part(source, base, address, 38)?)?;
        let mut rest = Cursor(&header);
        if rest.take(4)? != b"BTHD" || rest.number(1)? != 0 {
            return Err("has no B-tree of version 2".into());
        }
        let kind = rest.number(1)?;
        let node = rest.number(4)? as u32;
        let record = rest.number(2)? as usize;
        let depth = rest.number(2)? as u16;
        rest.take(2)?;
        let (root, root_records, total) = (rest.address()?, rest.number(2)?, rest.number(8)?);
        let filtered = kind == 11;
        // An address and a place along each axis; with filters the size and what was skipped, too.
        let least = 8 + 8 * axes + if filtered { 5 } else { 0 };
        let sized = if filtered { (least..least + 8).contains(&record) } else { record == least };
        if !(filtered || kind == 10) || !sized || depth > LEVELS {
            return Err(format!("has a B-tree of kind {kind}, depth {depth}, records of {record}"));
        }
        if total > source.len() / record as u64 {
            return Err(format!("claims {total} chunks of a file of {} bytes", source.len()));
        }
        Ok(Tree { source, base, filtered, axes, node, record, depth, root, root_records, total })
    }

    /// All chunks.
    fn entries(&self) -> Result<Vec<Entry>> {
        let Some(root) = self.root else { return Ok(Vec::new()) };
        // How many records the nodes of each level hold at most, and all those below: the widths of the counts follow.
        let size = |limit: u64| (u64::BITS - limit.leading_zeros()).div_ceil(8).max(1) as usize;
        let leaf = u64::from(self.node).saturating_sub(10) / self.record as u64;
        let width = size(leaf);
        let mut pointers = vec![0];
        let (mut all, mut all_width) = (leaf, 0);
        for _ in 0..self.depth {
            let pointer = 8 + width + all_width;
            let room = u64::from(self.node).saturating_sub(10 + pointer as u64);
            let most = room / (self.record + pointer) as u64;
            all = most.saturating_add(1).saturating_mul(all).saturating_add(most);
            all_width = size(all);
            pointers.push(pointer);
        }
        let mut entries = Vec::new();
        // A node takes its bytes of the file: no more of them than fit are looked at.
        let mut nodes_left = self.source.len() / u64::from(self.node.max(16)) + 1;
        let mut waiting = vec![(root, self.root_records, self.depth)];
        while let Some((address, records, level)) = waiting.pop() {
            nodes_left = nodes_left.checked_sub(1).ok_or("has a B-tree that does not end")?;
            let pointer = pointers[usize::from(level)];
            let children = if level == 0 { 0 } else { records as usize + 1 };
            let length = 6 + records as usize * self.record + children * pointer + 4;
            if length > self.node as usize {
                return Err(format!("has a node of {records} records, more than it has room for"));
            }
            let node = checked(part(self.source, self.base, address, length as u64)?)?;
            let mut rest = Cursor(&node);
            let signature: &[u8] = if level == 0 { b"BTLF" } else { b"BTIN" };
            if rest.take(4)? != signature {
                return Err("has a B-tree with a node that is none".into());
            }
            rest.take(2)?;
            for _ in 0..records {
                entries.push(self.entry(rest.take(self.record)?)?);
            }
            for _ in 0..children {
                let mut child = Cursor(rest.take(pointer)?);
                let address = child.address()?.ok_or("has a B-tree with a node nowhere")?;
                waiting.push((address, child.number(width)?, level - 1));
            }
        }
        if entries.len() as u64 != self.total {
            return Err(format!("lists {} of {} chunks", entries.len(), self.total));
        }
        Ok(entries)
    }

    fn entry(&self, record: &[u8]) -> Result<Entry> {
        let mut rest = Cursor(record);
        let address = rest.address()?.ok_or("has a chunk nowhere")?;
        let (mut bytes, mut skipped) = (None, 0);
        if self.filtered {
            bytes = Some(rest.number(self.record - 12 - 8 * self.axes)?);
            skipped = rest.number(4)? as u32;
        }
        let place = (0..self.axes).map(|_| rest.number(8)).collect::<Result<_>>()?;
        Ok(Entry { address, bytes, skipped, place })
    }
}

/// Copies a chunk to its place in the array; what lies behind the array's edges is left out.
fn place(data: &[u8], out: &mut [u8], start: &[u64], chunk: &[u64], shape: &[u64], size: usize) {
    let Some(last) = shape.len().checked_sub(1) else {
        out.copy_from_slice(&data[..out.len()]);
        return;
    };
    let inside: Vec<u64> =
        start.iter().zip(chunk).zip(shape).map(|((at, c), s)| (*c).min(s - at)).collect();
    let run = inside[last] as usize * size;
    let mut at = vec![0u64; last];
    loop {
        let (mut from, mut to) = (0u64, 0u64);
        for axis in 0..=last {
            let own = at.get(axis).copied().unwrap_or(0);
            from = from * chunk[axis] + own;
            to = to * shape[axis] + start[axis] + own;
        }
        let (from, to) = (from as usize * size, to as usize * size);
        out[to..to + run].copy_from_slice(&data[from..from + run]);
        // The next row: the last axis but one moves first.
        let Some(axis) = (0..last).rev().find(|&axis| at[axis] + 1 < inside[axis]) else { return };
        at[axis] += 1;
        at[axis + 1..].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_cut_at_the_edges() {
        let mut out = vec![0; 15];
        place(&[1, 2, 3, 4], &mut out, &[2, 4], &[2, 2], &[3, 5], 1);
        assert_eq!(out, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }
}
