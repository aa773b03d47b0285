//! A run: the folder that it writes into, held by one process at a time, and the training that goes on in it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use clap::Args;
use cornu::callbacks::{
    BackupAndRestore, CSVLogger, Interrupt, ModelCheckpoint, ProgbarLogger, TerminateOnNaN,
};
use cornu::models::{Data, Fit, History, Model};

use crate::{Failure, output};

/// What to do with a run that the folder holds already.
#[derive(Args)]
pub struct FolderArgs {
    /// Go on with the run in --out, bit for bit as if it had not stopped
    #[arg(long)]
    pub resume: bool,

    /// Remove the run in --out and start anew
    #[arg(long, conflicts_with = "resume")]
    overwrite: bool,
}

/// The folder of a run. No other process has it.
pub struct Run {
    folder: PathBuf,
    resume: bool,
    /// Held as long as the run: the system lets go of it when the process ends, however that comes.
    _lock: File,
}

/// A run's own state, from which it goes on.
const BACKUP: &str = "backup";
const LOCK: &str = ".lock";

impl Run {
    /// Takes a folder. `files`: what a run writes there, but for samples; `state`: what is there if it can go on.
    pub fn open(
        folder: &Path,
        args: &FolderArgs,
        files: &[&str],
        state: &str,
    ) -> Result<Run, Failure> {
        let shown = folder.display();
        let failed = |e: std::io::Error| {
            Failure::input(format!("{shown}: {e}")).hint("choose another folder with --out")
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = File::create(folder.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("{shown}: another run is writing into this folder");
                return Err(Failure::input(message).hint("choose another folder with --out"));
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        let written = written(folder, files).map_err(failed)?;
        if args.resume && !folder.join(state).exists() {
            let message = format!("{shown}: holds no run that could go on");
            return Err(Failure::input(message).hint("start one without --resume"));
        }
        if !args.resume && !args.overwrite && !written.is_empty() {
            let message = format!("{shown}: holds a run already");
            let hint =
                "--resume goes on with it, --overwrite removes it, --out names another folder";
            return Err(Failure::input(message).hint(hint));
        }
        if args.overwrite {
            for path in &written {
                let removed =
                    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
                removed.map_err(failed)?;
            }
        }
        Ok(Run { folder: folder.into(), resume: args.resume, _lock: lock })
    }

    /// Where a file of the run lies.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Says what the run has written.
    pub fn wrote(&self, what: &str) {
        output::line(format!("Wrote {what} into {}.", self.folder.display()));
    }

    /// Trains to the end of an epoch, or goes on to it: writes history.csv, the model after each epoch and what --resume
    /// needs. None where nothing is left to do.
    ///
    /// `max_loss`: above it the run has diverged.
    pub fn fit<'a>(
        &self,
        model: &Model,
        data: (impl Into<Data<'a>>, impl Into<Data<'a>>),
        fit: Fit<'a>,
        epochs: usize,
        (checkpoint, max_loss): (&str, Option<f64>),
    ) -> Result<Option<History>, Failure> {
        // Kept at the end, so that a longer run can go on.
        let backup = BackupAndRestore::new(self.at(BACKUP)).delete_checkpoint(false);
        if self.resume {
            let position = backup.position().map_err(Failure::input)?;
            if let Some(done) = position.map(|p| p.epoch).filter(|&done| done >= epochs) {
                let done =
                    if done == 1 { "1 epoch is".into() } else { format!("{done} epochs are") };
                output::line(format!("Nothing to do: {done} done; --epochs says where to stop."));
                return Ok(None);
            }
        }
        let watch = TerminateOnNaN::new().raise_error(true);
        let watch = match max_loss {
            Some(bound) => watch.max_loss(bound),
            None => watch,
        };
        let bar = ProgbarLogger::to(output::Out, cornu::models::Verbose::Bar)
            .moves(output::moves())
            .colors(output::colors());
        let bar = match output::terminal_width() {
            Some(columns) => bar.columns(columns),
            None => bar,
        };
        let fit = fit
            .epochs(epochs)
            .verbose(0)
            .callback(watch)
            .callback(CSVLogger::new(self.at("history.csv")).append(self.resume))
            .callback(ModelCheckpoint::to(self.at(checkpoint)))
            .callback(backup)
            .callback(bar)
            .callback(Interrupt::new()?);
        let (x, y) = data;
        let history = match model.fit(x, y, fit) {
            Ok(history) => history,
            Err(error) => return Err(failure(error)),
        };
        match history.interrupted {
            None => Ok(Some(history)),
            Some(at) => {
                let message =
                    format!("interrupted after step {} of epoch {}", at.step, at.epoch + 1);
                Err(Failure::run(message).hint("--resume goes on from there"))
            }
        }
    }
}

/// What a run ends with that cannot go on.
fn failure(error: cornu::Error) -> Failure {
    match &error {
        cornu::Error::Format { what, .. } if what == "TerminateOnNaN" => {
            let hint = "the training has diverged: a smaller learning rate, other scales of the data, or larger batches may help";
            Failure::run(error).hint(hint)
        }
        // The model, the data and the arguments do not fit each other.
        cornu::Error::Graph(_) => Failure::input(error),
        _ => Failure::run(error),
    }
}

/// What of a run's files is in a folder.
fn written(folder: &Path, files: &[&str]) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let sample = name.starts_with("samples-") && name.ends_with(".png");
        if name == BACKUP || sample || files.contains(&&*name) {
            found.push(path);
        }
    }
    Ok(found)
}
