//! The value that a callback watches, and when it counts as better.

use serde::{Deserialize, Serialize};

use super::Session;
use crate::metrics::Direction;
use crate::models::Logs;
use crate::{Error, Result};

/// Whether smaller or larger values are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As the metric says (see [`Metric::direction`](crate::metrics::Metric::direction)); smaller for losses.
    #[default]
    Auto,
    /// Smaller.
    Min,
    /// Larger.
    Max,
}

/// What a callback watches.
#[derive(Debug, Clone)]
pub(super) struct Monitor {
    callback: &'static str,
    pub name: String,
    pub mode: Mode,
    pub min_delta: f64,
    /// Known once there are values.
    direction: Option<Direction>,
    seen: bool,
}

impl Monitor {
    pub fn new(callback: &'static str, name: &str, min_delta: f64) -> Monitor {
        let name = name.into();
        Monitor { callback, name, mode: Mode::Auto, min_delta, direction: None, seen: false }
    }

    /// The watched value of an epoch, or of a step; none if it will come with another epoch.
    ///
    /// Keras warns where the name does not exist, and watches nothing.
    pub fn read(&mut self, logs: &Logs, session: &Session) -> Result<Option<f64>> {
        let known = session.model().metric_directions();
        let base = self.name.strip_prefix("val_");
        let direction = match self.mode {
            Mode::Min => Some(Direction::Down),
            Mode::Max => Some(Direction::Up),
            Mode::Auto => known.get(base.unwrap_or(&self.name)).copied().flatten(),
        };
        let value = logs.get(&self.name);
        self.seen |= value.is_some();
        let later = base.is_some_and(|b| known.contains_key(b)) && session.params().validation;
        if value.is_none() && !later && !self.seen {
            let names: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
            let none =
                if session.params().validation { "" } else { "; there is no validation data" };
            let rule = format!("must be one of {}{none}", names.join(", "));
            return Err(self.wrong(rule));
        }
        if direction.is_none() {
            let rule = "must be a value of which it is known whether larger or smaller is better; for this one set \
                        mode(Mode::Max) or mode(Mode::Min)";
            return Err(self.wrong(rule.into()));
        }
        self.direction = direction;
        Ok(value)
    }

    /// The error of a value that does not exist.
    pub fn unknown(&self, logs: &Logs, session: &Session) -> Error {
        let names: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
        let none = match self.name.starts_with("val_") && !session.params().validation {
            true => "; there is no validation data",
            false => "",
        };
        self.wrong(format!("must be one of {}{none}", names.join(", ")))
    }

    fn wrong(&self, rule: String) -> Error {
        Error::invalid(self.callback, "monitor", rule, format!("{:?}", self.name))
    }

    /// Whether a value is better than another one; any is better than none, but NaN is never better.
    pub fn improves(&self, value: f64, reference: Option<f64>) -> bool {
        let min_delta = self.min_delta.abs();
        let better = |reference: f64| match self.direction {
            Some(Direction::Up) => value - min_delta > reference,
            _ => value + min_delta < reference,
        };
        !value.is_nan() && reference.is_none_or(better)
    }
}
