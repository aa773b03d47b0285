//! The filters of packed chunks, undone.

use std::io::Read;

use hdf5_pure::Filter;

use super::header::{Cursor, Result};

/// A chunk as it was before the filters.
pub(super) fn unfilter(
    mut data: Vec<u8>,
    filters: &[Filter],
    skipped: u32,
    size: usize,
    bytes: usize,
) -> Result<Vec<u8>> {
    for (i, filter) in filters.iter().enumerate().rev() {
        if i < 32 && skipped >> i & 1 == 1 {
            continue;
        }
        data = match filter.id {
            1 => {
                // A checksum, which filters before this one may have added, and no more.
                let most = bytes as u64 + 4 * filters.len() as u64 + 1;
                let mut out = Vec::new();
                let mut unpacked = flate2::read::ZlibDecoder::new(&data[..]).take(most);
                unpacked.read_to_end(&mut out).map_err(|e| format!("a chunk: {e}"))?;
                out
            }
            2 => unshuffle(&data, size),
            3 => without_checksum(data)?,
            _ => return Err(format!("is packed by {filter}, which is not supported here")),
        };
    }
    match data.len() == bytes {
        true => Ok(data),
        false => Err(format!("has a chunk of {} bytes instead of {bytes}", data.len())),
    }
}

/// All first bytes, then all second bytes, … become elements again; what is left over at the end stays.
fn unshuffle(data: &[u8], size: usize) -> Vec<u8> {
    let count = data.len() / size;
    let mut out = data.to_vec();
    for (i, element) in out.chunks_exact_mut(size).enumerate() {
        for (k, byte) in element.iter_mut().enumerate() {
            *byte = data[k * count + i];
        }
    }
    out
}

/// Data without the Fletcher checksum at its end, which is compared.
fn without_checksum(mut data: Vec<u8>) -> Result<Vec<u8>> {
    let at = data.len().checked_sub(4).ok_or("has a chunk without its checksum")?;
    let found = Cursor(&data[at..]).number(4)? as u32;
    data.truncate(at);
    if fletcher32(&data) != found {
        return Err("has a damaged chunk: its checksum does not fit".into());
    }
    Ok(data)
}

/// HDF5's sum of pairs of bytes, the first the higher one.
fn fletcher32(data: &[u8]) -> u32 {
    let (mut one, mut two) = (0u32, 0u32);
    let mut add = |word: u32| {
        one = (one + word) % 65535;
        two = (two + one) % 65535;
    };
    let (pairs, rest) = data.as_chunks::<2>();
    pairs.iter().for_each(|&pair| add(u32::from(u16::from_be_bytes(pair))));
    rest.iter().for_each(|&byte| add(u32::from(byte) << 8));
    // A remainder of zero is written as what it is a remainder of, unless nothing was added.
    let folded = |sum: u32, any: bool| if sum == 0 && any { 65535 } else { sum };
    let any = data.iter().any(|&byte| byte != 0);
    folded(two, any) << 16 | folded(one, any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_back_to_their_elements() {
        assert_eq!(unshuffle(&[1, 2, 3, 4, 5, 6, 9], 2), [1, 4, 2, 5, 3, 6, 9]);
    }
}
