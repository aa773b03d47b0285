//! `cornu train MODEL`.

use std::path::PathBuf;

use clap::Args;
use cornu::models::Fit;

use super::pictures;
use super::run::{FolderArgs, Run};
use crate::arguments::{RunArgs, TrainArgs};
use crate::data::{Data, DataArgs, Part};
use crate::{Failure, classes, suggest};

/// Goes on with the training of a model from a file.
#[derive(Args)]
pub struct Saved {
    /// A compiled model: a .keras or .h5 file, or the folder of an unzipped .keras file
    #[arg(required = true)]
    model: Option<PathBuf>,

    /// The data: a table (.csv), a folder of pictures by class, the name of a data set (see `cornu datasets`), or
    /// a .npz file with x and y, or an array for each input and output by its name; a test part, or x_val and
    /// y_val, is evaluated after each epoch
    #[arg(long, value_name = "NAME|PATH")]
    data: Option<String>,

    #[command(flatten)]
    how: DataArgs,

    /// How often to go through all rows; with --resume, the last epoch
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
    folder: FolderArgs,

    #[command(flatten)]
    compile: TrainArgs,

    #[command(flatten)]
    run: RunArgs,
}

impl Saved {
    pub fn run(self) -> Result<(), Failure> {
        if self.batch_size == 0 {
            return Err(Failure::input("--batch-size must be at least 1"));
        }
        // It is there, or clap would have complained: an option for `cornu train vae` alone.
        let Some(path) = &self.model else {
            return Err(Failure::input("a model is needed"));
        };
        let Some(data) = &self.data else {
            let name = path.to_string_lossy();
            let meant = suggest::nearest(&name, ["vae", "gan", "classifier"]);
            return Err(match meant.filter(|_| !path.exists()) {
                Some(meant) => Failure::input(format!("{name}: there is no such file or workload"))
                    .hint(format!("did you mean {meant:?}?")),
                None => Failure::input("--data is needed to train a model from a file"),
            });
        };
        self.run.apply()?;
        let model = self.compile.open(path)?;
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
        let run = Run::open(&out, &self.folder, FILES, "backup")?;
        classes::write(&out, data.class_names())?;
        let mut args = Fit::new()
            .batch_size(self.batch_size)
            .shuffle(!self.no_shuffle)
            .validation_split(self.validation_split);
        if let Some(held_out) = &held_out {
            args = args.validation_data(&held_out.x, &held_out.y);
        }
        // What is large depends on the loss: only what is no number has diverged.
        let fit = (&rows.x, &rows.y);
        let Some(history) = run.fit(&model, fit, args, self.epochs, ("model.keras", None))? else {
            return Ok(());
        };
        model.save(run.at("model.keras"))?;
        if history.epochs.is_empty() {
            run.wrote("the model as it was");
            return Ok(());
        }
        pictures::curves(&history, "loss", "Loss", &run.at("loss.png"))?;
        run.wrote("model, history and loss.png");
        Ok(())
    }
}

/// What a run writes.
const FILES: &[&str] = &["classes.txt", "history.csv", "loss.png", "model.keras"];
