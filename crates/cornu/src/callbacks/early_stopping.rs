//! Stopping when nothing gets better.

use cornu_graph::Array;

use super::monitor::Best;
use super::{Callback, Mode, Session};
use crate::Result;
use crate::models::Logs;

/// Stops a run when the watched value has not become better for `patience` epochs.
///
/// ```
/// use cornu::callbacks::EarlyStopping;
/// let stop = EarlyStopping::new("val_loss").patience(3).restore_best_weights(true);
/// ```
#[derive(Debug, Clone)]
pub struct EarlyStopping {
    monitor: String,
    min_delta: f64,
    patience: usize,
    mode: Mode,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    state: State,
}

#[derive(Debug, Clone, Default)]
struct State {
    best: Option<Best>,
    wait: usize,
    weights: Option<Vec<Array>>,
    best_epoch: usize,
    stopped_epoch: Option<usize>,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping {
            monitor: "val_loss".into(),
            min_delta: 0.0,
            patience: 0,
            mode: Mode::Auto,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            state: State::default(),
        }
    }
}

impl EarlyStopping {
    /// Watches a value.
    pub fn new(monitor: &str) -> Self {
        EarlyStopping { monitor: monitor.into(), ..Default::default() }
    }

    super::arguments! {
        /// By how much a value must be better to count. Default 0.
        min_delta: f64;
        /// How many epochs without a better value are waited. Default 0.
        patience: usize;
        /// Whether smaller or larger is better. Default: by the name.
        mode: Mode;
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
        self.state.stopped_epoch
    }

    /// The epoch with the best value.
    pub fn best_epoch(&self) -> usize {
        self.state.best_epoch
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        let best = Best::new(&self.monitor, self.mode, self.min_delta, self.baseline);
        self.state = State { best: Some(best), ..State::default() };
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        let state = &mut self.state;
        let Some(best) = state.best.as_mut().filter(|_| epoch >= self.start_from_epoch) else {
            return Ok(());
        };
        let Some(value) = best.read("EarlyStopping", logs) else { return Ok(()) };
        if self.restore_best_weights && state.weights.is_none() {
            // If no epoch beats the baseline, the first one's weights come back.
            state.weights = Some(session.model().get_weights());
            state.best_epoch = epoch;
        }
        state.wait += 1;
        if best.improve(value) {
            state.best_epoch = epoch;
            state.wait = 0;
            if self.restore_best_weights {
                state.weights = Some(session.model().get_weights());
            }
        } else if state.wait >= self.patience && epoch > 0 {
            state.stopped_epoch = Some(epoch);
            session.stop_training();
        }
        Ok(())
    }

    fn state(&self) -> Result<super::State> {
        let mut state = super::State::default();
        state.set("wait", self.state.wait as f64);
        state.set("best_epoch", self.state.best_epoch as f64);
        state.set("best", self.state.best.as_ref().and_then(Best::value));
        state.set("stopped_epoch", self.state.stopped_epoch.map(|epoch| epoch as f64));
        for (i, weight) in self.state.weights.iter().flatten().enumerate() {
            state.set_array(&format!("weights/{i}"), weight.clone());
        }
        Ok(state)
    }

    fn restore(&mut self, state: &super::State) -> Result<()> {
        self.state.wait = state.count("wait")?;
        self.state.best_epoch = state.count("best_epoch")?;
        if let Some(best) = &mut self.state.best {
            best.set_value(state.get("best")?);
        }
        let stopped = state.get("stopped_epoch")?;
        self.state.stopped_epoch = stopped.map(|epoch| epoch as usize);
        let weight = |i: usize| state.array(&format!("weights/{i}")).cloned();
        let weights: Vec<Array> = (0..).map_while(weight).collect();
        self.state.weights = Some(weights).filter(|weights| !weights.is_empty());
        Ok(())
    }

    fn on_train_end(&mut self, session: &mut Session) -> Result<()> {
        match self.state.weights.take() {
            Some(weights) => session.model().set_weights(&weights),
            None => Ok(()),
        }
    }
}
