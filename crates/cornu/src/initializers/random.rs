//! Initializers that draw from one law whatever the shape.

use cornu_graph::{Array, DType};
use serde::{Deserialize, Serialize};

use super::Initializer;
use crate::{Eval, Result, object, random};

object!(RandomNormal, RandomUniform, TruncatedNormal);

/// Normal values.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomNormal {
    /// Default 0.
    pub mean: f64,
    /// Default 0.05.
    pub stddev: f64,
    /// The seed; `None` takes the next one of the thread's stream.
    pub seed: Option<u64>,
}

impl Default for RandomNormal {
    fn default() -> Self {
        RandomNormal { mean: 0.0, stddev: 0.05, seed: None }
    }
}

impl Initializer for RandomNormal {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        random::normal(shape, self.mean, self.stddev, dtype, self.seed).array()
    }
}

/// Normal values, none farther from the mean than two standard deviations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TruncatedNormal {
    /// Default 0.
    pub mean: f64,
    /// Before the tails are cut off. Default 0.05.
    pub stddev: f64,
    /// The seed; `None` takes the next one of the thread's stream.
    pub seed: Option<u64>,
}

impl Default for TruncatedNormal {
    fn default() -> Self {
        TruncatedNormal { mean: 0.0, stddev: 0.05, seed: None }
    }
}

impl Initializer for TruncatedNormal {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        random::truncated_normal(shape, self.mean, self.stddev, dtype, self.seed).array()
    }
}

/// Uniform values.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomUniform {
    /// Default -0.05.
    pub minval: f64,
    /// Default 0.05.
    pub maxval: f64,
    /// The seed; `None` takes the next one of the thread's stream.
    pub seed: Option<u64>,
}

impl Default for RandomUniform {
    fn default() -> Self {
        RandomUniform { minval: -0.05, maxval: 0.05, seed: None }
    }
}

impl Initializer for RandomUniform {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        random::uniform(shape, self.minval, self.maxval, dtype, self.seed).array()
    }
}
