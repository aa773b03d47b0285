//! Normalization to length 1.

use cornu_graph::Tensor;
use serde::{Deserialize, Serialize};

use super::affine::float;
use crate::Result;
use crate::config::{Config, to_config};
use crate::layers::{Axes, Context, Layer, one};

/// Divides by the Euclidean length over one axis or several; zeros stay zeros. The output has the input's shape.
///
/// ```
/// use cornu::layers::{Input, LayerExt, UnitNormalization};
/// assert_eq!(UnitNormalization::new().apply(Input([8]))?.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnitNormalization {
    axis: Axes,
}

impl Default for UnitNormalization {
    fn default() -> Self {
        UnitNormalization { axis: Axes::One(-1) }
    }
}

impl UnitNormalization {
    /// A layer that normalizes over the last axis.
    pub fn new() -> Self {
        UnitNormalization::default()
    }

    crate::layer_arguments! {
        /// The axis or axes to normalize over. Default -1.
        axis: Axes;
    }
}

impl Layer for UnitNormalization {
    fn class_name(&self) -> &str {
        "UnitNormalization"
    }
    fn config(&self) -> Result<Config> {
        to_config("UnitNormalization", self)
    }
    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = float(one("UnitNormalization", inputs)?);
        self.axis.resolve("UnitNormalization", x.ndim())?;
        Ok(vec![cornu_graph::ops::l2_normalize(&x, self.axis.list(), 1e-12)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::LayerExt;
    use crate::{Array, Eval, gradients, ops};

    #[test]
    fn zeros_stay_zeros_with_a_finite_slope() {
        let x = Tensor::from(Array::zeros(&[1, 3], cornu_graph::DType::F32).unwrap());
        let layer = UnitNormalization::new().shared();
        let y = layer.trace(std::slice::from_ref(&x), &mut Context::new(false)).unwrap();
        assert_eq!(y[0].array().unwrap().to_vec::<f32>(), [0.0; 3]);
        let slope = &gradients(&ops::sum(&y[0], &[], false), &[x]).unwrap()[0];
        assert!(slope.array().unwrap().to_vec::<f32>().iter().all(|s| s.is_finite()));
    }
}
