//! Inference in batches.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cornu_graph::{Array, Executable, Graph, Spec, Tensor};

use super::data::row_count;
use super::fit::check_positive;
use super::{Data, Model, Verbose};
use crate::callbacks::{Callback, Params, ProgbarLogger, Session};
use crate::layers::{Context, LayerRef};
use crate::{Error, Result, backend};

/// The arguments of `predict`, with Keras's defaults.
///
/// A number stands for a batch size without anything printed: `model.predict(&x, 32)`.
pub struct Predict<'a> {
    batch_size: usize,
    verbose: Verbose,
    steps: Option<usize>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
}

impl Default for Predict<'_> {
    fn default() -> Self {
        Predict { batch_size: 32, verbose: Verbose::Bar, steps: None, callbacks: Vec::new() }
    }
}

impl From<usize> for Predict<'_> {
    fn from(batch_size: usize) -> Self {
        Predict::new().batch_size(batch_size).verbose(0)
    }
}

impl<'a> Predict<'a> {
    /// All rows in batches of 32, with a progress bar.
    pub fn new() -> Self {
        Predict::default()
    }

    run_arguments!();

    /// After how many steps to stop. Default: after all rows.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = Some(steps);
        self
    }
}

impl Model {
    /// The outputs for all rows.
    ///
    /// `args`: a batch size, or [`Predict`] with all there is to say.
    ///
    /// # Errors
    /// When the arrays do not fit the model, a callback fails or interrupts.
    pub fn predict<'a>(
        &self,
        x: impl Into<Data<'a>>,
        args: impl Into<Predict<'a>>,
    ) -> Result<Vec<Array>> {
        let Predict { batch_size, verbose, steps, mut callbacks } = args.into();
        check_positive("predict", &[("batch_size", Some(batch_size)), ("steps", steps)])?;
        verbose.check("predict")?;
        let x = x.into().in_order("x", &self.input_names())?;
        let rows = row_count(x.iter().map(|a| &**a))?;
        let batches = Batches::new(rows, batch_size);
        let steps = steps.unwrap_or(usize::MAX).min(batches.count_all());
        callbacks.push(Box::new(ProgbarLogger::new(verbose)));
        let mut session =
            Session::new(self, Params { epochs: 1, steps, verbose, validation: false }, 0);

        session.each(&mut callbacks, |c, s| c.on_predict_begin(s))?;
        let mut parts: Vec<Vec<Array>> = Vec::new();
        // No rows still have an output shape.
        let ranges: Vec<_> =
            if rows == 0 { std::iter::once(0..0).collect() } else { batches.take(steps).collect() };
        for (i, range) in ranges.into_iter().enumerate() {
            session.each(&mut callbacks, |c, s| c.on_predict_batch_begin(i, s))?;
            let slice = |a: &Cow<Array>| a.rows(range.start, range.end);
            let batch = x.iter().map(slice).collect::<cornu_graph::Result<Vec<_>>>()?;
            parts.push(self.predictor().run(self.as_layer(), &batch.iter().collect::<Vec<_>>())?);
            session.each(&mut callbacks, |c, s| c.on_predict_batch_end(i, s))?;
            if session.interrupted() {
                return Err(Error::Interrupted("predict".into()));
            }
        }
        session.each(&mut callbacks, |c, s| c.on_predict_end(s))?;
        let outputs = parts.first().map_or(0, Vec::len);
        let mut columns: Vec<Vec<Array>> = (0..outputs).map(|_| Vec::new()).collect();
        for part in parts {
            for (column, array) in columns.iter_mut().zip(part) {
                column.push(array);
            }
        }
        columns.into_iter().map(concatenate).collect()
    }
}

/// Ranges of rows: `0..batch`, `batch..2·batch`, …; the last may be shorter.
pub struct Batches {
    rows: usize,
    size: usize,
    next: usize,
}

impl Batches {
    /// The ranges of `rows` rows in batches of `size` (at least 1).
    pub fn new(rows: usize, size: usize) -> Batches {
        Batches { rows, size: size.max(1), next: 0 }
    }

    /// How many batches there are in all.
    pub fn count_all(&self) -> usize {
        self.rows.div_ceil(self.size)
    }
}

impl Iterator for Batches {
    type Item = std::ops::Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next;
        self.next = (start + self.size).min(self.rows);
        (start < self.rows).then_some(start..self.next)
    }
}

type Plans = HashMap<Vec<Spec>, Arc<dyn Executable>>;

/// Compiled inference, one plan per shape of input.
#[derive(Default)]
pub(super) struct Predictor {
    plans: Mutex<Plans>,
}

impl Predictor {
    /// The outputs for one batch.
    pub fn run(&self, root: &LayerRef, inputs: &[&Array]) -> Result<Vec<Array>> {
        let key: Vec<Spec> = inputs.iter().map(|a| Spec::new(a.shape(), a.dtype())).collect();
        let known = self.plans.lock().unwrap_or_else(|p| p.into_inner()).get(&key).cloned();
        let plan = match known {
            Some(plan) => plan,
            None => {
                let x: Vec<Tensor> = key.iter().map(|s| Tensor::input(&s.shape, s.dtype)).collect();
                let mut cx = Context::new(false);
                let outputs = root.trace(&x, &mut cx)?;
                // Seeds move in inference too, where a layer draws.
                let graph = Graph::trace(&x, &outputs, cx.updates())?;
                let plan: Arc<dyn Executable> = backend()?.compile(&graph)?.into();
                self.plans.lock().unwrap_or_else(|p| p.into_inner()).insert(key, plan.clone());
                plan
            }
        };
        Ok(plan.run(inputs)?)
    }
}

/// Arrays one after another along the first axis.
fn concatenate(parts: Vec<Array>) -> Result<Array> {
    let Some(first) = parts.first() else {
        return Ok(Array::zeros(&[0], cornu_graph::DType::F32)?);
    };
    if parts.len() == 1 || first.ndim() == 0 {
        return Ok(first.clone());
    }
    let mut shape = first.shape().to_vec();
    shape[0] = parts.iter().map(|p| p.shape()[0]).sum();
    Ok(cornu_graph::with_dtype!(first.dtype(), T => {
        let mut values = Vec::with_capacity(shape.iter().product());
        for part in &parts {
            values.extend_from_slice(part.as_slice::<T>()?);
        }
        Array::new::<T>(&shape, values)
    })?)
}
