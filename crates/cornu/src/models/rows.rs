//! Rows of data in batches.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};
use std::thread::{self, available_parallelism};

use cornu_graph::Array;

use super::data::{row_count, some_rows};
use super::step::Batch;
use super::{Batches, Data, Model};
use crate::layers::LayerRef;
use crate::{Error, Result, next_seed, random};

/// From so many bytes in a batch on, it is gathered on another thread: waking one costs as much as copying this.
const AHEAD: usize = 64 << 10;

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
        let count = row_count(x.iter().chain(&y).map(|a| &**a))?;
        some_rows("model", count)?;
        let outputs = model.output_names();
        let weights = weights.weights(&outputs[..y.len().min(outputs.len())], count)?;
        row_count(x.iter().chain(&weights).map(|a| &**a))?;
        Ok(Rows { x, y, weights, count })
    }

    /// Makes the weights of a model that has none yet.
    pub fn build(&self, model: &Model) -> Result<()> {
        let root = model.as_layer();
        if root.flatten().iter().all(LayerRef::is_built) {
            return Ok(());
        }
        let open = |a: &Cow<Array>| {
            let rest = a.shape().iter().skip(1).map(|n| Some(*n));
            (std::iter::once(None).chain(rest).collect(), a.dtype())
        };
        root.infer(&self.x.iter().map(open).collect::<Vec<_>>()).map(|_| ())
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

    /// Runs `step` on the batches of one epoch, until it says false. While a step runs, another thread gathers
    /// the rows of the next, where they are many enough for that to pay.
    ///
    /// `steps`: how many batches an epoch has; by default it is a whole pass over the rows. With it the next
    /// epoch goes on where this one stopped, and one that comes to the end of the rows ends there, as in Keras.
    /// `first`: how many of them are done already, of an epoch that was interrupted.
    pub fn epoch(
        &self,
        pass: &mut Pass,
        size: usize,
        steps: Option<usize>,
        first: usize,
        mut step: impl FnMut(usize, &Batch, &Pass) -> Result<bool>,
    ) -> Result<()> {
        let batches = Batches::new(self.count, size).count_all();
        if first == 0 {
            if steps.is_none() || pass.done >= batches {
                pass.done = 0;
            }
            if pass.done == 0 && pass.shuffle {
                (pass.seed, pass.order) = (Some(next_seed()), None);
            }
        }
        let order = pass.order(self.count);
        let start = pass.done.saturating_sub(first);
        let count = steps.unwrap_or(batches).min(batches.saturating_sub(start));
        let gather = |i: usize| {
            let start = (start + i) * size;
            self.gather(order.as_deref(), start, (start + size).min(self.count))
        };
        let mut each = |i: usize, rows: Result<Gathered>| {
            let rows = rows?;
            pass.done += 1;
            step(i, &rows.batch(), pass)
        };
        let bytes = size.saturating_mul(self.row_bytes());
        let alone = available_parallelism().is_ok_and(|n| n.get() == 1);
        if count.saturating_sub(first) < 2 || bytes < AHEAD || alone {
            for i in first..count {
                if !each(i, gather(i))? {
                    return Ok(());
                }
            }
        } else {
            let goes_on = thread::scope(|scope| {
                let (send, receive) = mpsc::sync_channel(1);
                // Ends early when the receiver is gone.
                scope.spawn(move || (first..count).try_for_each(|i| send.send(gather(i))));
                for (i, rows) in (first..).zip(receive) {
                    if !each(i, rows)? {
                        return Ok(false);
                    }
                }
                Ok::<_, Error>(true)
            })?;
            if !goes_on {
                return Ok(());
            }
        }
        if steps.is_some_and(|steps| count < steps) {
            tracing::warn!("the rows end after {count} steps of this epoch");
        }
        Ok(())
    }

    /// The rows `start..stop`, or those that `order` has there.
    fn gather(&self, order: Option<&[usize]>, start: usize, stop: usize) -> Result<Gathered> {
        let take = |a: &Cow<Array>| match order {
            Some(order) => a.take_rows(&order[start..stop]),
            None => a.rows(start, stop),
        };
        let all = |v: &[Cow<Array>]| v.iter().map(take).collect::<cornu_graph::Result<Vec<_>>>();
        Ok(Gathered { x: all(&self.x)?, y: all(&self.y)?, weights: all(&self.weights)? })
    }

    /// The bytes of a row, over all arrays.
    fn row_bytes(&self) -> usize {
        let all = self.x.iter().chain(&self.y).chain(&self.weights);
        all.map(|a| a.len() * a.dtype().size()).sum::<usize>() / self.count.max(1)
    }

    /// The number of steps of an epoch.
    pub fn steps(&self, size: usize, steps: Option<usize>) -> usize {
        steps.unwrap_or_else(|| Batches::new(self.count, size).count_all())
    }
}

/// The rows of a batch.
struct Gathered {
    x: Vec<Array>,
    y: Vec<Array>,
    weights: Vec<Array>,
}

impl Gathered {
    fn batch(&self) -> Batch<'_> {
        let all = |arrays| <[Array]>::iter(arrays).collect();
        Batch { x: all(&self.x), y: all(&self.y), weights: all(&self.weights) }
    }
}

/// Where among the rows a run stands.
#[derive(Clone, Default)]
pub(super) struct Pass {
    pub shuffle: bool,
    /// What the order of the rows follows from, once they are shuffled.
    pub seed: Option<u64>,
    order: Option<Arc<[usize]>>,
    /// The batches that are done.
    pub done: usize,
}

impl Pass {
    /// The start; `shuffle`: whether each pass takes the rows in a new order.
    pub fn new(shuffle: bool) -> Self {
        Pass { shuffle, ..Pass::default() }
    }

    /// A place within a pass, of which the seed of the order is known.
    pub fn at(shuffle: bool, seed: Option<u64>, done: usize) -> Self {
        Pass { shuffle, seed, order: None, done }
    }

    fn order(&mut self, rows: usize) -> Option<Arc<[usize]>> {
        if self.order.is_none() {
            self.order = self.seed.map(|seed| random::permutation(rows, seed).into());
        }
        self.order.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{random_state, set_random_seed};

    const ROWS: usize = 700;

    /// Rows of which the first `size` are (or are not) enough for another thread.
    fn rows(width: usize) -> Rows<'static> {
        let values = (0..ROWS * width).map(|i| i as f32).collect();
        let x = Array::new::<f32>(&[ROWS, width], values).unwrap();
        let y = Array::from((0..ROWS as i64).collect::<Vec<_>>());
        Rows { x: vec![Cow::Owned(x)], y: vec![Cow::Owned(y)], weights: vec![], count: ROWS }
    }

    #[test]
    fn gathering_ahead_changes_no_batch() {
        for width in [1, 1000] {
            let rows = rows(width);
            assert_eq!(100 * rows.row_bytes() >= AHEAD, width == 1000);
            set_random_seed(5);
            let mut expected = Vec::new();
            for _ in 0..2 {
                let order = random::permutation(ROWS, next_seed());
                expected.extend(order.chunks(150).map(<[usize]>::to_vec));
            }
            set_random_seed(5);
            let (mut pass, mut batch) = (Pass::new(true), 0);
            // Epochs of 3 batches and of whole passes; one stops by itself.
            for (steps, stop, after) in [(Some(3), 9, 3), (Some(3), 9, 5), (Some(9), 1, 6)] {
                let epoch = rows.epoch(&mut pass, 150, steps, 0, |i, got, _| {
                    let order = &expected[batch];
                    assert_eq!(*got.x[0], rows.x[0].take_rows(order).unwrap());
                    assert_eq!(*got.y[0], rows.y[0].take_rows(order).unwrap());
                    assert!(got.weights.is_empty());
                    batch += 1;
                    Ok(i + 1 < stop)
                });
                epoch.unwrap();
                assert_eq!(batch, after);
            }
        }
    }

    #[test]
    fn a_pass_goes_on_at_any_batch() {
        for width in [1, 1000] {
            let rows = rows(width);
            for steps in [None, Some(3), Some(9)] {
                // Batches of two epochs of a run, and the place after each.
                let mut whole = Vec::new();
                let mut pass = Pass::new(true);
                set_random_seed(11);
                for _ in 0..2 {
                    let see = |i, got: &Batch, pass: &Pass| {
                        whole.push((i, got.y[0].clone(), pass.seed, pass.done, random_state()));
                        Ok(true)
                    };
                    rows.epoch(&mut pass, 150, steps, 0, see).unwrap();
                }
                for (at, (i, _, seed, done, state)) in whole.iter().enumerate() {
                    let mut pass = Pass::at(true, *seed, *done);
                    crate::set_random_state(*state);
                    let (mut next, mut first) = (at + 1, i + 1);
                    while next < whole.len() {
                        let see = |i, got: &Batch, pass: &Pass| {
                            let want = &whole[next];
                            assert_eq!((i, pass.done), (want.0, want.3), "{steps:?} after {at}");
                            assert_eq!(*got.y[0], want.1, "{steps:?} after {at}");
                            next += 1;
                            Ok(true)
                        };
                        rows.epoch(&mut pass, 150, steps, first, see).unwrap();
                        first = 0;
                    }
                    assert_eq!(next, whole.len());
                }
            }
        }
    }

    #[test]
    fn an_error_of_a_step_ends_the_epoch() {
        let rows = rows(1000);
        let mut seen = 0;
        let failed = rows.epoch(&mut Pass::new(false), 100, None, 0, |i, _, _| {
            seen = i + 1;
            if i == 1 { Err(Error::format("step", "fails")) } else { Ok(true) }
        });
        assert!(failed.is_err());
        assert_eq!(seen, 2);
    }
}
