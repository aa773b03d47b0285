//! Normalization of groups of channels.

use cornu_graph::{Tensor, normalize_axis, ops};
use serde::{Deserialize, Serialize};

use super::affine::{Affine, check_range, float, keep, moments};
use crate::config::{Choice, Config, to_config};
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::layers::{Context, Layer, Shape, WeightArgs, Weights, axis_size, one};
use crate::regularizers::Regularizer;
use crate::{Error, Result};

/// Brings groups of channels of each sample to mean 0 and variance 1, then scales and shifts each channel
/// by learnt weights (Wu and He, 2018). The output has the input's shape.
///
/// Weights: `gamma` (if `scale`) and `beta` (if `center`), one value per channel.
///
/// ```
/// use cornu::layers::{GroupNormalization, Input, LayerExt};
/// let y = GroupNormalization::new().groups(4).apply(Input([7, 7, 8]))?;
/// assert_eq!(y.shape(), [None, Some(7), Some(7), Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupNormalization {
    groups: isize,
    axis: isize,
    epsilon: f64,
    center: bool,
    scale: bool,
    beta_initializer: Choice<dyn Initializer>,
    gamma_initializer: Choice<dyn Initializer>,
    beta_regularizer: Option<Choice<dyn Regularizer>>,
    gamma_regularizer: Option<Choice<dyn Regularizer>>,
    beta_constraint: Option<Choice<dyn Constraint>>,
    gamma_constraint: Option<Choice<dyn Constraint>>,
    #[serde(skip)]
    affine: Affine,
}

impl Default for GroupNormalization {
    fn default() -> Self {
        GroupNormalization {
            groups: 32,
            axis: -1,
            epsilon: 1e-3,
            center: true,
            scale: true,
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

impl GroupNormalization {
    /// A layer with 32 groups of the last axis.
    pub fn new() -> Self {
        GroupNormalization::default()
    }

    crate::layer_arguments! { exact
        /// The number of groups; it must divide the number of channels. -1 makes each channel a group
        /// (instance normalization). Default 32.
        groups: isize;
        /// The axis of the channels. Default -1.
        axis: isize;
    }

    crate::layer_arguments! {
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

impl Layer for GroupNormalization {
    fn class_name(&self) -> &str {
        "GroupNormalization"
    }

    fn config(&self) -> Result<Config> {
        to_config("GroupNormalization", self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let name = "GroupNormalization";
        check_range(name, "epsilon", self.epsilon, 0.0, f64::INFINITY)?;
        let Some(input) = inputs.first() else {
            return Err(Error::invalid(name, "inputs", "must be one tensor", "none"));
        };
        if normalize_axis(name, self.axis, input.len())? == 0 {
            let received = format!("axis={}", self.axis);
            return Err(Error::invalid(name, "axis", "must not be the batch", received));
        }
        let channels = axis_size(name, input, self.axis)?;
        if self.groups == -1 {
            self.groups = channels as isize;
        }
        if self.groups < 1 || !channels.is_multiple_of(self.groups.unsigned_abs()) {
            let rule = format!("must divide the {channels} channels, or be -1");
            return Err(Error::invalid(name, "groups", rule, format!("groups={}", self.groups)));
        }
        let gamma = WeightArgs::new(self.gamma_initializer.clone())
            .regularizer(&self.gamma_regularizer)
            .constraint(&self.gamma_constraint);
        let beta = WeightArgs::new(self.beta_initializer.clone())
            .regularizer(&self.beta_regularizer)
            .constraint(&self.beta_constraint);
        let (gamma, beta) = (self.scale.then_some(gamma), self.center.then_some(beta));
        self.affine = Affine::new(&[channels], gamma, beta, weights)?;
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = float(one("GroupNormalization", inputs)?);
        let axis = normalize_axis("GroupNormalization", self.axis, x.ndim())?;
        let groups = self.groups.unsigned_abs();
        // The channels become two axes: the groups, and what each holds.
        let mut split = x.shape().to_vec();
        split[axis] /= groups.max(1);
        split.insert(axis, groups);
        let grouped = ops::reshape(&x, &split);
        let others: Vec<usize> = (1..split.len()).filter(|&i| i != axis).collect();
        let (mean, variance) = moments(&grouped, &others);
        let shape = keep(&split, &[axis, axis + 1]);
        let (mean, variance) = (&mean, &variance);
        let y = self.affine.normalize(&grouped, (mean, variance), self.epsilon, &shape, cx)?;
        Ok(vec![ops::reshape(&y, x.shape())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};

    #[test]
    fn groups_must_divide_the_channels() {
        for (groups, channels) in [(3, 4), (0, 4), (8, 4), (-2, 4)] {
            let layer = GroupNormalization::new().groups(groups);
            let error = layer.apply(Input([2, channels])).unwrap_err().to_string();
            assert!(error.contains(&format!("groups={groups}")), "{error}");
        }
        let error = GroupNormalization::new().axis(0).apply(Input([32])).unwrap_err();
        assert!(error.to_string().contains("batch"), "{error}");
    }
}
