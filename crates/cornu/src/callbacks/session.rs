//! What callbacks see of a run.

use std::path::{Path, PathBuf};

use super::Callback;
use crate::Result;
use crate::models::{Backup, Model, Verbose};

/// The size of a run.
#[derive(Debug, Clone, Copy)]
pub struct Params {
    /// The number of the last epoch.
    pub epochs: usize,
    /// Steps per epoch.
    pub steps: usize,
    /// What is printed.
    pub verbose: Verbose,
    /// Whether epochs are evaluated.
    pub validation: bool,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// The epochs that are done: the number of the present one.
    pub epoch: usize,
    /// The steps that are done of the present epoch.
    pub step: usize,
}

/// A run in progress.
pub struct Session<'a> {
    model: &'a Model,
    params: Params,
    position: Position,
    stop: bool,
    interrupted: bool,
    backups: Vec<PathBuf>,
    resume: Option<Backup>,
    text: String,
}

impl<'a> Session<'a> {
    pub(crate) fn new(model: &'a Model, params: Params, epoch: usize) -> Self {
        Session {
            model,
            params,
            position: Position { epoch, step: 0 },
            stop: false,
            interrupted: false,
            backups: Vec::new(),
            resume: None,
            text: String::new(),
        }
    }

    /// The model that is trained.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// The size of the run.
    pub fn params(&self) -> Params {
        self.params
    }

    /// Where training stands. At the beginning of an epoch that goes on after an interruption `step` is not 0:
    /// what a callback did at its first beginning has been done.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Ends training after this step, as Keras's `stop_training`: the epoch ends here, is evaluated and reported.
    pub fn stop_training(&mut self) {
        self.stop = true;
    }

    /// Whether training ends.
    pub fn stopped(&self) -> bool {
        self.stop
    }

    /// Leaves the run after this step, because the process is to end: the epoch is left unfinished and is not
    /// reported. [`Callback::on_interrupt`] follows, and `on_epoch_end` and `on_train_end` do not.
    /// An evaluation or a prediction of its own ends with an error.
    pub fn interrupt(&mut self) {
        self.interrupted = true;
    }

    /// Whether the run is left.
    pub fn interrupted(&self) -> bool {
        self.interrupted
    }

    /// Adds to what is printed: the progress bar prints it when its turn comes, whatever its `verbose`.
    pub fn print(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref());
    }

    pub(super) fn take_text(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Asks that the state of `fit` be written to a file, once all callbacks have seen the step, the end of the epoch
    /// or the interruption that it belongs to.
    pub fn back_up(&mut self, path: impl Into<PathBuf>) {
        self.backups.push(path.into());
    }

    /// Asks, from [`Callback::on_train_begin`], that the run go on from a file that [`Session::back_up`] wrote, once
    /// all callbacks have begun.
    ///
    /// # Errors
    /// When the file cannot be read or is no such file.
    pub fn resume(&mut self, path: impl AsRef<Path>) -> Result<()> {
        self.resume_from(Backup::read(path.as_ref())?);
        Ok(())
    }

    pub(crate) fn resume_from(&mut self, backup: Backup) {
        self.resume = Some(backup);
    }

    pub(crate) fn take_backups(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.backups)
    }

    pub(crate) fn take_resume(&mut self) -> Option<Backup> {
        self.resume.take()
    }

    pub(crate) fn go_on(&mut self, position: Position, stopped: bool) {
        (self.position, self.stop) = (position, stopped);
    }

    pub(crate) fn set_position(&mut self, epoch: usize, step: usize) {
        self.position = Position { epoch, step };
    }

    pub(crate) fn each<'c>(
        &mut self,
        callbacks: &mut [Box<dyn Callback + 'c>],
        mut hook: impl FnMut(&mut (dyn Callback + 'c), &mut Session<'a>) -> Result<()>,
    ) -> Result<()> {
        callbacks.iter_mut().try_for_each(|callback| hook(&mut **callback, self))
    }

    /// As `each`, but an error, the first of which it gives, keeps no other callback from its turn: what is done at the end
    /// of a run is done by all.
    pub(crate) fn all<'c>(
        &mut self,
        callbacks: &mut [Box<dyn Callback + 'c>],
        mut hook: impl FnMut(&mut (dyn Callback + 'c), &mut Session<'a>) -> Result<()>,
    ) -> Result<()> {
        let hooks = callbacks.iter_mut().map(|callback| hook(&mut **callback, self));
        hooks.fold(Ok(()), Result::and)
    }
}
