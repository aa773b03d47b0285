//! The arrays of a `.npz` file as a model's inputs and targets.

use std::collections::BTreeMap;
use std::path::Path;

use cornu::Array;
use cornu::io::npz;
use cornu::models::Model;

use crate::Failure;

/// Inputs and targets in the model's order; a model whose layers add the loss needs no targets.
pub struct Rows {
    pub x: Vec<Array>,
    pub y: Vec<Array>,
}

/// The arrays of a data file.
pub struct Data {
    what: String,
    arrays: BTreeMap<String, Array>,
}

impl Data {
    pub fn open(path: &Path) -> Result<Data, Failure> {
        let arrays = npz::read(path).map_err(Failure::input)?;
        Ok(Data { what: path.display().to_string(), arrays })
    }

    /// Whether there is an array for the model's inputs under names with this ending.
    pub fn has(&self, model: &Model, end: &str) -> bool {
        let with_end = |name: &str| self.arrays.contains_key(&format!("{name}{end}"));
        with_end("x") || model.input_names().iter().any(|name| with_end(name))
    }

    /// The rows under the first of the endings that fits: `x` and `y` where the model has one input and one
    /// output, or the names of its inputs and outputs.
    pub fn rows(&self, model: &Model, ends: &[&str]) -> Result<Rows, Failure> {
        let end = ends.iter().copied().find(|end| self.has(model, end)).unwrap_or_default();
        let x = self.take("x", &model.input_names(), end)?;
        let outputs = model.output_names();
        let none = |name: &str| !self.arrays.contains_key(&format!("{name}{end}"));
        let y = if none("y") && outputs.iter().all(|name| none(name)) {
            Vec::new()
        } else {
            self.take("y", &outputs, end)?
        };
        Ok(Rows { x, y })
    }

    fn take(&self, short: &str, names: &[String], end: &str) -> Result<Vec<Array>, Failure> {
        let find = |name: &str| self.arrays.get(&format!("{name}{end}")).cloned();
        if let (&[_], Some(only)) = (names, find(short)) {
            return Ok(vec![only]);
        }
        let array = |name: &String| {
            find(name).ok_or_else(|| {
                let held: Vec<&str> = self.arrays.keys().map(String::as_str).collect();
                let message = format!("{}: there is no array {name}{end}", self.what);
                let wanted = if names.len() == 1 {
                    format!("{short} or {}", names[0])
                } else {
                    names.join(", ")
                };
                Failure::input(message).hint(format!(
                    "the model needs {wanted}; the file has {}",
                    if held.is_empty() { "nothing".into() } else { held.join(", ") }
                ))
            })
        };
        names.iter().map(array).collect()
    }
}
