//! What a layer is.

use std::any::Any;

use cornu_graph::Tensor;

use super::{Context, Inputs, KerasTensor, LayerBuilder, LayerRef, Weights};
use crate::config::Config;
use crate::{Error, Result};

/// A shape in which sizes may be unknown until there is data: the first axis is the batch.
pub type Shape = Vec<Option<usize>>;

/// A layer: it makes weights once and describes its output as tensors.
///
/// ```
/// use cornu::config::Config;
/// use cornu::layers::{Context, Layer, LayerExt, Input, Shape, WeightArgs, Weights, axis_size, one};
/// use cornu::{Result, Tensor, Variable};
///
/// /// Multiplies by a learnt factor per feature.
/// #[derive(Default)]
/// struct Scale {
///     factor: Option<Variable>,
/// }
///
/// impl Layer for Scale {
///     fn class_name(&self) -> &str {
///         "Scale"
///     }
///     fn config(&self) -> Result<Config> {
///         Ok(Config::new())
///     }
///     fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
///         let features = axis_size("Scale", &inputs[0], -1)?;
///         self.factor = Some(weights.add("factor", &[features], WeightArgs::new("ones"))?);
///         Ok(())
///     }
///     fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
///         Ok(vec![one("Scale", inputs)? * cx.weight(&self.factor)?])
///     }
/// }
///
/// let y = Scale::default().name("scale").apply(Input([3]))?;
/// assert_eq!(y.shape(), [None, Some(3)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub trait Layer: Any + Send + Sync {
    /// The class's name: `"Dense"`.
    fn class_name(&self) -> &str;

    /// The arguments that make the layer again, without name, trainable and dtype.
    ///
    /// # Errors
    /// When the layer holds something that has no JSON form.
    fn config(&self) -> Result<Config>;

    /// Checks the inputs' shapes and makes the weights; called once, before the first `call`.
    ///
    /// # Errors
    /// When the layer does not fit the shapes.
    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let _ = (inputs, weights);
        Ok(())
    }

    /// Describes the outputs. Shapes are concrete here, the batch's size too.
    ///
    /// # Errors
    /// When the inputs do not fit.
    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>>;

    /// The layers inside, in the order in which Keras lists them.
    fn layers(&self) -> Vec<LayerRef> {
        Vec::new()
    }

    /// The base of the automatic name. Default: the class name in snake case.
    fn name_base(&self) -> String {
        crate::session::snake_case(self.class_name())
    }
}

/// What every layer can do by being one.
pub trait LayerExt: Layer + Sized {
    /// The layer under a name of its own.
    fn name(self, name: &str) -> LayerBuilder {
        LayerBuilder::new(self).name(name)
    }

    /// The layer with its weights frozen (`false`) or not.
    fn trainable(self, trainable: bool) -> LayerBuilder {
        LayerBuilder::new(self).trainable(trainable)
    }

    /// A handle, to apply the layer several times with the same weights.
    fn shared(self) -> LayerRef {
        LayerBuilder::new(self).shared()
    }

    /// Applies the layer to one or several symbolic tensors.
    ///
    /// # Errors
    /// When the layer does not fit them, or has several outputs (see [`LayerRef::apply_all`]).
    fn apply(self, inputs: impl Into<Inputs>) -> Result<KerasTensor> {
        self.shared().apply(inputs)
    }
}

impl<L: Layer> LayerExt for L {}

/// The only input of a layer that takes one.
///
/// # Errors
/// When there are none or several.
pub fn one<'a>(layer: &str, inputs: &'a [Tensor]) -> Result<&'a Tensor> {
    match inputs {
        [x] => Ok(x),
        _ => {
            Err(Error::invalid(layer, "inputs", "must be one tensor", format!("{}", inputs.len())))
        }
    }
}

/// The size of an axis (negative: from the end) that a layer needs to know when it is built.
///
/// # Errors
/// When the axis does not exist or its size is unknown.
pub fn axis_size(layer: &str, shape: &Shape, axis: isize) -> Result<usize> {
    let at = cornu_graph::normalize_axis(layer, axis, shape.len())?;
    shape[at].ok_or_else(|| {
        Error::invalid(layer, "input_shape", format!("must be known on axis {axis}"), show(shape))
    })
}

/// A shape as Python prints it: `(None, 28, 28, 1)`.
pub(crate) fn show(shape: &[Option<usize>]) -> String {
    let sizes: Vec<String> =
        shape.iter().map(|d| d.map_or("None".into(), |n| n.to_string())).collect();
    if sizes.len() == 1 { format!("({},)", sizes[0]) } else { format!("({})", sizes.join(", ")) }
}
