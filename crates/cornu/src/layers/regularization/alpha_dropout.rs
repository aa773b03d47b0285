//! Dropout for self-normalizing networks.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::noise::{NoiseShape, check_rate, kept, noise_sizes};
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::random::SeedGenerator;

/// In training, sets a share of the elements to the lower limit of [`selu`](crate::activations::selu) and
/// rescales, so that mean and variance stay (Klambauer et al., 2017); the identity in inference. The
/// output has the input's shape.
///
/// ```
/// use cornu::layers::{AlphaDropout, Input, LayerExt};
/// assert_eq!(AlphaDropout::new(0.1).apply(Input([8]))?.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlphaDropout {
    rate: f64,
    seed: Option<u64>,
    noise_shape: Option<NoiseShape>,
    #[serde(skip)]
    seeds: Option<SeedGenerator>,
}

impl AlphaDropout {
    /// Drops a share `rate` of the elements, from 0 to below 1.
    pub fn new(rate: f64) -> Self {
        AlphaDropout { rate, ..Default::default() }
    }

    crate::layer_arguments! { optional
        /// The sizes of the mask: 1 on axes along which elements drop together, `None` for the input's size.
        /// Default: the input's sizes.
        noise_shape: NoiseShape;
    }

    crate::layer_arguments! { exact optional
        /// Makes the draws repeatable. Default: the next seed of the thread's stream.
        seed: u64;
    }
}

impl Layer for AlphaDropout {
    fn class_name(&self) -> &str {
        "AlphaDropout"
    }
    fn config(&self) -> Result<Config> {
        to_config("AlphaDropout", self)
    }
    fn build(&mut self, _: &[Shape], weights: &mut Weights) -> Result<()> {
        check_rate("AlphaDropout", "rate", self.rate, false)?;
        self.seeds = Some(weights.seed_generator(self.seed));
        Ok(())
    }
    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("AlphaDropout", inputs)?;
        let sizes = noise_sizes("AlphaDropout", &self.noise_shape, x.shape())?;
        if !cx.training() || self.rate == 0.0 {
            return Ok(vec![x.clone()]);
        }
        let x = ops::cast(x, x.dtype().to_float());
        let kept = kept("AlphaDropout", self.rate, &self.seeds, (&x, &sizes), cx)?;
        // -α · scale of SELU.
        let limit = -1.758_099_340_847_376_6;
        let factor = ((1.0 - self.rate) * (1.0 + self.rate * limit * limit)).powf(-0.5);
        let offset = -factor * limit * self.rate;
        let masked = ops::where_(&kept, &x, &ops::number_like(&x, limit));
        Ok(vec![masked * factor + offset])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};
    use crate::{Eval, random};

    #[test]
    fn mean_and_variance_stay() {
        let x = random::normal(&[20_000], 0.0, 1.0, cornu_graph::DType::F32, 3).array().unwrap();
        let layer = AlphaDropout::new(0.4).seed(4).shared();
        let y = layer.trace(&[x.into()], &mut Context::new(true)).unwrap();
        let mean = ops::mean(&y[0], &[], false).array().unwrap().item().unwrap();
        let variance = ops::var(&y[0], &[], 0, false).array().unwrap().item().unwrap();
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn all_cannot_be_dropped() {
        assert!(
            AlphaDropout::new(1.0).apply(Input([3])).unwrap_err().to_string().contains("[0, 1)")
        );
    }
}
