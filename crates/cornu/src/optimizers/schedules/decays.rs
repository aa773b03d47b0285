//! Learning rates that fall along a curve.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{LearningRateSchedule, all_steps, steps};
use crate::object;

object!(
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    PiecewiseConstantDecay,
    PolynomialDecay
);

/// `initial · decay_rate^(iteration / decay_steps)`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExponentialDecay {
    /// The rate at the start.
    pub initial_learning_rate: f64,
    /// After how many iterations the factor counts once.
    #[serde(serialize_with = "steps")]
    pub decay_steps: f64,
    /// The factor.
    pub decay_rate: f64,
    /// Whether the rate falls in steps. Default: false.
    #[serde(default)]
    pub staircase: bool,
    /// The schedule's name. Default `"ExponentialDecay"`.
    pub name: String,
}

impl ExponentialDecay {
    /// A smooth decay.
    pub fn new(initial_learning_rate: f64, decay_steps: f64, decay_rate: f64) -> Self {
        let name = "ExponentialDecay".into();
        ExponentialDecay { initial_learning_rate, decay_steps, decay_rate, staircase: false, name }
    }
}

impl LearningRateSchedule for ExponentialDecay {
    fn call(&self, iteration: &Tensor) -> Tensor {
        let mut times = iteration / self.decay_steps;
        if self.staircase {
            times = ops::floor(&times);
        }
        self.initial_learning_rate * ops::power(&ops::number_like(&times, self.decay_rate), &times)
    }
}

/// A constant rate between boundaries: `values[i]` up to and including iteration `boundaries[i]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiecewiseConstantDecay {
    /// The iterations after which the rate changes, in order.
    #[serde(serialize_with = "all_steps")]
    pub boundaries: Vec<f64>,
    /// The rates: one more than boundaries.
    pub values: Vec<f64>,
    /// The schedule's name. Default `"PiecewiseConstant"`.
    pub name: String,
}

impl PiecewiseConstantDecay {
    /// A schedule from boundaries and values.
    ///
    /// # Errors
    /// When there is not one value more than boundaries.
    pub fn new(boundaries: &[f64], values: &[f64]) -> crate::Result<Self> {
        if values.len() != boundaries.len() + 1 {
            return Err(crate::Error::invalid(
                "PiecewiseConstantDecay",
                "values",
                format!("must be {} numbers, one more than boundaries", boundaries.len() + 1),
                values.len(),
            ));
        }
        let name = "PiecewiseConstant".into();
        Ok(PiecewiseConstantDecay {
            boundaries: boundaries.to_vec(),
            values: values.to_vec(),
            name,
        })
    }
}

impl LearningRateSchedule for PiecewiseConstantDecay {
    fn call(&self, iteration: &Tensor) -> Tensor {
        let Some((last, before)) = self.values.split_last() else {
            let rule = "must not be empty";
            let error = cornu_graph::Error::invalid("PiecewiseConstantDecay", "values", rule, "[]");
            return Tensor::error(error);
        };
        let pairs = self.boundaries.iter().zip(before).rev();
        pairs.fold(ops::number_like(iteration, *last), |later, (boundary, value)| {
            let until = ops::less_equal(iteration, &ops::number_like(iteration, *boundary));
            ops::where_(&until, &ops::number_like(iteration, *value), &later)
        })
    }
}

/// From the initial rate to the last one along `(1 - iteration / decay_steps)^power`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolynomialDecay {
    /// The rate at the start.
    pub initial_learning_rate: f64,
    /// How long the decay takes.
    #[serde(serialize_with = "steps")]
    pub decay_steps: f64,
    /// The rate at the end. Default 0.0001.
    pub end_learning_rate: f64,
    /// Default 1: a straight line.
    pub power: f64,
    /// Whether the decay starts again, longer each time, instead of ending. Default: false.
    pub cycle: bool,
    /// The schedule's name. Default `"PolynomialDecay"`.
    pub name: String,
}

impl PolynomialDecay {
    /// A straight line down to 0.0001.
    pub fn new(initial_learning_rate: f64, decay_steps: f64) -> Self {
        PolynomialDecay {
            initial_learning_rate,
            decay_steps,
            end_learning_rate: 0.0001,
            power: 1.0,
            cycle: false,
            name: "PolynomialDecay".into(),
        }
    }
}

impl LearningRateSchedule for PolynomialDecay {
    fn call(&self, iteration: &Tensor) -> Tensor {
        let number = |n: f64| ops::number_like(iteration, n);
        let done = if self.cycle {
            let times = ops::maximum(&ops::ceil(&(iteration / self.decay_steps)), &number(1.0));
            iteration / (times * self.decay_steps)
        } else {
            ops::minimum(iteration, &number(self.decay_steps)) / self.decay_steps
        };
        let left = ops::power(&(1.0 - done), &number(self.power));
        (self.initial_learning_rate - self.end_learning_rate) * left + self.end_learning_rate
    }
}

/// Half a cosine from the initial rate down to `alpha` times it, perhaps after a linear warm-up
/// (Loshchilov and Hutter, 2017).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosineDecay {
    /// The rate at the start.
    pub initial_learning_rate: f64,
    /// How long the decay takes, without the warm-up.
    #[serde(serialize_with = "steps")]
    pub decay_steps: f64,
    /// The part of the rate that is left at the end. Default 0.
    #[serde(default)]
    pub alpha: f64,
    /// The schedule's name. Default `"CosineDecay"`.
    pub name: String,
    /// The rate to which the warm-up leads, and from which the decay starts. Default: no warm-up.
    #[serde(default)]
    pub warmup_target: Option<f64>,
    /// How long the warm-up takes. Default 0.
    #[serde(default, serialize_with = "steps")]
    pub warmup_steps: f64,
}

impl CosineDecay {
    /// A decay to 0 without a warm-up.
    pub fn new(initial_learning_rate: f64, decay_steps: f64) -> Self {
        CosineDecay {
            initial_learning_rate,
            decay_steps,
            alpha: 0.0,
            name: "CosineDecay".into(),
            warmup_target: None,
            warmup_steps: 0.0,
        }
    }

    fn decay(&self, iteration: &Tensor, from: f64) -> Tensor {
        let done = ops::minimum(iteration, &ops::number_like(iteration, self.decay_steps))
            / self.decay_steps;
        let cosine = (ops::cos(&(done * std::f64::consts::PI)) + 1.0) * 0.5;
        (cosine * (1.0 - self.alpha) + self.alpha) * from
    }
}

impl LearningRateSchedule for CosineDecay {
    fn call(&self, iteration: &Tensor) -> Tensor {
        let Some(target) = self.warmup_target else {
            return self.decay(iteration, self.initial_learning_rate);
        };
        let start = self.initial_learning_rate;
        let rise = iteration / self.warmup_steps.max(f64::MIN_POSITIVE) * (target - start) + start;
        let warming = ops::less(iteration, &ops::number_like(iteration, self.warmup_steps));
        ops::where_(&warming, &rise, &self.decay(&(iteration - self.warmup_steps), target))
    }
}

/// Cosine decays one after another, each `t_mul` times as long and `m_mul` times as high as the last
/// (Loshchilov and Hutter, 2017).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosineDecayRestarts {
    /// The rate at the start.
    pub initial_learning_rate: f64,
    /// How long the first decay takes.
    #[serde(serialize_with = "steps")]
    pub first_decay_steps: f64,
    /// How much longer each decay is than the last. Default 2.
    pub t_mul: f64,
    /// How much higher each decay starts than the last. Default 1.
    pub m_mul: f64,
    /// The part of the rate that is left at the end of a decay. Default 0.
    pub alpha: f64,
    /// The schedule's name. Default `"SGDRDecay"`.
    pub name: String,
}

impl CosineDecayRestarts {
    /// Decays that double in length and keep their height.
    pub fn new(initial_learning_rate: f64, first_decay_steps: f64) -> Self {
        CosineDecayRestarts {
            initial_learning_rate,
            first_decay_steps,
            t_mul: 2.0,
            m_mul: 1.0,
            alpha: 0.0,
            name: "SGDRDecay".into(),
        }
    }
}

impl LearningRateSchedule for CosineDecayRestarts {
    fn call(&self, iteration: &Tensor) -> Tensor {
        let done = iteration / self.first_decay_steps;
        let power = |base: f64, x: &Tensor| ops::power(&ops::number_like(x, base), x);
        let (restarts, done) = if self.t_mul == 1.0 {
            let restarts = ops::floor(&done);
            (restarts.clone(), done - restarts)
        } else {
            // The lengths make a geometric series.
            let passed = ops::log(&(1.0 - &done * (1.0 - self.t_mul))) / self.t_mul.ln();
            let restarts = ops::floor(&passed);
            let length = power(self.t_mul, &restarts);
            let before = (1.0 - &length) / (1.0 - self.t_mul);
            (restarts, (done - before) / length)
        };
        let cosine =
            (ops::cos(&(done * std::f64::consts::PI)) + 1.0) * 0.5 * power(self.m_mul, &restarts);
        (cosine * (1.0 - self.alpha) + self.alpha) * self.initial_learning_rate
    }
}
