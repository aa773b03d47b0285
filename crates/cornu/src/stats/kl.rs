//! Divergence of diagonal Gaussians, as a graph.

use cornu_graph::{Tensor, ops};

/// The Kullback-Leibler divergence of a diagonal Gaussian from another one, in nats: one value per row, the sum
/// over the last axis.
///
/// A Gaussian is given by its `mean` and the logarithm of its variance. `from`: mean and log-variance of the
/// other one; `None` is the standard normal law, for which this is the variational autoencoder's term
/// `-½ Σ (1 + log_var - mean² - exp(log_var))` (Kingma and Welling, 2014). In general it is
/// `½ Σ (log_var₂ - log_var₁ + (exp(log_var₁) + (mean₁ - mean₂)²) / exp(log_var₂) - 1)`.
///
/// ```
/// use cornu::{Eval, Tensor, stats::kl_divergence};
/// let (mean, log_var) = (Tensor::from([[1.0, 0.0]]), Tensor::from([[0.0, 0.0]]));
/// assert_eq!(kl_divergence(&mean, &log_var, None).array()?.item()?, 0.5);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn kl_divergence(mean: &Tensor, log_var: &Tensor, from: Option<(&Tensor, &Tensor)>) -> Tensor {
    let terms = match from {
        None => ops::exp(log_var) + ops::square(mean) - log_var - 1.0,
        Some((other, other_log_var)) => {
            let distance = ops::square(&(mean - other));
            let ratio = log_var - other_log_var;
            // exp of a difference: neither variance alone can overflow the quotient.
            ops::exp(&ratio) + distance * ops::exp(&-other_log_var) - ratio - 1.0
        }
    };
    ops::sum(&(terms * 0.5), &[-1], false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;
    use cornu_graph::Array;
    use cornu_graph::testing::check_gradient;

    fn inputs() -> [Array; 4] {
        [
            Array::from([[0.3, -1.2], [2.0, 0.0]]),
            Array::from([[0.1, -0.7], [1.5, 0.0]]),
            Array::from([[0.0, 0.5], [1.0, -0.25]]),
            Array::from([[-0.4, 0.2], [0.9, 3.0]]),
        ]
    }

    /// The integral of `p ln(p / q)`, for each coordinate by the trapezoidal rule.
    fn by_integral(m1: f64, l1: f64, m2: f64, l2: f64) -> f64 {
        let (s1, s2) = ((l1 / 2.0).exp(), (l2 / 2.0).exp());
        let log = |x: f64, m: f64, s: f64| -0.5 * ((x - m) / s).powi(2) - s.ln();
        let h = s1 / 64.0;
        let term = |i: i32| {
            let x = m1 + f64::from(i) * h;
            log(x, m1, s1).exp() * (log(x, m1, s1) - log(x, m2, s2))
        };
        (-1000..=1000).map(term).sum::<f64>() * h / std::f64::consts::TAU.sqrt()
    }

    #[test]
    fn divergence_is_the_integral() {
        let arrays = inputs();
        let [m1, l1, m2, l2] = arrays.clone().map(Tensor::from);
        let general = kl_divergence(&m1, &l1, Some((&m2, &l2))).array().unwrap().to_vec::<f64>();
        let standard = kl_divergence(&m1, &l1, None).array().unwrap().to_vec::<f64>();
        let [m1, l1, m2, l2] = arrays.map(|a| a.to_vec::<f64>());
        for row in 0..2 {
            let sum = |m2: &dyn Fn(usize) -> f64, l2: &dyn Fn(usize) -> f64| -> f64 {
                (2 * row..2 * row + 2).map(|i| by_integral(m1[i], l1[i], m2(i), l2(i))).sum()
            };
            assert!((general[row] - sum(&|i| m2[i], &|i| l2[i])).abs() < 1e-10);
            assert!((standard[row] - sum(&|_| 0.0, &|_| 0.0)).abs() < 1e-10);
        }
    }

    #[test]
    fn divergence_from_itself_is_zero_and_gradients_agree() {
        let [m1, l1, m2, l2] = inputs();
        let (m, l) = (Tensor::from(m1.clone()), Tensor::from(l1.clone()));
        let own = kl_divergence(&m, &l, Some((&m, &l))).array().unwrap();
        assert_eq!(own.to_vec::<f64>(), [0.0, 0.0]);
        let f = |x: &[Tensor]| kl_divergence(&x[0], &x[1], Some((&x[2], &x[3])));
        check_gradient(f, &[m1, l1, m2, l2]).unwrap();
    }
}
