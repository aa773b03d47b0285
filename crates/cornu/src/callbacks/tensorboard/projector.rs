//! Embeddings for TensorBoard's projector: a table of vectors per layer, and a file that lists them.
//!
//! Format: `ProjectorConfig` of TensorBoard's projector plugin, as a text protocol buffer.

use std::io::Write;
use std::path::Path;

use cornu_graph::Array;

use crate::Result;
use crate::io::atomic_write;

/// Vectors under the name that the projector shows.
pub(in crate::callbacks) struct Vectors {
    pub name: String,
    /// Rows of vectors.
    pub values: Array,
    /// A table with a line for each vector, relative to the folder.
    pub metadata: Option<String>,
}

/// Writes `projector_config.pbtxt` and its tables into a folder.
pub(in crate::callbacks) fn write(folder: &Path, all: &[Vectors]) -> Result<()> {
    let mut config = String::new();
    for (i, vectors) in all.iter().enumerate() {
        let file = format!("embedding-{i}.tsv");
        let values = vectors.values.to_vec::<f32>();
        let width = vectors.values.shape().last().copied().unwrap_or(1).max(1);
        atomic_write(folder.join(&file), |out| {
            for row in values.chunks(width) {
                let row: Vec<String> = row.iter().map(f32::to_string).collect();
                writeln!(out, "{}", row.join("\t"))?;
            }
            Ok(())
        })?;
        let metadata = vectors.metadata.as_ref();
        let metadata =
            metadata.map_or(String::new(), |path| format!("  metadata_path: {}\n", quoted(path)));
        config += &format!(
            "embeddings {{\n  tensor_name: {}\n  tensor_path: {}\n{metadata}}}\n",
            quoted(&vectors.name),
            quoted(&file)
        );
    }
    atomic_write(folder.join("projector_config.pbtxt"), |out| out.write_all(config.as_bytes()))
}

/// A text in quotes, with what has a meaning there, and bytes outside of ASCII, as octal numbers.
fn quoted(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b' '..=b'~' if !matches!(byte, b'"' | b'\\') => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    format!("\"{}\"", text.bytes().map(byte).collect::<String>())
}
