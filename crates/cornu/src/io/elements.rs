//! Elements as they stand in IDX and npy files, to and from arrays.

use std::io::{self, Read, Write};

use cornu_graph::{Array, Data, Element};

/// An element type of a file. Types that arrays do not have widen to the next one that holds all
/// their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Bool,
    U8,
    I8,
    I16,
    U16,
    I32,
    U32,
    I64,
    F16,
    BF16,
    F32,
    F64,
}

const CHUNK: usize = 64 << 10;

impl Stored {
    pub(super) fn size(self) -> usize {
        match self {
            Stored::Bool | Stored::U8 | Stored::I8 => 1,
            Stored::I16 | Stored::U16 | Stored::F16 | Stored::BF16 => 2,
            Stored::I32 | Stored::U32 | Stored::F32 => 4,
            Stored::I64 | Stored::F64 => 8,
        }
    }

    /// Reads the elements of an array. The caller has compared their number with the size of the file.
    pub(super) fn read(self, r: &mut dyn Read, shape: &[usize], big: bool) -> io::Result<Array> {
        match self {
            Stored::Bool => converted(r, shape, |[b]| b != 0),
            Stored::U8 => plain::<u8>(r, shape, big),
            Stored::I8 => converted(r, shape, |[b]| i32::from(b as i8)),
            Stored::I16 => converted(r, shape, |b| i32::from(read(b, big, i16::from_le_bytes))),
            Stored::U16 => converted(r, shape, |b| i32::from(read(b, big, u16::from_le_bytes))),
            Stored::I32 => plain::<i32>(r, shape, big),
            Stored::U32 => converted(r, shape, |b| i64::from(read(b, big, u32::from_le_bytes))),
            Stored::I64 => plain::<i64>(r, shape, big),
            Stored::F16 => converted(r, shape, |b| half(read(b, big, u16::from_le_bytes))),
            Stored::BF16 => converted(r, shape, |b| brain_float(read(b, big, u16::from_le_bytes))),
            Stored::F32 => plain::<f32>(r, shape, big),
            Stored::F64 => plain::<f64>(r, shape, big),
        }
    }
}

/// Elements that stand in the file as they do in memory: read to where they stay.
fn plain<T: Element + bytemuck::Pod>(
    reader: &mut dyn Read,
    shape: &[usize],
    big: bool,
) -> io::Result<Array> {
    let mut array = Array::unspecified(shape, T::DTYPE).map_err(io::Error::other)?;
    let values = array.as_slice_mut::<T>().map_err(io::Error::other)?;
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(values);
    reader.read_exact(bytes)?;
    if big != cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
    }
    Ok(array)
}

/// A number by its bytes in the file's order.
fn read<const N: usize, T>(mut bytes: [u8; N], big: bool, from_le_bytes: fn([u8; N]) -> T) -> T {
    if big {
        bytes.reverse();
    }
    from_le_bytes(bytes)
}

/// The value of a `bfloat16`: the upper half of a `float32`.
fn brain_float(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The value of a `float16` (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let (sign, exponent, mantissa) =
        (u32::from(bits >> 15) << 31, u32::from(bits >> 10) & 31, u32::from(bits & 0x3ff));
    let magnitude = match exponent {
        // Multiples of 2^-24, which float32 holds exactly.
        0 => (mantissa as f32 * (1.0 / 16_777_216.0)).to_bits(),
        31 => 0x7f80_0000 | mantissa << 13,
        _ => (exponent + 112) << 23 | mantissa << 13,
    };
    f32::from_bits(sign | magnitude)
}

/// Elements that stand otherwise in memory, a part after the other.
fn converted<const N: usize, T: Element>(
    reader: &mut dyn Read,
    shape: &[usize],
    convert: impl Fn([u8; N]) -> T,
) -> io::Result<Array> {
    let mut array = Array::unspecified(shape, T::DTYPE).map_err(io::Error::other)?;
    let values = array.as_slice_mut::<T>().map_err(io::Error::other)?;
    let mut buffer = vec![0; CHUNK.min(values.len().saturating_mul(N))];
    for part in values.chunks_mut(CHUNK / N) {
        let bytes = &mut buffer[..part.len() * N];
        reader.read_exact(bytes)?;
        for (value, &b) in part.iter_mut().zip(bytes.as_chunks::<N>().0) {
            *value = convert(b);
        }
    }
    Ok(array)
}

/// Writes elements in the given byte order.
pub(super) fn write(data: &Data, w: &mut dyn Write, big: bool) -> io::Result<()> {
    fn each<const N: usize, T: Copy>(
        values: &[T],
        w: &mut dyn Write,
        convert: impl Fn(T) -> [u8; N],
    ) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(CHUNK.min(values.len() * N));
        for part in values.chunks(CHUNK / N) {
            buffer.clear();
            for &v in part {
                buffer.extend_from_slice(&convert(v));
            }
            w.write_all(&buffer)?;
        }
        Ok(())
    }
    macro_rules! write {
        ($v:expr, $t:ty) => {
            if big { each($v, w, <$t>::to_be_bytes) } else { each($v, w, <$t>::to_le_bytes) }
        };
    }
    match data {
        Data::Bool(v) => each(v, w, |b| [u8::from(b)]),
        Data::U8(v) => w.write_all(v),
        Data::I32(v) => write!(v, i32),
        Data::I64(v) => write!(v, i64),
        Data::F32(v) => write!(v, f32),
        Data::F64(v) => write!(v, f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_floats_widen_exactly() {
        let cases = [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2f32.powi(-24))];
        for (bits, value) in cases {
            assert_eq!(half(bits), value);
        }
        assert_eq!(half(0x8000).to_bits(), (-0f32).to_bits());
        assert_eq!((half(0x7c00), half(0x0400)), (f32::INFINITY, 2f32.powi(-14)));
        assert!(half(0x7e00).is_nan());
        assert_eq!((brain_float(0x3f80), brain_float(0xc040)), (1.0, -3.0));
    }
}
