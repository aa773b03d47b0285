//! Training over epochs.

use std::collections::BTreeMap;

use super::backup::{self, Arguments, Generators, Progress};
use super::rows::{Pass, Rows};
use super::step::Mode;
use super::{Data, History, Logs, Model, Verbose};
use crate::callbacks::{Callback, Params, ProgbarLogger, Session};
use crate::{Error, Result};

/// An error that names the first of these that is 0.
pub(super) fn check_positive(function: &str, arguments: &[(&str, Option<usize>)]) -> Result<()> {
    match arguments.iter().find(|(_, value)| *value == Some(0)) {
        Some((name, _)) => Err(Error::invalid(function, *name, "must be at least 1", 0)),
        None => Ok(()),
    }
}

/// Data that is evaluated after each epoch.
#[derive(Default)]
pub struct Validation<'a> {
    x: Data<'a>,
    y: Data<'a>,
    sample_weight: Data<'a>,
}

/// The arguments of `fit`, with Keras's defaults.
pub struct Fit<'a> {
    epochs: usize,
    initial_epoch: usize,
    batch_size: usize,
    verbose: Verbose,
    shuffle: bool,
    validation_split: f64,
    validation: Option<Validation<'a>>,
    validation_batch_size: Option<usize>,
    validation_freq: usize,
    steps_per_epoch: Option<usize>,
    validation_steps: Option<usize>,
    sample_weight: Data<'a>,
    class_weight: BTreeMap<i64, f64>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
}

impl Default for Fit<'_> {
    fn default() -> Self {
        Fit {
            epochs: 1,
            initial_epoch: 0,
            batch_size: 32,
            verbose: Verbose::Bar,
            shuffle: true,
            validation_split: 0.0,
            validation: None,
            validation_batch_size: None,
            validation_freq: 1,
            steps_per_epoch: None,
            validation_steps: None,
            sample_weight: Data::default(),
            class_weight: BTreeMap::new(),
            callbacks: Vec::new(),
        }
    }
}

impl<'a> Fit<'a> {
    /// One epoch in batches of 32, shuffled, with a progress bar.
    pub fn new() -> Self {
        Fit::default()
    }

    run_arguments!();

    /// Where to stop: the number of the last epoch. Default 1.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Where to start, to go on with a run. Default 0.
    #[must_use]
    pub fn initial_epoch(mut self, epoch: usize) -> Self {
        self.initial_epoch = epoch;
        self
    }

    /// Whether each epoch takes the rows in a new order. Default: true.
    #[must_use]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The part of the rows, taken from the end before shuffling, that is held out. Default 0.
    #[must_use]
    pub fn validation_split(mut self, part: f64) -> Self {
        self.validation_split = part;
        self
    }

    /// Data to evaluate after each epoch; takes precedence over the split.
    #[must_use]
    pub fn validation_data(mut self, x: impl Into<Data<'a>>, y: impl Into<Data<'a>>) -> Self {
        self.validation =
            Some(Validation { x: x.into(), y: y.into(), sample_weight: Data::default() });
        self
    }

    /// Weights of the rows of `validation_data`.
    #[must_use]
    pub fn validation_weight(mut self, weight: impl Into<Data<'a>>) -> Self {
        self.validation.get_or_insert_default().sample_weight = weight.into();
        self
    }

    /// Rows per evaluation step. Default: `batch_size`.
    #[must_use]
    pub fn validation_batch_size(mut self, rows: usize) -> Self {
        self.validation_batch_size = Some(rows);
        self
    }

    /// Every how many epochs to evaluate. Default 1.
    #[must_use]
    pub fn validation_freq(mut self, epochs: usize) -> Self {
        self.validation_freq = epochs;
        self
    }

    /// Steps per epoch; the next epoch goes on where this one stopped. Default: all rows.
    #[must_use]
    pub fn steps_per_epoch(mut self, steps: usize) -> Self {
        self.steps_per_epoch = Some(steps);
        self
    }

    /// Steps per evaluation, each from the first row on. Default: all rows.
    #[must_use]
    pub fn validation_steps(mut self, steps: usize) -> Self {
        self.validation_steps = Some(steps);
        self
    }

    /// Weights of the rows: one array for all outputs, one for each, or by the outputs' names; an output that is not named
    /// weighs its rows equally.
    #[must_use]
    pub fn sample_weight(mut self, weight: impl Into<Data<'a>>) -> Self {
        self.sample_weight = weight.into();
        self
    }

    /// Factors of the rows by their class: an integer target, or the largest of a one-hot row.
    #[must_use]
    pub fn class_weight(mut self, weights: impl IntoIterator<Item = (i64, f64)>) -> Self {
        self.class_weight = weights.into_iter().collect();
        self
    }
}

impl Model {
    /// Trains for a number of epochs; gives the values of each.
    ///
    /// `y` is `()` for a model whose layers add the loss. A run that is interrupted (see
    /// [`Interrupt`](crate::callbacks::Interrupt)) gives what it has, and says where it was left;
    /// [`BackupAndRestore`](crate::callbacks::BackupAndRestore) lets it go on.
    ///
    /// # Errors
    /// When the model is not compiled, the arrays do not fit it, or a callback fails.
    pub fn fit<'a>(
        &self,
        x: impl Into<Data<'a>>,
        y: impl Into<Data<'a>>,
        args: Fit<'a>,
    ) -> Result<History> {
        let mut rows = Rows::new(self, x.into(), y.into(), args.sample_weight)?;
        let arguments = [
            ("batch_size", Some(args.batch_size)),
            ("validation_batch_size", args.validation_batch_size),
            ("validation_freq", Some(args.validation_freq)),
            ("steps_per_epoch", args.steps_per_epoch),
            ("validation_steps", args.validation_steps),
        ];
        check_positive("fit", &arguments)?;
        args.verbose.check("fit")?;
        let mut held_out = match args.validation {
            Some(v) => Some(Rows::new(self, v.x, v.y, v.sample_weight)?),
            None => None,
        };
        if held_out.is_none() && args.validation_split != 0.0 {
            let at = (rows.count as f64 * (1.0 - args.validation_split)).floor() as usize;
            if !(0.0..1.0).contains(&args.validation_split) || at == 0 || at == rows.count {
                let rule = format!("must leave rows on both sides of {}", rows.count);
                return Err(Error::invalid("fit", "validation_split", rule, args.validation_split));
            }
            let (train, test) = rows.split(at)?;
            (rows, held_out) = (train, Some(test));
        }
        if !args.class_weight.is_empty() {
            rows.weigh_classes(&args.class_weight)?;
        }
        let sizes = Sizes {
            batch: args.batch_size,
            steps: args.steps_per_epoch,
            validation_batch: args.validation_batch_size.unwrap_or(args.batch_size),
            validation_steps: args.validation_steps,
            validation_freq: args.validation_freq,
        };
        let steps = rows.steps(args.batch_size, args.steps_per_epoch);
        let params = Params {
            epochs: args.epochs,
            steps,
            verbose: args.verbose,
            validation: held_out.is_some(),
        };
        let mut callbacks = args.callbacks;
        callbacks.push(Box::new(ProgbarLogger::new(args.verbose)));
        // The weights exist before a callback looks at them or at the optimizer.
        rows.build(self)?;
        let progress = Progress {
            pass: Pass::new(args.shuffle),
            logs: Logs::default(),
            history: History::default(),
            arguments: Arguments {
                rows: rows.count,
                batch_size: args.batch_size,
                steps_per_epoch: args.steps_per_epoch,
            },
        };
        let session = Session::new(self, params, args.initial_epoch);
        Run { rows, held_out, sizes, callbacks, session, progress }.run()
    }
}

/// How much a step takes and an epoch has.
struct Sizes {
    batch: usize,
    steps: Option<usize>,
    validation_batch: usize,
    validation_steps: Option<usize>,
    validation_freq: usize,
}

/// A run of `fit`.
struct Run<'m, 'a> {
    rows: Rows<'a>,
    held_out: Option<Rows<'a>>,
    sizes: Sizes,
    callbacks: Vec<Box<dyn Callback + 'a>>,
    session: Session<'m>,
    progress: Progress,
}

impl Run<'_, '_> {
    fn run(mut self) -> Result<History> {
        self.session.each(&mut self.callbacks, |c, s| c.on_train_begin(s))?;
        let mut at_end = false;
        if let Some(backup) = self.session.take_resume() {
            let (session, callbacks) = (&mut self.session, &mut self.callbacks);
            self.progress = backup.restore(session, callbacks, self.progress)?;
            // A run may have been interrupted after the epoch with which it stopped.
            at_end = session.stopped() && session.position().step == 0;
        }
        let epochs = self.session.params().epochs;
        let first = self.session.position().epoch;
        for epoch in if at_end { 0..0 } else { first..epochs } {
            self.train(epoch)?;
            let mut logs = self.progress.logs.clone();
            if !self.session.interrupted() {
                self.validate(epoch, &mut logs)?;
            }
            if self.session.interrupted() {
                break;
            }
            self.session.each(&mut self.callbacks, |c, s| c.on_epoch_end(epoch, &mut logs, s))?;
            self.progress.history.push(epoch, &logs);
            self.session.set_position(epoch + 1, 0);
            backup::write_all(&mut self.session, &self.callbacks, &self.progress)?;
            if self.session.stopped() || self.session.interrupted() {
                break;
            }
        }
        if self.session.interrupted() {
            // Where a terminal is gone, the bar fails, and the state is written all the same.
            let told = self.session.all(&mut self.callbacks, |c, s| c.on_interrupt(s));
            backup::write_all(&mut self.session, &self.callbacks, &self.progress)?;
            told?;
            self.progress.history.interrupted = Some(self.session.position());
        }
        if epochs > 0 {
            self.session.model().with_optimizer(|optimizer| optimizer.finalize())?;
        }
        if !self.session.interrupted() {
            self.session.all(&mut self.callbacks, |c, s| c.on_train_end(s))?;
        }
        Ok(self.progress.history)
    }

    /// The steps of an epoch that are not done yet.
    fn train(&mut self, epoch: usize) -> Result<()> {
        let first = self.session.position().step;
        let model = self.session.model();
        if first == 0 {
            model.reset_metrics()?;
            self.progress.logs = Logs::default();
        }
        self.session.set_position(epoch, first);
        self.session.each(&mut self.callbacks, |c, s| c.on_epoch_begin(epoch, s))?;
        if first > 0 && self.session.stopped() {
            return Ok(());
        }
        let Run { rows, sizes, callbacks, session, progress, .. } = self;
        let mut pass = std::mem::take(&mut progress.pass);
        rows.epoch(&mut pass, sizes.batch, sizes.steps, first, |i, batch, pass| {
            session.each(callbacks, |c, s| c.on_train_batch_begin(i, s))?;
            progress.logs = model.run(Mode::Train, batch)?.sorted();
            session.set_position(epoch, i + 1);
            let logs = &progress.logs;
            session.each(callbacks, |c, s| c.on_train_batch_end(i, logs, s))?;
            progress.pass = pass.clone();
            backup::write_all(session, callbacks, progress)?;
            Ok(!session.stopped() && !session.interrupted())
        })?;
        progress.pass = pass;
        Ok(())
    }

    /// Adds the values of the rows that are held out, if it is their turn.
    fn validate(&mut self, epoch: usize, logs: &mut Logs) -> Result<()> {
        let turn = (epoch + 1).is_multiple_of(self.sizes.validation_freq);
        let Some(test) = self.held_out.as_ref().filter(|_| turn) else { return Ok(()) };
        let model = self.session.model();
        let before = Generators::of(model);
        let (size, steps) = (self.sizes.validation_batch, self.sizes.validation_steps);
        let (callbacks, session) = (&mut self.callbacks, &mut self.session);
        let values = model.test(test, size, steps, callbacks, session)?;
        if self.session.interrupted() {
            // The run that goes on evaluates from the first step on.
            return before.put_back();
        }
        logs.add_validation(&values.sorted());
        Ok(())
    }
}
