//! Vectors for integers.

use cornu_graph::{DType, Tensor, Variable, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Choice, Config, to_config};
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::layers::{Context, Layer, Shape, WeightArgs, Weights, one};
use crate::regularizers::Regularizer;
use crate::{Error, Result};

/// A vector that is learnt for each integer from 0 to `input_dim - 1`.
///
/// Input: integers `(batch, …)`; output: `(batch, …, output_dim)`. An integer outside the range is an error
/// when it is met.
///
/// ```
/// use cornu::{DType, layers::{Embedding, LayerExt, input_with_dtype}};
/// let y = Embedding::new(1000, 64).apply(&input_with_dtype([10], DType::I32))?;
/// assert_eq!(y.shape(), [None, Some(10), Some(64)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Embedding {
    input_dim: usize,
    output_dim: usize,
    embeddings_initializer: Choice<dyn Initializer>,
    embeddings_regularizer: Option<Choice<dyn Regularizer>>,
    activity_regularizer: Option<Choice<dyn Regularizer>>,
    embeddings_constraint: Option<Choice<dyn Constraint>>,
    mask_zero: bool,
    #[serde(skip)]
    embeddings: Option<Variable>,
}

impl Default for Embedding {
    fn default() -> Self {
        Embedding {
            input_dim: 0,
            output_dim: 0,
            embeddings_initializer: "uniform".into(),
            embeddings_regularizer: None,
            activity_regularizer: None,
            embeddings_constraint: None,
            mask_zero: false,
            embeddings: None,
        }
    }
}

impl Embedding {
    /// Vectors of `output_dim` values for `input_dim` integers.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Embedding { input_dim, output_dim, ..Default::default() }
    }

    crate::layer_arguments! {
        /// Default: `"uniform"`.
        embeddings_initializer: Choice<dyn Initializer>;
    }

    crate::layer_arguments! { optional
        /// Default: none.
        embeddings_regularizer: Choice<dyn Regularizer>;
        /// A penalty on the output. Default: none.
        activity_regularizer: Choice<dyn Regularizer>;
        /// Default: none.
        embeddings_constraint: Choice<dyn Constraint>;
    }
}

impl Layer for Embedding {
    fn class_name(&self) -> &str {
        "Embedding"
    }

    fn config(&self) -> Result<Config> {
        to_config("Embedding", self)
    }

    fn build(&mut self, _: &[Shape], weights: &mut Weights) -> Result<()> {
        for (name, value) in [("input_dim", self.input_dim), ("output_dim", self.output_dim)] {
            if value == 0 {
                return Err(Error::invalid("Embedding", name, "must be at least 1", value));
            }
        }
        if self.mask_zero {
            let rule = "must be false: masks are not supported";
            return Err(Error::invalid("Embedding", "mask_zero", rule, "true"));
        }
        let args = WeightArgs::new(self.embeddings_initializer.clone())
            .regularizer(&self.embeddings_regularizer)
            .constraint(&self.embeddings_constraint);
        self.embeddings =
            Some(weights.add("embeddings", &[self.input_dim, self.output_dim], args)?);
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("Embedding", inputs)?;
        // Data often comes as float32 or uint8.
        let indices = if x.dtype() == DType::I64 { x.clone() } else { ops::cast(x, DType::I32) };
        let y = ops::take(&cx.weight(&self.embeddings)?, &indices, 0);
        cx.add_activity_loss(&self.activity_regularizer, &y)?;
        Ok(vec![y])
    }
}
