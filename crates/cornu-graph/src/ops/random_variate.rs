//! Random values of distributions with parameters: gamma and binomial, by exact rejection.

use std::f64::consts::PI;

use crate::ops::{Operation, Vjp, arity, no_gradient, philox};
use crate::{Array, DType, Error, Result, Spec, Tensor};

/// The distribution of a [`RandomVariate`] and what its two parameters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// The logarithm of a gamma value of scale 1: finite where the value itself would be 0. The first parameter is the
    /// gamma distribution's shape; not positive and NaN give NaN. The second one is not used.
    LogGamma,
    /// The number of successes in as many trials as the first parameter says, rounded down, each with the
    /// second one as probability. Probabilities beyond 0 and 1 count as these, negative numbers of trials as 0; NaN
    /// gives NaN.
    Binomial,
}

/// Random values (`float64`) from a key (`int64[2]`) and two parameters (`float64`, with the result's shape).
///
/// An element's value follows from the key, its place and its parameters: it draws from a stream of its own, whose block `b` is
/// Philox4x32-10 as in [`Random`](crate::ops::Random) with the counter `[i, i >> 32 | b << 16, …]` for element `i`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RandomVariate {
    /// The distribution.
    pub law: Law,
}

impl Operation for RandomVariate {
    fn name(&self) -> &'static str {
        match self.law {
            Law::LogGamma => "random_log_gamma",
            Law::Binomial => "random_binomial",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [key, a, b] = arity(self.name(), inputs)?;
        if *key != Spec::new([2], DType::I64) {
            return Err(Error::invalid(self.name(), "key", "must be int64[2]", key));
        }
        if a != b || a.dtype != DType::F64 {
            let rule = "must be float64 and have one shape";
            return Err(Error::invalid(self.name(), "parameters", rule, format!("{a} and {b}")));
        }
        Ok(a.clone())
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        match vjp.needs {
            [_, false, false] => Ok(vec![None, None, None]),
            _ => Err(no_gradient(self.name(), " with respect to its parameters")),
        }
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let key = inputs[0].as_slice::<i64>()?;
        let (a, b) = (inputs[1].as_slice::<f64>()?, inputs[2].as_slice::<f64>()?);
        let mut values = Array::zeros(&spec.shape, DType::F64)?;
        for (i, value) in values.as_slice_mut::<f64>()?.iter_mut().enumerate() {
            let mut stream = Stream::new([key[0], key[1]], i);
            *value = match self.law {
                Law::LogGamma => log_gamma_value(&mut stream, a[i]),
                Law::Binomial => binomial_value(&mut stream, a[i], b[i]),
            };
        }
        Ok(values)
    }
}

/// Random values of a distribution with parameters, both of which broadcast to `shape`.
pub fn random_variate(law: Law, key: &Tensor, a: &Tensor, b: &Tensor, shape: &[usize]) -> Tensor {
    let full = |x: &Tensor| super::broadcast_to(&super::cast(x, DType::F64), shape);
    Tensor::apply(RandomVariate { law }, &[key, &full(a), &full(b)])
}

/// The uniform values of one element.
struct Stream {
    key: [u32; 2],
    counter: [u32; 4],
    second: Option<f64>,
}

impl Stream {
    fn new(key: [i64; 2], element: usize) -> Stream {
        let high = |word: i64| ((word as u64) >> 32) as u32;
        let place = [element as u32, (element as u64 >> 32) as u32];
        Stream {
            key: key.map(|word| word as u32),
            counter: [place[0], place[1], high(key[0]), high(key[1])],
            second: None,
        }
    }

    /// A uniform value in `(0, 1)`: an odd multiple of 2⁻⁵³.
    fn uniform(&mut self) -> f64 {
        if let Some(value) = self.second.take() {
            return value;
        }
        let w = philox(self.key, self.counter);
        self.counter[1] = self.counter[1].wrapping_add(1 << 16);
        let unit = |a: u32, b: u32| {
            let word = u64::from(a) << 32 | u64::from(b);
            ((word >> 11) | 1) as f64 / 9_007_199_254_740_992.0
        };
        self.second = Some(unit(w[2], w[3]));
        unit(w[0], w[1])
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (2.0 * PI * self.uniform()).cos()
    }
}

/// Marsaglia and Tsang, *A simple method for generating gamma variables* (2000). Below shape 1 the value is
/// one of shape + 1 times `U^(1 / shape)`, which only a logarithm can hold when the shape is small.
fn log_gamma_value(stream: &mut Stream, shape: f64) -> f64 {
    if shape.is_nan() || shape <= 0.0 {
        return f64::NAN;
    }
    if shape == f64::INFINITY {
        return shape;
    }
    let boost = if shape < 1.0 { stream.uniform().ln() / shape } else { 0.0 };
    let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = stream.normal();
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let log_v = 3.0 * root.ln();
        if stream.uniform().ln() < 0.5 * x * x + d * (1.0 - root * root * root + log_v) {
            return d.ln() + log_v + boost;
        }
    }
}

fn binomial_value(stream: &mut Stream, trials: f64, p: f64) -> f64 {
    if trials.is_nan() || p.is_nan() {
        return f64::NAN;
    }
    let n = trials.floor();
    if n <= 0.0 || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 || n == f64::INFINITY {
        return n;
    }
    let rare = p.min(1.0 - p);
    let count = if n * rare < 10.0 { waiting(stream, n, rare) } else { btrs(stream, n, rare) };
    if p <= 0.5 { count } else { n - count }
}

/// Adds the numbers of trials up to each success, which are geometric, until they exceed `n`.
fn waiting(stream: &mut Stream, n: f64, p: f64) -> f64 {
    let log_q = (-p).ln_1p();
    let (mut count, mut trial) = (0.0, 0.0);
    loop {
        trial += (stream.uniform().ln() / log_q).ceil();
        if trial > n {
            return count;
        }
        count += 1.0;
    }
}

/// Hörmann's BTRS, *The generation of binomial random variates* (1993): transformed rejection with an exact test, for
/// `n · p ≥ 10` and `p ≤ 0.5`. Letters are the paper's.
fn btrs(stream: &mut Stream, n: f64, p: f64) -> f64 {
    let deviation = (n * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * deviation;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let c = n * p + 0.5;
    let v_r = 0.92 - 4.2 / b;
    let odds = p / (1.0 - p);
    let alpha = (2.83 + 5.1 / b) * deviation;
    let m = ((n + 1.0) * p).floor();
    loop {
        let u = stream.uniform() - 0.5;
        let v = stream.uniform();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + c).floor();
        if !(0.0..=n).contains(&k) {
            continue;
        }
        if us >= 0.07 && v <= v_r {
            return k;
        }
        let height = (v * alpha / (a / (us * us) + b)).ln();
        let density = (m + 0.5) * ((m + 1.0) / (odds * (n - m + 1.0))).ln()
            + (n + 1.0) * ((n - m + 1.0) / (n - k + 1.0)).ln()
            + (k + 0.5) * (odds * (n - k + 1.0) / (k + 1.0)).ln()
            + stirling(m)
            + stirling(n - m)
            - stirling(k)
            - stirling(n - k);
        if height <= density {
            return k;
        }
    }
}

/// ln k! less Stirling's `(k + 1/2) ln(k + 1) - (k + 1) + ln(2π) / 2`.
fn stirling(k: f64) -> f64 {
    if k < 10.0 {
        let log_factorial: f64 = (2..=k as u32).map(|i| f64::from(i).ln()).sum();
        return log_factorial - ((k + 0.5) * (k + 1.0).ln() - (k + 1.0) + 0.5 * (2.0 * PI).ln());
    }
    let x = k + 1.0;
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / (x * x)) / (x * x)) / x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(law: Law, seed: i64, (a, b): (f64, f64), count: usize) -> Vec<f64> {
        let full = |value| Array::full(&[count], value).unwrap();
        let key = Array::new(&[2], vec![seed, 3]).unwrap();
        let spec = Spec::new([count], DType::F64);
        RandomVariate { law }.evaluate(&[&key, &full(a), &full(b)], &spec).unwrap().into_vec()
    }

    /// The statistic of Pearson's test of counts 0..=n against a binomial law, and its degrees of freedom.
    fn chi_square(values: &[f64], n: usize, p: f64) -> (f64, usize) {
        let mut mass = (1.0 - p).powi(n as i32) * values.len() as f64;
        let (mut sum, mut cells, mut pooled) = (0.0, 0, (0.0, 0.0));
        for k in 0..=n {
            let seen = values.iter().filter(|&&v| v == k as f64).count() as f64;
            pooled = (pooled.0 + seen, pooled.1 + mass);
            mass *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            if pooled.1 >= 10.0 {
                sum += (pooled.0 - pooled.1).powi(2) / pooled.1;
                (cells, pooled) = (cells + 1, (0.0, 0.0));
            }
        }
        (sum, cells - 1)
    }

    #[test]
    fn binomial_counts_have_the_binomial_probabilities() {
        for (n, p) in [(1, 0.5), (12, 0.3), (30, 0.9), (25, 0.5), (60, 0.4), (150, 0.8), (40, 0.75)]
        {
            let values = draw(Law::Binomial, 7, (n as f64, p), 40_000);
            let (sum, freedom) = chi_square(&values, n, p);
            // Five standard deviations of χ².
            let bound = freedom as f64 + 5.0 * (2.0 * freedom as f64).sqrt();
            assert!(sum < bound, "n={n} p={p}: {sum} with {freedom} degrees of freedom");
        }
    }

    #[test]
    fn huge_numbers_of_trials_have_the_right_moments() {
        for (n, p) in [(1e6, 0.3), (1e12, 1e-9), (1e15, 0.5), (1e15, 1e-15)] {
            let values = draw(Law::Binomial, 5, (n, p), 20_000);
            let (mean, variance): (f64, f64) = (n * p, n * p * (1.0 - p));
            let scaled: Vec<f64> = values.iter().map(|v| (v - mean) / variance.sqrt()).collect();
            let moment = |k| scaled.iter().map(|v: &f64| v.powi(k)).sum::<f64>() / 20_000.0;
            assert!(moment(1).abs() < 0.03, "{n} {p}: {}", moment(1));
            assert!((moment(2) - 1.0).abs() < 0.06, "{n} {p}: {}", moment(2));
        }
    }

    #[test]
    fn edges_of_the_binomial_law() {
        let one = |n, p| draw(Law::Binomial, 1, (n, p), 1)[0];
        assert_eq!([one(0.0, 0.5), one(-3.0, 0.5), one(9.0, 0.0), one(9.0, -0.1)], [0.0; 4]);
        assert_eq!([one(9.7, 1.0), one(9.0, 1.5)], [9.0; 2]);
        assert!(one(f64::NAN, 0.5).is_nan() && one(9.0, f64::NAN).is_nan());
    }

    /// Kolmogorov and Smirnov's distance from a distribution function, times √n.
    fn distance(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let gap = |(i, &v): (usize, &f64)| {
            (cdf(v) - i as f64 / n).abs().max((cdf(v) - (i + 1) as f64 / n).abs())
        };
        values.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
    }

    #[test]
    fn gamma_values_have_the_gamma_distribution() {
        let gamma = |shape| draw(Law::LogGamma, 11, (shape, 0.0), 20_000);
        // 1.95 is passed once in a thousand times.
        assert!(distance(gamma(1.0), |log| -(-log.exp()).exp_m1()) < 1.95);
        assert!(distance(gamma(2.0), |log| 1.0 - (1.0 + log.exp()) * (-log.exp()).exp()) < 1.95);
        assert!(distance(gamma(0.5), |log| libm::erf(log.exp().sqrt())) < 1.95);
        // For small shapes a ln G is exponential: P(ln G < x) = exp(a x) up to a factor of 1 + O(a).
        assert!(distance(gamma(1e-4), |log| (log * 1e-4).exp().min(1.0)) < 1.95);
        for shape in [1e-3f64, 0.3, 7.5, 1e6] {
            let mean = gamma(shape).iter().map(|log| log.exp()).sum::<f64>() / 20_000.0;
            let error = (mean - shape).abs() / (shape / 20_000.0).sqrt();
            assert!(error < 4.0, "shape {shape}: mean {mean}");
        }
        assert!(gamma(0.0)[0].is_nan() && gamma(-1.0)[0].is_nan() && gamma(f64::NAN)[0].is_nan());
    }

    #[test]
    fn elements_have_streams_of_their_own() {
        let long = draw(Law::Binomial, 9, (1000.0, 0.4), 100);
        assert_eq!(draw(Law::Binomial, 9, (1000.0, 0.4), 40), long[..40]);
        assert_ne!(draw(Law::Binomial, 10, (1000.0, 0.4), 100), long);
        assert!(long.windows(2).any(|w| w[0] != w[1]));
    }

    #[test]
    fn parameters_must_fit() {
        let key = Tensor::from([1i64, 2]);
        let (a, b) = (Tensor::from([1.0, 2.0]), Tensor::from([0.5, 0.5, 0.5]));
        let error = random_variate(Law::Binomial, &key, &a, &b, &[2]).check().unwrap_err();
        assert!(error.to_string().contains("broadcast"), "{error}");
        let y = super::super::sum(&random_variate(Law::LogGamma, &key, &a, &a, &[2]), &[], false);
        let error = crate::gradients(&y, &[a]).unwrap_err().to_string();
        assert!(error.contains("random_log_gamma has no gradient"), "{error}");
    }
}
