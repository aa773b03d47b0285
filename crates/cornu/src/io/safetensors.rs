//! The safetensors format: named arrays behind a JSON header, without anything that could be executed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use cornu_graph::{Array, DType};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::elements::{self, Stored};
use crate::{Error, Result};

/// Reads all arrays of a `.safetensors` file, by name; `F16` and `BF16` widen to `float32`.
///
/// # Errors
/// When the file cannot be read, is damaged, or holds a type of element that arrays do not have.
///
/// ```
/// use cornu::{Array, io::safetensors};
/// let path = std::env::temp_dir().join("cornu-doc.safetensors");
/// safetensors::write(&path, &[("x".to_string(), Array::scalar(1f32))].into())?;
/// assert_eq!(safetensors::read(&path)?["x"].item()?, 1.0);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>> {
    let path = path.as_ref();
    from_bytes(&path.display().to_string(), &super::read_all(path)?)
}

/// Reads the contents of a `.safetensors` file; `what` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(what: &str, bytes: &[u8]) -> Result<BTreeMap<String, Array>> {
    let damaged =
        |reason: &str| Error::format(what, format!("is not a .safetensors file: {reason}"));
    let (length, rest) =
        bytes.split_first_chunk::<8>().ok_or_else(|| damaged("it is too short"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok();
    let (header, data) = length
        .and_then(|length| rest.split_at_checked(length))
        .ok_or_else(|| damaged("its header is longer than the file"))?;
    if header.len() > HEADER {
        return Err(damaged(&format!("its header has more than {HEADER} bytes")));
    }
    let header: Header =
        serde_json::from_slice(header).map_err(|e| damaged(&format!("its header: {e}")))?;
    // The arrays cover the data, one behind the other: where they overlapped, a small file could hold a large array many
    // times, and what lies between them could be anything.
    let mut order: Vec<(&String, &Entry)> = header.0.iter().collect();
    order.sort_by_key(|(_, entry)| entry.data_offsets);
    let mut end = 0;
    for (name, Entry { data_offsets: (start, stop), .. }) in order {
        if *start != end || stop < start || *stop > data.len() {
            let reason = format!(
                "has its data at {start} to {stop} of {} bytes, not from {end} on, where the array before it ends",
                data.len()
            );
            return Err(Error::format(format!("{what}, {name:?}"), reason));
        }
        end = *stop;
    }
    if end != data.len() {
        let reason = format!("it has {} bytes of data behind its arrays", data.len() - end);
        return Err(damaged(&reason));
    }
    let array = |(name, entry): (String, Entry)| {
        let array = array(&entry, data)
            .map_err(|reason| Error::format(format!("{what}, {name:?}"), reason))?;
        Ok((name, array))
    };
    header.0.into_iter().map(array).collect()
}

/// The most bytes of a header, as in the reference reader.
const HEADER: usize = 100_000_000;

/// The arrays of a header; no name may occur twice.
struct Header(BTreeMap<String, Entry>);

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Header;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object of arrays")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Header, A::Error> {
                let mut arrays = BTreeMap::new();
                let mut described = false;
                while let Some(name) = fields.next_key::<String>()? {
                    let twice = if name == "__metadata__" {
                        // Texts by name, about the file.
                        fields.next_value::<Option<BTreeMap<String, String>>>()?;
                        std::mem::replace(&mut described, true)
                    } else {
                        arrays.insert(name.clone(), fields.next_value()?).is_some()
                    };
                    if twice {
                        return Err(A::Error::custom(format!("{name:?} occurs twice")));
                    }
                }
                Ok(Header(arrays))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

fn array(entry: &Entry, data: &[u8]) -> Result<Array, String> {
    let stored = match entry.dtype.as_str() {
        "BOOL" => Stored::Bool,
        "U8" => Stored::U8,
        "I8" => Stored::I8,
        "I16" => Stored::I16,
        "U16" => Stored::U16,
        "I32" => Stored::I32,
        "U32" => Stored::U32,
        "I64" => Stored::I64,
        "F16" => Stored::F16,
        "BF16" => Stored::BF16,
        "F32" => Stored::F32,
        "F64" => Stored::F64,
        other => return Err(format!("has elements of type {other:?}, which arrays do not have")),
    };
    let (start, stop) = entry.data_offsets;
    let bytes = data.get(start..stop).ok_or("has its data elsewhere")?;
    let count = entry.shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size));
    if count.and_then(|n| n.checked_mul(stored.size())) != Some(bytes.len()) {
        return Err(format!("has {} bytes for the shape {:?}", bytes.len(), entry.shape));
    }
    stored.read(&mut &*bytes, &entry.shape, false).map_err(|e| e.to_string())
}

/// Writes named arrays to a `.safetensors` file, whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: impl AsRef<Path>, arrays: &BTreeMap<String, Array>) -> Result<()> {
    let mut header = Map::new();
    let mut at = 0;
    for (name, array) in arrays {
        let stop = at + array.len() * array.dtype().size();
        let dtype = match array.dtype() {
            DType::Bool => "BOOL",
            DType::U8 => "U8",
            DType::I32 => "I32",
            DType::I64 => "I64",
            DType::F32 => "F32",
            DType::F64 => "F64",
        };
        let entry = json!({ "dtype": dtype, "shape": array.shape(), "data_offsets": [at, stop] });
        header.insert(name.clone(), entry);
        at = stop;
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    // Readers that map the file want the data on a multiple of 8.
    header.resize(header.len().next_multiple_of(8), b' ');
    super::atomic_write(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        arrays.values().try_for_each(|array| elements::write(array.data(), file, false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
    }

    #[test]
    fn arrays_come_back_by_name() {
        let folder = crate::io::tests::Folder::new();
        let arrays = BTreeMap::from([
            ("layers/dense/vars/0".to_string(), Array::new(&[2, 1], vec![1.5f32, -2.0]).unwrap()),
            ("flags".to_string(), Array::new(&[3], vec![true, false, true]).unwrap()),
            ("none".to_string(), Array::zeros(&[0, 4], DType::F64).unwrap()),
            ("count".to_string(), Array::scalar(-7i64)),
        ]);
        let path = folder.0.join("a.safetensors");
        write(&path, &arrays).unwrap();
        assert_eq!(read(&path).unwrap(), arrays);
    }

    #[test]
    fn small_floats_widen() {
        let header = r#"{"__metadata__":{"a":"b"},"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"BF16","shape":[],"data_offsets":[2,4]}}"#;
        let arrays = from_bytes("f", &file(header, &[0, 0x3e, 0x80, 0x3f])).unwrap();
        assert_eq!(arrays["h"].as_slice::<f32>().unwrap(), [1.5]);
        assert_eq!(arrays["b"].item().unwrap(), 1.0);
    }

    #[test]
    fn claims_that_the_file_does_not_keep_are_errors() {
        let one = |dtype: &str, shape: &str, offsets: &str| {
            let entry = format!(
                r#"{{"x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#
            );
            from_bytes("f", &file(&entry, &[0; 8])).unwrap_err().to_string()
        };
        assert!(one("F32", "[3]", "[0,8]").contains("8 bytes for the shape [3]"));
        assert!(one("F32", "[2]", "[4,12]").contains("4 to 12 of 8"));
        assert!(one("F32", "[2]", "[8,0]").contains("8 to 0"));
        assert!(one("F32", "[4294967296,4294967296]", "[0,8]").contains("8 bytes"));
        assert!(one("F8_E4M3", "[8]", "[0,8]").contains("F8_E4M3"));
        for bad in [&[][..], &[1; 7], &[255; 20], b"\x02\0\0\0\0\0\0\0[]"] {
            assert!(from_bytes("f", bad).is_err());
        }
    }

    #[test]
    fn what_the_reference_reader_refuses_is_refused() {
        let entry = |shape: &str, offsets: &str| {
            format!(r#"{{"dtype":"U8","shape":{shape},"data_offsets":{offsets}}}"#)
        };
        let all = entry("[8]", "[0,8]");
        let half = |at: usize| entry("[4]", &format!("[{},{}]", at, at + 4));
        let read = |header: &str| from_bytes("f", &file(header, &[1; 8]));
        // Each case was asked of the Python package safetensors 0.8; a name that occurs twice is accepted there, against
        // the format's own rules.
        for (header, reason) in [
            (format!(r#"{{"x":{},"y":{}}}"#, half(0), entry("[2]", "[6,8]")), "not from 4 on"),
            (format!(r#"{{"x":{}}}"#, half(4)), "not from 0 on"),
            (format!(r#"{{"x":{}}}"#, half(0)), "4 bytes of data behind"),
            (format!(r#"{{"x":{all},"y":{all}}}"#), "not from 8 on"),
            (format!(r#"{{"x":{all},"z":{}}}"#, entry("[0]", "[3,3]")), "not from"),
            ("{}".into(), "8 bytes of data behind"),
            (format!(r#"{{"x":{all},"x":{all}}}"#), "\"x\" occurs twice"),
            (format!(r#"{{"__metadata__":{{}},"__metadata__":{{}},"x":{all}}}"#), "occurs twice"),
            (format!(r#"{{"__metadata__":{{"a":1}},"x":{all}}}"#), "expected a string"),
            (format!(r#"{{"__metadata__":[],"x":{all}}}"#), "expected a map"),
            (format!(r#"{{"x":{}}}"#, entry("[8]", "[0,8,9]")), "its header"),
            (format!(r#"{{"x":{}}}"#, entry("[8]", "[0.0,8]")), "expected"),
            (format!(r#"{{"x":{}}}"#, entry("[8]", "[-1,8]")), "-1"),
            (
                r#"{"x":{"dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8]}}"#.into(),
                "dtype",
            ),
            (r#"{"x":{"shape":[8],"data_offsets":[0,8]}}"#.into(), "dtype"),
            (format!("{{\"x\":{all}}}\0"), "trailing characters"),
        ] {
            let error = read(&header).unwrap_err().to_string();
            assert!(error.contains(reason), "{header}: {error}");
        }
        for header in [
            format!(r#"{{"y":{},"x":{}}}"#, half(4), half(0)),
            format!(r#"{{"x":{},"z":{},"y":{}}}"#, half(0), entry("[0]", "[4,4]"), half(4)),
            format!(r#"{{"__metadata__":null,"x":{all}}}   "#),
            r#"{"x":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"more":1}}"#.into(),
        ] {
            read(&header).unwrap();
        }
        let long = [&100_000_001u64.to_le_bytes()[..], b"{}", &vec![b' '; 99_999_999]].concat();
        assert!(from_bytes("f", &long).unwrap_err().to_string().contains("more than 100000000"));
    }
}
