//! `cornu summary`.

use std::path::PathBuf;

use clap::Args;

use crate::{Failure, arguments, output};

/// Print the layers of a model as Keras does
#[derive(Args)]
#[command(after_help = "Example:\n  cornu summary runs/vae/decoder.keras")]
pub struct Summary {
    /// The model: a .keras file
    model: PathBuf,

    /// List the layers of the models inside, too
    #[arg(long)]
    expand_nested: bool,

    /// Say which layers are trained
    #[arg(long)]
    show_trainable: bool,
}

impl Summary {
    pub fn run(self) -> Result<(), Failure> {
        let model = arguments::model(&self.model)?;
        let options = cornu::models::Summary {
            expand_nested: self.expand_nested,
            show_trainable: self.show_trainable,
            ..Default::default()
        };
        output::print(model.summary_with(options));
        Ok(())
    }
}
