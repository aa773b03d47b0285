//! What `hdf5-pure` keeps to itself: object headers of version 2, block by block, with their checksums.
//!
//! HDF5 2.0 writes layouts of version 5, in which the sizes of packed chunks take 8 bytes whatever they are. The indices
//! say how wide their entries are, so that such a layout is one of version 4 but for its number, which [`Patched`] shows
//! to `hdf5-pure`.
//!
//! HDF5 File Format Specification 4.0, sections IV.A.1.b and IV.A.2.

use std::ops::Range;
use std::sync::Arc;

use hdf5_pure::FormatError;

use crate::io::Source;

pub(super) type Result<T> = std::result::Result<T, String>;

/// The most blocks of one header: far more than any file has.
const BLOCKS: usize = 256;

/// The kinds of messages that matter here.
pub(super) const FILL: u8 = 0x05;
pub(super) const LAYOUT: u8 = 0x08;
const CONTINUATION: u8 = 0x10;

/// The bytes at an address of the file.
pub(super) fn part(source: &Source, base: u64, address: u64, length: u64) -> Result<Vec<u8>> {
    let at = base.checked_add(address);
    let part = at.and_then(|at| source.part(at, length));
    let part = part.ok_or_else(|| {
        format!("claims {length} bytes at {address} of a file of {} bytes", source.len())
    })?;
    part.to_vec().map_err(|e| e.to_string())
}

/// Numbers in a run of bytes.
pub(super) struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of up to eight bytes, the least first.
    pub(super) fn number(&mut self, bytes: usize) -> Result<u64> {
        let mut wide = [0; 8];
        wide.get_mut(..bytes)
            .ok_or("has a number of more than 8 bytes")?
            .copy_from_slice(self.take(bytes)?);
        Ok(u64::from_le_bytes(wide))
    }

    pub(super) fn address(&mut self) -> Result<Option<u64>> {
        Ok(Some(self.number(8)?).filter(|&address| address != u64::MAX))
    }
}

/// A block without the checksum at its end, which is compared.
pub(super) fn checked(mut block: Vec<u8>) -> Result<Vec<u8>> {
    let at = block.len().checked_sub(4).ok_or("ends too early")?;
    let found = Cursor(&block[at..]).number(4)?;
    block.truncate(at);
    if u64::from(lookup3(&block)) != found {
        return Err("is damaged: a checksum does not fit".into());
    }
    Ok(block)
}

/// A part of an object header: where it starts in the file, its bytes without the checksum, and where its messages start.
pub(super) struct Block {
    start: u64,
    bytes: Vec<u8>,
    messages: usize,
    /// Whether each message has the number of its making.
    numbered: bool,
}

/// A message of a header.
pub(super) struct Message {
    pub kind: u8,
    pub shared: bool,
    /// Where its contents are in the block.
    contents: Range<usize>,
}

impl Block {
    fn messages(&self) -> Result<Vec<Message>> {
        let order = if self.numbered { 2 } else { 0 };
        let mut at = self.messages;
        let mut messages = Vec::new();
        // What is left may be too small for a message.
        while self.bytes.len() - at >= 4 + order {
            let mut rest = Cursor(&self.bytes[at..]);
            let (kind, length) = (rest.number(1)? as u8, rest.number(2)? as usize);
            let shared = rest.number(1)? & 2 != 0;
            let start = at + 4 + order;
            rest.take(order + length)?;
            at = start + length;
            messages.push(Message { kind, shared, contents: start..at });
        }
        Ok(messages)
    }
}

/// The blocks of the header at an address: of version 2, as all that the latest format has.
pub(super) fn blocks(source: &Source, base: u64, at: u64) -> Result<Vec<Block>> {
    let start = part(source, base, at, 6)?;
    let flags = start[5];
    if !start.starts_with(b"OHDR") || start[4] != 2 {
        return Err("has no header of version 2".into());
    }
    let times = if flags & 0x20 != 0 { 16 } else { 0 };
    let limits = if flags & 0x10 != 0 { 4 } else { 0 };
    let width = 1 << (flags & 3);
    let messages = 6 + times + limits + width;
    let prefix = part(source, base, at, messages as u64)?;
    let size = Cursor(&prefix[messages - width..]).number(width)?;
    let whole = size.checked_add(messages as u64 + 4).ok_or("has a header without end")?;
    let numbered = flags & 4 != 0;
    let block = |at: u64, length: u64, messages: usize| -> Result<Block> {
        let bytes = checked(part(source, base, at, length)?)?;
        Ok(Block { start: base + at, bytes, messages, numbered })
    };
    let mut blocks = vec![block(at, whole, messages)?];
    let mut next = 0;
    while let Some(known) = blocks.get(next) {
        let mut more = Vec::new();
        for message in known.messages()?.iter().filter(|m| m.kind == CONTINUATION) {
            let mut rest = Cursor(&known.bytes[message.contents.clone()]);
            let further = block(rest.number(8)?, rest.number(8)?, 4)?;
            if !further.bytes.starts_with(b"OCHK") {
                return Err("has a header whose next part is none".into());
            }
            more.push(further);
        }
        blocks.extend(more);
        next += 1;
        if blocks.len() > BLOCKS {
            return Err("has a header in too many parts".into());
        }
    }
    Ok(blocks)
}

/// The messages of a header with their contents.
pub(super) fn messages(blocks: &[Block]) -> Result<Vec<(Message, &[u8])>> {
    let mut all = Vec::new();
    for block in blocks {
        for message in block.messages()? {
            let contents = &block.bytes[message.contents.clone()];
            all.push((message, contents));
        }
    }
    Ok(all)
}

/// A file in which some bytes are others.
#[derive(Clone)]
pub(super) struct Patched {
    pub source: Source,
    patches: Arc<[(u64, Vec<u8>)]>,
}

impl Patched {
    /// The file as it is.
    pub(super) fn none(source: Source) -> Patched {
        Patched { source, patches: Arc::default() }
    }

    /// The file with its layouts of version 5 as ones of version 4.
    pub(super) fn layouts(source: Source, base: u64) -> Result<Patched> {
        let mut patches = Vec::new();
        // Headers are looked for all over the file; their checksums keep out what only looks like one. Files that are
        // made to look so everywhere end here.
        let mut work = source.len().saturating_mul(8);
        for at in places(&source, b"OHDR")? {
            let Some(address) = at.checked_sub(base) else { continue };
            let Ok(blocks) = blocks(&source, base, address) else {
                work = work.checked_sub(source.len() - at).ok_or("has too many headers")?;
                continue;
            };
            for block in blocks {
                work = work.checked_sub(block.bytes.len() as u64).ok_or("has too many headers")?;
                let mut bytes = block.bytes.clone();
                let mut changed = false;
                for message in block.messages()? {
                    let version = &mut bytes[message.contents.start..message.contents.end];
                    if let (LAYOUT, Some(version @ 5)) = (message.kind, version.first_mut()) {
                        *version = 4;
                        changed = true;
                    }
                }
                if changed {
                    bytes.extend(lookup3(&bytes).to_le_bytes());
                    patches.push((block.start, bytes));
                }
            }
        }
        patches.sort_by_key(|(start, _)| *start);
        Ok(Patched { source, patches: patches.into() })
    }
}

impl hdf5_pure::Source for Patched {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::result::Result<(), FormatError> {
        hdf5_pure::Source::read_at(&self.source, offset, buffer)?;
        let end = offset + buffer.len() as u64;
        let first = self.patches.partition_point(|(start, b)| start + b.len() as u64 <= offset);
        for (start, bytes) in self.patches[first..].iter().take_while(|(start, _)| *start < end) {
            let (from, to) = (offset.max(*start), end.min(start + bytes.len() as u64));
            if from < to {
                let place = (from - offset) as usize..(to - offset) as usize;
                buffer[place]
                    .copy_from_slice(&bytes[(from - start) as usize..(to - start) as usize]);
            }
        }
        Ok(())
    }
}

/// Where a signature stands in a file.
fn places(source: &Source, signature: &[u8; 4]) -> Result<Vec<u64>> {
    const PART: u64 = 1 << 20;
    let mut places = Vec::new();
    let mut at = 0;
    while at < source.len() {
        // Each part has the start of the next, so that no signature is cut.
        let length = (PART + 3).min(source.len() - at);
        let bytes = source.part(at, length).ok_or("ends too early")?;
        let bytes = bytes.to_vec().map_err(|e| e.to_string())?;
        let found = bytes.windows(4).enumerate().filter(|(_, window)| window == signature);
        places.extend(found.map(|(i, _)| at + i as u64));
        at += PART;
    }
    Ok(places)
}

/// Bob Jenkins's lookup3, `hashlittle` with 0 as its start: the checksum of HDF5's blocks.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beefu32.wrapping_add(bytes.len() as u32);
    let [mut a, mut b, mut c] = [start; 3];
    let word = |part: &[u8], i: usize| {
        let mut word = [0; 4];
        let rest = part.get(4 * i..).unwrap_or_default();
        let count = rest.len().min(4);
        word[..count].copy_from_slice(&rest[..count]);
        u32::from_le_bytes(word)
    };
    let mut rest = bytes;
    while rest.len() > 12 {
        let (part, behind) = rest.split_at(12);
        (a, b, c) = (
            a.wrapping_add(word(part, 0)),
            b.wrapping_add(word(part, 1)),
            c.wrapping_add(word(part, 2)),
        );
        for (turn, of) in [(4, 0), (6, 1), (8, 2), (16, 0), (19, 1), (4, 2)] {
            let [x, y, z] = match of {
                0 => [&mut a, &mut c, &mut b],
                1 => [&mut b, &mut a, &mut c],
                _ => [&mut c, &mut b, &mut a],
            };
            *x = x.wrapping_sub(*y) ^ y.rotate_left(turn);
            *y = y.wrapping_add(*z);
        }
        rest = behind;
    }
    if rest.is_empty() {
        return c;
    }
    (a, b, c) = (
        a.wrapping_add(word(rest, 0)),
        b.wrapping_add(word(rest, 1)),
        c.wrapping_add(word(rest, 2)),
    );
    let finish = |x: &mut u32, y: u32, turn: u32| *x = (*x ^ y).wrapping_sub(y.rotate_left(turn));
    finish(&mut c, b, 14);
    finish(&mut a, c, 11);
    finish(&mut b, a, 25);
    finish(&mut c, b, 16);
    finish(&mut a, c, 4);
    finish(&mut b, a, 14);
    finish(&mut c, b, 24);
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_their_author() {
        // Bob Jenkins, lookup3.c: the values that driver5 prints.
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
