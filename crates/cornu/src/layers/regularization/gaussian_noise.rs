//! Added noise.

use cornu_graph::ops::Distribution;
use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::noise::{check_rate, draw};
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::random::SeedGenerator;

/// In training, adds normal noise with mean 0; the identity in inference. The output has the input's shape.
///
/// ```
/// use cornu::layers::{GaussianNoise, Input, LayerExt};
/// assert_eq!(GaussianNoise::new(0.1).seed(3).apply(Input([8]))?.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianNoise {
    stddev: f64,
    seed: Option<u64>,
    #[serde(skip)]
    seeds: Option<SeedGenerator>,
}

impl GaussianNoise {
    /// Noise with a standard deviation from 0 to 1.
    pub fn new(stddev: f64) -> Self {
        GaussianNoise { stddev, ..Default::default() }
    }

    crate::layer_arguments! { exact optional
        /// Makes the draws repeatable. Default: the next seed of the thread's stream.
        seed: u64;
    }
}

impl Layer for GaussianNoise {
    fn class_name(&self) -> &str {
        "GaussianNoise"
    }
    fn config(&self) -> Result<Config> {
        to_config("GaussianNoise", self)
    }
    fn build(&mut self, _: &[Shape], weights: &mut Weights) -> Result<()> {
        check_rate("GaussianNoise", "stddev", self.stddev, true)?;
        self.seeds = Some(weights.seed_generator(self.seed));
        Ok(())
    }
    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("GaussianNoise", inputs)?;
        if !cx.training() || self.stddev == 0.0 {
            return Ok(vec![x.clone()]);
        }
        let x = ops::cast(x, x.dtype().to_float());
        let shape = (&x, x.shape());
        let noise = draw("GaussianNoise", Distribution::Normal, &self.seeds, shape, cx)?;
        Ok(vec![&x + noise * self.stddev])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;
    use crate::layers::LayerExt;

    #[test]
    fn noise_has_the_deviation_and_mean_0() {
        let layer = GaussianNoise::new(0.5).seed(9).shared();
        let x = ops::zeros(&[20_000], cornu_graph::DType::F32);
        let y = layer.trace(&[x], &mut Context::new(true)).unwrap();
        let mean = ops::mean(&y[0], &[], false).array().unwrap().item().unwrap();
        let variance = ops::var(&y[0], &[], 0, false).array().unwrap().item().unwrap();
        assert!(mean.abs() < 0.015 && (variance - 0.25).abs() < 0.01, "{mean} {variance}");
    }
}
