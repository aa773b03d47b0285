//! Moving averages over a window.

use std::collections::VecDeque;

use cornu_graph::Array;

use super::lanes::map_lanes;
use crate::{Error, Result};

/// Averages of the latest values: simple ones, equal to pandas's `rolling(window).mean()`, and linearly weighted
/// ones.
///
/// Values that are not finite are missing: the others of the window are averaged. A window with fewer than
/// `min_periods` values (default: the window's size) gives a non-number.
///
/// Each result is a sum over its own window, so that errors do not pile up along the axis; the time is that of
/// `window` additions per value.
///
/// ```
/// use cornu::{Array, stats::Rolling};
/// let x = Array::from([1.0, 2.0, 6.0]);
/// let means = Rolling::new(2)?.mean(&x, 0)?.to_vec::<f64>();
/// assert!(means[0].is_nan() && means[1..] == [1.5, 4.0]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rolling {
    window: usize,
    min_periods: usize,
}

impl Rolling {
    /// Averages over `window` values.
    ///
    /// # Errors
    /// When `window` is 0.
    pub fn new(window: usize) -> Result<Rolling> {
        if window == 0 {
            return Err(Error::invalid("Rolling", "window", "must be at least 1", window));
        }
        Ok(Rolling { window, min_periods: window })
    }

    /// How many values of the window must be there. Default: all.
    ///
    /// # Errors
    /// When it is more than the window.
    pub fn min_periods(mut self, min_periods: usize) -> Result<Rolling> {
        if min_periods > self.window {
            let rule = format!("must be at most the window of {}", self.window);
            return Err(Error::invalid("Rolling", "min_periods", rule, min_periods));
        }
        self.min_periods = min_periods;
        Ok(self)
    }

    /// The means along an axis, `float64` in the shape of `x`.
    ///
    /// # Errors
    /// When the axis is out of range.
    pub fn mean(self, x: &Array, axis: isize) -> Result<Array> {
        self.along("Rolling::mean", x, axis, false)
    }

    /// The means with linear weights: the newest value counts `window` times, the one before it `window - 1`
    /// times, down to once.
    ///
    /// # Errors
    /// When the axis is out of range.
    pub fn weighted_mean(self, x: &Array, axis: isize) -> Result<Array> {
        self.along("Rolling::weighted_mean", x, axis, true)
    }

    /// An accumulator for values that come one by one.
    pub fn stream(self) -> RollingStream {
        RollingStream { rolling: self, values: VecDeque::new() }
    }

    fn along(self, function: &str, x: &Array, axis: isize, weighted: bool) -> Result<Array> {
        map_lanes(function, x, axis, |lane| {
            let mut stream = self.stream();
            for value in lane {
                stream.push(*value);
                *value = stream.average(weighted);
            }
        })
    }
}

/// The latest values of a [`Rolling`] average.
#[derive(Debug, Clone, PartialEq)]
pub struct RollingStream {
    rolling: Rolling,
    values: VecDeque<f64>,
}

impl RollingStream {
    /// Takes in the next value and returns the mean.
    pub fn update(&mut self, x: f64) -> f64 {
        self.push(x);
        self.mean()
    }

    /// The mean of the window.
    pub fn mean(&self) -> f64 {
        self.average(false)
    }

    /// The linearly weighted mean of the window.
    pub fn weighted_mean(&self) -> f64 {
        self.average(true)
    }

    fn push(&mut self, x: f64) {
        if self.values.len() == self.rolling.window {
            self.values.pop_front();
        }
        self.values.push_back(x);
    }

    fn average(&self, weighted: bool) -> f64 {
        let (mut sum, mut total, mut count) = (0.0, 0.0, 0);
        for (age, x) in self.values.iter().rev().enumerate() {
            if x.is_finite() {
                let weight = if weighted { (self.rolling.window - age) as f64 } else { 1.0 };
                sum += weight * x;
                total += weight;
                count += 1;
            }
        }
        if count >= self.rolling.min_periods.max(1) { sum / total } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_run_along_any_axis() {
        let x = Array::from([[1.0f32, 2.0, 6.0], [3.0, 5.0, 7.0]]);
        let rows = Rolling::new(2).unwrap().min_periods(1).unwrap().mean(&x, -1).unwrap();
        assert_eq!(rows.to_vec::<f64>(), [1.0, 1.5, 4.0, 3.0, 4.0, 6.0]);
        let columns = Rolling::new(2).unwrap().min_periods(0).unwrap().mean(&x, 0).unwrap();
        assert_eq!(columns.to_vec::<f64>(), [1.0, 2.0, 6.0, 2.0, 3.5, 6.5]);
    }

    #[test]
    fn linear_weights_favour_the_newest() {
        let x = Array::from([1.0, 2.0, 6.0, f64::NAN, 4.0]);
        let full = Rolling::new(3).unwrap();
        let means = full.weighted_mean(&x, 0).unwrap().to_vec::<f64>();
        assert_eq!(means[2], (1.0 + 4.0 + 18.0) / 6.0);
        assert!(means[..2].iter().chain(&means[3..]).all(|v| v.is_nan()));
        let some = full.min_periods(2).unwrap().weighted_mean(&x, 0).unwrap().to_vec::<f64>();
        assert_eq!(some[1..], [8.0 / 5.0, 23.0 / 6.0, (2.0 + 12.0) / 3.0, (6.0 + 12.0) / 4.0]);
    }

    #[test]
    fn streams_give_what_batches_give() {
        let mut stream = Rolling::new(2).unwrap().stream();
        assert!(stream.update(1.0).is_nan());
        assert_eq!(stream.update(2.0), 1.5);
        assert_eq!(stream.update(6.0), 4.0);
        assert_eq!(stream.weighted_mean(), 14.0 / 3.0);
    }

    #[test]
    fn bad_arguments_are_refused() {
        assert!(Rolling::new(0).is_err());
        assert!(Rolling::new(2).unwrap().min_periods(3).is_err());
        let x = Array::from([1.0]);
        let error = Rolling::new(1).unwrap().mean(&x, 1).unwrap_err().to_string();
        assert!(error.starts_with("Rolling::mean"), "{error}");
    }
}
