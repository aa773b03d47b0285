//! The framing of TFRecord files: length, checksum of the length, bytes, checksum of the bytes.
//!
//! Format: TensorFlow's `lib/io/record_writer.h`.

use std::io::{self, Write};

/// Writes one record.
pub(super) fn write(to: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    let length = (payload.len() as u64).to_le_bytes();
    to.write_all(&length)?;
    to.write_all(&masked_crc(&length).to_le_bytes())?;
    to.write_all(payload)?;
    to.write_all(&masked_crc(payload).to_le_bytes())
}

/// CRC-32C, rotated and shifted so that a checksum of data that holds checksums stays a good one.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A reader that shares nothing with the writer.
#[cfg(test)]
pub(super) mod reader {
    /// CRC-32C bit by bit: reflected polynomial 0x82F63B78.
    fn crc32c(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for &byte in bytes {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 };
            }
        }
        !crc
    }

    fn check(bytes: &[u8], stored: &[u8]) -> Result<(), String> {
        let crc = crc32c(bytes);
        let masked = crc.rotate_right(15).wrapping_add(0xa282_ead8);
        let stored = u32::from_le_bytes(stored.try_into().map_err(|_| "cut short")?);
        if masked == stored { Ok(()) } else { Err(format!("checksum {stored:x}, not {masked:x}")) }
    }

    /// The payloads of a whole file.
    pub fn records(mut file: &[u8]) -> Result<Vec<&[u8]>, String> {
        let mut payloads = Vec::new();
        while !file.is_empty() {
            let (length, rest) = file.split_at_checked(8).ok_or("cut short")?;
            let (crc, rest) = rest.split_at_checked(4).ok_or("cut short")?;
            check(length, crc)?;
            let length = u64::from_le_bytes(length.try_into().map_err(|_| "cut short")?);
            let (payload, rest) = rest.split_at_checked(length as usize).ok_or("cut short")?;
            let (crc, rest) = rest.split_at_checked(4).ok_or("cut short")?;
            check(payload, crc)?;
            payloads.push(payload);
            file = rest;
        }
        Ok(payloads)
    }

    #[test]
    fn crc_has_the_check_value_of_rfc_3720() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_independent_reader_finds_every_payload() {
        let long: Vec<u8> = (0..10_000u32).map(|i| (i * i) as u8).collect();
        let payloads: [&[u8]; 4] = [b"", b"a", b"brain.Event:2", &long];
        let mut file = Vec::new();
        for payload in payloads {
            write(&mut file, payload).unwrap();
        }
        assert_eq!(reader::records(&file).unwrap(), payloads);
        // One flipped bit anywhere is noticed.
        for at in [0, 9, 20, 50, 70, file.len() - 1] {
            let mut damaged = file.clone();
            damaged[at] ^= 4;
            assert!(reader::records(&damaged).is_err(), "byte {at}");
        }
    }
}
