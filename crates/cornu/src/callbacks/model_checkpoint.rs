//! Saving while training.

use std::path::{Path, PathBuf};

use super::monitor::Best;
use super::{Callback, Mode, Session, State};
use crate::models::Logs;
use crate::saving::save_weights;
use crate::{Error, Result};

/// Saves the model after each epoch, or only when the watched value became better.
///
/// The path may hold `{epoch}`, `{epoch:02d}` and logged values as `{val_loss:.2f}`.
#[derive(Debug, Clone)]
pub struct ModelCheckpoint {
    filepath: String,
    monitor: String,
    save_best_only: bool,
    save_weights_only: bool,
    mode: Mode,
    save_freq: Option<usize>,
    initial_value_threshold: Option<f64>,
    best: Option<Best>,
    batches: usize,
}

impl ModelCheckpoint {
    /// Saves to a path after each epoch.
    pub fn new(filepath: impl AsRef<Path>) -> Self {
        ModelCheckpoint { filepath: filepath.as_ref().display().to_string(), ..Default::default() }
    }

    super::arguments! {
        /// What is watched. Default `"val_loss"`.
        monitor: String;
        /// Whether only better models are saved. Default: false.
        save_best_only: bool;
        /// Whether only the weights are saved. Default: false.
        save_weights_only: bool;
        /// Whether smaller or larger is better. Default: by the name.
        mode: Mode;
    }

    super::arguments! { optional
        /// Saves every so many batches instead of after each epoch. Default: none.
        save_freq: usize;
        /// A value that must be beaten. Default: none.
        initial_value_threshold: f64;
    }

    fn save(&mut self, epoch: usize, logs: &Logs, session: &Session) -> Result<()> {
        if let (true, Some(best)) = (self.save_best_only, &mut self.best) {
            let Some(value) = best.read("ModelCheckpoint", logs) else { return Ok(()) };
            if !best.improve(value) {
                return Ok(());
            }
        }
        let path = PathBuf::from(expand(&self.filepath, epoch, logs)?);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        }
        if self.save_weights_only {
            save_weights(session.model(), &path)
        } else {
            session.model().save(&path)
        }
    }
}

impl Default for ModelCheckpoint {
    fn default() -> Self {
        ModelCheckpoint {
            filepath: "model.keras".into(),
            monitor: "val_loss".into(),
            save_best_only: false,
            save_weights_only: false,
            mode: Mode::Auto,
            save_freq: None,
            initial_value_threshold: None,
            best: None,
            batches: 0,
        }
    }
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        // The best value stays from run to run, as in Keras.
        self.best.get_or_insert_with(|| {
            Best::new(&self.monitor, self.mode, 0.0, self.initial_value_threshold)
        });
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::default();
        state.set("batches", self.batches as f64);
        state.set("best", self.best.as_ref().and_then(Best::value));
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        self.batches = state.count("batches")?;
        if let Some(best) = &mut self.best {
            best.set_value(state.get("best")?);
        }
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: usize, logs: &Logs, session: &mut Session) -> Result<()> {
        self.batches += 1;
        match self.save_freq {
            Some(every) if every > 0 && self.batches.is_multiple_of(every) => {
                self.save(session.position().epoch, logs, session)
            }
            _ => Ok(()),
        }
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        if self.save_freq.is_some() { Ok(()) } else { self.save(epoch, logs, session) }
    }
}

/// Fills in `{epoch:02d}` (counted from 1) and `{name:.3f}`.
fn expand(pattern: &str, epoch: usize, logs: &Logs) -> Result<String> {
    let wrong =
        |rule: &str| Error::invalid("ModelCheckpoint", "filepath", rule, format!("{pattern:?}"));
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (field, after) = after.split_once('}').ok_or_else(|| wrong("must close each '{'"))?;
        rest = after;
        let (name, format) = field.split_once(':').unwrap_or((field, ""));
        if name == "epoch" {
            let width: usize = format.trim_end_matches('d').parse().unwrap_or(0);
            out.push_str(&format!("{:0width$}", epoch + 1));
            continue;
        }
        let value = logs.get(name).ok_or_else(|| {
            let known: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
            wrong(&format!("may name epoch, {}", known.join(", ")))
        })?;
        let digits = format.strip_prefix('.').and_then(|f| f.strip_suffix('f'));
        match digits.map(str::parse::<usize>) {
            Some(Ok(digits)) if digits <= 20 => out.push_str(&format!("{value:.digits$}")),
            None if format.is_empty() => out.push_str(&value.to_string()),
            _ => return Err(wrong("may format values as {name:.2f}")),
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_take_in_epoch_and_values() {
        let logs: Logs = [("val_loss".to_string(), 0.12345)].into_iter().collect();
        assert_eq!(
            expand("m-{epoch:03d}-{val_loss:.2f}.keras", 6, &logs).unwrap(),
            "m-007-0.12.keras"
        );
        assert!(expand("{nothing}", 0, &logs).unwrap_err().to_string().contains("val_loss"));
        assert!(expand("{epoch", 0, &logs).is_err());
    }
}
