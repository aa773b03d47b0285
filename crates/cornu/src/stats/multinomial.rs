//! The multinomial distribution.

use cornu_graph::{Array, DType, element_count};

use super::categorical::normalized;
use super::distribution::{uniforms, window};
use super::{Binomial, Discrete, Distribution};
use crate::{Error, Result};

/// The multinomial distribution: how often each of several classes comes up in `n` independent draws.
///
/// ```
/// use cornu::stats::Multinomial;
/// let draws = Multinomial::new(20, &[0.3, 0.3, 0.4])?.sample(&[2], Some(7))?;
/// assert_eq!(draws.shape(), [2, 3]);
/// assert!(draws.as_slice::<i64>()?.chunks(3).all(|row| row.iter().sum::<i64>() == 20));
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Multinomial {
    n: u64,
    pvals: Vec<f64>,
}

impl Multinomial {
    /// `n` draws from classes with probabilities `pvals`.
    ///
    /// # Errors
    /// When the values are not probabilities that add up to 1 (within 1e-6; they are scaled), or `n` is above
    /// 2⁵⁰.
    pub fn new(n: u64, pvals: &[f64]) -> Result<Multinomial> {
        Binomial::new(n, 0.5)
            .map_err(|_| Error::invalid("Multinomial", "n", "must be at most 2^50", n))?;
        Ok(Multinomial { n, pvals: normalized("Multinomial", "pvals", pvals)? })
    }

    /// The probability of the counts `x`, one per class; 0 unless they are whole and add up to `n`.
    pub fn pmf(&self, x: &[f64]) -> Result<f64> {
        Ok(self.logpmf(x)?.exp())
    }

    /// The logarithm of [`pmf`](Multinomial::pmf).
    ///
    /// # Errors
    /// When there is not one count per class.
    pub fn logpmf(&self, x: &[f64]) -> Result<f64> {
        if x.len() != self.pvals.len() {
            let rule = format!("must have one count for each of {} classes", self.pvals.len());
            return Err(Error::invalid("Multinomial", "x", rule, format!("{} counts", x.len())));
        }
        if x.iter().any(|v| v.is_nan()) {
            return Ok(f64::NAN);
        }
        if x.iter().sum::<f64>() != self.n as f64 {
            return Ok(f64::NEG_INFINITY);
        }
        let (mut log, mut draws) = (0.0, self.n as f64);
        for (k, conditional) in x.iter().zip(self.conditionals()) {
            log += Binomial::new(draws as u64, conditional)?.logpmf(*k);
            draws -= k;
        }
        Ok(log)
    }

    /// The probability of each class given that none before it came up: the counts are binomial in turn.
    fn conditionals(&self) -> Vec<f64> {
        let mut rest = 0.0;
        let mut shares: Vec<f64> = self
            .pvals
            .iter()
            .rev()
            .map(|p| {
                rest += p;
                if *p == 0.0 { 0.0 } else { p / rest }
            })
            .collect();
        shares.reverse();
        shares
    }

    /// The expected counts.
    pub fn mean(&self) -> Vec<f64> {
        self.pvals.iter().map(|p| p * self.n as f64).collect()
    }

    /// The variances of the counts.
    pub fn var(&self) -> Vec<f64> {
        self.pvals.iter().map(|p| p * (1.0 - p) * self.n as f64).collect()
    }

    /// The covariance matrix of the counts, `[classes, classes]`.
    pub fn cov(&self) -> Result<Array> {
        let (n, p) = (self.n as f64, &self.pvals);
        let mut values = Array::zeros(&[p.len(), p.len()], DType::F64)?;
        for (at, value) in values.as_slice_mut::<f64>()?.iter_mut().enumerate() {
            let (i, j) = (at / p.len(), at % p.len());
            *value = if i == j { n * p[i] * (1.0 - p[i]) } else { -n * p[i] * p[j] };
        }
        Ok(values)
    }

    /// The entropy in nats: `-ln n! - n Σ p ln p + Σ E ln X!` with the counts `X`, each binomial by itself.
    ///
    /// Where counts scatter over a million numbers and more, that of the normal distribution with the same covariance.
    pub fn entropy(&self) -> Result<f64> {
        let n = self.n as f64;
        let present: Vec<f64> = self.pvals.iter().copied().filter(|p| *p > 0.0).collect();
        let mut entropy = -libm::lgamma(n + 1.0);
        for &p in &present {
            let count = Binomial::new(self.n, p)?;
            let Some(window) = window(&count) else {
                let logs: f64 = present.iter().map(|p| p.ln()).sum();
                let free = (present.len() - 1) as f64;
                return Ok(0.5 * (free * (n.ln() + std::f64::consts::TAU.ln() + 1.0) + logs));
            };
            let factorials = window.map(|k| count.pmf(k as f64) * libm::lgamma(k as f64 + 1.0));
            entropy += factorials.sum::<f64>() - n * p * p.ln();
        }
        Ok(entropy.max(0.0))
    }

    /// Random counts, `shape + [classes]`, `int64`; each row adds up to `n`.
    ///
    /// The counts of a row are drawn in turn, each from the binomial distribution that those before leave.
    /// `seed`: `None` takes the next one of the thread's stream.
    ///
    /// # Errors
    /// When the shape does not fit in memory.
    pub fn sample(&self, shape: &[usize], seed: Option<u64>) -> Result<Array> {
        let width = self.pvals.len();
        let shape = [shape, &[width]].concat();
        element_count("Multinomial::sample", &shape)?;
        let mut values = uniforms(&shape, seed)?;
        let conditionals = self.conditionals();
        for row in values.as_slice_mut::<f64>()?.chunks_mut(width) {
            let mut draws = self.n;
            for (value, share) in row.iter_mut().zip(&conditionals) {
                *value = Binomial::new(draws, *share)?.ppf(*value);
                draws -= *value as u64;
            }
        }
        Ok(values.cast(DType::I64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropies_are_scipys() {
        for (n, pvals, wanted) in [
            (10, vec![0.2, 0.4, 0.4], 3.3782175084907786),
            (1, vec![0.5, 0.5], std::f64::consts::LN_2),
            (100, vec![0.1, 0.2, 0.3, 0.4], 8.138903893958968),
            (5, vec![1.0, 0.0], 0.0),
            (0, vec![0.5, 0.5], 0.0),
        ] {
            let entropy = Multinomial::new(n, &pvals).unwrap().entropy().unwrap();
            assert!((entropy - wanted).abs() < 1e-12, "{n} {pvals:?}: {entropy}, not {wanted}");
        }
        // Two classes are a binomial distribution, whose entropy has its own expansion.
        for n in [1000, 1 << 45] {
            let both = Multinomial::new(n, &[0.3, 0.7]).unwrap().entropy().unwrap();
            let one = Binomial::new(n, 0.3).unwrap().entropy();
            assert!((both - one).abs() < 1e-10, "{n}: {both}, not {one}");
        }
    }
}
