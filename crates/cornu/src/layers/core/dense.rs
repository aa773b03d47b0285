//! The fully connected layer.

use cornu_graph::{Tensor, Variable, ops};
use serde::{Deserialize, Serialize};

use crate::activations::Activation;
use crate::config::{Choice, Config, to_config};
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::layers::{Context, Layer, Shape, WeightArgs, Weights, axis_size, one};
use crate::regularizers::Regularizer;
use crate::{Error, Result};

/// `activation(x · kernel + bias)` over the last axis.
///
/// Input: `(batch, …, features)`; output: `(batch, …, units)`.
///
/// ```
/// use cornu::layers::{Dense, Input, LayerExt};
/// let y = Dense::new(32).activation("relu").apply(Input([16]))?;
/// assert_eq!(y.shape(), [None, Some(32)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dense {
    units: usize,
    activation: Activation,
    use_bias: bool,
    kernel_initializer: Choice<dyn Initializer>,
    bias_initializer: Choice<dyn Initializer>,
    kernel_regularizer: Option<Choice<dyn Regularizer>>,
    bias_regularizer: Option<Choice<dyn Regularizer>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity_regularizer: Option<Choice<dyn Regularizer>>,
    kernel_constraint: Option<Choice<dyn Constraint>>,
    bias_constraint: Option<Choice<dyn Constraint>>,
    #[serde(skip)]
    kernel: Option<Variable>,
    #[serde(skip)]
    bias: Option<Variable>,
}

impl Default for Dense {
    fn default() -> Self {
        Dense {
            units: 0,
            activation: Activation::default(),
            use_bias: true,
            kernel_initializer: "glorot_uniform".into(),
            bias_initializer: "zeros".into(),
            kernel_regularizer: None,
            bias_regularizer: None,
            activity_regularizer: None,
            kernel_constraint: None,
            bias_constraint: None,
            kernel: None,
            bias: None,
        }
    }
}

impl Dense {
    /// A layer with `units` outputs.
    pub fn new(units: usize) -> Self {
        Dense { units, ..Default::default() }
    }

    crate::layer_arguments! {
        /// Applied to the result. Default: none.
        activation: Activation;
        /// Whether a bias is added. Default: true.
        use_bias: bool;
        /// Default: `"glorot_uniform"`.
        kernel_initializer: Choice<dyn Initializer>;
        /// Default: `"zeros"`.
        bias_initializer: Choice<dyn Initializer>;
    }

    crate::layer_arguments! { optional
        /// Default: none.
        kernel_regularizer: Choice<dyn Regularizer>;
        /// Default: none.
        bias_regularizer: Choice<dyn Regularizer>;
        /// A penalty on the output. Default: none.
        activity_regularizer: Choice<dyn Regularizer>;
        /// Default: none.
        kernel_constraint: Choice<dyn Constraint>;
        /// Default: none.
        bias_constraint: Choice<dyn Constraint>;
    }
}

impl Layer for Dense {
    fn class_name(&self) -> &str {
        "Dense"
    }

    fn config(&self) -> Result<Config> {
        to_config("Dense", self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        if self.units == 0 {
            return Err(Error::invalid("Dense", "units", "must be at least 1", self.units));
        }
        self.activation.check()?;
        let Some(shape) = inputs.first().filter(|s| s.len() >= 2) else {
            let rule = "must be (batch, …, features)";
            return Err(Error::invalid("Dense", "inputs", rule, format!("{inputs:?}")));
        };
        let features = axis_size("Dense", shape, -1)?;
        let kernel = WeightArgs::new(self.kernel_initializer.clone())
            .regularizer(&self.kernel_regularizer)
            .constraint(&self.kernel_constraint);
        self.kernel = Some(weights.add("kernel", &[features, self.units], kernel)?);
        if self.use_bias {
            let bias = WeightArgs::new(self.bias_initializer.clone())
                .regularizer(&self.bias_regularizer)
                .constraint(&self.bias_constraint);
            self.bias = Some(weights.add("bias", &[self.units], bias)?);
        }
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let mut y = ops::matmul(one("Dense", inputs)?, &cx.weight(&self.kernel)?);
        if self.use_bias {
            y = y + cx.weight(&self.bias)?;
        }
        let y = self.activation.call(&y);
        cx.add_activity_loss(&self.activity_regularizer, &y)?;
        Ok(vec![y])
    }
}
