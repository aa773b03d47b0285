//! Weighted means.

use crate::{Error, Result};

/// The mean of values that count in proportion to weights: `Σ w x / Σ w`.
///
/// The weights need not add up to 1: shares, percentages and numbers of cases all work.
///
/// ```
/// use cornu::stats::weighted_mean;
/// let marks = weighted_mean(&[84.0, 92.0, 91.0], &[0.3, 0.5, 0.2])?;
/// assert!((marks - 89.4).abs() < 1e-12);
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When there is not one weight per value, a weight is negative or no finite number, or all are 0.
pub fn weighted_mean(values: &[f64], weights: &[f64]) -> Result<f64> {
    if values.len() != weights.len() {
        let rule = format!("must have one weight for each of {} values", values.len());
        let received = format!("{} weights", weights.len());
        return Err(Error::invalid("weighted_mean", "weights", rule, received));
    }
    if let Some(bad) = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
        return Err(Error::invalid(
            "weighted_mean",
            "weights",
            "must be finite and at least 0",
            bad,
        ));
    }
    let total: f64 = weights.iter().sum();
    if total == 0.0 {
        let received = format!("{weights:?}");
        return Err(Error::invalid("weighted_mean", "weights", "must not all be 0", received));
    }
    Ok(values.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() / total)
}

/// The mean of values with the number of times that each one occurs: `Σ f x / Σ f`.
///
/// ```
/// use cornu::stats::frequency_mean;
/// assert_eq!(frequency_mean(&[(10.0, 2), (8.0, 3), (7.0, 4), (9.0, 1)])?, 8.1);
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When nothing occurs.
pub fn frequency_mean(values: &[(f64, u64)]) -> Result<f64> {
    let (values, weights): (Vec<f64>, Vec<f64>) =
        values.iter().map(|&(x, count)| (x, count as f64)).unzip();
    weighted_mean(&values, &weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks, votes, dishes, shots and shares: worked examples of a textbook.
    #[test]
    fn means_are_those_of_the_worked_examples() {
        let near = |value: Result<f64>, want: f64| {
            let value = value.unwrap();
            assert!((value - want).abs() < 5e-3 && (want.fract() == 0.0 || value != want + 0.005));
        };
        let equal = |x: &[f64]| weighted_mean(x, &vec![1.0; x.len()]);
        near(equal(&[84.0, 92.0, 91.0]), 89.0);
        near(weighted_mean(&[84.0, 92.0, 91.0], &[0.3, 0.5, 0.2]), 89.4);
        near(equal(&[80.0, 82.0]), 81.0);
        near(frequency_mean(&[(80.0, 50), (82.0, 60)]), 81.09);
        near(weighted_mean(&[8.0, 7.0, 6.0], &[0.5, 0.3, 0.2]), 7.3);
        near(equal(&[8.0, 6.0, 7.0]), 7.0);
        near(weighted_mean(&[80.0, 90.0], &[40.0, 60.0]), 86.0);
        near(frequency_mean(&[(10.0, 2), (8.0, 3), (7.0, 4), (9.0, 1)]), 8.1);
        near(weighted_mean(&[88.0, 90.0, 92.0, 85.0], &[0.1, 0.1, 0.3, 0.5]), 87.9);
        near(equal(&[10.0, 15.0]), 12.5);
        near(frequency_mean(&[(10.0, 1000), (15.0, 2000)]), 13.33);
    }

    #[test]
    fn bad_weights_are_refused() {
        for (values, weights) in [
            (&[1.0, 2.0][..], &[1.0][..]),
            (&[1.0, 2.0], &[0.0, 0.0]),
            (&[1.0, 2.0], &[2.0, -1.0]),
            (&[1.0, 2.0], &[f64::NAN, 1.0]),
            (&[], &[]),
        ] {
            let error = weighted_mean(values, weights).unwrap_err().to_string();
            assert!(error.starts_with("weighted_mean: `weights` must"), "{error}");
        }
        assert!(weighted_mean(&[f64::NAN, 1.0], &[1.0, 1.0]).unwrap().is_nan());
    }
}
