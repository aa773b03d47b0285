//! Smaller steps when nothing gets better.

use super::monitor::Best;
use super::{Callback, Mode, Session, State};
use crate::models::Logs;
use crate::{Error, Result};

/// Multiplies the learning rate by `factor` when the watched value has not become better for `patience` epochs.
#[derive(Debug, Clone)]
pub struct ReduceLROnPlateau {
    monitor: String,
    factor: f64,
    patience: usize,
    mode: Mode,
    min_delta: f64,
    cooldown: usize,
    min_lr: f64,
    best: Option<Best>,
    wait: usize,
    cooling: usize,
}

impl Default for ReduceLROnPlateau {
    fn default() -> Self {
        ReduceLROnPlateau {
            monitor: "val_loss".into(),
            factor: 0.1,
            patience: 10,
            mode: Mode::Auto,
            min_delta: 1e-4,
            cooldown: 0,
            min_lr: 0.0,
            best: None,
            wait: 0,
            cooling: 0,
        }
    }
}

impl ReduceLROnPlateau {
    /// Watches a value.
    pub fn new(monitor: &str) -> Self {
        ReduceLROnPlateau { monitor: monitor.into(), ..Default::default() }
    }

    super::arguments! {
        /// What the learning rate is multiplied by, below 1. Default 0.1.
        factor: f64;
        /// How many epochs without a better value are waited. Default 10.
        patience: usize;
        /// Whether smaller or larger is better. Default: by the name.
        mode: Mode;
        /// By how much a value must be better to count. Default 1e-4.
        min_delta: f64;
        /// How many epochs are waited after a reduction before counting again. Default 0.
        cooldown: usize;
        /// The smallest learning rate. Default 0.
        min_lr: f64;
    }
}

impl Callback for ReduceLROnPlateau {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        if self.factor >= 1.0 {
            return Err(Error::invalid(
                "ReduceLROnPlateau",
                "factor",
                "must be below 1",
                self.factor,
            ));
        }
        self.best = Some(Best::new(&self.monitor, self.mode, self.min_delta, None));
        (self.wait, self.cooling) = (0, 0);
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::default();
        state.set("wait", self.wait as f64);
        state.set("cooldown", self.cooling as f64);
        state.set("best", self.best.as_ref().and_then(Best::value));
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        (self.wait, self.cooling) = (state.count("wait")?, state.count("cooldown")?);
        if let Some(best) = &mut self.best {
            best.set_value(state.get("best")?);
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        let Some(best) = &mut self.best else { return Ok(()) };
        let Some(value) = best.read("ReduceLROnPlateau", logs) else { return Ok(()) };
        if self.cooling > 0 {
            self.cooling -= 1;
            self.wait = 0;
        }
        if best.improve(value) {
            self.wait = 0;
        } else if self.cooling == 0 {
            self.wait += 1;
            if self.wait >= self.patience {
                session.model().with_optimizer(|optimizer| {
                    let old = optimizer.learning_rate()?;
                    let new = (old * self.factor).max(self.min_lr);
                    if new < old { optimizer.set_learning_rate(new) } else { Ok(()) }
                })?;
                (self.cooling, self.wait) = (self.cooldown, 0);
            }
        }
        Ok(())
    }
}
