//! Runs that can be interrupted.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Callback, Position, Session};
use crate::models::{Backup, Logs};
use crate::{Error, Result};

/// Lets a run go on where it was interrupted, bit for bit as if it had never stopped.
///
/// The state of the run is written after each epoch (or every so many steps), and when the run is interrupted, in the
/// middle of an epoch, too: weights, optimizer, running means, the history, the order of the rows and the place in
/// them, all random generators, and what the other callbacks remember. It is one file, `latest.npz` in `backup_dir`,
/// that is replaced in one step: a process may be killed at any time. The next `fit` with the same arguments goes on
/// from there and gives the history of all epochs; a run that came to its end removes the file.
///
/// ```
/// use cornu::callbacks::{BackupAndRestore, LambdaCallback};
/// use cornu::layers::{Dense, Dropout};
/// use cornu::models::{Compile, Fit, Model, Sequential};
/// use cornu::{Array, Result, ops};
///
/// fn model() -> Result<Model> {
///     let model = Sequential::new().input([1]).add(Dropout::new(0.2)).add(Dense::new(1)).model()?;
///     model.compile(Compile::new("adam").loss("mse"))?;
///     Ok(model)
/// }
/// let folder = std::env::temp_dir().join("cornu-backup-doc");
/// let (x, y) = (Array::zeros(&[64, 1], cornu::DType::F32)?, Array::zeros(&[64, 1], cornu::DType::F32)?);
/// let fit = || Fit::new().epochs(3).verbose(0).callback(BackupAndRestore::new(&folder));
/// // As `Interrupt` does on Ctrl-C.
/// let stop = LambdaCallback::new().on_train_batch_end(|batch, _, session| {
///     if session.position().epoch == 1 && batch == 0 {
///         session.interrupt();
///     }
///     Ok(())
/// });
/// let first = model()?.fit(&x, &y, fit().callback(stop))?;
/// assert!(first.interrupted.is_some());
/// let history = model()?.fit(&x, &y, fit())?;
/// assert_eq!(history.epochs, [0, 1, 2]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BackupAndRestore {
    backup_dir: PathBuf,
    save_freq: Option<usize>,
    double_checkpoint: bool,
    delete_checkpoint: bool,
    batches: usize,
}

impl BackupAndRestore {
    /// Keeps the state of the run in a folder of its own, which is made if need be. A path is taken as it is.
    pub fn new(backup_dir: impl Into<PathBuf>) -> Self {
        BackupAndRestore {
            backup_dir: backup_dir.into(),
            save_freq: None,
            double_checkpoint: false,
            delete_checkpoint: true,
            batches: 0,
        }
    }

    super::arguments! {
        /// Whether the state before the last one is kept, too (`previous.npz`), and taken where the last one cannot
        /// be read. Default: false.
        double_checkpoint: bool;
        /// Whether the state is removed when the run comes to its end. Default: true. A state that is kept lets a later
        /// run with more epochs go on.
        delete_checkpoint: bool;
    }

    super::arguments! { optional
        /// Writes the state every so many steps instead of after each epoch. Default: none.
        save_freq: usize;
    }

    /// Where the run that is kept in the folder stands, if there is one: the next `fit` goes on from there.
    ///
    /// # Errors
    /// When the file cannot be read, nor the one before it where two are kept.
    pub fn position(&self) -> Result<Option<Position>> {
        self.read()?.map(|backup| backup.position()).transpose()
    }

    fn read(&self) -> Result<Option<Backup>> {
        let (latest, previous) = (self.latest(), self.previous());
        let usable = self.double_checkpoint && previous.exists();
        match (latest.exists(), usable) {
            (false, false) => Ok(None),
            (false, true) => Backup::read(&previous).map(Some),
            (true, false) => Backup::read(&latest).map(Some),
            (true, true) => Backup::read(&latest)
                .or_else(|error| {
                    tracing::warn!("{error}; going on from {}", previous.display());
                    Backup::read(&previous)
                })
                .map(Some),
        }
    }

    fn latest(&self) -> PathBuf {
        self.backup_dir.join("latest.npz")
    }

    fn previous(&self) -> PathBuf {
        self.backup_dir.join("previous.npz")
    }

    fn save(&self, session: &mut Session) -> Result<()> {
        fs::create_dir_all(&self.backup_dir).map_err(|e| Error::io(&self.backup_dir, e))?;
        let (latest, previous) = (self.latest(), self.previous());
        if self.double_checkpoint && latest.exists() {
            remove(&previous)?;
            // A second name costs nothing; some file systems have none.
            let kept = fs::hard_link(&latest, &previous);
            kept.or_else(|_| fs::copy(&latest, &previous).map(|_| ()))
                .map_err(|e| Error::io(&previous, e))?;
        }
        session.back_up(latest);
        Ok(())
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io(path, e)),
        _ => Ok(()),
    }
}

impl Callback for BackupAndRestore {
    fn on_train_begin(&mut self, session: &mut Session) -> Result<()> {
        if self.save_freq == Some(0) {
            return Err(Error::invalid("BackupAndRestore", "save_freq", "must be at least 1", 0));
        }
        self.batches = 0;
        if let Some(backup) = self.read()? {
            session.resume_from(backup);
        }
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: usize, _: &Logs, session: &mut Session) -> Result<()> {
        self.batches += 1;
        match self.save_freq {
            Some(every) if self.batches.is_multiple_of(every) => self.save(session),
            _ => Ok(()),
        }
    }

    fn on_epoch_end(&mut self, _: usize, _: &mut Logs, session: &mut Session) -> Result<()> {
        if self.save_freq.is_some() { Ok(()) } else { self.save(session) }
    }

    fn on_interrupt(&mut self, session: &mut Session) -> Result<()> {
        self.save(session)
    }

    fn on_train_end(&mut self, _: &mut Session) -> Result<()> {
        if !self.delete_checkpoint {
            return Ok(());
        }
        remove(&self.latest())?;
        remove(&self.previous())?;
        // Stays where others keep files in it.
        let _ = fs::remove_dir(&self.backup_dir);
        Ok(())
    }
}
