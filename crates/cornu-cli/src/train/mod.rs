//! `cornu train`.

pub mod classifier;
mod gan;
pub mod gan_models;
mod pictures;
mod run;
mod sampling;
mod saved;
pub mod vae;
mod vae_loss;

use clap::{Args, Subcommand};

use crate::Failure;

/// Train a model and write what it learnt as files and pictures
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  cornu train vae\n  cornu train model.keras --data more.npz --epochs 5\n\nA \
                  model goes on where its optimizer stopped; --loss, --optimizer, --metrics and --learning-rate say \
                  otherwise, or what it was saved without. Into the folder --out go model.keras, \
                  history.csv and loss.png."
)]
pub struct Train {
    #[command(subcommand)]
    example: Option<Example>,

    #[command(flatten)]
    saved: saved::Saved,
}

/// Models that come with the program.
#[derive(Subcommand)]
enum Example {
    Vae(vae::Vae),
    Gan(gan::Gan),
    Classifier(classifier::Classifier),
}

impl Train {
    pub fn run(self) -> Result<(), Failure> {
        match self.example {
            Some(Example::Vae(command)) => command.run(),
            Some(Example::Gan(command)) => command.run(),
            Some(Example::Classifier(command)) => command.run(),
            None => self.saved.run(),
        }
    }
}

/// Makes the layers of these models known to `load_model`.
pub fn register_layers() {
    cornu::layers::register("Sampling", |config| {
        Ok(Box::new(sampling::Sampling::from_config(config)?))
    });
    cornu::layers::register("VaeLoss", |_| Ok(Box::new(vae_loss::VaeLoss)));
}
