//! Curves for TensorBoard.

use std::path::{Path, PathBuf};

use super::tensorboard::EventWriter;
use super::{Callback, Session, State};
use crate::Result;
use crate::models::Logs;

/// Writes loss, metrics and learning rate of each epoch (or of every so many batches) for TensorBoard:
/// `log_dir/train` and `log_dir/validation`.
pub struct TensorBoard {
    log_dir: PathBuf,
    histogram_freq: usize,
    batch_freq: usize,
    train: Option<EventWriter>,
    validation: Option<EventWriter>,
    batches: u64,
}

impl TensorBoard {
    /// Writes below a folder, which is made if need be.
    pub fn new(log_dir: impl AsRef<Path>) -> Self {
        TensorBoard {
            log_dir: log_dir.as_ref().to_path_buf(),
            histogram_freq: 0,
            batch_freq: 0,
            train: None,
            validation: None,
            batches: 0,
        }
    }

    /// Every how many epochs histograms of the weights are written. Default: never.
    #[must_use]
    pub fn histogram_freq(mut self, epochs: usize) -> Self {
        self.histogram_freq = epochs;
        self
    }

    /// Every how many batches the running values are written, beside those of the epochs. Default: never.
    #[must_use]
    pub fn update_freq(mut self, batches: usize) -> Self {
        self.batch_freq = batches;
        self
    }

    fn train(&mut self) -> Result<&mut EventWriter> {
        if self.train.is_none() {
            self.train = Some(EventWriter::new(self.log_dir.join("train"))?);
        }
        self.train.as_mut().ok_or_else(|| crate::Error::format("TensorBoard", "has no file"))
    }

    fn validation(&mut self) -> Result<&mut EventWriter> {
        if self.validation.is_none() {
            self.validation = Some(EventWriter::new(self.log_dir.join("validation"))?);
        }
        self.validation.as_mut().ok_or_else(|| crate::Error::format("TensorBoard", "has no file"))
    }
}

impl Callback for TensorBoard {
    fn state(&self) -> Result<State> {
        let mut state = State::default();
        state.set("batches", self.batches as f64);
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        self.batches = state.count("batches")? as u64;
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: usize, logs: &Logs, _: &mut Session) -> Result<()> {
        self.batches += 1;
        if self.batch_freq > 0 && self.batches.is_multiple_of(self.batch_freq as u64) {
            let step = self.batches;
            for (name, value) in logs.iter() {
                self.train()?.scalar(&format!("batch_{name}"), step, value)?;
            }
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        let step = epoch as u64;
        for (name, value) in logs.iter() {
            match name.strip_prefix("val_") {
                Some(name) => self.validation()?.scalar(&format!("epoch_{name}"), step, value)?,
                None => self.train()?.scalar(&format!("epoch_{name}"), step, value)?,
            }
        }
        let rate = session.model().with_optimizer(|optimizer| optimizer.learning_rate())?;
        self.train()?.scalar("epoch_learning_rate", step, rate)?;
        if self.histogram_freq > 0 && epoch.is_multiple_of(self.histogram_freq) {
            for layer in session.model().as_layer().flatten() {
                for weight in layer.own_weights() {
                    let tag = format!("{}/{}/histogram", layer.name(), weight.variable.name());
                    self.train()?.histogram(&tag, step, &weight.variable.value().to_vec())?;
                }
            }
        }
        for writer in [&mut self.train, &mut self.validation].into_iter().flatten() {
            writer.flush()?;
        }
        Ok(())
    }
}
