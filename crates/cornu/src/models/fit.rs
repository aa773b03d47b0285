//! Training over epochs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cornu_graph::Array;

use super::data::row_count;
use super::step::{Batch, Mode};
use super::{Batches, Data, History, Logs, Model};
use crate::callbacks::{Callback, Params, ProgbarLogger, Session};
use crate::{Error, Result, next_seed, random};

/// How much is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbose {
    /// Nothing.
    Silent,
    /// A progress bar (on a terminal it moves, elsewhere one line per epoch).
    #[default]
    Bar,
    /// One line per epoch.
    Line,
}

impl From<u8> for Verbose {
    /// Keras's numbers: 0, 1, 2; others count as 1.
    fn from(level: u8) -> Self {
        match level {
            0 => Verbose::Silent,
            2 => Verbose::Line,
            _ => Verbose::Bar,
        }
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

    /// Rows per step; the last step of an epoch takes what is left. Default 32.
    #[must_use]
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.batch_size = rows;
        self
    }

    /// What is printed: 0, 1 or 2 as in Keras, or a [`Verbose`]. Default 1.
    #[must_use]
    pub fn verbose(mut self, verbose: impl Into<Verbose>) -> Self {
        self.verbose = verbose.into();
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

    /// Weights of the rows, one array per output (one for all outputs if there is one).
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

    /// Adds a callback; give `&mut` to look at it afterwards.
    #[must_use]
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }
}

/// Rows with their targets and weights, in the model's order.
struct Rows<'a> {
    x: Vec<Cow<'a, Array>>,
    y: Vec<Cow<'a, Array>>,
    weights: Vec<Cow<'a, Array>>,
    count: usize,
}

impl<'a> Rows<'a> {
    fn new(model: &Model, x: Data<'a>, y: Data<'a>, weights: Data<'a>) -> Result<Rows<'a>> {
        let x = x.in_order("x", &model.input_names())?;
        let y = model.order_targets(y)?;
        let mut weights = weights.arrays();
        if weights.len() == 1 {
            weights = vec![weights[0].clone(); y.len().max(1)];
        }
        if !weights.is_empty() && weights.len() != y.len() {
            let rule = format!("must be one array or {}", y.len());
            return Err(Error::invalid("fit", "sample_weight", rule, weights.len()));
        }
        let count = row_count(x.iter().chain(&y).chain(&weights).map(|a| &**a))?;
        Ok(Rows { x, y, weights, count })
    }

    /// The rows in two parts; the second starts at `at`.
    fn split(self, at: usize) -> Result<(Rows<'a>, Rows<'a>)> {
        let part = |arrays: &[Cow<Array>], from: usize, to: usize| -> Result<Vec<Cow<'a, Array>>> {
            arrays.iter().map(|a| Ok(Cow::Owned(a.rows(from, to)?))).collect()
        };
        let rows = |from: usize, to: usize| -> Result<Rows<'a>> {
            Ok(Rows {
                x: part(&self.x, from, to)?,
                y: part(&self.y, from, to)?,
                weights: part(&self.weights, from, to)?,
                count: to - from,
            })
        };
        Ok((rows(0, at)?, rows(at, self.count)?))
    }

    /// Multiplies the weights by those of the rows' classes.
    fn weigh_classes(&mut self, classes: &BTreeMap<i64, f64>) -> Result<()> {
        let [y] = &self.y[..] else {
            let rule = "needs exactly one output";
            return Err(Error::invalid(
                "fit",
                "class_weight",
                rule,
                format!("{} targets", self.y.len()),
            ));
        };
        let labels: Vec<i64> = match y.shape() {
            [_] | [_, 1] => y.to_vec(),
            [_, width] => {
                let best = |row: &[f64]| {
                    let larger = |b: usize, i: usize| if row[i] > row[b] { i } else { b };
                    (1..row.len()).fold(0, larger) as i64
                };
                y.to_vec::<f64>().chunks(*width).map(best).collect()
            }
            shape => {
                let rule = "needs targets of shape (rows,), (rows, 1) or (rows, classes)";
                return Err(Error::invalid("fit", "class_weight", rule, format!("{shape:?}")));
            }
        };
        let factor = |label| classes.get(label).copied().unwrap_or(1.0);
        let mut weights: Vec<f32> = labels.iter().map(|l| factor(l) as f32).collect();
        if let Some(given) = self.weights.first() {
            if given.len() != weights.len() {
                let rule = "must have one value per row beside class_weight";
                return Err(Error::invalid(
                    "fit",
                    "sample_weight",
                    rule,
                    format!("{:?}", given.shape()),
                ));
            }
            weights.iter_mut().zip(given.to_vec::<f32>()).for_each(|(w, g)| *w *= g);
        }
        self.weights = vec![Cow::Owned(Array::new(&[weights.len()], weights)?)];
        Ok(())
    }

    /// Runs `step` on each batch, in the given order or in that of the rows.
    fn for_each_batch(
        &self,
        size: usize,
        order: Option<&[usize]>,
        mut step: impl FnMut(usize, usize, &Batch) -> Result<bool>,
    ) -> Result<()> {
        for (i, range) in Batches::new(self.count, size).enumerate() {
            let take = |a: &Cow<Array>| match order {
                Some(order) => a.take_rows(&order[range.clone()]),
                None => a.rows(range.start, range.end),
            };
            let all =
                |v: &[Cow<Array>]| v.iter().map(take).collect::<cornu_graph::Result<Vec<_>>>();
            let (x, y, weights) = (all(&self.x)?, all(&self.y)?, all(&self.weights)?);
            let batch = Batch {
                x: x.iter().collect(),
                y: y.iter().collect(),
                weights: weights.iter().collect(),
            };
            if !step(i, range.len(), &batch)? {
                break;
            }
        }
        Ok(())
    }
}

impl Model {
    /// Trains for a number of epochs; gives the values of each.
    ///
    /// `y` is `()` for a model whose layers add the loss.
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
        if args.batch_size == 0 || args.validation_freq == 0 {
            return Err(Error::invalid(
                "fit",
                "batch_size",
                "and validation_freq must be at least 1",
                0,
            ));
        }
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
        let steps = Batches::new(rows.count, args.batch_size).count_all();
        let params = Params { epochs: args.epochs, steps, verbose: args.verbose };
        let mut callbacks = args.callbacks;
        callbacks.push(Box::new(ProgbarLogger::new(args.verbose)));
        let mut session = Session::new(self, params);
        let mut history = History::default();

        session.each(&mut callbacks, |c, s| c.on_train_begin(s))?;
        for epoch in args.initial_epoch..args.epochs {
            self.reset_metrics()?;
            session.each(&mut callbacks, |c, s| c.on_epoch_begin(epoch, s))?;
            let order = args.shuffle.then(|| random::permutation(rows.count, next_seed()));
            let mut logs = Logs::default();
            rows.for_each_batch(args.batch_size, order.as_deref(), |i, _, batch| {
                session.each(&mut callbacks, |c, s| c.on_train_batch_begin(i, s))?;
                logs = self.run(Mode::Train, batch)?.sorted();
                session.each(&mut callbacks, |c, s| c.on_train_batch_end(i, &logs, s))?;
                Ok(!session.stopped())
            })?;
            if let Some(test) =
                held_out.as_ref().filter(|_| (epoch + 1) % args.validation_freq == 0)
            {
                let size = args.validation_batch_size.unwrap_or(args.batch_size);
                let values = self.test_rows(test, size, &mut callbacks, &mut session)?;
                for (name, value) in values.sorted().iter() {
                    logs.set(&format!("val_{name}"), value);
                }
            }
            history.push(epoch, &logs);
            session.each(&mut callbacks, |c, s| c.on_epoch_end(epoch, &logs, s))?;
            if session.stopped() {
                break;
            }
        }
        self.with_optimizer(|optimizer| optimizer.finalize())?;
        session.each(&mut callbacks, |c, s| c.on_train_end(s))?;
        Ok(history)
    }

    /// Loss and metrics over all rows, the loss first; batches of `batch_size`.
    ///
    /// # Errors
    /// When the model is not compiled or the arrays do not fit it.
    pub fn evaluate<'a>(
        &self,
        x: impl Into<Data<'a>>,
        y: impl Into<Data<'a>>,
        batch_size: usize,
    ) -> Result<Logs> {
        self.evaluate_weighted(x, y, (), batch_size)
    }

    /// As [`Model::evaluate`], with weights of the rows.
    ///
    /// # Errors
    /// When the model is not compiled or the arrays do not fit it.
    pub fn evaluate_weighted<'a>(
        &self,
        x: impl Into<Data<'a>>,
        y: impl Into<Data<'a>>,
        sample_weight: impl Into<Data<'a>>,
        batch_size: usize,
    ) -> Result<Logs> {
        let rows = Rows::new(self, x.into(), y.into(), sample_weight.into())?;
        let params = Params { epochs: 1, steps: 0, verbose: Verbose::Silent };
        self.test_rows(&rows, batch_size, &mut [], &mut Session::new(self, params))
    }

    fn test_rows<'a>(
        &self,
        rows: &Rows,
        batch_size: usize,
        callbacks: &mut [Box<dyn Callback + 'a>],
        session: &mut Session,
    ) -> Result<Logs> {
        self.reset_metrics()?;
        session.each(callbacks, |c, s| c.on_test_begin(s))?;
        let mut logs = Logs::default();
        rows.for_each_batch(batch_size, None, |i, _, batch| {
            session.each(callbacks, |c, s| c.on_test_batch_begin(i, s))?;
            logs = self.run(Mode::Test, batch)?;
            session.each(callbacks, |c, s| c.on_test_batch_end(i, &logs, s))?;
            Ok(true)
        })?;
        session.each(callbacks, |c, s| c.on_test_end(&logs, s))?;
        Ok(logs)
    }
}
