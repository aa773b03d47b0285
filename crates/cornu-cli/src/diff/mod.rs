//! `cornu diff`.

mod config;
mod weights;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use cornu::saving::{Compilation, Contents, Load};
use serde_json::json;

use crate::{Failure, output};

/// Say in which layers and weights two files differ
#[derive(Args)]
#[command(after_help = "Examples:\n  cornu diff old.keras new.keras\n  cornu diff model.keras \
                        model.safetensors --tolerance 1e-6\n\nFiles may be of different kinds: .keras, .h5, \
                        .weights.h5, .weights.json, .npz, .safetensors. Configs are compared when both have \
                        one.\n\nExit codes: 0 the files are equal, 1 they differ, 2 a file cannot be used.")]
pub struct Diff {
    /// A model, or weights alone
    left: PathBuf,

    /// What to compare it with
    right: PathBuf,

    /// Differences of values up to this count as none; relative to the larger value where that is above 1
    #[arg(long, default_value_t = 0.0, value_name = "T")]
    tolerance: f64,

    /// Print a JSON document
    #[arg(long)]
    json: bool,
}

impl Diff {
    /// Gives 0 for files that are equal, 1 for files that differ.
    pub fn run(self) -> Result<ExitCode, Failure> {
        if self.tolerance.is_nan() || self.tolerance < 0.0 {
            let message = format!("--tolerance must not be negative. Received: {}", self.tolerance);
            return Err(Failure::input(message));
        }
        crate::train::register_layers();
        let (left, right) = both(&self.left, &self.right)?;
        let layers = match (&left.config, &right.config) {
            (Some(left), Some(right)) => config::compare(left, right),
            _ => Vec::new(),
        };
        let weights = weights::compare(&left, &right, self.tolerance);
        let equal = layers.is_empty() && weights.is_empty();
        if self.json {
            let document = json!({ "equal": equal, "layers": layers, "weights": weights });
            output::line(format!("{document:#}"));
        } else {
            layers.iter().for_each(|difference| output::line(in_one_line(difference)));
            weights.iter().for_each(|difference| output::line(in_one_line(difference)));
            let values: usize = left.weights.values().map(cornu::Array::len).sum();
            output::line(if equal {
                format!("equal: {} weights, {values} values", left.weights.len())
            } else {
                format!("{} differences of layers, {} of weights", layers.len(), weights.len())
            });
        }
        Ok(ExitCode::from(u8::from(!equal)))
    }
}

/// The contents of both files, in one form if possible: models are opened, as the configs of one model differ in
/// writing from one version of Keras to the next.
fn both(left: &Path, right: &Path) -> Result<(Contents, Contents), Failure> {
    let raw = (read(left)?, read(right)?);
    let opened = (open(left, &raw.0), open(right, &raw.1));
    match opened {
        (Ok(left), Ok(right)) => Ok((left, right)),
        // Only weights by Keras's paths can be compared with those of an opened model.
        (Err(e), _) | (_, Err(e)) => {
            output::note(format!("compared as written, since a model cannot be opened: {e}"));
            Ok(raw)
        }
    }
}

fn read(path: &Path) -> Result<Contents, Failure> {
    Contents::read(path).map_err(Failure::input)
}

fn open(path: &Path, raw: &Contents) -> cornu::Result<Contents> {
    if raw.config.is_none() {
        return Ok(raw.clone());
    }
    let opened = Load::new().compile(Compilation::Lenient).open_with_notes(path)?;
    for note in &opened.notes {
        output::warning(format!("{}: {note}", path.display()));
    }
    Contents::of(&opened.model)
}

/// A difference, whose names may hold anything, as one line.
fn in_one_line(difference: &impl std::fmt::Display) -> String {
    difference.to_string().replace('\n', "\\n")
}
