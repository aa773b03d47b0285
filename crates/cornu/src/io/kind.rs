//! What a file is, told by its contents and not by its name.

use std::fmt;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use zip::ZipArchive;

use super::Source;
use crate::{Error, Result};

/// The kinds of files that people hand to a program for models and arrays.
///
/// ```
/// use cornu::io::Kind;
/// assert_eq!(Kind::of_bytes(b"\x89PNG\r\n\x1a\n"), Kind::Png);
/// assert_eq!(Kind::Onnx.to_string(), "an ONNX model");
/// let error = Kind::Onnx.refusal("model.onnx", "a .keras file").to_string();
/// assert_eq!(error, "model.onnx: is an ONNX model, which Cornu writes but does not read, not a .keras file");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Keras's `.keras` archive.
    Keras,
    /// The files of a `.keras` archive in a folder.
    KerasFolder,
    /// HDF5: a legacy model, weights, or other arrays.
    Hdf5,
    /// A `.weights.json` list of files of weights.
    Shards,
    /// Safetensors.
    Safetensors,
    /// NumPy's `.npy`.
    Npy,
    /// NumPy's `.npz`.
    Npz,
    /// Another zip archive.
    Zip,
    /// An ONNX model.
    Onnx,
    /// TensorFlow's SavedModel: the folder, or the `saved_model.pb` in it.
    SavedModel,
    /// A checkpoint of TensorFlow.
    Checkpoint,
    /// A TensorFlow Lite model.
    TfLite,
    /// PyTorch's `.pt` or `.pth`.
    PyTorch,
    /// Python's pickle.
    Pickle,
    /// A PNG image.
    Png,
    /// A JPEG image.
    Jpeg,
    /// A GIF image.
    Gif,
    /// A BMP image.
    Bmp,
    /// A WebP image.
    WebP,
    /// A TIFF image.
    Tiff,
    /// A HEIC or HEIF image, as phones make them.
    Heic,
    /// An AVIF image.
    Avif,
    /// What gzip compressed.
    Gzip,
    /// A tar archive.
    Tar,
    /// The IDX format of MNIST.
    Idx,
    /// Another JSON document.
    Json,
    /// Text, such as CSV.
    Text,
    /// A web page, which a download gives instead of a file.
    Html,
    /// The pointer that git-lfs leaves in the place of a large file.
    GitLfs,
    /// Another folder.
    Folder,
    /// Nothing at all.
    Empty,
    /// None of these.
    Unknown,
}

/// How much of a file is looked at; tar writes its name at 257.
const START: u64 = 4096;

impl Kind {
    /// The kind of a file or folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(path: impl AsRef<Path>) -> Result<Kind> {
        let path = path.as_ref();
        if path.is_dir() {
            let has = |name: &str| path.join(name).is_file();
            return Ok(if has("saved_model.pb") || has("keras_metadata.pb") {
                Kind::SavedModel
            } else if has("config.json") && (has("model.weights.h5") || has("model.weights.npz")) {
                Kind::KerasFolder
            } else {
                Kind::Folder
            });
        }
        let source = Source::open(path)?;
        let part = source.part(0, START.min(source.len()));
        let start = part.map_or(Ok(Vec::new()), |part| part.to_vec());
        let start = start.map_err(|e| Error::io(path, e))?;
        Ok(Kind::told(&start, || BufReader::new(source.reader())))
    }

    /// The kind of a file by its contents.
    pub fn of_bytes(bytes: &[u8]) -> Kind {
        let start = bytes.get(..START as usize).unwrap_or(bytes);
        Kind::told(start, || std::io::Cursor::new(bytes))
    }

    /// What the first bytes tell; `whole` reads all of them.
    fn told<R: Read + Seek>(start: &[u8], whole: impl FnOnce() -> R) -> Kind {
        const SIGNATURES: &[(&[u8], Kind)] = &[
            (b"\x89HDF\r\n\x1a\n", Kind::Hdf5),
            (b"\x93NUMPY", Kind::Npy),
            (b"\x89PNG\r\n\x1a\n", Kind::Png),
            (b"\xff\xd8\xff", Kind::Jpeg),
            (b"GIF8", Kind::Gif),
            (b"BM", Kind::Bmp),
            (b"II*\0", Kind::Tiff),
            (b"MM\0*", Kind::Tiff),
            (b"\x1f\x8b", Kind::Gzip),
            (b"version https://git-lfs", Kind::GitLfs),
            (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P", Kind::PyTorch),
        ];
        let at =
            |place: usize, text: &[u8]| start.get(place..).is_some_and(|s| s.starts_with(text));
        if start.is_empty() {
            return Kind::Empty;
        }
        if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
            return in_zip(whole());
        }
        if at(0, b"RIFF") && at(8, b"WEBP") {
            return Kind::WebP;
        }
        if at(4, b"ftyphei") || at(4, b"ftypmif1") {
            return Kind::Heic;
        }
        if at(4, b"ftypavif") {
            return Kind::Avif;
        }
        if at(4, b"TFL3") {
            return Kind::TfLite;
        }
        if at(257, b"ustar") {
            return Kind::Tar;
        }
        if is_safetensors(start) {
            return Kind::Safetensors;
        }
        if is_idx(start) {
            return Kind::Idx;
        }
        if let Some((_, kind)) = SIGNATURES.iter().find(|(signature, _)| at(0, signature)) {
            // "BM" is a word, too.
            if *kind != Kind::Bmp || !is_text(start) {
                return *kind;
            }
        }
        if is_text(start) {
            return in_text(start);
        }
        // A pickle of any protocol from 2 on names it.
        if matches!(start, [0x80, 2..=5, ..]) {
            return Kind::Pickle;
        }
        in_protobuf(start).unwrap_or(Kind::Unknown)
    }

    /// What one can do with a file of this kind that Cornu does not read.
    fn advice(self) -> &'static str {
        match self {
            Kind::Onnx => ", which Cornu writes but does not read",
            Kind::SavedModel => ": save the model with model.save(\"model.keras\") in Keras",
            Kind::Checkpoint | Kind::TfLite => ", which Cornu does not read",
            Kind::PyTorch => ": save its state_dict as .safetensors",
            Kind::Pickle => ", which could execute anything: save the arrays as .npz",
            Kind::Gzip => ": unpack it with gunzip",
            Kind::Zip | Kind::Tar => ": unpack it",
            Kind::Html => ": the download went wrong",
            Kind::GitLfs => ": fetch the file itself with git lfs pull",
            _ => "",
        }
    }

    /// The error for a file of this kind where another is wanted: `"a .keras file"`.
    pub fn refusal(self, what: &str, wanted: &str) -> Error {
        let reason = match self {
            Kind::Unknown => format!("is not {wanted}"),
            Kind::Empty => format!("is empty, not {wanted}"),
            known => format!("is {known}{}, not {wanted}", known.advice()),
        };
        Error::format(what, reason)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Keras => "a .keras file",
            Kind::KerasFolder => "the folder of a .keras file",
            Kind::Hdf5 => "an HDF5 file",
            Kind::Shards => "a .weights.json list of files of weights",
            Kind::Safetensors => "a .safetensors file",
            Kind::Npy => "a .npy array",
            Kind::Npz => "a .npz file of arrays",
            Kind::Zip => "a zip archive",
            Kind::Onnx => "an ONNX model",
            Kind::SavedModel => "a SavedModel of TensorFlow",
            Kind::Checkpoint => "a checkpoint of TensorFlow",
            Kind::TfLite => "a TensorFlow Lite model",
            Kind::PyTorch => "a file of PyTorch",
            Kind::Pickle => "a Python pickle",
            Kind::Png => "a PNG image",
            Kind::Jpeg => "a JPEG image",
            Kind::Gif => "a GIF image",
            Kind::Bmp => "a BMP image",
            Kind::WebP => "a WebP image",
            Kind::Tiff => "a TIFF image",
            Kind::Heic => "a HEIC image",
            Kind::Avif => "an AVIF image",
            Kind::Gzip => "compressed by gzip",
            Kind::Tar => "a tar archive",
            Kind::Idx => "an IDX file",
            Kind::Json => "a JSON document",
            Kind::Text => "text",
            Kind::Html => "a web page",
            Kind::GitLfs => "the pointer of git-lfs to a file",
            Kind::Folder => "a folder",
            Kind::Empty => "empty",
            Kind::Unknown => "a file of unknown kind",
        })
    }
}

/// What a zip archive holds.
fn in_zip(reader: impl Read + Seek) -> Kind {
    let Ok(zip) = ZipArchive::new(reader) else { return Kind::Zip };
    let names: Vec<String> =
        zip.file_names().filter_map(|name| Some(name.ok()?.to_string())).collect();
    let has = |name: &str| names.iter().any(|n| n == name);
    if has("config.json") && names.iter().any(|n| n.starts_with("model.weights.")) {
        Kind::Keras
    } else if names.iter().any(|n| n == "data.pkl" || n.ends_with("/data.pkl")) {
        Kind::PyTorch
    } else if names.iter().any(|n| n.ends_with("saved_model.pb")) {
        Kind::SavedModel
    } else if !names.is_empty() && names.iter().all(|n| n.ends_with(".npy")) {
        Kind::Npz
    } else {
        Kind::Zip
    }
}

/// The length of a JSON object, then the object.
fn is_safetensors(start: &[u8]) -> bool {
    let Some((length, rest)) = start.split_first_chunk::<8>() else { return false };
    rest.first() == Some(&b'{') && (2..1 << 32).contains(&u64::from_le_bytes(*length))
}

/// Two zeros, an element type and a number of axes.
fn is_idx(start: &[u8]) -> bool {
    matches!(start, [0, 0, 0x08 | 0x09 | 0x0b..=0x0e, 1..=8, rest @ ..] if rest.len() >= 4)
}

/// Whether these first bytes are UTF-8 without control characters but for those of lines.
fn is_text(start: &[u8]) -> bool {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // A character may be cut in two at the end of what was read.
        Err(e) if start.len() - e.valid_up_to() < 4 && e.error_len().is_none() => {
            std::str::from_utf8(&start[..e.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
}

fn in_text(start: &[u8]) -> Kind {
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let lower: String = text.chars().take(16).collect::<String>().to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return Kind::Html;
    }
    match text.starts_with('{') {
        true if text.contains("\"weight_map\"") => Kind::Shards,
        true => Kind::Json,
        false => Kind::Text,
    }
}

/// ONNX and SavedModel are messages of Protocol Buffers without a signature: their first fields tell them.
fn in_protobuf(start: &[u8]) -> Option<Kind> {
    // SavedModel: field 1, schema version 1, then field 2, the graphs.
    if start.starts_with(&[0x08, 0x01, 0x12]) {
        return Some(Kind::SavedModel);
    }
    // ONNX: field 1, the version of the format (3 in 2017), then one of the others up to 8, the versions of operators.
    if let [0x08, 2..=99, tag, ..] = start
        && matches!(tag, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42)
    {
        return Some(Kind::Onnx);
    }
    let contains = |text: &[u8]| start.windows(text.len()).any(|w| w == text);
    // The index of a checkpoint ends, its first part starts, with these keys.
    (contains(b"_CHECKPOINTABLE_OBJECT_GRAPH") || contains(b"VARIABLE_VALUE"))
        .then_some(Kind::Checkpoint)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;

    #[test]
    fn files_are_told_by_their_contents() {
        let npy = b"\x93NUMPY\x01\0v\0{'descr'";
        let safetensors = [&16u64.to_le_bytes()[..], br#"{"x":{"dtype":"#].concat();
        // What onnx.save writes of IrVersion 8 by "pytorch", a SavedModel of TensorFlow 2, FlatBuffers' identifier.
        let cases: &[(&[u8], Kind)] = &[
            (npy, Kind::Npy),
            (&safetensors, Kind::Safetensors),
            (b"\x08\x08\x12\x07pytorch\x1a\x052.1.0", Kind::Onnx),
            (b"\x08\x09:\xa2\x01\n\x10", Kind::Onnx),
            (b"\x08\x01\x12\xf5\xd0\x06\n", Kind::SavedModel),
            (b"\x1c\0\0\0TFL3\x14\0 \0", Kind::TfLite),
            (b"\x80\x04\x95\x1a\0\0\0\0\0\0\0}", Kind::Pickle),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Kind::Jpeg),
            (b"BM\x36\0\0\0\0\0\0\0", Kind::Bmp),
            (b"BMI,age\n20,30\n", Kind::Text),
            (b"\x1f\x8b\x08\0", Kind::Gzip),
            (b"\0\0\x08\x03\0\0\x27\x10", Kind::Idx),
            (b"a,b\n1,2\n", Kind::Text),
            ("größe\n".as_bytes(), Kind::Text),
            (b"{\"metadata\": {}, \"weight_map\": {}}", Kind::Shards),
            (b"{\"class_name\": \"Sequential\"}", Kind::Json),
            (b"\n<!DOCTYPE html><html>", Kind::Html),
            (b"version https://git-lfs.github.com/spec/v1\n", Kind::GitLfs),
            (b"PK\x03\x04 and nothing more", Kind::Zip),
            (b"", Kind::Empty),
            (b"\x00\x01\x02\x03\xff", Kind::Unknown),
        ];
        for (bytes, kind) in cases {
            assert_eq!(Kind::of_bytes(bytes), *kind, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn archives_are_told_by_what_they_hold() {
        let folder = Folder::new();
        let zip = |names: &[&str]| {
            let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            for name in names {
                zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            }
            folder.file("file", &zip.finish().unwrap().into_inner())
        };
        let cases: &[(&[&str], Kind)] = &[
            (&["metadata.json", "config.json", "model.weights.h5"], Kind::Keras),
            (&["x.npy", "y.npy"], Kind::Npz),
            (&["model/data.pkl", "model/data/0"], Kind::PyTorch),
            (&["m/saved_model.pb", "m/variables/variables.index"], Kind::SavedModel),
            (&["a.txt"], Kind::Zip),
            (&[], Kind::Zip),
        ];
        for (names, kind) in cases {
            assert_eq!(Kind::of(zip(names)).unwrap(), *kind, "{names:?}");
        }
        folder.file("saved/saved_model.pb", b"\x08\x01");
        folder.file("keras/config.json", b"{}");
        assert_eq!(Kind::of(folder.0.join("saved")).unwrap(), Kind::SavedModel);
        assert_eq!(Kind::of(folder.0.join("keras")).unwrap(), Kind::Folder);
        folder.file("keras/model.weights.h5", b"");
        assert_eq!(Kind::of(folder.0.join("keras")).unwrap(), Kind::KerasFolder);
    }
}
