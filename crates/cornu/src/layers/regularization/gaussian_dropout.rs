//! Multiplied noise.

use cornu_graph::ops::Distribution;
use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::noise::{check_rate, draw};
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::random::SeedGenerator;

/// In training, multiplies by normal noise with mean 1 and deviation `√(rate / (1 - rate))`
/// (Srivastava et al., 2014); the identity in inference. The output has the input's shape.
///
/// ```
/// use cornu::layers::{GaussianDropout, Input, LayerExt};
/// assert_eq!(GaussianDropout::new(0.2).apply(Input([8]))?.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianDropout {
    rate: f64,
    seed: Option<u64>,
    #[serde(skip)]
    seeds: Option<SeedGenerator>,
}

impl GaussianDropout {
    /// Noise as strong as that of [`Dropout`](crate::layers::Dropout) with this rate, from 0 to below 1.
    pub fn new(rate: f64) -> Self {
        GaussianDropout { rate, ..Default::default() }
    }

    crate::layer_arguments! { exact optional
        /// Makes the draws repeatable. Default: the next seed of the thread's stream.
        seed: u64;
    }
}

impl Layer for GaussianDropout {
    fn class_name(&self) -> &str {
        "GaussianDropout"
    }
    fn config(&self) -> Result<Config> {
        to_config("GaussianDropout", self)
    }
    fn build(&mut self, _: &[Shape], weights: &mut Weights) -> Result<()> {
        check_rate("GaussianDropout", "rate", self.rate, false)?;
        self.seeds = Some(weights.seed_generator(self.seed));
        Ok(())
    }
    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("GaussianDropout", inputs)?;
        if !cx.training() || self.rate == 0.0 {
            return Ok(vec![x.clone()]);
        }
        let x = ops::cast(x, x.dtype().to_float());
        let shape = (&x, x.shape());
        let noise = draw("GaussianDropout", Distribution::Normal, &self.seeds, shape, cx)?;
        let stddev = (self.rate / (1.0 - self.rate)).sqrt();
        Ok(vec![&x * (noise * stddev + 1.0)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;
    use crate::layers::LayerExt;

    #[test]
    fn noise_is_that_of_dropout() {
        let layer = GaussianDropout::new(0.2).seed(9).shared();
        let x = ops::full(&[20_000], 2f32);
        let y = layer.trace(&[x], &mut Context::new(true)).unwrap();
        let mean = ops::mean(&y[0], &[], false).array().unwrap().item().unwrap();
        let variance = ops::var(&y[0], &[], 0, false).array().unwrap().item().unwrap();
        assert!((mean - 2.0).abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
