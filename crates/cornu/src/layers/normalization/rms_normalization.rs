//! Normalization by the root mean square.

use cornu_graph::{Tensor, Variable, ops};
use serde::{Deserialize, Serialize};

use super::affine::{check_range, float, keep};
use crate::config::{Config, to_config};
use crate::layers::{Axes, Context, Layer, Shape, WeightArgs, Weights, axis_size, one};
use crate::{Error, Result};

/// `x / √(mean(x²) + epsilon) · scale` over one axis or several (Zhang and Sennrich, 2019). The output has the
/// input's shape. The weight `scale` has the sizes of the axes.
///
/// ```
/// use cornu::layers::{Input, LayerExt, RMSNormalization};
/// assert_eq!(RMSNormalization::new().apply(Input([5, 4]))?.shape(), [None, Some(5), Some(4)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RMSNormalization {
    axis: Axes,
    epsilon: f64,
    #[serde(skip)]
    scale: Option<Variable>,
}

impl Default for RMSNormalization {
    fn default() -> Self {
        RMSNormalization { axis: Axes::One(-1), epsilon: 1e-6, scale: None }
    }
}

impl RMSNormalization {
    /// A layer that normalizes over the last axis.
    pub fn new() -> Self {
        RMSNormalization::default()
    }

    crate::layer_arguments! {
        /// The axis or axes to normalize over. Default -1.
        axis: Axes;
        /// Added to the mean square. Default 1e-6.
        epsilon: f64;
    }
}

impl Layer for RMSNormalization {
    fn class_name(&self) -> &str {
        "RMSNormalization"
    }

    fn config(&self) -> Result<Config> {
        to_config("RMSNormalization", self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let name = "RMSNormalization";
        check_range(name, "epsilon", self.epsilon, 0.0, f64::INFINITY)?;
        let Some(input) = inputs.first() else {
            return Err(Error::invalid(name, "inputs", "must be one tensor", "none"));
        };
        let axes = self.axis.resolve(name, input.len())?;
        let size = |&a: &usize| axis_size(name, input, a as isize);
        let shape = axes.iter().map(size).collect::<Result<Vec<_>>>()?;
        self.scale = Some(weights.add("scale", &shape, WeightArgs::new("ones"))?);
        // As in Keras, the config shows a list once the layer is built.
        self.axis = Axes::Many(self.axis.list().to_vec());
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = float(one("RMSNormalization", inputs)?);
        let axes = self.axis.resolve("RMSNormalization", x.ndim())?;
        let scale = ops::reshape(&cx.weight(&self.scale)?, &keep(x.shape(), &axes));
        let power = ops::mean(&ops::square(&x), self.axis.list(), true);
        Ok(vec![&x * ops::rsqrt(&(power + self.epsilon)) * scale])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::LayerExt;
    use crate::{Array, Eval};

    #[test]
    fn divides_by_the_root_of_the_mean_square() {
        let x = Tensor::from(Array::new(&[2, 2], vec![3.0f64, 4.0, 0.0, 2.0]).unwrap());
        let layer = RMSNormalization::new().epsilon(0.0).shared();
        let y = layer.trace(&[x], &mut Context::new(false)).unwrap()[0].array().unwrap();
        let root = 12.5f64.sqrt();
        for (y, expected) in
            y.to_vec::<f64>().iter().zip([3.0 / root, 4.0 / root, 0.0, 2f64.sqrt()])
        {
            assert!((y - expected).abs() < 1e-12, "{y} instead of {expected}");
        }
    }
}
