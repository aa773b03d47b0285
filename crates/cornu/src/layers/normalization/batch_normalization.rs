//! Normalization by the statistics of the batch.

use cornu_graph::{Tensor, Variable, ops};
use serde::{Deserialize, Serialize};

use super::affine::{Affine, check_range, float, keep, moments};
use crate::config::{Choice, Config, to_config};
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::layers::{Context, Layer, Shape, WeightArgs, Weights, axis_size, one};
use crate::regularizers::Regularizer;
use crate::{Error, Result};

/// Brings each feature to mean 0 and variance 1 over the batch, then scales and shifts it by learnt
/// weights (Ioffe and Szegedy, 2015). The output has the input's shape, which needs at least 2 axes.
///
/// In training the batch's own mean and biased variance are used, and moving averages of both follow:
/// `moving · momentum + batch · (1 - momentum)`. In inference, and always while the layer is frozen
/// (`trainable` false), the moving averages are used and stay.
///
/// Weights: `gamma` (if `scale`), `beta` (if `center`), `moving_mean`, `moving_variance`.
///
/// ```
/// use cornu::layers::{BatchNormalization, Input, LayerExt};
/// let layer = BatchNormalization::new().momentum(0.9).shared();
/// assert_eq!(layer.apply(Input([8, 8, 3]))?.shape(), [None, Some(8), Some(8), Some(3)]);
/// assert_eq!((layer.trainable_weights().len(), layer.non_trainable_weights().len()), (2, 2));
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchNormalization {
    axis: isize,
    momentum: f64,
    epsilon: f64,
    center: bool,
    scale: bool,
    beta_initializer: Choice<dyn Initializer>,
    gamma_initializer: Choice<dyn Initializer>,
    moving_mean_initializer: Choice<dyn Initializer>,
    moving_variance_initializer: Choice<dyn Initializer>,
    beta_regularizer: Option<Choice<dyn Regularizer>>,
    gamma_regularizer: Option<Choice<dyn Regularizer>>,
    beta_constraint: Option<Choice<dyn Constraint>>,
    gamma_constraint: Option<Choice<dyn Constraint>>,
    // Of Keras's arguments for several machines and for renormalization only the defaults are known.
    synchronized: bool,
    renorm: bool,
    renorm_clipping: Option<Config>,
    renorm_momentum: f64,
    #[serde(skip)]
    affine: Affine,
    #[serde(skip)]
    moving_mean: Option<Variable>,
    #[serde(skip)]
    moving_variance: Option<Variable>,
}

impl Default for BatchNormalization {
    fn default() -> Self {
        BatchNormalization {
            axis: -1,
            momentum: 0.99,
            epsilon: 1e-3,
            center: true,
            scale: true,
            beta_initializer: "zeros".into(),
            gamma_initializer: "ones".into(),
            moving_mean_initializer: "zeros".into(),
            moving_variance_initializer: "ones".into(),
            beta_regularizer: None,
            gamma_regularizer: None,
            beta_constraint: None,
            gamma_constraint: None,
            synchronized: false,
            renorm: false,
            renorm_clipping: None,
            renorm_momentum: 0.99,
            affine: Affine::default(),
            moving_mean: None,
            moving_variance: None,
        }
    }
}

impl BatchNormalization {
    /// A layer that normalizes each feature of the last axis.
    pub fn new() -> Self {
        BatchNormalization::default()
    }

    crate::layer_arguments! { exact
        /// The axis of the features. Default -1.
        axis: isize;
    }

    crate::layer_arguments! {
        /// How much of the moving averages a step keeps. Default 0.99.
        momentum: f64;
        /// Added to the variance. Default 0.001.
        epsilon: f64;
        /// Whether `beta` is added. Default: true.
        center: bool;
        /// Whether `gamma` multiplies. Default: true.
        scale: bool;
        /// Default: `"zeros"`.
        beta_initializer: Choice<dyn Initializer>;
        /// Default: `"ones"`.
        gamma_initializer: Choice<dyn Initializer>;
        /// Default: `"zeros"`.
        moving_mean_initializer: Choice<dyn Initializer>;
        /// Default: `"ones"`.
        moving_variance_initializer: Choice<dyn Initializer>;
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

impl Layer for BatchNormalization {
    fn class_name(&self) -> &str {
        "BatchNormalization"
    }

    fn config(&self) -> Result<Config> {
        to_config("BatchNormalization", self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let name = "BatchNormalization";
        check_range(name, "momentum", self.momentum, 0.0, 1.0)?;
        check_range(name, "epsilon", self.epsilon, 0.0, f64::INFINITY)?;
        for (argument, set) in [("synchronized", self.synchronized), ("renorm", self.renorm)] {
            if set {
                let received = format!("{argument}=true");
                return Err(Error::invalid(name, argument, "is not supported", received));
            }
        }
        let Some(input) = inputs.first().filter(|s| s.len() >= 2) else {
            let rule = "must have a batch axis and a feature axis";
            return Err(Error::invalid(name, "inputs", rule, format!("{inputs:?}")));
        };
        let shape = [axis_size(name, input, self.axis)?];
        let gamma = WeightArgs::new(self.gamma_initializer.clone())
            .regularizer(&self.gamma_regularizer)
            .constraint(&self.gamma_constraint);
        let beta = WeightArgs::new(self.beta_initializer.clone())
            .regularizer(&self.beta_regularizer)
            .constraint(&self.beta_constraint);
        let (gamma, beta) = (self.scale.then_some(gamma), self.center.then_some(beta));
        self.affine = Affine::new(&shape, gamma, beta, weights)?;
        let mut moving = |name, initializer: &Choice<dyn Initializer>| {
            weights.add(name, &shape, WeightArgs::new(initializer.clone()).trainable(false))
        };
        self.moving_mean = Some(moving("moving_mean", &self.moving_mean_initializer)?);
        self.moving_variance = Some(moving("moving_variance", &self.moving_variance_initializer)?);
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = float(one("BatchNormalization", inputs)?);
        let axis = cornu_graph::normalize_axis("BatchNormalization", self.axis, x.ndim())?;
        let shape = keep(x.shape(), &[axis]);
        let (mean, variance) = if cx.training() && cx.trainable() {
            let others: Vec<usize> = (0..x.ndim()).filter(|&i| i != axis).collect();
            let (mean, variance) = moments(&x, &others);
            for (moving, batch) in [(&self.moving_mean, &mean), (&self.moving_variance, &variance)]
            {
                let Some(variable) = moving else { continue };
                let old = cx.read(variable);
                let batch = ops::cast(&ops::reshape(batch, variable.shape()), variable.dtype());
                cx.update(variable, old * self.momentum + batch * (1.0 - self.momentum));
            }
            (mean, variance)
        } else {
            let mean = ops::reshape(&cx.weight(&self.moving_mean)?, &shape);
            (mean, ops::reshape(&cx.weight(&self.moving_variance)?, &shape))
        };
        Ok(vec![self.affine.normalize(&x, (&mean, &variance), self.epsilon, &shape, cx)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{LayerExt, Weight};
    use crate::{Array, Eval};

    #[test]
    fn two_calls_in_a_step_move_the_averages_twice() {
        let layer = BatchNormalization::new().momentum(0.5).shared();
        let x = Tensor::from(Array::new(&[2, 1], vec![1.0f32, 3.0]).unwrap());
        let mut cx = Context::new(true);
        layer.trace(std::slice::from_ref(&x), &mut cx).unwrap();
        layer.trace(&[x], &mut cx).unwrap();
        let mean = &layer.non_trainable_weights()[0].variable;
        let (_, value) = cx.updates().iter().find(|(v, _)| v == mean).unwrap();
        // 0 to 1 to 1.5, half way to 2 each time.
        assert_eq!(value.array().unwrap().to_vec::<f32>(), [1.5]);
    }

    #[test]
    fn a_frozen_layer_changes_nothing_in_training() {
        let layer = BatchNormalization::new().trainable(false).shared();
        let x = Tensor::from(Array::new(&[2, 1], vec![1.0f32, 3.0]).unwrap());
        let mut cx = Context::new(true);
        let y = layer.trace(&[x], &mut cx).unwrap();
        assert!(cx.updates().is_empty());
        let y = y[0].array().unwrap().to_vec::<f32>();
        assert!((y[1] - 3.0 / 1.001f32.sqrt()).abs() < 1e-6, "{y:?}");
    }

    #[test]
    fn wrong_arguments_are_named() {
        let error = |layer: BatchNormalization, shape: &[usize]| {
            layer.apply(crate::layers::Input(shape)).unwrap_err().to_string()
        };
        let momentum = error(BatchNormalization::new().momentum(1.5), &[3]);
        assert!(momentum.contains("momentum=1.5"), "{momentum}");
        assert!(error(BatchNormalization::new().axis(4), &[3]).contains("axis=4"));
        assert!(error(BatchNormalization::new(), &[]).contains("feature axis"));
        let mut config = BatchNormalization::new().config().unwrap();
        config.insert("renorm".into(), true.into());
        let layer = crate::layers::from_config("BatchNormalization", config).unwrap();
        let error = layer.apply(crate::layers::Input([3])).unwrap_err().to_string();
        assert!(error.contains("renorm=true"), "{error}");
    }

    #[test]
    fn weights_stand_in_the_order_of_keras() {
        let layer = BatchNormalization::new().shared();
        layer.apply(crate::layers::Input([3])).unwrap();
        let names: Vec<String> =
            layer.weights().iter().map(|w: &Weight| w.variable.name().to_string()).collect();
        assert_eq!(names, ["gamma", "beta", "moving_mean", "moving_variance"]);
    }
}
