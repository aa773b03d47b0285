//! Files that hold a model, or weights alone.

use std::path::Path;

use cornu::Array;
use cornu::io::Kind;
use cornu::models::Model;
use cornu::saving::Contents;
use serde_json::{Value, json};

use crate::{Failure, arguments, output};

/// The endings of files of weights alone.
pub const ENDINGS: [&str; 4] = [".weights.h5", ".weights.json", ".npz", ".safetensors"];

/// What a file holds.
pub enum Held {
    Model(Box<Model>),
    Weights(Contents),
}

impl Held {
    pub fn open(path: &Path) -> Result<Held, Failure> {
        let weights = || Contents::read(path).map_err(Failure::input);
        match Kind::of(path).map_err(Failure::input)? {
            Kind::Shards | Kind::Safetensors | Kind::Npz => Ok(Held::Weights(weights()?)),
            Kind::Hdf5 => match arguments::model(path) {
                Ok(model) => Ok(Held::Model(Box::new(model))),
                Err(e) => match weights() {
                    Ok(contents) if contents.config.is_none() => Ok(Held::Weights(contents)),
                    _ => Err(e),
                },
            },
            _ => Ok(Held::Model(Box::new(arguments::model(path)?))),
        }
    }
}

/// The number of values in all weights.
pub fn count(contents: &Contents) -> usize {
    contents.weights.values().map(Array::len).sum()
}

/// Prints a table of the weights.
pub fn print(path: &Path, contents: &Contents) {
    output::line(format!("Weights: {}", path.display()));
    let head = ["path", "shape", "dtype", "params"].map(String::from);
    let row = |(path, array): (&String, &Array)| {
        let dtype = array.dtype().name().to_string();
        [path.clone(), format!("{:?}", array.shape()), dtype, array.len().to_string()]
    };
    let rows = std::iter::once(head).chain(contents.weights.iter().map(row));
    output::table(&rows.collect::<Vec<_>>(), 3);
    output::line(format!("{} weights, {} params", contents.weights.len(), count(contents)));
}

/// What `--json` prints of weights alone.
pub fn document(contents: &Contents) -> Value {
    let weight = |(path, array): (&String, &Array)| {
        json!({
            "path": path,
            "shape": array.shape(),
            "dtype": array.dtype().name(),
            "params": array.len(),
        })
    };
    json!({
        "weights": contents.weights.iter().map(weight).collect::<Vec<_>>(),
        "total_params": count(contents),
    })
}
