//! Stopping when nothing gets better.

use cornu_graph::Array;

use super::monitor::Monitor;
use super::{Callback, Mode, Session, State};
use crate::Result;
use crate::models::Logs;

/// Stops a run when the watched value has not become better for `patience` epochs.
///
/// With a baseline, an epoch only ends the waiting if it beats that, too; the best epoch is the best of all.
///
/// ```
/// use cornu::callbacks::EarlyStopping;
/// let stop = EarlyStopping::new("val_loss").patience(3).restore_best_weights(true);
/// ```
#[derive(Debug, Clone)]
pub struct EarlyStopping {
    monitor: Monitor,
    patience: usize,
    verbose: u8,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    run: Run,
}

/// What is remembered of a run.
#[derive(Debug, Clone, Default)]
struct Run {
    best: Option<f64>,
    wait: usize,
    weights: Option<Vec<Array>>,
    best_epoch: usize,
    stopped_epoch: Option<usize>,
}

impl Default for EarlyStopping {
    /// Watches `val_loss`.
    fn default() -> Self {
        EarlyStopping::new("val_loss")
    }
}

impl EarlyStopping {
    /// Watches a value.
    pub fn new(monitor: &str) -> Self {
        EarlyStopping {
            monitor: Monitor::new("EarlyStopping", monitor, 0.0),
            patience: 0,
            verbose: 0,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            run: Run::default(),
        }
    }

    super::monitor_arguments! { "Default 0." }

    super::arguments! {
        /// How many epochs without a better value are waited. Default 0.
        patience: usize;
        /// 1 says when training stops and which weights come back. Default 0.
        verbose: u8;
        /// Whether the weights of the best epoch come back at the end. Default: false.
        restore_best_weights: bool;
        /// Epochs before this one do not count. Default 0.
        start_from_epoch: usize;
    }

    super::arguments! { optional
        /// A value that must be beaten. Default: none.
        baseline: f64;
    }

    /// The epoch after which the run was stopped, if it was.
    pub fn stopped_epoch(&self) -> Option<usize> {
        self.run.stopped_epoch
    }

    /// The epoch with the best value.
    pub fn best_epoch(&self) -> usize {
        self.run.best_epoch
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        self.run = Run::default();
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        let value = self.monitor.read(logs, session)?.filter(|_| epoch >= self.start_from_epoch);
        let Some(value) = value else { return Ok(()) };
        let run = &mut self.run;
        if self.restore_best_weights && run.weights.is_none() {
            run.weights = Some(session.model().get_weights());
            run.best_epoch = epoch;
        }
        run.wait += 1;
        if self.monitor.improves(value, run.best) {
            (run.best, run.best_epoch) = (Some(value), epoch);
            if self.restore_best_weights {
                run.weights = Some(session.model().get_weights());
            }
            if self.baseline.is_none() || self.monitor.improves(value, self.baseline) {
                run.wait = 0;
            }
        } else if run.wait >= self.patience && epoch > 0 {
            run.stopped_epoch = Some(epoch);
            session.stop_training();
        }
        Ok(())
    }

    fn state(&self) -> Result<State> {
        let mut state = State::default();
        state.set("wait", self.run.wait as f64);
        state.set("best_epoch", self.run.best_epoch as f64);
        state.set("best", self.run.best);
        state.set("stopped_epoch", self.run.stopped_epoch.map(|epoch| epoch as f64));
        for (i, weight) in self.run.weights.iter().flatten().enumerate() {
            state.set_array(&format!("weights/{i}"), weight.clone());
        }
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let weight = |i: usize| state.array(&format!("weights/{i}")).cloned();
        let weights: Vec<Array> = (0..).map_while(weight).collect();
        self.run = Run {
            best: state.get("best")?,
            wait: state.count("wait")?,
            weights: Some(weights).filter(|weights| !weights.is_empty()),
            best_epoch: state.count("best_epoch")?,
            stopped_epoch: state.get("stopped_epoch")?.map(|epoch| epoch as usize),
        };
        Ok(())
    }

    fn on_train_end(&mut self, session: &mut Session) -> Result<()> {
        if let (Some(epoch), true) = (self.run.stopped_epoch, self.verbose > 0) {
            session.print(format!("Epoch {}: early stopping\n", epoch + 1));
        }
        let Some(weights) = self.run.weights.take() else { return Ok(()) };
        if self.verbose > 0 {
            let best = self.run.best_epoch + 1;
            session.print(format!(
                "Restoring model weights from the end of the best epoch: {best}.\n"
            ));
        }
        session.model().set_weights(&weights)
    }
}
