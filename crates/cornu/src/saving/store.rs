//! Files of weights: Keras's `.weights.h5` and sharded `.weights.json`, `.npz`, `.safetensors`.

use std::collections::BTreeMap;
use std::path::Path;

use cornu_graph::Array;
use serde_json::Value;

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
        "json" => read_shards(path)?,
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

/// Writes weights in the format that the file's name tells.
pub(super) fn write(path: &Path, file: hdf5::Group) -> Result<()> {
    let flat = |file: hdf5::Group| file.into_arrays();
    let extension = extension(path)?;
    match extension {
        "npz" => {
            let arrays = flat(file);
            npz::write(path, arrays.iter().map(|(name, array)| (name.as_str(), array)))
        }
        "safetensors" => safetensors::write(path, &flat(file)),
        "h5" | "hdf5" => hdf5::write(path, &file),
        _ => Err(Error::invalid(
            "save_weights",
            "path",
            "must end in .weights.h5, .npz or .safetensors",
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

/// Weights in several files, which a list names: `{"weight_map": {"/layers/dense/vars": "model_00000.weights.h5"}}`.
fn read_shards(path: &Path) -> Result<BTreeMap<String, Array>> {
    let what = path.display().to_string();
    let list: Value = serde_json::from_slice(&crate::io::read_all(path)?)
        .map_err(|e| Error::format(&what, format!("cannot be read as JSON: {e}")))?;
    let Some(map) = list.get("weight_map").and_then(Value::as_object) else {
        return Err(Error::format(what, "is no list of shards: weight_map is missing"));
    };
    let mut names: Vec<&str> = Vec::new();
    for value in map.values() {
        let several = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for name in several {
            let plain = |n: &&str| !n.contains(['/', '\\', ':']) && *n != "..";
            let Some(name) = name.as_str().filter(plain) else {
                let reason = format!("names the shard {name}, which is no file beside it");
                return Err(Error::format(what, reason));
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut arrays = BTreeMap::new();
    for name in names {
        arrays.extend(weights_of(hdf5::read(path.with_file_name(name))?));
    }
    Ok(arrays)
}
