//! Files of weights: Keras's `.weights.h5` and sharded `.weights.json`, `.npz`, `.safetensors`.

use std::collections::BTreeMap;
use std::path::Path;

use cornu_graph::Array;

use super::shards;
use crate::io::{hdf5, npz, safetensors};
use crate::{Error, Result};

/// The arrays of a file of weights by Keras's paths.
pub(super) fn weights_of(file: hdf5::Group) -> BTreeMap<String, Array> {
    let arrays = file.into_arrays();
    // Keras 2.13 named the list of a model's layers so.
    const OLD: &str = "_layer_checkpoint_dependencies";
    if !arrays.keys().any(|path| path.starts_with(OLD)) {
        return arrays;
    }
    arrays.into_iter().map(|(path, array)| (path.replace(OLD, "layers"), array)).collect()
}

/// What a file of weights holds.
pub(super) enum Stored {
    /// Arrays by Keras's paths.
    ByPath(BTreeMap<String, Array>),
    /// Keras 2's groups by the layers' names.
    Legacy(hdf5::Group),
}

/// The weights of a file, by the format that its name tells.
pub(super) fn read(path: &Path) -> Result<Stored> {
    Ok(Stored::ByPath(match extension(path)? {
        "npz" => npz::read(path)?,
        "safetensors" => safetensors::read(path)?,
        "json" => shards::read(path)?,
        "keras" => super::archive::read(path, None)?.weights,
        _ => {
            let file = hdf5::read(path)?;
            let named = |g: &hdf5::Group| g.attributes.keys().any(|k| k.starts_with("layer_names"));
            if named(&file) || file.group("model_weights").is_some_and(named) {
                return Ok(Stored::Legacy(file));
            }
            weights_of(file)
        }
    }))
}

/// Keras's `max_shard_size` of 5 GB.
const SHARD: u64 = 5 << 30;

/// Writes weights in the format that the file's name tells; `shard`: the most bytes of weights in one of several
/// files.
pub(super) fn write(path: &Path, file: hdf5::Group, shard: Option<u64>) -> Result<()> {
    let flat = |file: hdf5::Group| file.into_arrays();
    let extension = extension(path)?;
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

fn extension(path: &Path) -> Result<&str> {
    let known = ["h5", "hdf5", "npz", "safetensors", "json", "keras"];
    let found = path.extension().and_then(|e| e.to_str()).filter(|e| known.contains(e));
    found.ok_or_else(|| {
        let rule = "must end in .weights.h5, .weights.json, .keras, .npz or .safetensors";
        Error::invalid("load_weights", "path", rule, path.display())
    })
}
