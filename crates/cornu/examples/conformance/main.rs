//! Answers the cases of `tools/conformance`, which compares them with NumPy, SciPy and pandas.
//!
//! The folder on the command line has `cases.json`, a list of function, names of inputs and arguments, and the inputs in
//! `cases.npz`. The answers go into `answers.json` (the names of the values, or an error) and `answers.npz`.

mod answers;

use std::collections::BTreeMap;
use std::path::PathBuf;

use cornu::Array;
use cornu::io::npz;
use serde_json::{Value, json};

use answers::Case;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name the folder of the cases")?);
    let text = std::fs::read_to_string(folder.join("cases.json"))?;
    let cases: Vec<Case> = serde_json::from_str(&text)?;
    let arrays = npz::read(folder.join("cases.npz"))?;
    let mut told: Vec<Value> = Vec::new();
    let mut answers: BTreeMap<String, Array> = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        match case.answer(&arrays) {
            Err(error) => told.push(json!({ "error": error.to_string() })),
            Ok(values) => {
                let name = |i: usize| format!("{number}.{i}");
                let names: Vec<String> = (0..values.len()).map(name).collect();
                told.push(json!({ "arrays": &names }));
                answers.extend(names.into_iter().zip(values));
            }
        }
    }
    npz::write(folder.join("answers.npz"), answers.iter().map(|(name, a)| (name.as_str(), a)))?;
    std::fs::write(folder.join("answers.json"), serde_json::to_string(&told)?)?;
    Ok(())
}
