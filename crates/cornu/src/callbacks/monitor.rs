//! The value that a callback watches, and when it counts as better.

use serde::{Deserialize, Serialize};

use crate::models::Logs;

/// Whether smaller or larger values are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By the name: larger for accuracies and areas under curves, smaller for all else.
    #[default]
    Auto,
    /// Smaller.
    Min,
    /// Larger.
    Max,
}

impl Mode {
    fn larger(self, monitor: &str) -> bool {
        match self {
            Mode::Min => false,
            Mode::Max => true,
            Mode::Auto => {
                let name = monitor.strip_prefix("val_").unwrap_or(monitor);
                name.ends_with("acc")
                    || name.ends_with("accuracy")
                    || name.ends_with("auc")
                    || name.starts_with("fmeasure")
            }
        }
    }
}

/// The best value so far of what is watched.
#[derive(Debug, Clone)]
pub(super) struct Best {
    monitor: String,
    larger: bool,
    min_delta: f64,
    value: Option<f64>,
}

impl Best {
    pub fn new(monitor: &str, mode: Mode, min_delta: f64, baseline: Option<f64>) -> Best {
        let larger = mode.larger(monitor);
        Best { monitor: monitor.into(), larger, min_delta: min_delta.abs(), value: baseline }
    }

    /// The watched value; a missing one is said in the log, as not every epoch has it.
    pub fn read(&self, callback: &str, logs: &Logs) -> Option<f64> {
        let value = logs.get(&self.monitor);
        if value.is_none() {
            let known: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
            tracing::warn!("{callback}: {:?} is not among {}", self.monitor, known.join(", "));
        }
        value
    }

    /// The best value so far.
    pub fn value(&self) -> Option<f64> {
        self.value
    }

    pub fn set_value(&mut self, value: Option<f64>) {
        self.value = value;
    }

    /// Whether a value is better than the best so far, which it then becomes.
    pub fn improve(&mut self, value: f64) -> bool {
        let better = self.value.is_none_or(|best| {
            if self.larger { value - self.min_delta > best } else { value + self.min_delta < best }
        });
        // NaN is never better, but a first value of NaN must not stand for ever either.
        let better = better && !value.is_nan();
        if better {
            self.value = Some(value);
        }
        better
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_is_smaller_for_losses_and_larger_for_accuracies() {
        let mut loss = Best::new("val_loss", Mode::Auto, 0.1, None);
        assert_eq!([1.0, 0.95, 0.8, f64::NAN].map(|v| loss.improve(v)), [true, false, true, false]);
        let mut accuracy = Best::new("val_accuracy", Mode::Auto, 0.0, Some(0.5));
        assert_eq!([0.4, 0.6, 0.6].map(|v| accuracy.improve(v)), [false, true, false]);
    }
}
