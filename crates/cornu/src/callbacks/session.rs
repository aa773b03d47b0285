//! What callbacks see of a run.

use super::Callback;
use crate::Result;
use crate::models::{Model, Verbose};

/// The size of a run.
#[derive(Debug, Clone, Copy)]
pub struct Params {
    /// The number of the last epoch.
    pub epochs: usize,
    /// Steps per epoch.
    pub steps: usize,
    /// What is printed.
    pub verbose: Verbose,
}

/// A run in progress.
pub struct Session<'a> {
    model: &'a Model,
    params: Params,
    stop: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn new(model: &'a Model, params: Params) -> Self {
        Session { model, params, stop: false }
    }

    /// The model that is trained.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// The size of the run.
    pub fn params(&self) -> Params {
        self.params
    }

    /// Ends the run after this batch; what was learnt stays.
    pub fn stop_training(&mut self) {
        self.stop = true;
    }

    /// Whether the run ends.
    pub fn stopped(&self) -> bool {
        self.stop
    }

    pub(crate) fn each<'c>(
        &mut self,
        callbacks: &mut [Box<dyn Callback + 'c>],
        mut hook: impl FnMut(&mut (dyn Callback + 'c), &mut Session<'a>) -> Result<()>,
    ) -> Result<()> {
        callbacks.iter_mut().try_for_each(|callback| hook(&mut **callback, self))
    }
}
