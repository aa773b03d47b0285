//! Samples from a population.

use std::collections::HashSet;

use super::bounded::{Pieces, bounded};
use super::generator::sum;
use super::shuffle::{count, numbers, take};
use super::{BitGenerator, Generator, Size};
use crate::{Array, DType, Error, Result};

/// How [`Generator::choice`] samples; the default is with replacement, each with the same probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Whether an element can come more than once. Default: yes.
    pub replace: bool,
    /// The probability of each element; they sum to 1. Default: all the same.
    pub p: Option<Vec<f64>>,
    /// The axis along which an array's elements lie. Default: 0, the only one of NumPy's `RandomState`.
    pub axis: isize,
    /// Whether a sample without replacement is in random order; not doing so is faster. Default: yes. Without effect
    /// in a [`RandomState`](super::RandomState), as in NumPy.
    pub shuffle: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Choice { replace: true, p: None, axis: 0, shuffle: true }
    }
}

impl<B: BitGenerator> Generator<B> {
    /// Random elements of a population: the numbers `0..a` (`int64`) if `a` is an integer, else those of an array along an axis.
    ///
    /// `size`: the shape of the sample. An array's other axes keep their sizes beside it: choosing 5 of the rows of `[10, 3]`
    /// gives `[5, 3]`.
    ///
    /// ```
    /// use cornu::random::numpy::{Choice, default_rng};
    /// let mut rng = default_rng(1);
    /// let hand = rng.choice(52, 5, &Choice { replace: false, ..Choice::default() })?;
    /// assert_eq!(hand.shape(), [5]);
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the population is empty, or smaller than a sample without replacement; when `p` is not one probability per element
    /// with sum 1, or has fewer above 0 than are taken without replacement.
    pub fn choice(
        &mut self,
        a: impl Into<Array>,
        size: impl Into<Size>,
        how: &Choice,
    ) -> Result<Array> {
        let (a, shape) = (a.into(), size.into().shape());
        let axis = match a.ndim() {
            0 => 0,
            rank => cornu_graph::normalize_axis("choice", how.axis, rank)?,
        };
        let population = match a.ndim() {
            0 => count("choice", "a", &a)?,
            _ => a.shape()[axis],
        };
        let wanted = cornu_graph::element_count("choice", &shape)?;
        if population == 0 && wanted > 0 {
            return Err(invalid("a", "must not be empty", format!("{a:?}")));
        }
        if let Some(p) = &how.p {
            check_probabilities(p, population)?;
        }
        let places = if how.replace {
            self.with_replacement(population, wanted, how)?
        } else if wanted > population {
            let rule = format!("must be at most {population} without replacement");
            return Err(invalid("size", &rule, wanted));
        } else if let Some(p) = &how.p {
            self.weighted(p.clone(), wanted)?
        } else if B::LEGACY {
            self.permutation(Array::scalar(population as i64))?.rows(0, wanted)?.into_vec()
        } else if population > 10_000 && wanted > population / if how.shuffle { 50 } else { 20 } {
            self.tail(population, wanted)?
        } else {
            self.floyd(population, wanted, how.shuffle)?
        };
        if a.ndim() == 0 {
            return Ok(Array::new(&shape, places)?);
        }
        let places: Vec<usize> = places.into_iter().map(|place| place as usize).collect();
        let (outer, inner) = a.shape().split_at(axis);
        let whole = [outer, &shape, &inner[1..]].concat();
        Ok(take(&a, axis, &places)?.reshape(&whole)?)
    }

    fn with_replacement(
        &mut self,
        population: usize,
        wanted: usize,
        how: &Choice,
    ) -> Result<Vec<i64>> {
        let mut places = Array::zeros(&[wanted], DType::I64)?;
        let mut pieces = Pieces::default();
        let cumulative = how.p.as_deref().map(cumulative);
        for place in places.as_slice_mut::<i64>()? {
            *place = match &cumulative {
                Some(cumulative) => find(cumulative, self.bits.next_f64()),
                None => bounded(&mut self.bits, population as u64 - 1, 64, &mut pieces) as i64,
            };
        }
        Ok(places.into_vec())
    }

    /// Draws as many as are missing, keeps the first of each, sets their probabilities to 0, and so on.
    fn weighted(&mut self, mut p: Vec<f64>, wanted: usize) -> Result<Vec<i64>> {
        let possible = p.iter().filter(|&&p| p > 0.0).count();
        if possible < wanted {
            let rule = format!("must have at least {wanted} probabilities above 0");
            return Err(invalid("p", &rule, possible));
        }
        let mut found: Vec<i64> = Vec::new();
        while found.len() < wanted {
            let cumulative = cumulative(&p);
            let missing = wanted - found.len();
            let draws: Vec<f64> = (0..missing).map(|_| self.bits.next_f64()).collect();
            for place in draws.into_iter().map(|draw| find(&cumulative, draw)) {
                if p[place as usize] != 0.0 {
                    p[place as usize] = 0.0;
                    found.push(place);
                }
            }
        }
        Ok(found)
    }

    /// Shuffles the end of the list of all places.
    fn tail(&mut self, population: usize, wanted: usize) -> Result<Vec<i64>> {
        let mut places = numbers(population)?.into_vec::<i64>();
        self.shuffle_from(&mut places, (population - wanted).max(1));
        Ok(places.split_off(population - wanted))
    }

    /// Floyd's algorithm (Bentley, *Programming pearls: a sample of brilliance*, 1987).
    fn floyd(&mut self, population: usize, wanted: usize, shuffle: bool) -> Result<Vec<i64>> {
        let mut places = Array::zeros(&[wanted], DType::I64)?.into_vec::<i64>();
        let mut taken = HashSet::new();
        for (place, last) in places.iter_mut().zip(population - wanted..) {
            let draw = bounded(&mut self.bits, last as u64, 64, &mut Pieces::default()) as i64;
            *place = if taken.insert(draw) { draw } else { last as i64 };
            taken.insert(*place);
        }
        if shuffle {
            self.shuffle_from(&mut places, 1);
        }
        Ok(places)
    }

    /// Shuffles the places from `first` on with draws by Lemire's method, unlike the public shuffles.
    fn shuffle_from(&mut self, places: &mut [i64], first: usize) {
        for i in (first..places.len()).rev() {
            let j = bounded(&mut self.bits, i as u64, 64, &mut Pieces::default());
            places.swap(i, j as usize);
        }
    }
}

fn invalid(argument: &str, rule: &str, received: impl std::fmt::Display) -> Error {
    Error::invalid("choice", argument, rule, received)
}

fn check_probabilities(p: &[f64], population: usize) -> Result<()> {
    // √ε of float64.
    const TOLERANCE: f64 = 1.490_116_119_384_765_6e-8;
    if p.len() != population {
        let rule = format!("must have one probability for each of {population} elements");
        return Err(invalid("p", &rule, p.len()));
    }
    if let Some(bad) = p.iter().find(|p| p.is_nan() || **p < 0.0) {
        return Err(invalid("p", "must not be negative", bad));
    }
    let sum = sum(p);
    if (sum - 1.0).abs() > TOLERANCE {
        return Err(invalid("p", "must sum to 1", sum));
    }
    Ok(())
}

/// The sums of the first probabilities, the last of them 1.
fn cumulative(p: &[f64]) -> Vec<f64> {
    let mut sums: Vec<f64> = p
        .iter()
        .scan(0.0, |sum, p| {
            *sum += p;
            Some(*sum)
        })
        .collect();
    let total = sums.last().copied().unwrap_or(1.0);
    sums.iter_mut().for_each(|sum| *sum /= total);
    sums
}

/// The first place whose sum lies above a uniform value.
fn find(cumulative: &[f64], uniform: f64) -> i64 {
    cumulative.partition_point(|&sum| sum <= uniform) as i64
}
