//! What training reports.

use std::collections::BTreeMap;

/// Names and values in the order in which they are shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logs(Vec<(String, f64)>);

impl Logs {
    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    /// Sets a value; a new name comes last.
    pub fn set(&mut self, name: &str, value: f64) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// The names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Whether nothing is reported.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The loss: NaN if none was computed.
    pub fn loss(&self) -> f64 {
        self.get("loss").unwrap_or(f64::NAN)
    }

    /// The same in alphabetical order, as Keras shows them while training.
    pub(crate) fn sorted(mut self) -> Logs {
        self.0.sort_by(|a, b| a.0.cmp(&b.0));
        self
    }
}

impl FromIterator<(String, f64)> for Logs {
    fn from_iter<I: IntoIterator<Item = (String, f64)>>(items: I) -> Self {
        Logs(items.into_iter().collect())
    }
}

/// What `fit` gives back: the values of every epoch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The epochs that ran.
    pub epochs: Vec<usize>,
    /// The values of each name, one per epoch, names in alphabetical order as in Keras.
    pub history: BTreeMap<String, Vec<f64>>,
}

impl History {
    /// The values of one name, one per epoch; empty if there are none.
    pub fn get(&self, name: &str) -> &[f64] {
        self.history.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn push(&mut self, epoch: usize, logs: &Logs) {
        self.epochs.push(epoch);
        for (name, value) in logs.iter() {
            self.history.entry(name.into()).or_default().push(value);
        }
    }
}
