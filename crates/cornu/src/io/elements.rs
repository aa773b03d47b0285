//! Elements as they stand in IDX and npy files, to and from [`Data`].

use std::io::{self, Read, Write};

use cornu_graph::Data;

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

    /// Reads `count` elements. The caller has compared `count` with the size of the file.
    pub(super) fn read(self, r: &mut dyn Read, count: usize, big: bool) -> io::Result<Data> {
        macro_rules! read {
            ($t:ty => $to:ty) => {
                read!($t => $to, <$to>::from)
            };
            ($t:ty => $to:ty, $convert:expr) => {
                if big {
                    values(r, count, |b| $convert(<$t>::from_be_bytes(b)))
                } else {
                    values(r, count, |b| $convert(<$t>::from_le_bytes(b)))
                }
            };
        }
        Ok(match self {
            Stored::Bool => Data::Bool(values(r, count, |[b]| b != 0)?),
            Stored::U8 => Data::U8(values(r, count, |[b]| b)?),
            Stored::I8 => Data::I32(read!(i8 => i32)?),
            Stored::I16 => Data::I32(read!(i16 => i32)?),
            Stored::U16 => Data::I32(read!(u16 => i32)?),
            Stored::I32 => Data::I32(read!(i32 => i32)?),
            Stored::U32 => Data::I64(read!(u32 => i64)?),
            Stored::I64 => Data::I64(read!(i64 => i64)?),
            Stored::F16 => Data::F32(read!(u16 => f32, half)?),
            Stored::BF16 => Data::F32(read!(u16 => f32, brain_float)?),
            Stored::F32 => Data::F32(read!(f32 => f32)?),
            Stored::F64 => Data::F64(read!(f64 => f64)?),
        })
    }
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

fn values<const N: usize, T>(
    reader: &mut dyn Read,
    count: usize,
    convert: impl Fn([u8; N]) -> T,
) -> io::Result<Vec<T>> {
    let mut out = Vec::new();
    out.try_reserve_exact(count).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut buffer = vec![0; CHUNK.min(count.saturating_mul(N))];
    while out.len() < count {
        let n = (count - out.len()).min(CHUNK / N);
        let bytes = &mut buffer[..n * N];
        reader.read_exact(bytes)?;
        out.extend(bytes.as_chunks::<N>().0.iter().map(|&b| convert(b)));
    }
    Ok(out)
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
