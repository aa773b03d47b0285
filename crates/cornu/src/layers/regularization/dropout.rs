//! Dropout.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::noise::{NoiseShape, check_rate, drop, noise_sizes};
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::random::SeedGenerator;

/// In training, sets a share of the elements to 0 and multiplies the others by `1 / (1 - rate)`
/// (Srivastava et al., 2014); the identity in inference. The output has the input's shape.
///
/// ```
/// use cornu::layers::{Dropout, Input, LayerExt};
/// // The same elements at all 10 times of a sample.
/// let y = Dropout::new(0.5).noise_shape([None, Some(1), None]).apply(Input([10, 4]))?;
/// assert_eq!(y.shape(), [None, Some(10), Some(4)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dropout {
    rate: f64,
    seed: Option<u64>,
    noise_shape: Option<NoiseShape>,
    #[serde(skip)]
    seeds: Option<SeedGenerator>,
}

impl Dropout {
    /// Drops a share `rate` of the elements, from 0 to 1.
    pub fn new(rate: f64) -> Self {
        Dropout { rate, ..Default::default() }
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

impl Layer for Dropout {
    fn class_name(&self) -> &str {
        "Dropout"
    }
    fn config(&self) -> Result<Config> {
        to_config("Dropout", self)
    }
    fn build(&mut self, _: &[Shape], weights: &mut Weights) -> Result<()> {
        check_rate("Dropout", "rate", self.rate, true)?;
        self.seeds = Some(weights.seed_generator(self.seed));
        Ok(())
    }
    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("Dropout", inputs)?;
        let sizes = noise_sizes("Dropout", &self.noise_shape, x.shape())?;
        if !cx.training() || self.rate == 0.0 {
            return Ok(vec![x.clone()]);
        }
        let x = ops::cast(x, x.dtype().to_float());
        Ok(vec![drop("Dropout", self.rate, &self.seeds, (&x, &sizes), cx)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};
    use crate::{Eval, evaluate};

    fn ones(shape: &[usize]) -> Tensor {
        ops::ones(shape, cornu_graph::DType::F32)
    }

    #[test]
    fn drops_the_share_and_keeps_the_sum() {
        let layer = Dropout::new(0.3).seed(5).shared();
        let y = layer.trace(&[ones(&[100, 100])], &mut Context::new(true)).unwrap();
        let y = y[0].array().unwrap().to_vec::<f32>();
        let zeros = y.iter().filter(|&&v| v == 0.0).count();
        assert!((2800..3200).contains(&zeros), "{zeros}");
        assert!(y.iter().all(|&v| v == 0.0 || v == 1.0 / 0.7));
    }

    #[test]
    fn two_calls_in_a_step_draw_other_values_and_a_seed_repeats_them() {
        let draws = || {
            let layer = Dropout::new(0.5).seed(7).shared();
            let mut cx = Context::new(true);
            let a = layer.trace(&[ones(&[64])], &mut cx).unwrap().remove(0);
            let b = layer.trace(&[ones(&[64])], &mut cx).unwrap().remove(0);
            assert_eq!(cx.updates().len(), 1);
            evaluate(&[a, b]).unwrap()
        };
        let [a, b]: [_; 2] = draws().try_into().unwrap();
        assert_ne!(a, b);
        assert_eq!(draws(), [a, b]);
    }

    #[test]
    fn noise_shape_drops_together() {
        let layer = Dropout::new(0.5).noise_shape([None, Some(1)]).seed(1).shared();
        let y = layer.trace(&[ones(&[32, 4])], &mut Context::new(true)).unwrap();
        let rows = y[0].array().unwrap().to_vec::<f32>();
        assert!(rows.chunks(4).all(|row| row.iter().all(|v| v == &row[0])), "{rows:?}");
        assert!(rows.contains(&0.0) && rows.contains(&2.0));
    }

    #[test]
    fn wrong_arguments_are_named() {
        for rate in [-0.1, 1.1, f64::NAN] {
            let error = Dropout::new(rate).apply(Input([3])).unwrap_err().to_string();
            assert!(error.contains(&format!("rate={rate}")), "{error}");
        }
        let layer = Dropout::new(0.5).noise_shape([None, Some(2)]);
        let error = layer.apply(Input([3])).unwrap_err().to_string();
        assert!(error.contains("noise_shape") && error.contains("(None, 2)"), "{error}");
    }
}
