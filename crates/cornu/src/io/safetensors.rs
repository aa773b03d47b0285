//! The safetensors format: named arrays behind a JSON header, without anything that could be executed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use cornu_graph::{Array, DType};
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
    let header: Map<String, Value> =
        serde_json::from_slice(header).map_err(|e| damaged(&format!("its header: {e}")))?;
    let arrays = header.into_iter().filter(|(name, _)| name != "__metadata__");
    // Ranges may not overlap, or a small file could hold a large array many times.
    let mut left = data.len();
    arrays
        .map(|(name, entry)| {
            let array = array(&entry, data, &mut left)
                .map_err(|reason| Error::format(format!("{what}, {name:?}"), reason))?;
            Ok((name, array))
        })
        .collect()
}

fn array(entry: &Value, data: &[u8], left: &mut usize) -> Result<Array, String> {
    let stored = match entry["dtype"].as_str() {
        Some("BOOL") => Stored::Bool,
        Some("U8") => Stored::U8,
        Some("I8") => Stored::I8,
        Some("I16") => Stored::I16,
        Some("U16") => Stored::U16,
        Some("I32") => Stored::I32,
        Some("U32") => Stored::U32,
        Some("I64") => Stored::I64,
        Some("F16") => Stored::F16,
        Some("BF16") => Stored::BF16,
        Some("F32") => Stored::F32,
        Some("F64") => Stored::F64,
        _ => {
            return Err(format!(
                "has elements of type {}, which arrays do not have",
                entry["dtype"]
            ));
        }
    };
    let numbers = |value: &Value| serde_json::from_value::<Vec<usize>>(value.clone()).ok();
    let shape = numbers(&entry["shape"]).ok_or("has no shape")?;
    let count = shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size));
    let offsets = numbers(&entry["data_offsets"]).unwrap_or_default();
    let bytes = match offsets[..] {
        [start, stop] => data.get(start..stop),
        _ => None,
    };
    let bytes = bytes.ok_or_else(|| format!("has its data at {}", entry["data_offsets"]))?;
    *left = left.checked_sub(bytes.len()).ok_or("shares its data with other arrays")?;
    if count.and_then(|n| n.checked_mul(stored.size())) != Some(bytes.len()) {
        return Err(format!("has {} bytes for the shape {shape:?}", bytes.len()));
    }
    stored.read(&mut &*bytes, &shape, false).map_err(|e| e.to_string())
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
        assert!(one("F32", "[2]", "[4,12]").contains("[4,12]"));
        assert!(one("F32", "[2]", "[8,0]").contains("[8,0]"));
        assert!(one("F32", "[4294967296,4294967296]", "[0,8]").contains("8 bytes"));
        assert!(one("F8_E4M3", "[8]", "[0,8]").contains("F8_E4M3"));
        let twice = r#"{"x":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
        assert!(from_bytes("f", &file(twice, &[0; 8])).unwrap_err().to_string().contains("shares"));
        for bad in [&[][..], &[1; 7], &[255; 20], b"\x02\0\0\0\0\0\0\0[]"] {
            assert!(from_bytes("f", bad).is_err());
        }
    }
}
