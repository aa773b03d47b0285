//! Means and variances of what comes in parts.

use cornu_graph::{Array, DType};

use crate::{Error, Result};

/// The mean and variance of rows that come in parts, which can be merged: the result is that of all rows at
/// once, whatever the parts.
///
/// Welford's update (1962) and the merge of Chan, Golub and LeVeque (1983): no sum of squares, so nothing cancels.
///
/// ```
/// use cornu::{Array, stats::RunningMoments};
/// let mut heights = RunningMoments::new(&[])?;
/// heights.update(&Array::from([1.0, 2.0]))?;
/// heights.update(&Array::from([6.0]))?;
/// assert_eq!(heights.mean().item()?, 3.0);
/// assert_eq!(heights.var(1).item()?, 7.0);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RunningMoments {
    count: u64,
    mean: Array,
    /// The sums of squared deviations from the mean.
    squares: Array,
}

impl RunningMoments {
    /// Moments of no rows yet; `shape` is that of one row, `[]` for single numbers.
    ///
    /// # Errors
    /// When the shape does not fit in memory.
    pub fn new(shape: &[usize]) -> Result<RunningMoments> {
        let zeros = Array::zeros(shape, DType::F64)?;
        Ok(RunningMoments { count: 0, mean: zeros.clone(), squares: zeros })
    }

    /// Takes in more rows, along the first axis: `[rows, ...shape]`.
    ///
    /// # Errors
    /// When the rows have another shape.
    pub fn update(&mut self, rows: &Array) -> Result<()> {
        if rows.shape().split_first().is_none_or(|(_, row)| row != self.mean.shape()) {
            let rule = format!("must be rows of shape {:?}", self.mean.shape());
            let received = format!("shape={:?}", rows.shape());
            return Err(Error::invalid("RunningMoments::update", "rows", rule, received));
        }
        let values = rows.to_vec::<f64>();
        let (means, squares) =
            (self.mean.as_slice_mut::<f64>()?, self.squares.as_slice_mut::<f64>()?);
        let width = means.len();
        for i in 0..rows.shape()[0] {
            let row = &values[i * width..(i + 1) * width];
            self.count += 1;
            for ((x, mean), square) in row.iter().zip(&mut *means).zip(&mut *squares) {
                let delta = x - *mean;
                *mean += delta / self.count as f64;
                *square += delta * (x - *mean);
            }
        }
        Ok(())
    }

    /// Takes in the rows that another one has seen.
    ///
    /// # Errors
    /// When its rows have another shape.
    pub fn merge(&mut self, other: &RunningMoments) -> Result<()> {
        if other.mean.shape() != self.mean.shape() {
            let rule = format!("must be moments of rows of shape {:?}", self.mean.shape());
            let received = format!("shape={:?}", other.mean.shape());
            return Err(Error::invalid("RunningMoments::merge", "other", rule, received));
        }
        if other.count == 0 {
            return Ok(());
        }
        let (own, theirs) = (self.count as f64, other.count as f64);
        let share = theirs / (own + theirs);
        let (means, squares) =
            (self.mean.as_slice_mut::<f64>()?, self.squares.as_slice_mut::<f64>()?);
        let (other_means, other_squares) =
            (other.mean.as_slice::<f64>()?, other.squares.as_slice::<f64>()?);
        for (i, mean) in means.iter_mut().enumerate() {
            let delta = other_means[i] - *mean;
            squares[i] += other_squares[i] + delta * delta * own * share;
            *mean += delta * share;
        }
        self.count += other.count;
        Ok(())
    }

    /// The number of rows so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean of the rows, `float64`; a non-number before the first one.
    pub fn mean(&self) -> Array {
        self.divided(&self.mean, if self.count == 0 { 0.0 } else { 1.0 })
    }

    /// The variance of the rows: squared deviations over `count - ddof`; a non-number where that is not positive.
    ///
    /// `ddof`: 0 for the variance of the rows themselves, 1 for an estimate from a sample.
    pub fn var(&self, ddof: u64) -> Array {
        self.divided(&self.squares, self.count.saturating_sub(ddof) as f64)
    }

    /// The standard deviation: the root of [`var`](RunningMoments::var).
    pub fn std(&self, ddof: u64) -> Array {
        let mut values = self.var(ddof);
        for value in values.as_slice_mut::<f64>().unwrap_or_default() {
            *value = value.sqrt();
        }
        values
    }

    fn divided(&self, of: &Array, divisor: f64) -> Array {
        let mut values = of.clone();
        for value in values.as_slice_mut::<f64>().unwrap_or_default() {
            *value = if divisor > 0.0 { *value / divisor } else { f64::NAN };
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn batch(values: &[f64], ddof: f64) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - ddof))
    }

    fn of(values: &[f64]) -> RunningMoments {
        let mut moments = RunningMoments::new(&[]).unwrap();
        moments.update(&Array::from(values)).unwrap();
        moments
    }

    proptest! {
        #[test]
        fn merging_parts_is_one_batch(
            values in proptest::collection::vec(-1e3..1e3f64, 2..60),
            cuts in proptest::collection::vec(0usize..60, 0..4),
            offset in prop_oneof![Just(0.0), Just(1e6)],
        ) {
            let values: Vec<f64> = values.iter().map(|v| v + offset).collect();
            let mut cuts: Vec<usize> = cuts.iter().map(|c| c % values.len()).collect();
            cuts.extend([0, values.len()]);
            cuts.sort_unstable();
            let mut merged = RunningMoments::new(&[]).unwrap();
            for pair in cuts.windows(2) {
                merged.merge(&of(&values[pair[0]..pair[1]])).unwrap();
            }
            let (mean, var) = batch(&values, 1.0);
            prop_assert_eq!(merged.count(), values.len() as u64);
            prop_assert!((merged.mean().item().unwrap() - mean).abs() <= 1e-12 * (1e3 + offset));
            prop_assert!((merged.var(1).item().unwrap() - var).abs() <= 1e-9 * var + 1e-15 * offset * offset);
        }
    }

    #[test]
    fn rows_are_counted_per_column() {
        let mut moments = RunningMoments::new(&[2]).unwrap();
        moments.update(&Array::from([[1.0f32, 10.0], [3.0, 10.0]])).unwrap();
        moments.update(&Array::from([[5.0f32, 40.0]])).unwrap();
        assert_eq!(moments.mean().to_vec::<f64>(), [3.0, 20.0]);
        assert_eq!(moments.var(0).to_vec::<f64>(), [8.0 / 3.0, 200.0]);
        assert_eq!(moments.std(1).to_vec::<f64>(), [2.0, 300f64.sqrt()]);
        assert!(moments.update(&Array::from([1.0, 2.0])).is_err());
        assert!(moments.merge(&of(&[1.0])).is_err());
    }

    #[test]
    fn too_few_rows_have_no_moments() {
        let none = RunningMoments::new(&[]).unwrap();
        assert!(none.mean().item().unwrap().is_nan() && none.var(0).item().unwrap().is_nan());
        assert!(of(&[1.0]).var(1).item().unwrap().is_nan());
        assert_eq!(of(&[1.0]).var(0).item().unwrap(), 0.0);
        let mut empty = RunningMoments::new(&[0]).unwrap();
        empty.update(&Array::from([[0f64; 0]; 3])).unwrap();
        assert_eq!((empty.count(), empty.mean().shape()), (3, &[0][..]));
    }
}
