//! Rows of data in batches.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cornu_graph::Array;

use super::data::row_count;
use super::step::Batch;
use super::{Batches, Data, Model};
use crate::{Error, Result, next_seed, random};

/// Rows with their targets and weights, in the model's order.
pub(super) struct Rows<'a> {
    x: Vec<Cow<'a, Array>>,
    y: Vec<Cow<'a, Array>>,
    weights: Vec<Cow<'a, Array>>,
    pub count: usize,
}

impl<'a> Rows<'a> {
    pub fn new(model: &Model, x: Data<'a>, y: Data<'a>, weights: Data<'a>) -> Result<Rows<'a>> {
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
    pub fn split(self, at: usize) -> Result<(Rows<'a>, Rows<'a>)> {
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

    /// Weighs the rows by their classes.
    pub fn weigh_classes(&mut self, classes: &BTreeMap<i64, f64>) -> Result<()> {
        if !self.weights.is_empty() {
            let rule = "cannot be given beside sample_weight";
            return Err(Error::invalid("fit", "class_weight", rule, format!("{classes:?}")));
        }
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
        let weights: Vec<f32> = labels.iter().map(|l| factor(l) as f32).collect();
        self.weights = vec![Cow::Owned(Array::new(&[weights.len()], weights)?)];
        Ok(())
    }

    /// Runs `step` on the batches of one epoch, until it says false.
    ///
    /// `steps`: how many batches an epoch has; by default it is a whole pass over the rows. With it the next
    /// epoch goes on where this one stopped, and one that comes to the end of the rows ends there, as in Keras.
    pub fn epoch(
        &self,
        pass: &mut Pass,
        size: usize,
        steps: Option<usize>,
        mut step: impl FnMut(usize, &Batch) -> Result<bool>,
    ) -> Result<()> {
        let batches = Batches::new(self.count, size).count_all();
        if steps.is_none() || pass.done >= batches {
            pass.done = 0;
        }
        if pass.done == 0 && pass.shuffle {
            pass.order = Some(random::permutation(self.count, next_seed()));
        }
        for i in 0..steps.unwrap_or(batches) {
            if pass.done >= batches {
                tracing::warn!("the rows end after {i} steps of this epoch");
                break;
            }
            let start = pass.done * size;
            let stop = (start + size).min(self.count);
            pass.done += 1;
            let take = |a: &Cow<Array>| match &pass.order {
                Some(order) => a.take_rows(&order[start..stop]),
                None => a.rows(start, stop),
            };
            let all =
                |v: &[Cow<Array>]| v.iter().map(take).collect::<cornu_graph::Result<Vec<_>>>();
            let (x, y, weights) = (all(&self.x)?, all(&self.y)?, all(&self.weights)?);
            let batch = Batch {
                x: x.iter().collect(),
                y: y.iter().collect(),
                weights: weights.iter().collect(),
            };
            if !step(i, &batch)? {
                break;
            }
        }
        Ok(())
    }

    /// The number of steps of an epoch.
    pub fn steps(&self, size: usize, steps: Option<usize>) -> usize {
        steps.unwrap_or_else(|| Batches::new(self.count, size).count_all())
    }
}

/// Where among the rows a run stands.
#[derive(Default)]
pub(super) struct Pass {
    shuffle: bool,
    order: Option<Vec<usize>>,
    done: usize,
}

impl Pass {
    /// The start; `shuffle`: whether each pass takes the rows in a new order.
    pub fn new(shuffle: bool) -> Self {
        Pass { shuffle, ..Pass::default() }
    }
}
