//! `cornu convert`.

use std::path::PathBuf;

use clap::Args;
use cornu::saving::{save_sharded_weights, save_weights};

use crate::weights::{ENDINGS, Held, count};
use crate::{Failure, output};

/// Write a model, or its weights alone, in another format
#[derive(Args)]
#[command(after_help = "Examples:\n  cornu convert old.h5 new.keras\n  cornu convert model.keras \
                        model.weights.h5\n  cornu convert model.keras model.safetensors\n  cornu convert model.keras \
                        model.onnx\n  cornu convert old.weights.h5 new.safetensors")]
pub struct Convert {
    /// The model: a .keras or .h5 file, or the folder of an unzipped .keras file; or weights alone, which can become
    /// weights in another format
    model: PathBuf,

    /// Where to write it: .keras or .h5; .onnx for inference elsewhere; for the weights alone .weights.h5,
    /// .weights.json, .npz or .safetensors
    output: PathBuf,

    /// The most bytes of weights in one of the files that a .weights.json lists [default: 5 GiB]
    #[arg(long, value_name = "BYTES")]
    max_shard_bytes: Option<u64>,
}

impl Convert {
    pub fn run(self) -> Result<(), Failure> {
        let name = self.output.to_string_lossy();
        let ends = |endings: &[&str]| endings.iter().any(|end| name.ends_with(end));
        let weights = ends(&ENDINGS);
        if !weights && !ends(&[".keras", ".h5", ".hdf5", ".onnx"]) {
            return Err(Failure::input(format!(
                "the output must end in .keras, .h5 or .onnx, or for weights alone in {}. Received: {name}",
                ENDINGS.join(", ")
            )));
        }
        let (written, params) = match Held::open(&self.model)? {
            Held::Weights(contents) if weights => {
                (contents.save_weights(&self.output, self.max_shard_bytes), count(&contents))
            }
            Held::Weights(_) => {
                let message = format!("{}: holds weights alone, no model", self.model.display());
                return Err(Failure::input(message)
                    .hint(format!("the output can be a file of {}", ENDINGS.join(", "))));
            }
            Held::Model(model) => {
                let written = match self.max_shard_bytes {
                    Some(bytes) => save_sharded_weights(&model, &self.output, bytes),
                    None if weights => save_weights(&model, &self.output),
                    None if ends(&[".onnx"]) => model.export(&self.output),
                    None => model.save(&self.output),
                };
                (written, model.count_params())
            }
        };
        written.map_err(Failure::input)?;
        let what = if weights { "weights" } else { "model" };
        output::line(format!("{name}: {what}, {params} parameters"));
        Ok(())
    }
}
