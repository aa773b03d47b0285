//! Files of weights: Keras's `.weights.h5` and sharded `.weights.json`, `.npz`, `.safetensors`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cornu_graph::Array;

use super::shards;
use crate::io::{Kind, hdf5, npz, safetensors};
use crate::{Error, Result};

/// The arrays of a file of weights by the paths that Keras gives them today.
pub(super) fn weights_of(file: hdf5::Group) -> BTreeMap<String, Array> {
    let arrays = file.into_arrays();
    if !arrays.keys().any(|path| path.contains(OLD) || path.contains('\\')) {
        return arrays;
    }
    let today = |path: &String| path.replace(OLD, "layers").replace('\\', "/");
    let paths: BTreeSet<String> = arrays.keys().map(today).collect();
    // Two names may not become one, or weights would be lost.
    if paths.len() < arrays.len() {
        return arrays;
    }
    arrays.into_iter().map(|(path, array)| (today(&path), array)).collect()
}

/// What Keras 2.12 and 2.13 called the list of a model's layers. On Windows they put `\` between the names.
const OLD: &str = "_layer_checkpoint_dependencies";

/// What a file of weights holds.
pub(super) enum Stored {
    /// Arrays by Keras's paths.
    ByPath(BTreeMap<String, Array>),
    /// Keras 2's groups by the layers' names.
    Legacy(hdf5::Group),
}

/// The weights of a file, by what it is; what is damaged is read by its name, for the error that says so.
pub(super) fn read(path: &Path) -> Result<Stored> {
    let kind = Kind::of(path)?;
    let format = match kind {
        Kind::Npz => "npz",
        Kind::Safetensors => "safetensors",
        Kind::Shards => "json",
        Kind::Keras | Kind::KerasFolder => "keras",
        Kind::Hdf5 => "h5",
        Kind::Zip | Kind::Folder | Kind::Json | Kind::Unknown => extension(path).unwrap_or(""),
        _ => "",
    };
    Ok(Stored::ByPath(match format {
        "npz" => npz::read(path)?,
        "safetensors" => safetensors::read(path)?,
        "json" => shards::read(path)?,
        "keras" => super::archive::read(path, None)?.weights,
        "h5" | "hdf5" => {
            let file = hdf5::read(path)?;
            let named = |g: &hdf5::Group| g.attributes.keys().any(|k| k.starts_with("layer_names"));
            if named(&file) || file.group("model_weights").is_some_and(named) {
                return Ok(Stored::Legacy(file));
            }
            weights_of(file)
        }
        _ => {
            let wanted = "a file of weights: .weights.h5, .weights.json, .keras, .npz, .safetensors or a legacy .h5";
            return Err(kind.refusal(&path.display().to_string(), wanted));
        }
    }))
}

/// Keras's `max_shard_size` of 5 GB.
const SHARD: u64 = 5 << 30;

/// Writes weights in the format that the file's name tells; `shard`: the most bytes of weights in one of several
/// files.
pub(super) fn write(path: &Path, file: hdf5::Group, shard: Option<u64>) -> Result<()> {
    let flat = |file: hdf5::Group| file.into_arrays();
    let extension = extension(path).unwrap_or("");
    if shard.is_some() && extension != "json" {
        let rule = "must end in .weights.json for several files";
        return Err(Error::invalid("save_weights", "path", rule, path.display()));
    }
    match extension {
        "json" => shards::write(path, &file, shard.unwrap_or(SHARD)),
        "npz" => {
            let arrays = flat(file);
            npz::write(path, arrays.iter().map(|(name, array)| (name.as_str(), array)))
        }
        "safetensors" => safetensors::write(path, &flat(file)),
        "h5" | "hdf5" => hdf5::write(path, &file),
        _ => Err(Error::invalid(
            "save_weights",
            "path",
            "must end in .weights.h5, .weights.json, .npz or .safetensors",
            path.display(),
        )),
    }
}

/// The ending of a file's name, if weights can stand behind it.
fn extension(path: &Path) -> Option<&str> {
    let known = ["h5", "hdf5", "npz", "safetensors", "json", "keras"];
    path.extension().and_then(|e| e.to_str()).filter(|e| known.contains(e))
}
