//! Temperature, top-k and top-p.

use cornu_graph::{Array, DType};

use crate::session::mix;
use crate::{Error, Eval, Result, next_seed, random};

/// Draws one class per row of logits or probabilities.
///
/// In this order: the logits are divided by the temperature; the `top_k` best classes stay; of these, the fewest
/// best whose probabilities add up to `top_p` stay (Holtzman et al., *The curious case of neural text
/// degeneration*, 2020); one of those is drawn by its probability.
///
/// - Of equal classes, those with a lower index are better, and stay first.
/// - `temperature(0.0)` and `top_k(1)` are greedy: the best class, without chance.
/// - `top_p(0.0)` keeps the best class.
/// - A logit of minus infinity (a probability of 0) rules a class out.
///
/// With the same seed, the same calls give the same classes; each call draws anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampler {
    temperature: f64,
    top_k: Option<usize>,
    top_p: f64,
    seed: Option<u64>,
    calls: u64,
}

impl Default for Sampler {
    fn default() -> Self {
        Sampler::new()
    }
}

impl Sampler {
    /// Draws from the distribution as it is: temperature 1, all classes, a seed of the thread's stream.
    pub fn new() -> Sampler {
        Sampler { temperature: 1.0, top_k: None, top_p: 1.0, seed: None, calls: 0 }
    }

    /// The best class, always.
    pub fn greedy() -> Sampler {
        Sampler::new().temperature(0.0)
    }

    /// What logits are divided by; finite, at least 0. Default: 1.
    pub fn temperature(mut self, temperature: f64) -> Sampler {
        self.temperature = temperature;
        self
    }

    /// How many classes stay, at least 1. Default: all.
    pub fn top_k(mut self, top_k: usize) -> Sampler {
        self.top_k = Some(top_k);
        self
    }

    /// The probability that stays, in `[0, 1]`. Default: 1, all.
    pub fn top_p(mut self, top_p: f64) -> Sampler {
        self.top_p = top_p;
        self
    }

    /// The seed of all draws.
    pub fn seed(mut self, seed: u64) -> Sampler {
        self.seed = Some(seed);
        self
    }

    /// One class per row of logits: `[..., classes]` gives `int64[...]`.
    ///
    /// # Errors
    /// When an argument is out of range, there are no classes, or a row holds a non-number, infinity or only
    /// minus infinity.
    pub fn sample(&mut self, logits: &Array) -> Result<Array> {
        let probs = self.probabilities(logits)?;
        let (classes, rows) = split(&probs)?;
        let base = *self.seed.get_or_insert_with(next_seed);
        self.calls += 1;
        let seed = mix(base.wrapping_add(self.calls.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let draws = random::uniform(rows, 0.0, 1.0, DType::F64, Some(seed >> 1)).array()?;
        let rows_of = probs.as_slice::<f64>()?.chunks_exact(classes);
        let chosen = rows_of.zip(draws.as_slice::<f64>()?).map(|(row, u)| choose(row, *u) as i64);
        Ok(Array::new(rows, chosen.collect())?)
    }

    /// [`sample`](Sampler::sample) from probabilities, which need not add up to 1.
    ///
    /// # Errors
    /// As `sample`, or when a probability is negative.
    pub fn sample_probabilities(&mut self, probs: &Array) -> Result<Array> {
        let mut logits = probs.cast(DType::F64);
        for value in logits.as_slice_mut::<f64>()? {
            // The logarithm of a negative number is none, which `sample` would report as such.
            if *value < 0.0 {
                let rule = "must hold no negative value";
                return Err(Error::invalid("Sampler", "probs", rule, *value));
            }
            *value = value.ln();
        }
        self.sample(&logits)
    }

    /// The probabilities that [`sample`](Sampler::sample) draws from, in the shape of `logits`, `float64`.
    ///
    /// # Errors
    /// As `sample`.
    pub fn probabilities(&self, logits: &Array) -> Result<Array> {
        self.check()?;
        let mut result = logits.cast(DType::F64);
        let (classes, _) = split(&result)?;
        for row in result.as_slice_mut::<f64>()?.chunks_exact_mut(classes) {
            self.filter(row)?;
        }
        Ok(result)
    }

    fn check(&self) -> Result<()> {
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            let rule = "must be finite and at least 0";
            return Err(Error::invalid("Sampler", "temperature", rule, self.temperature));
        }
        if self.top_k == Some(0) {
            return Err(Error::invalid("Sampler", "top_k", "must be at least 1", 0));
        }
        if !(0.0..=1.0).contains(&self.top_p) {
            return Err(Error::invalid("Sampler", "top_p", "must lie in [0, 1]", self.top_p));
        }
        Ok(())
    }

    /// Logits to the probabilities of what stays.
    fn filter(&self, row: &mut [f64]) -> Result<()> {
        if let Some(bad) = row.iter().find(|v| v.is_nan() || **v == f64::INFINITY) {
            return Err(Error::invalid("Sampler", "logits", "must be numbers below infinity", bad));
        }
        let best = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if best == f64::NEG_INFINITY {
            return Err(Error::invalid(
                "Sampler",
                "logits",
                "must leave a class in each row",
                best,
            ));
        }
        let greedy = self.temperature == 0.0;
        for value in row.iter_mut() {
            let below = *value - best;
            *value = if greedy {
                f64::from(u8::from(below == 0.0))
            } else {
                (below / self.temperature).exp()
            };
        }
        let keep = if greedy { 1 } else { self.top_k.unwrap_or(row.len()).min(row.len()) };
        if keep == row.len() && self.top_p == 1.0 {
            normalize(row);
            return Ok(());
        }
        // A stable sort leaves equal classes in the order of their indices.
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|&i, &j| row[j].total_cmp(&row[i]));
        for &i in &order[keep..] {
            row[i] = 0.0;
        }
        normalize(row);
        let mut before = 0.0;
        for (rank, &i) in order[..keep].iter().enumerate() {
            let p = row[i];
            if rank > 0 && before >= self.top_p {
                row[i] = 0.0;
            }
            before += p;
        }
        normalize(row);
        Ok(())
    }
}

fn normalize(row: &mut [f64]) {
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|p| *p /= sum);
}

/// The number of classes and the shape of the rows.
fn split(array: &Array) -> Result<(usize, &[usize])> {
    match array.shape().split_last() {
        Some((&classes, rows)) if classes > 0 => Ok((classes, rows)),
        _ => {
            let received = format!("shape={:?}", array.shape());
            Err(Error::invalid("Sampler", "logits", "must have a last axis of classes", received))
        }
    }
}

/// The class whose share of `[0, 1)` holds `u`; never one without probability.
fn choose(probs: &[f64], u: f64) -> usize {
    let (mut sum, mut last) = (0.0, 0);
    for (i, p) in probs.iter().enumerate() {
        if *p > 0.0 {
            sum += p;
            last = i;
            if u < sum {
                return i;
            }
        }
    }
    // The shares may add up to a little less than 1.
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probabilities(sampler: Sampler, logits: &[f64]) -> Vec<f64> {
        sampler.probabilities(&Array::from(logits)).unwrap().to_vec::<f64>()
    }

    fn near(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        let close = got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-12);
        assert!(close, "{got:?} for {want:?}");
    }

    fn logs(p: &[f64]) -> Vec<f64> {
        p.iter().map(|v| v.ln() + 3.0).collect()
    }

    #[test]
    fn filters_keep_the_best() {
        let p = logs(&[0.1, 0.4, 0.2, 0.3]);
        near(&probabilities(Sampler::new(), &p), &[0.1, 0.4, 0.2, 0.3]);
        near(&probabilities(Sampler::new().top_k(2), &p), &[0.0, 0.4 / 0.7, 0.0, 0.3 / 0.7]);
        near(&probabilities(Sampler::new().top_k(9), &p), &[0.1, 0.4, 0.2, 0.3]);
        near(&probabilities(Sampler::new().top_p(0.6), &p), &[0.0, 0.4 / 0.7, 0.0, 0.3 / 0.7]);
        near(&probabilities(Sampler::new().top_p(0.0), &p), &[0.0, 1.0, 0.0, 0.0]);
        near(
            &probabilities(Sampler::new().top_p(0.75), &p),
            &[0.0, 4.0 / 9.0, 2.0 / 9.0, 3.0 / 9.0],
        );
        near(
            &probabilities(Sampler::new().temperature(0.5), &p),
            &[1.0 / 30.0, 16.0 / 30.0, 4.0 / 30.0, 9.0 / 30.0],
        );
        // After top-k the rest counts as the whole: 0.4 / 0.7 is enough for 0.55.
        near(&probabilities(Sampler::new().top_k(2).top_p(0.55), &p), &[0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn lower_indices_win_ties() {
        let same = [1.0; 4];
        near(&probabilities(Sampler::greedy(), &same), &[1.0, 0.0, 0.0, 0.0]);
        near(
            &probabilities(Sampler::new().top_k(3), &same),
            &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0],
        );
        near(&probabilities(Sampler::new().top_p(0.5), &same), &[0.5, 0.5, 0.0, 0.0]);
        let ruled_out = [f64::NEG_INFINITY, 0.0, 0.0];
        near(&probabilities(Sampler::greedy(), &ruled_out), &[0.0, 1.0, 0.0]);
        near(&probabilities(Sampler::new().temperature(1e-300), &[0.0, 1.0]), &[0.0, 1.0]);
    }

    #[test]
    fn draws_follow_the_probabilities_and_the_seed() {
        let row = [0.1, 0.4, 0.0, 0.5];
        let rows = Array::new(&[4000, 4], row.repeat(4000)).unwrap();
        let draw = |seed| Sampler::new().seed(seed).sample_probabilities(&rows).unwrap();
        let classes = draw(3).into_vec::<i64>();
        for (class, p) in row.iter().enumerate() {
            let share = classes.iter().filter(|c| **c == class as i64).count() as f64 / 4000.0;
            // Five standard deviations.
            assert!((share - p).abs() <= 5.0 * (p * (1.0 - p) / 4000.0).sqrt(), "{class}: {share}");
        }
        assert_eq!(draw(3).to_vec::<i64>(), classes);
        assert_ne!(draw(4).to_vec::<i64>(), classes);
        let mut sampler = Sampler::new().seed(3);
        let first = sampler.sample_probabilities(&rows).unwrap().to_vec::<i64>();
        assert_eq!(first, classes);
        assert_ne!(sampler.sample_probabilities(&rows).unwrap().to_vec::<i64>(), first);
    }

    #[test]
    fn shapes_are_those_of_the_rows() {
        let logits = Array::zeros(&[2, 3, 5], DType::F32).unwrap();
        assert_eq!(Sampler::new().seed(0).sample(&logits).unwrap().shape(), [2, 3]);
        assert_eq!(
            Sampler::greedy().sample(&Array::from([0.0, 2.0, 1.0])).unwrap().item().unwrap(),
            1.0
        );
        let none = Array::zeros(&[0, 5], DType::F32).unwrap();
        assert_eq!(Sampler::new().seed(0).sample(&none).unwrap().shape(), [0]);
    }

    #[test]
    fn bad_input_is_refused() {
        let says = |sampler: Sampler, logits: &[f64], argument: &str| {
            let error = sampler.clone().sample(&Array::from(logits)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("Sampler: `{argument}` must")), "{error}");
        };
        says(Sampler::new(), &[1.0, f64::NAN], "logits");
        says(Sampler::new(), &[1.0, f64::INFINITY], "logits");
        says(Sampler::new(), &[f64::NEG_INFINITY; 2], "logits");
        says(Sampler::new(), &[], "logits");
        says(Sampler::new().temperature(-1.0), &[1.0], "temperature");
        says(Sampler::new().temperature(f64::NAN), &[1.0], "temperature");
        says(Sampler::new().top_k(0), &[1.0], "top_k");
        says(Sampler::new().top_p(1.5), &[1.0], "top_p");
        assert!(Sampler::new().sample(&Array::scalar(1.0)).is_err());
        assert!(Sampler::new().sample_probabilities(&Array::from([-0.1, 1.1])).is_err());
    }
}
