//! Saving while training.

use std::path::PathBuf;

use super::monitor::Monitor;
use super::path_pattern::PathPattern;
use super::{Callback, Mode, Session, State};
use crate::models::Logs;
use crate::saving::save_weights;
use crate::{Error, Result};

/// Saves the model after each epoch, or only when the watched value became better.
///
/// ```
/// use cornu::callbacks::ModelCheckpoint;
/// let each = ModelCheckpoint::new("runs/{epoch:02d}-{val_loss:.2f}.keras");
/// let best = ModelCheckpoint::new("best.keras").save_best_only(true).monitor("val_accuracy");
/// ```
#[derive(Debug, Clone)]
pub struct ModelCheckpoint {
    filepath: PathPattern,
    monitor: Monitor,
    verbose: u8,
    save_best_only: bool,
    save_weights_only: bool,
    save_freq: Option<usize>,
    initial_value_threshold: Option<f64>,
    best: Option<f64>,
    batches: usize,
}

impl ModelCheckpoint {
    /// Saves to a path after each epoch. In the path `{epoch}`, `{epoch:02d}`, `{batch}` (both counted from 1) and logged
    /// values as `{val_loss:.2f}` are filled in, as in Keras.
    pub fn new(filepath: impl Into<PathBuf>) -> Self {
        ModelCheckpoint::with(PathPattern::new(filepath.into()))
    }

    /// Saves to a path that is taken as it is, braces and all.
    pub fn to(filepath: impl Into<PathBuf>) -> Self {
        ModelCheckpoint::with(PathPattern::Path(filepath.into()))
    }

    fn with(filepath: PathPattern) -> Self {
        ModelCheckpoint {
            filepath,
            monitor: Monitor::new("ModelCheckpoint", "val_loss", 0.0),
            verbose: 0,
            save_best_only: false,
            save_weights_only: false,
            save_freq: None,
            initial_value_threshold: None,
            best: None,
            batches: 0,
        }
    }

    /// What is watched. Default `"val_loss"`.
    #[must_use]
    pub fn monitor(mut self, monitor: impl Into<String>) -> Self {
        self.monitor.name = monitor.into();
        self
    }

    /// Whether smaller or larger is better. Default: as the metric says.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.monitor.mode = mode;
        self
    }

    super::arguments! {
        /// 1 says what is saved, and why. Default 0.
        verbose: u8;
        /// Whether only better models are saved. Default: false. An epoch without the watched value saves nothing.
        save_best_only: bool;
        /// Whether only the weights are saved. Default: false.
        save_weights_only: bool;
    }

    super::arguments! { optional
        /// Saves every so many batches instead of after each epoch. Default: none.
        save_freq: usize;
        /// A value that must be beaten. Default: none.
        initial_value_threshold: f64;
    }

    fn say(&self, text: String, session: &mut Session) {
        if self.verbose > 0 {
            let epoch = session.position().epoch + 1;
            session.print(format!("\nEpoch {epoch}: {text}\n"));
        }
    }

    /// Whether the model is to be saved; the value is then the best.
    fn is_best(
        &mut self,
        step: bool,
        shown: &str,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<bool> {
        let Some(value) = self.monitor.read(logs, session)? else {
            // Steps never have values of the validation.
            return if step { Err(self.monitor.unknown(logs, session)) } else { Ok(false) };
        };
        let name = &self.monitor.name;
        let best = self.best.map_or("None".into(), |best| format!("{best:.5}"));
        if !self.monitor.improves(value, self.best) {
            self.say(format!("{name} did not improve from {best}"), session);
            return Ok(false);
        }
        let text = format!("{name} improved from {best} to {value:.5}, saving model to {shown}");
        self.say(text, session);
        self.best = Some(value);
        Ok(true)
    }

    fn save(&mut self, batch: Option<usize>, logs: &Logs, session: &mut Session) -> Result<()> {
        let path = self.filepath.fill(session.position().epoch, batch, logs)?;
        let shown = path.display().to_string();
        if !self.save_best_only {
            self.say(format!("saving model to {shown}"), session);
        } else if !self.is_best(batch.is_some(), &shown, logs, session)? {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        }
        if self.save_weights_only {
            save_weights(session.model(), &path)?;
        } else {
            session.model().save(&path)?;
        }
        self.say(format!("finished saving model to {shown}"), session);
        Ok(())
    }
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        if self.save_freq == Some(0) {
            return Err(Error::invalid("ModelCheckpoint", "save_freq", "must be at least 1", 0));
        }
        // The best value stays from run to run, as in Keras.
        self.best = self.best.or(self.initial_value_threshold);
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::default();
        state.set("batches", self.batches as f64);
        state.set("best", self.best);
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        (self.batches, self.best) = (state.count("batches")?, state.get("best")?);
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        self.batches += 1;
        match self.save_freq {
            Some(every) if self.batches.is_multiple_of(every) => {
                self.save(Some(batch), logs, session)
            }
            _ => Ok(()),
        }
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        if self.save_freq.is_some() { Ok(()) } else { self.save(None, logs, session) }
    }
}
