//! `cornu train MODEL`.

use std::path::PathBuf;

use clap::Args;
use cornu::callbacks::{CSVLogger, Interrupt, ModelCheckpoint};
use cornu::models::Fit;

use super::pictures;
use crate::arguments::{RunArgs, compiled_model, make_folder};
use crate::data::{Data, DataArgs, Part};
use crate::{Failure, classes, output};

/// Goes on with the training of a model from a file.
#[derive(Args)]
pub struct Saved {
    /// A compiled model: a .keras or .h5 file, or the folder of an unzipped .keras file
    #[arg(required = true)]
    model: Option<PathBuf>,

    /// The data: a table (.csv), a folder of pictures by class, the name of a data set (see `cornu datasets`), or
    /// a .npz file with x and y, or an array for each input and output by its name; a test part, or x_val and
    /// y_val, is evaluated after each epoch
    #[arg(long, value_name = "NAME|PATH", required = true)]
    data: Option<String>,

    #[command(flatten)]
    how: DataArgs,

    /// How often to go through all rows
    #[arg(long, value_name = "N", default_value_t = 1)]
    epochs: usize,

    /// Rows per training step
    #[arg(long, value_name = "N", default_value_t = 32)]
    batch_size: usize,

    /// The part of the rows, from the end, that is held out and evaluated after each epoch
    #[arg(long, value_name = "PART", default_value_t = 0.0)]
    validation_split: f64,

    /// Take the rows in the order of the file
    #[arg(long)]
    no_shuffle: bool,

    /// The folder to write into [default: runs/ and the model's file name without its ending]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    #[command(flatten)]
    run: RunArgs,
}

impl Saved {
    pub fn run(self) -> Result<(), Failure> {
        if self.batch_size == 0 {
            return Err(Failure::input("--batch-size must be at least 1"));
        }
        // Both are there, or clap would have complained: they are options for `cornu train vae` alone.
        let (Some(path), Some(data)) = (&self.model, &self.data) else {
            return Err(Failure::input("a model and --data are needed"));
        };
        self.run.apply()?;
        let model = compiled_model(path)?;
        let data = Data::open(data, &self.how, &model)?.classes(&classes::beside(path)?);
        let rows = data.rows(&model, Part::Train)?;
        let held_out = match data.has(&model, Part::Validation) {
            true => Some(data.rows(&model, Part::Validation)?),
            false => None,
        };
        let out = self.out.clone().unwrap_or_else(|| {
            let name = path.file_stem().unwrap_or(path.as_os_str());
            PathBuf::from("runs").join(name)
        });
        make_folder(&out)?;
        classes::write(&out, data.class_names())?;
        let at = |name: &str| out.join(name);
        let mut args = Fit::new()
            .epochs(self.epochs)
            .batch_size(self.batch_size)
            .shuffle(!self.no_shuffle)
            .validation_split(self.validation_split)
            .callback(CSVLogger::new(at("history.csv")))
            .callback(ModelCheckpoint::new(at("model.keras")))
            .callback(Interrupt::new()?);
        if let Some(held_out) = &held_out {
            args = args.validation_data(&held_out.x, &held_out.y);
        }
        let history = model.fit(&rows.x, &rows.y, args).map_err(Failure::input)?;
        model.save(at("model.keras"))?;
        if !history.epochs.is_empty() {
            pictures::curves(&history, "loss", "Loss", &at("loss.png"))?;
        }
        output::line(format!("Wrote model, history and loss.png into {}.", out.display()));
        Ok(())
    }
}
