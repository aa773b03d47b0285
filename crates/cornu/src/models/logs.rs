//! What training reports.

use std::collections::BTreeMap;

use crate::callbacks::Position;

/// Names and values in the order in which they are shown.
///
/// A metric may have several values, one per class or threshold. Where a number is asked for, it is their mean, which is
/// also what Keras's progress bar shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logs(Vec<(String, Vec<f64>)>);

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

impl Logs {
    /// The value under a name; of several, the mean.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, values)| mean(values))
    }

    /// All values under a name; empty if there are none.
    pub fn values(&self, name: &str) -> &[f64] {
        self.0.iter().find(|(n, _)| n == name).map_or(&[], |(_, values)| values)
    }

    /// Sets a value; a new name comes last.
    pub fn set(&mut self, name: &str, value: f64) {
        self.set_values(name, vec![value]);
    }

    fn set_values(&mut self, name: &str, values: Vec<f64>) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = values,
            None => self.0.push((name.into(), values)),
        }
    }

    /// Adds the values of a validation, their names after `val_`.
    pub(crate) fn add_validation(&mut self, validation: &Logs) {
        for (name, values) in &validation.0 {
            self.set_values(&format!("val_{name}"), values.clone());
        }
    }

    /// The names and values in order; of several values, the mean.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, values)| (name.as_str(), mean(values)))
    }

    /// The names and all values.
    pub(crate) fn iter_values(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
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
        items.into_iter().map(|(name, value)| (name, vec![value])).collect()
    }
}

impl FromIterator<(String, Vec<f64>)> for Logs {
    fn from_iter<I: IntoIterator<Item = (String, Vec<f64>)>>(items: I) -> Self {
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
    /// All values of the metrics that have several, by epoch; `history` has their means.
    pub vectors: BTreeMap<String, Vec<Vec<f64>>>,
    /// Where the run was left, if it was interrupted; the unfinished epoch is not among `epochs`.
    pub interrupted: Option<Position>,
}

impl History {
    /// The values of one name, one per epoch; empty if there are none.
    pub fn get(&self, name: &str) -> &[f64] {
        self.history.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn push(&mut self, epoch: usize, logs: &Logs) {
        self.epochs.push(epoch);
        for (name, values) in &logs.0 {
            self.history.entry(name.clone()).or_default().push(mean(values));
            if values.len() > 1 {
                self.vectors.entry(name.clone()).or_default().push(values.clone());
            }
        }
    }
}
