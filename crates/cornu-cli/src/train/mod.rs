//! `cornu train`.

pub mod classifier;
mod gan;
pub mod gan_models;
mod pictures;
mod sampling;
pub mod vae;
mod vae_loss;

use clap::Subcommand;

use crate::Failure;

/// Train a model and write what it learnt as files and pictures
#[derive(Subcommand)]
pub enum Train {
    Vae(vae::Vae),
    Gan(gan::Gan),
    Classifier(classifier::Classifier),
}

impl Train {
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Train::Vae(command) => command.run(),
            Train::Gan(command) => command.run(),
            Train::Classifier(command) => command.run(),
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
