//! Normalization of each sample.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use super::affine::{Affine, check_range, float, keep, moments};
use crate::config::{Choice, Config, to_config};
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::layers::{Axes, Context, Layer, Shape, WeightArgs, Weights, axis_size, one};
use crate::regularizers::Regularizer;
use crate::{Error, Result};

/// Brings each sample to mean 0 and variance 1 over one axis or several, then scales and shifts it by
/// learnt weights (Ba et al., 2016). The output has the input's shape.
///
/// Weights: `gamma` (if `scale`) and `beta` (if `center`), with the sizes of the axes.
///
/// ```
/// use cornu::layers::{Input, LayerExt, LayerNormalization};
/// let layer = LayerNormalization::new().axis([1, 2]).shared();
/// assert_eq!(layer.apply(Input([3, 4]))?.shape(), [None, Some(3), Some(4)]);
/// assert_eq!(layer.count_params(), 24);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayerNormalization {
    axis: Axes,
    epsilon: f64,
    center: bool,
    scale: bool,
    rms_scaling: bool,
    beta_initializer: Choice<dyn Initializer>,
    gamma_initializer: Choice<dyn Initializer>,
    beta_regularizer: Option<Choice<dyn Regularizer>>,
    gamma_regularizer: Option<Choice<dyn Regularizer>>,
    beta_constraint: Option<Choice<dyn Constraint>>,
    gamma_constraint: Option<Choice<dyn Constraint>>,
    #[serde(skip)]
    affine: Affine,
}

impl Default for LayerNormalization {
    fn default() -> Self {
        LayerNormalization {
            axis: Axes::One(-1),
            epsilon: 1e-3,
            center: true,
            scale: true,
            rms_scaling: false,
            beta_initializer: "zeros".into(),
            gamma_initializer: "ones".into(),
            beta_regularizer: None,
            gamma_regularizer: None,
            beta_constraint: None,
            gamma_constraint: None,
            affine: Affine::default(),
        }
    }
}

impl LayerNormalization {
    /// A layer that normalizes over the last axis.
    pub fn new() -> Self {
        LayerNormalization::default()
    }

    crate::layer_arguments! {
        /// The axis or axes to normalize over. Default -1.
        axis: Axes;
        /// Added to the variance. Default 0.001.
        epsilon: f64;
        /// Whether `beta` is added. Default: true.
        center: bool;
        /// Whether `gamma` multiplies. Default: true.
        scale: bool;
        /// Deprecated in Keras: divides by the deviation without subtracting the mean, with `gamma` and without
        /// `beta`, whatever `scale` and `center` say. [`RMSNormalization`](crate::layers::RMSNormalization) is what
        /// the name promises. Default: false.
        rms_scaling: bool;
        /// Default: `"zeros"`.
        beta_initializer: Choice<dyn Initializer>;
        /// Default: `"ones"`.
        gamma_initializer: Choice<dyn Initializer>;
    }

    crate::layer_arguments! { optional
        /// Default: none.
        beta_regularizer: Choice<dyn Regularizer>;
        /// Default: none.
        gamma_regularizer: Choice<dyn Regularizer>;
        /// Default: none.
        beta_constraint: Choice<dyn Constraint>;
        /// Default: none.
        gamma_constraint: Choice<dyn Constraint>;
    }
}

impl Layer for LayerNormalization {
    fn class_name(&self) -> &str {
        "LayerNormalization"
    }

    fn config(&self) -> Result<Config> {
        to_config("LayerNormalization", self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let name = "LayerNormalization";
        check_range(name, "epsilon", self.epsilon, 0.0, f64::INFINITY)?;
        let Some(input) = inputs.first() else {
            return Err(Error::invalid(name, "inputs", "must be one tensor", "none"));
        };
        let axes = self.axis.resolve(name, input.len())?;
        let gamma = WeightArgs::new(self.gamma_initializer.clone())
            .regularizer(&self.gamma_regularizer)
            .constraint(&self.gamma_constraint);
        let beta = WeightArgs::new(self.beta_initializer.clone())
            .regularizer(&self.beta_regularizer)
            .constraint(&self.beta_constraint);
        let gamma = (self.scale || self.rms_scaling).then_some(gamma);
        let beta = (self.center && !self.rms_scaling).then_some(beta);
        if gamma.is_some() || beta.is_some() {
            let size = |&a: &usize| axis_size(name, input, a as isize);
            let shape = axes.iter().map(size).collect::<Result<Vec<_>>>()?;
            self.affine = Affine::new(&shape, gamma, beta, weights)?;
        }
        // As in Keras, the config of a built layer has a list, of the axes as they were given.
        self.axis = Axes::Many(self.axis.list().to_vec());
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = float(one("LayerNormalization", inputs)?);
        let axes = self.axis.resolve("LayerNormalization", x.ndim())?;
        let (mut mean, variance) = moments(&x, &axes);
        if self.rms_scaling {
            mean = ops::zeros_like(&mean);
        }
        let shape = keep(x.shape(), &axes);
        Ok(vec![self.affine.normalize(&x, (&mean, &variance), self.epsilon, &shape, cx)?])
    }
}
