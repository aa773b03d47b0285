//! NumPy's `.npy` files: one array each.
//!
//! Format: NumPy's `numpy.lib.format`, versions 1 to 3. Both memory orders and both byte orders are read; C order
//! and little-endian bytes are written. Types that arrays do not have are read as the next one that
//! holds their values: `int8`, `int16` and `uint16` as `int32`, `uint32` as `int64`. Pickled objects
//! are never loaded.

use std::io::{Read, Write};
use std::path::Path;

use cornu_graph::{Array, DType, element_count, strides, with_dtype};

use super::elements::{self, Stored};
use crate::{Error, Result};

pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy's own bounds on the header and the rank.
const MAX_HEADER: usize = 10_000;
const MAX_RANK: usize = 64;

/// Reads a `.npy` file.
///
/// # Errors
/// When the file cannot be read, is not a `.npy` file, holds another number of bytes than its header
/// says, or has an element type that arrays do not have.
///
/// ```
/// use cornu::{Array, io::npy};
/// let path = std::env::temp_dir().join("cornu-doc.npy");
/// let x = Array::new(&[2, 2], vec![1f32, 2.0, 3.0, 4.0])?;
/// npy::write(&path, &x)?;
/// assert_eq!(npy::read(&path)?, x);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let (mut reader, size) = super::open(path)?;
    read_from(&path.display().to_string(), &mut reader, size)
}

/// Reads a `.npy` file of `size` bytes from a reader; `what` names it in errors.
///
/// `size` bounds the memory that is taken, so the caller must have judged it.
///
/// # Errors
/// As [`read`].
pub fn read_from(what: &str, reader: &mut dyn Read, size: u64) -> Result<Array> {
    let failed = |e| super::read_error(what, e);
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(failed)?;
    if !start.starts_with(MAGIC) {
        return Err(Error::format(what, "is not a .npy file"));
    }
    let (before, length) = match start[6] {
        1 => {
            let mut n = [0; 2];
            reader.read_exact(&mut n).map_err(failed)?;
            (10, usize::from(u16::from_le_bytes(n)))
        }
        2 | 3 => {
            let mut n = [0; 4];
            reader.read_exact(&mut n).map_err(failed)?;
            (12, u32::from_le_bytes(n) as usize)
        }
        v => return Err(Error::format(what, format!(".npy version {v} is not known"))),
    };
    if length > MAX_HEADER {
        return Err(Error::format(
            what,
            format!("its header of {length} bytes is longer than {MAX_HEADER}"),
        ));
    }
    let mut text = vec![0; length];
    reader.read_exact(&mut text).map_err(failed)?;
    let header = Header::parse(&text).map_err(|reason| Error::format(what, reason))?;

    let count = element_count("io::npy::read", &header.shape)?;
    let claimed = (count as u64)
        .saturating_mul(header.stored.size() as u64)
        .saturating_add((before + length) as u64);
    if claimed != size {
        return Err(Error::format(
            what,
            format!("has {size} bytes, but its header says {claimed}"),
        ));
    }
    let mut shape = header.shape;
    if header.fortran_order {
        shape.reverse();
    }
    let array = header.stored.read(reader, &shape, header.big_endian).map_err(failed)?;
    super::expect_end(what, reader)?;
    Ok(if header.fortran_order { reverse_axes(&array)? } else { array })
}

/// Writes a `.npy` file in C order.
///
/// # Errors
/// When the array has more than 64 axes or the file cannot be written.
pub fn write(path: impl AsRef<Path>, array: &Array) -> Result<()> {
    let header = header(array)?;
    super::atomic_write(path, |file| {
        file.write_all(&header)?;
        elements::write(array.data(), file, false)
    })
}

/// Writes the contents of a `.npy` file to a writer; `what` names it in errors.
///
/// # Errors
/// As [`write()`].
pub fn write_to(what: &str, writer: &mut dyn Write, array: &Array) -> Result<()> {
    let header = header(array)?;
    writer
        .write_all(&header)
        .and_then(|()| elements::write(array.data(), writer, false))
        .map_err(|e| Error::io(what, e))
}

fn header(array: &Array) -> Result<Vec<u8>> {
    if array.ndim() > MAX_RANK {
        return Err(Error::invalid(
            "io::npy::write",
            "array",
            format!("must have at most {MAX_RANK} axes"),
            format!("{} axes", array.ndim()),
        ));
    }
    let descr = match array.dtype() {
        DType::Bool => "|b1",
        DType::U8 => "|u1",
        DType::I32 => "<i4",
        DType::I64 => "<i8",
        DType::F32 => "<f4",
        DType::F64 => "<f8",
    };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (");
    for n in array.shape() {
        text.push_str(&format!("{n}, "));
    }
    text.push_str("), }");
    // NumPy aligns the elements to 64 bytes and ends the header with a newline.
    let unpadded = MAGIC.len() + 4 + text.len() + 1;
    text.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    text.push('\n');
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&[1, 0]);
    // 64 axes of 20 digits stay far below 65,536 bytes.
    header.extend_from_slice(&(text.len() as u16).to_le_bytes());
    header.extend_from_slice(text.as_bytes());
    Ok(header)
}

/// The array with its axes in reverse order.
fn reverse_axes(array: &Array) -> cornu_graph::Result<Array> {
    let mut shape = array.shape().to_vec();
    shape.reverse();
    let mut steps = strides(array.shape());
    steps.reverse();
    with_dtype!(array.dtype(), T => {
        let from = array.as_slice::<T>()?;
        let mut to = Vec::with_capacity(from.len());
        let mut index = vec![0; shape.len()];
        let mut at = 0;
        for _ in 0..from.len() {
            to.push(from[at]);
            for axis in (0..shape.len()).rev() {
                index[axis] += 1;
                at += steps[axis];
                if index[axis] < shape[axis] {
                    break;
                }
                at -= steps[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        Array::new(&shape, to)
    })
}

#[derive(Debug, PartialEq)]
struct Header {
    stored: Stored,
    big_endian: bool,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Parses the header: a Python dictionary of a string, a truth value and a tuple of sizes.
    ///
    /// One pass without recursion, so that no nesting can exhaust the stack.
    fn parse(text: &[u8]) -> Result<Header, String> {
        let text = std::str::from_utf8(text).map_err(|_| "its header is not text".to_string())?;
        let mut p = Parser(text);
        let (mut kind, mut fortran_order, mut shape) = (None, None, None);
        p.expect('{')?;
        while !p.accept('}') {
            let key = p.string()?;
            p.expect(':')?;
            match key {
                "descr" if p.0.trim_start().starts_with('[') => {
                    return Err("it holds a structured type, which arrays do not have".to_string());
                }
                "descr" => kind = Some(element_type(p.string()?)?),
                "fortran_order" => fortran_order = Some(p.truth()?),
                "shape" => shape = Some(p.sizes()?),
                other => return Err(format!("its header has an unknown key {other:?}")),
            }
            if !p.accept(',') {
                p.expect('}')?;
                break;
            }
        }
        if !p.0.trim().is_empty() {
            return Err("its header goes on after the closing brace".to_string());
        }
        match (kind, fortran_order, shape) {
            (Some((stored, big_endian)), Some(fortran_order), Some(shape)) => {
                Ok(Header { stored, big_endian, fortran_order, shape })
            }
            _ => Err("its header lacks 'descr', 'fortran_order' or 'shape'".to_string()),
        }
    }
}

fn element_type(descr: &str) -> Result<(Stored, bool), String> {
    let unsupported = || {
        let hint = match descr.trim_start_matches(['<', '>', '|', '=']) {
            "O" => ": it holds pickled Python objects, which are never loaded",
            "f2" | "u8" | "c8" | "c16" => {
                ": convert it in NumPy, for example with x.astype('float32')"
            }
            _ => "",
        };
        Err(format!("its element type {descr:?} is not supported{hint}"))
    };
    let Some((order @ ('<' | '>' | '|'), name)) =
        descr.chars().next().map(|c| (c, &descr[c.len_utf8()..]))
    else {
        return unsupported();
    };
    let stored = match name {
        "b1" => Stored::Bool,
        "u1" => Stored::U8,
        "i1" => Stored::I8,
        "i2" => Stored::I16,
        "u2" => Stored::U16,
        "i4" => Stored::I32,
        "u4" => Stored::U32,
        "i8" => Stored::I64,
        "f4" => Stored::F32,
        "f8" => Stored::F64,
        _ => return unsupported(),
    };
    if order == '|' && stored.size() > 1 {
        return unsupported();
    }
    Ok((stored, order == '>'))
}

/// The unread rest of a header.
struct Parser<'a>(&'a str);

impl<'a> Parser<'a> {
    fn accept(&mut self, c: char) -> bool {
        self.0 = self.0.trim_start();
        match self.0.strip_prefix(c) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        if self.accept(c) { Ok(()) } else { Err(format!("its header lacks a {c:?}")) }
    }

    fn string(&mut self) -> Result<&'a str, String> {
        let quote = if self.accept('"') { '"' } else { '\'' };
        if quote == '\'' {
            self.expect('\'')?;
        }
        let (inside, rest) =
            self.0.split_once(quote).ok_or("its header has a string without an end")?;
        self.0 = rest;
        Ok(inside)
    }

    fn truth(&mut self) -> Result<bool, String> {
        self.0 = self.0.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err("its 'fortran_order' is neither True nor False".to_string())
    }

    fn sizes(&mut self) -> Result<Vec<usize>, String> {
        let mut sizes = Vec::new();
        self.expect('(')?;
        while !self.accept(')') {
            self.0 = self.0.trim_start();
            let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
            let size = self.0[..end]
                .parse()
                .map_err(|_| "its 'shape' is not a tuple of sizes".to_string())?;
            self.0 = &self.0[end..];
            sizes.push(size);
            if sizes.len() > MAX_RANK {
                return Err(format!("it has more than {MAX_RANK} axes"));
            }
            // NumPy under Python 2 wrote 3L for 3.
            self.accept('L');
            if !self.accept(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;
    use cornu_graph::Data;
    use proptest::prelude::*;

    fn file(dict: &str, elements: &[u8]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend([1, 0]);
        out.extend((dict.len() as u16).to_le_bytes());
        out.extend(dict.bytes());
        out.extend(elements);
        out
    }

    fn load(bytes: &[u8]) -> Result<Array> {
        read_from("f", &mut &*bytes, bytes.len() as u64)
    }

    fn message(dict: &str) -> String {
        load(&file(dict, &[0; 8])).unwrap_err().to_string()
    }

    pub(in crate::io) fn array() -> impl Strategy<Value = Array> {
        (prop::collection::vec(0usize..5, 0..4), 0..6u8, any::<u64>()).prop_map(
            |(shape, kind, seed)| {
                let n: usize = shape.iter().product();
                let bits =
                    (0..n as u64).map(|i| seed.wrapping_mul(2 * i + 1).rotate_left(i as u32));
                let data = match kind {
                    0 => Data::U8(bits.map(|b| b as u8).collect()),
                    1 => Data::I32(bits.map(|b| b as i32).collect()),
                    2 => Data::I64(bits.map(|b| b as i64).collect()),
                    3 => Data::F32(bits.map(|b| b as f32 - 1e18).collect()),
                    4 => Data::F64(bits.map(|b| 1.0 / (b as f64 + 1.0)).collect()),
                    _ => Data::Bool(bits.map(|b| b & 1 == 1).collect()),
                };
                Array::from_data(&shape, data).unwrap()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_written_is_read_back(array in array()) {
            let folder = Folder::new();
            let path = folder.0.join("a.npy");
            write(&path, &array).unwrap();
            prop_assert_eq!(std::fs::read(&path).unwrap().len() % 64, array.len() * array.dtype().size() % 64);
            prop_assert_eq!(read(&path).unwrap(), array);
        }

        #[test]
        fn no_header_makes_it_panic(dict in "[{}()'a-z:,0-9<>|L ]{0,60}") {
            let _ = load(&file(&dict, b"12345678"));
        }

        #[test]
        fn no_change_of_a_byte_makes_it_panic(at in 0usize..140, byte: u8) {
            let mut bytes = Vec::new();
            write_to("f", &mut bytes, &Array::new(&[2], vec![1f32, 2.0]).unwrap()).unwrap();
            if let Some(b) = bytes.get_mut(at) {
                *b = byte;
            }
            let _ = load(&bytes);
        }
    }

    #[test]
    fn the_header_is_numpys() {
        // The first bytes of numpy.save(f, numpy.zeros((2, 3), "float32")), NumPy 2.
        let mut bytes = Vec::new();
        write_to("f", &mut bytes, &Array::zeros(&[2, 3], DType::F32).unwrap()).unwrap();
        assert!(bytes.starts_with(
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3"
        ));
        assert_eq!(bytes.len(), 128 + 24);
        assert_eq!(bytes[127], b'\n');
    }

    #[test]
    fn fortran_order_and_big_endian_are_undone() {
        let dict = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n";
        let a = load(&file(dict, &[0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0xff, 0xfa])).unwrap();
        assert_eq!(a, Array::new(&[2, 3], vec![1i32, 2, 3, 4, 5, -6]).unwrap());
        // Three axes: element (i, j, k) of shape (2, 2, 2) stands at i + 2j + 4k.
        let dict = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2)}";
        let a = load(&file(dict, &[0, 1, 2, 3, 4, 5, 6, 7])).unwrap();
        assert_eq!(a.as_slice::<u8>().unwrap(), [0, 4, 2, 6, 1, 5, 3, 7]);
    }

    #[test]
    fn python_2_sizes_and_other_spacing_are_read() {
        let dict = "{\"shape\":(8L,),'fortran_order':False,'descr':'|b1'}   \n";
        assert_eq!(load(&file(dict, &[1; 8])).unwrap(), Array::full(&[8], true).unwrap());
    }

    #[test]
    fn what_cannot_be_loaded_says_why() {
        let with = |descr: &str| {
            message(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}"))
        };
        assert!(with("'|O'").contains("pickled"), "{}", with("'|O'"));
        assert!(with("'<f2'").contains("astype"), "{}", with("'<f2'"));
        assert!(with("[('a', '<i4')]").contains("structured"));
        assert!(with("'<é'").contains("not supported"));
        assert!(with("'|f4'").contains("not supported"));
        assert!(message("{'descr': '<f4'}").contains("lacks"));
        assert!(message(&"(".repeat(9_000)).contains("lacks a '{'"));
    }

    #[test]
    fn a_lying_header_is_an_error_before_memory_is_taken() {
        let shape =
            |s: &str| message(&format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {s}}}"));
        assert!(shape("(1000000000000,)").contains("header says 4000000000"));
        assert!(shape("(4294967296, 4294967296)").contains("fits in memory"));
        assert!(shape("(99999999999999999999,)").contains("sizes"));
        assert!(shape("(-1,)").contains("sizes"));
        assert!(shape(&format!("({})", "1,".repeat(65))).contains("64 axes"));
        // A header of four gigabytes in a file of sixteen bytes.
        let long = b"\x93NUMPY\x02\x00\xff\xff\xff\xff1234";
        assert!(load(long).unwrap_err().to_string().contains("longer than"));
    }

    #[test]
    fn every_truncation_is_an_error() {
        let mut bytes = Vec::new();
        write_to("f", &mut bytes, &Array::new(&[3], vec![1i64, 2, 3]).unwrap()).unwrap();
        for n in 0..bytes.len() {
            assert!(load(&bytes[..n]).is_err(), "{n} bytes");
        }
    }
}
