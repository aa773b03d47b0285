//! The rectifier with a learnt slope.

use cornu_graph::{Tensor, Variable, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Choice, Config, to_config};
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::layers::{Axes, Context, Layer, Shape, WeightArgs, Weights, axis_size, one};
use crate::regularizers::Regularizer;
use crate::{Error, Result};

/// `x` above 0, else `alpha · x` with a learnt `alpha` per place of a sample (He et al., 2015).
///
/// The output has the input's shape. The weight `alpha` has the shape of one sample, with 1 on shared axes.
///
/// ```
/// use cornu::layers::{Input, LayerExt, PReLU};
/// // One slope per channel.
/// let prelu = PReLU::new().shared_axes([1, 2]).shared();
/// prelu.apply(Input([28, 28, 8]))?;
/// assert_eq!(prelu.count_params(), 8);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PReLU {
    alpha_initializer: Choice<dyn Initializer>,
    alpha_regularizer: Option<Choice<dyn Regularizer>>,
    alpha_constraint: Option<Choice<dyn Constraint>>,
    shared_axes: Option<Axes>,
    #[serde(skip)]
    alpha: Option<Variable>,
}

impl Default for PReLU {
    fn default() -> Self {
        PReLU {
            alpha_initializer: "zeros".into(),
            alpha_regularizer: None,
            alpha_constraint: None,
            shared_axes: None,
            alpha: None,
        }
    }
}

impl PReLU {
    /// A slope for every place, 0 at first.
    pub fn new() -> Self {
        PReLU::default()
    }

    crate::layer_arguments! {
        /// Default: `"zeros"`.
        alpha_initializer: Choice<dyn Initializer>;
    }

    crate::layer_arguments! { optional
        /// Default: none.
        alpha_regularizer: Choice<dyn Regularizer>;
        /// Default: none.
        alpha_constraint: Choice<dyn Constraint>;
        /// The axes along which places share a slope; 1 is the first after the batch. Default: none.
        shared_axes: Axes;
    }
}

impl Layer for PReLU {
    fn class_name(&self) -> &str {
        "PReLU"
    }

    fn config(&self) -> Result<Config> {
        to_config("PReLU", self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let Some(input) = inputs.first().filter(|s| !s.is_empty()) else {
            let rule = "must be one tensor with a batch axis";
            return Err(Error::invalid("PReLU", "inputs", rule, format!("{inputs:?}")));
        };
        let shared = match &self.shared_axes {
            Some(axes) => cornu_graph::normalize_axes("PReLU", axes.list(), input.len())?,
            None => Vec::new(),
        };
        if shared.contains(&0) {
            let rule = "must not contain 0, the batch";
            let received = format!("shared_axes={:?}", self.shared_axes);
            return Err(Error::invalid("PReLU", "shared_axes", rule, received));
        }
        let size = |i: usize| match shared.contains(&i) {
            true => Ok(1),
            false => axis_size("PReLU", input, i as isize),
        };
        let shape = (1..input.len()).map(size).collect::<Result<Vec<_>>>()?;
        let args = WeightArgs::new(self.alpha_initializer.clone())
            .regularizer(&self.alpha_regularizer)
            .constraint(&self.alpha_constraint);
        self.alpha = Some(weights.add("alpha", &shape, args)?);
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("PReLU", inputs)?;
        Ok(vec![ops::relu(x) - cx.weight(&self.alpha)? * ops::relu(&-x)])
    }
}
