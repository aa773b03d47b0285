//! `cornu convert`.

use std::path::PathBuf;

use clap::Args;
use cornu::saving::{save_sharded_weights, save_weights};

use crate::{Failure, arguments, output};

/// Write a model, or its weights alone, in another format
#[derive(Args)]
#[command(after_help = "Examples:\n  cornu convert old.h5 new.keras\n  cornu convert model.keras \
                        model.weights.h5\n  cornu convert model.keras model.safetensors\n  cornu convert model.keras \
                        model.onnx")]
pub struct Convert {
    /// The model: a .keras file, its unzipped folder, or an .h5 file
    model: PathBuf,

    /// Where to write it: .keras or .h5; .onnx for inference elsewhere; for the weights alone .weights.h5, .weights.json, .npz or .safetensors
    output: PathBuf,

    /// The most bytes of weights in one of the files that a .weights.json lists [default: 5 GiB]
    #[arg(long, value_name = "BYTES")]
    max_shard_bytes: Option<u64>,
}

impl Convert {
    pub fn run(self) -> Result<(), Failure> {
        let model = arguments::model(&self.model)?;
        let name = self.output.to_string_lossy();
        let weights = [".weights.h5", ".weights.json", ".npz", ".safetensors"]
            .iter()
            .any(|end| name.ends_with(end));
        let written = match self.max_shard_bytes {
            Some(bytes) => save_sharded_weights(&model, &self.output, bytes),
            None if weights => save_weights(&model, &self.output),
            None if name.ends_with(".onnx") => model.export(&self.output),
            None => model.save(&self.output),
        };
        written.map_err(Failure::input)?;
        let what = if weights { "weights" } else { "model" };
        output::line(format!("{name}: {what}, {} parameters", model.count_params()));
        Ok(())
    }
}
