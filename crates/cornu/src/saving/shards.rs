//! Weights in several files, which a list names:
//! `{"metadata": {"total_size": 24}, "weight_map": {"/layers/dense/vars": "model_00000.weights.h5"}}`.

use std::collections::BTreeMap;
use std::path::Path;

use cornu_graph::Array;
use serde_json::{Map, Value, json};

use super::store::weights_of;
use crate::io::hdf5::{self, Group};
use crate::{Error, Result};

/// All weights of the files of a list.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Array>> {
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

/// Writes the files, then the list; `limit`: the most bytes of weights in one file.
pub(super) fn write(path: &Path, file: &Group, limit: u64) -> Result<()> {
    let mut shards = Shards {
        path,
        limit,
        map: Map::new(),
        current: Group::default(),
        size: 0,
        total: 0,
        count: 0,
    };
    shards.group("", file)?;
    shards.flush()?;
    let list = json!({ "metadata": { "total_size": shards.total }, "weight_map": shards.map });
    crate::io::atomic_write(path, |file| Ok(serde_json::to_writer_pretty(file, &list)?))
}

/// Files that are being filled one after another.
struct Shards<'a> {
    path: &'a Path,
    limit: u64,
    map: Map<String, Value>,
    current: Group,
    /// Bytes of the weights in `current`, and in all.
    size: u64,
    total: u64,
    count: usize,
}

impl Shards<'_> {
    /// Keras's name of the current file: `model_00000.weights.h5` beside `model.weights.json`.
    fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        format!("{}_{:05}.weights.h5", stem.strip_suffix(".weights").unwrap_or(&stem), self.count)
    }

    fn group(&mut self, path: &str, group: &Group) -> Result<()> {
        for (key, array) in &group.arrays {
            let bytes = (array.len() * array.dtype().size()) as u64;
            if bytes > self.limit {
                let rule = format!("must be at least the {bytes} bytes of {path}/{key}");
                return Err(Error::invalid("save_weights", "max_bytes", rule, self.limit));
            }
            if self.size + bytes > self.limit {
                self.flush()?;
            }
            let made = self.current.make_group(path);
            made.attributes.clone_from(&group.attributes);
            made.arrays.insert(key.clone(), array.clone());
            (self.size, self.total) = (self.size + bytes, self.total + bytes);
            self.list(path);
        }
        group
            .groups
            .iter()
            .try_for_each(|(name, inner)| self.group(&format!("{path}/{name}"), inner))
    }

    /// Says that weights of a group stand in the current file.
    fn list(&mut self, group: &str) {
        let name = json!(self.name());
        match self.map.get_mut(group) {
            None => drop(self.map.insert(group.into(), name)),
            Some(Value::Array(names)) if !names.contains(&name) => names.push(name),
            Some(one) if one.is_string() && *one != name => *one = json!([one.take(), name]),
            Some(_) => {}
        }
    }

    fn flush(&mut self) -> Result<()> {
        hdf5::write(self.path.with_file_name(self.name()), &self.current)?;
        self.current = Group::default();
        (self.size, self.count) = (0, self.count + 1);
        Ok(())
    }
}
