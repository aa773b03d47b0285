//! The softmax temperature.

use cornu_graph::{Error, Tensor, ops};

/// Probabilities sharpened or flattened by a temperature: `exp(ln p / T) / Σ exp(ln p / T)` over the last axis.
///
/// A temperature below 1 favours what is probable, one above 1 evens out; 1 changes nothing. Impossible classes
/// stay so.
///
/// ```
/// use cornu::{Eval, Tensor, sampling::reweight_distribution};
/// let p = reweight_distribution(&Tensor::from([0.2, 0.8]), 0.5).array()?.to_vec::<f64>();
/// assert!((p[1] - 0.64 / 0.68).abs() < 1e-12);
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When the temperature is not positive and finite.
pub fn reweight_distribution(probs: &Tensor, temperature: f64) -> Tensor {
    if !(temperature > 0.0 && temperature.is_finite()) {
        let rule = "must be positive and finite";
        return Tensor::error(Error::invalid(
            "reweight_distribution",
            "temperature",
            rule,
            temperature,
        ));
    }
    ops::softmax(&(ops::log(probs) / temperature), &[-1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;
    use cornu_graph::Array;
    use cornu_graph::testing::check_gradient;

    #[test]
    fn temperature_is_a_power() {
        let p: [[f64; 3]; 2] = [[0.1, 0.2, 0.7], [0.0, 0.5, 0.5]];
        for t in [0.01, 0.2, 1.0, 3.0] {
            let got = reweight_distribution(&Tensor::from(p), t).array().unwrap().to_vec::<f64>();
            for (row, got) in p.iter().zip(got.chunks(3)) {
                // Over the largest, so that no power underflows.
                let powers: Vec<f64> = row.iter().map(|v| (v / row[2]).powf(1.0 / t)).collect();
                let sum: f64 = powers.iter().sum();
                for (power, got) in powers.iter().zip(got) {
                    assert!((power / sum - got).abs() < 1e-14, "{t}");
                }
            }
        }
        assert!(reweight_distribution(&Tensor::from(p), 0.0).array().is_err());
        let x = Array::from([[0.1, 0.2, 0.7]]);
        check_gradient(|x| reweight_distribution(&x[0], 0.5), &[x]).unwrap();
    }
}
