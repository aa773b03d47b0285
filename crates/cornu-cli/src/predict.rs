//! `cornu predict`.

use std::path::PathBuf;

use clap::Args;
use cornu::Array;
use cornu::io::{npy, npz};
use cornu::models::Model;

use crate::{Failure, arguments, output};

/// Run a model on arrays from files
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu predict model.keras --input x.npy --output y.npy\n  cornu predict \
                        two.keras --input left=a.npy --input right=b.npy --output y.npz"
)]
pub struct Predict {
    /// The model: a .keras file
    model: PathBuf,

    /// The input: a .npy file; NAME=FILE for each of several inputs
    #[arg(long, required = true, value_name = "[NAME=]FILE")]
    input: Vec<String>,

    /// Where to write the output: a .npy file, or .npz for several outputs
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// How many rows to compute at once
    #[arg(long, default_value_t = 32)]
    batch_size: usize,
}

impl Predict {
    pub fn run(self) -> Result<(), Failure> {
        let model = arguments::model(&self.model)?;
        let inputs = self.inputs(&model)?;
        let outputs = model.predict(&inputs, self.batch_size.max(1)).map_err(Failure::input)?;
        let several = self.output.extension().is_some_and(|e| e == "npz");
        if several {
            let names = model.output_names();
            let pairs = names.iter().map(String::as_str).zip(&outputs);
            npz::write(&self.output, pairs).map_err(Failure::input)?;
        } else if let [one] = &outputs[..] {
            npy::write(&self.output, one).map_err(Failure::input)?;
        } else {
            let message =
                format!("the model has {} outputs, which one .npy file cannot hold", outputs.len());
            return Err(Failure::input(message).hint("give --output a name that ends in .npz"));
        }
        let shapes: Vec<String> = outputs.iter().map(|a| format!("{:?}", a.shape())).collect();
        output::line(format!("{}: {}", self.output.display(), shapes.join(", ")));
        Ok(())
    }

    /// The arrays in the model's order.
    fn inputs(&self, model: &Model) -> Result<Vec<Array>, Failure> {
        let names = model.input_names();
        let refuse = |message: String| {
            let hint =
                format!("the inputs are {}: give each as --input NAME=FILE.npy", names.join(", "));
            Err(Failure::input(message).hint(hint))
        };
        let mut files: Vec<Option<&str>> = vec![None; names.len()];
        for (i, given) in self.input.iter().enumerate() {
            let (place, file) = match given.split_once('=') {
                Some((name, file)) => (names.iter().position(|n| n == name), file),
                None => (Some(i), given.as_str()),
            };
            let Some(slot) = place.and_then(|place| files.get_mut(place)) else {
                return refuse(format!("--input {given}: the model has no such input"));
            };
            if slot.replace(file).is_some() {
                return refuse(format!("--input {given}: this input is given twice"));
            }
        }
        if let Some(missing) = files.iter().position(Option::is_none) {
            return refuse(format!("the input {} is missing", names[missing]));
        }
        files.into_iter().flatten().map(|file| npy::read(file).map_err(Failure::input)).collect()
    }
}
