//! Loss and metrics over data.

use super::fit::check_positive;
use super::rows::{Pass, Rows};
use super::step::Mode;
use super::{Data, Logs, Model, Verbose};
use crate::callbacks::{Callback, Params, ProgbarLogger, Session};
use crate::{Error, Result};

/// The arguments of `evaluate`, with Keras's defaults.
///
/// A number stands for a batch size without anything printed: `model.evaluate(&x, &y, 32)`.
pub struct Evaluate<'a> {
    batch_size: usize,
    verbose: Verbose,
    sample_weight: Data<'a>,
    steps: Option<usize>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
}

impl Default for Evaluate<'_> {
    fn default() -> Self {
        Evaluate {
            batch_size: 32,
            verbose: Verbose::Bar,
            sample_weight: Data::default(),
            steps: None,
            callbacks: Vec::new(),
        }
    }
}

impl From<usize> for Evaluate<'_> {
    fn from(batch_size: usize) -> Self {
        Evaluate::new().batch_size(batch_size).verbose(0)
    }
}

impl<'a> Evaluate<'a> {
    /// All rows in batches of 32, with a progress bar.
    pub fn new() -> Self {
        Evaluate::default()
    }

    run_arguments!();

    /// Weights of the rows: one array for all outputs, one for each, or by the outputs' names; an output that is not named
    /// weighs its rows equally.
    #[must_use]
    pub fn sample_weight(mut self, weight: impl Into<Data<'a>>) -> Self {
        self.sample_weight = weight.into();
        self
    }

    /// After how many steps to stop. Default: after all rows.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = Some(steps);
        self
    }
}

impl Model {
    /// Loss and metrics over all rows, the loss first.
    ///
    /// `args`: a batch size, or [`Evaluate`] with all there is to say.
    ///
    /// # Errors
    /// When the model is not compiled, the arrays do not fit it, a callback fails or interrupts.
    pub fn evaluate<'a>(
        &self,
        x: impl Into<Data<'a>>,
        y: impl Into<Data<'a>>,
        args: impl Into<Evaluate<'a>>,
    ) -> Result<Logs> {
        let Evaluate { batch_size, verbose, sample_weight, steps, mut callbacks } = args.into();
        check_positive("evaluate", &[("batch_size", Some(batch_size)), ("steps", steps)])?;
        verbose.check("evaluate")?;
        let rows = Rows::new(self, x.into(), y.into(), sample_weight)?;
        callbacks.push(Box::new(ProgbarLogger::new(verbose)));
        let params =
            Params { epochs: 1, steps: rows.steps(batch_size, steps), verbose, validation: false };
        let mut session = Session::new(self, params, 0);
        let logs = self.test(&rows, batch_size, steps, &mut callbacks, &mut session)?;
        if session.interrupted() { Err(Error::Interrupted("evaluate".into())) } else { Ok(logs) }
    }

    /// An evaluation; what it gives is of no use if the session is interrupted.
    pub(super) fn test<'a>(
        &self,
        rows: &Rows,
        batch_size: usize,
        steps: Option<usize>,
        callbacks: &mut [Box<dyn Callback + 'a>],
        session: &mut Session,
    ) -> Result<Logs> {
        self.reset_metrics()?;
        session.each(callbacks, |c, s| c.on_test_begin(s))?;
        let mut logs = Logs::default();
        rows.epoch(&mut Pass::new(false), batch_size, steps, 0, |i, batch, _| {
            session.each(callbacks, |c, s| c.on_test_batch_begin(i, s))?;
            logs = self.run(Mode::Test, batch)?;
            // Callbacks see the names in order, as in Keras; the caller sees the loss first.
            let shown = logs.clone().sorted();
            session.each(callbacks, |c, s| c.on_test_batch_end(i, &shown, s))?;
            Ok(!session.interrupted())
        })?;
        if session.interrupted() {
            return Ok(logs);
        }
        let shown = logs.clone().sorted();
        session.each(callbacks, |c, s| c.on_test_end(&shown, s))?;
        Ok(logs)
    }
}
