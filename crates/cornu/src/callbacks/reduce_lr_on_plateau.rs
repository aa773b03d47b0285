//! Smaller steps when nothing gets better.

use super::learning_rate_scheduler::log_learning_rate;
use super::monitor::Monitor;
use super::text::float;
use super::{Callback, Mode, Session, State};
use crate::models::Logs;
use crate::{Error, Result};

/// Multiplies the learning rate by `factor` when the watched value has not become better for `patience` epochs; adds
/// `learning_rate`, that of the epoch, to what is reported.
#[derive(Debug, Clone)]
pub struct ReduceLROnPlateau {
    monitor: Monitor,
    factor: f64,
    patience: usize,
    verbose: u8,
    cooldown: usize,
    min_lr: f64,
    best: Option<f64>,
    wait: usize,
    cooling: usize,
}

impl Default for ReduceLROnPlateau {
    /// Watches `val_loss`.
    fn default() -> Self {
        ReduceLROnPlateau::new("val_loss")
    }
}

impl ReduceLROnPlateau {
    /// Watches a value.
    pub fn new(monitor: &str) -> Self {
        ReduceLROnPlateau {
            monitor: Monitor::new("ReduceLROnPlateau", monitor, 1e-4),
            factor: 0.1,
            patience: 10,
            verbose: 0,
            cooldown: 0,
            min_lr: 0.0,
            best: None,
            wait: 0,
            cooling: 0,
        }
    }

    super::monitor_arguments! { "Default 1e-4." }

    super::arguments! {
        /// What the learning rate is multiplied by, below 1. Default 0.1.
        factor: f64;
        /// How many epochs without a better value are waited. Default 10.
        patience: usize;
        /// 1 says when the rate is reduced. Default 0.
        verbose: u8;
        /// How many epochs are waited after a reduction before counting again. Default 0.
        cooldown: usize;
        /// The smallest learning rate. Default 0.
        min_lr: f64;
    }

    /// Whether the rate could be reduced.
    fn reduce(&self, epoch: usize, session: &mut Session) -> Result<bool> {
        let reduced = session.model().with_optimizer(|optimizer| {
            let old = optimizer.learning_rate()?;
            // The rate is a float32, and so is the bound that it is compared with.
            if old <= f64::from(self.min_lr as f32) {
                return Ok(None);
            }
            let new = (old * self.factor).max(self.min_lr);
            optimizer.set_learning_rate(new).map(|()| Some(new))
        })?;
        if let (Some(rate), true) = (reduced, self.verbose > 0) {
            session.print(format!(
                "\nEpoch {}: ReduceLROnPlateau reducing learning rate to {}.\n",
                epoch + 1,
                float(rate)
            ));
        }
        Ok(reduced.is_some())
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
        (self.best, self.wait, self.cooling) = (None, 0, 0);
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::default();
        state.set("wait", self.wait as f64);
        state.set("cooldown", self.cooling as f64);
        state.set("best", self.best);
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        self.best = state.get("best")?;
        (self.wait, self.cooling) = (state.count("wait")?, state.count("cooldown")?);
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        log_learning_rate(logs, session)?;
        let Some(value) = self.monitor.read(logs, session)? else { return Ok(()) };
        if self.cooling > 0 {
            self.cooling -= 1;
            self.wait = 0;
        }
        if self.monitor.improves(value, self.best) {
            (self.best, self.wait) = (Some(value), 0);
        } else if self.cooling == 0 {
            self.wait += 1;
            if self.wait >= self.patience && self.reduce(epoch, session)? {
                (self.cooling, self.wait) = (self.cooldown, 0);
            }
        }
        Ok(())
    }
}
