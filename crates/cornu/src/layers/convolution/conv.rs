//! Convolution layers of one, two and three spatial axes.

use cornu_graph::{Tensor, Variable};
use serde::{Deserialize, Serialize};

use super::base::{add_bias, at_least_1, check};
use crate::activations::Activation;
use crate::config::{Choice, Config, to_config};
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::layers::spatial::{channels, image_shape};
use crate::layers::{Context, Layer, Shape, WeightArgs, Weights, one};
use crate::nn::{self, DataFormat, Padding, Size, Spatial};
use crate::regularizers::Regularizer;
use crate::{Error, Result};

/// A convolution over the spatial axes of `S`: [`Conv1D`], [`Conv2D`], [`Conv3D`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct Conv<S: Spatial> {
    filters: usize,
    kernel_size: S,
    strides: S,
    padding: Padding,
    data_format: DataFormat,
    dilation_rate: S,
    groups: usize,
    activation: Activation,
    use_bias: bool,
    kernel_initializer: Choice<dyn Initializer>,
    bias_initializer: Choice<dyn Initializer>,
    kernel_regularizer: Option<Choice<dyn Regularizer>>,
    bias_regularizer: Option<Choice<dyn Regularizer>>,
    activity_regularizer: Option<Choice<dyn Regularizer>>,
    kernel_constraint: Option<Choice<dyn Constraint>>,
    bias_constraint: Option<Choice<dyn Constraint>>,
    #[serde(skip)]
    kernel: Option<Variable>,
    #[serde(skip)]
    bias: Option<Variable>,
}

/// `activation(x * kernel + bias)`, where `*` slides a kernel over the images.
///
/// Input: `(batch, height, width, channels)`; output: `(batch, new height, new width, filters)`, where a new
/// size is `ceil(size / stride)` with padding `"same"` and `ceil((size - extent + 1) / stride)` with
/// `"valid"`. Weights: kernel `(height, width, channels / groups, filters)` and bias `(filters,)`.
///
/// ```
/// use cornu::layers::{Conv2D, Input, LayerExt};
/// let y = Conv2D::new(32, 3).strides(2).padding("same").activation("relu").apply(Input([28, 28, 1]))?;
/// assert_eq!(y.shape(), [None, Some(14), Some(14), Some(32)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type Conv2D = Conv<Size<2>>;

/// [`Conv2D`] over one axis: `(batch, steps, channels)`. Padding may also be `"causal"`.
pub type Conv1D = Conv<Size<1>>;

/// [`Conv2D`] over three axes: `(batch, depth, height, width, channels)`.
pub type Conv3D = Conv<Size<3>>;

impl<S: Spatial> Default for Conv<S> {
    fn default() -> Self {
        Conv {
            filters: 0,
            kernel_size: 0.into(),
            strides: 1.into(),
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: 1.into(),
            groups: 1,
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

impl<S: Spatial> Conv<S> {
    /// A layer with `filters` kernels of a size: `3` or `[3, 5]`.
    pub fn new(filters: usize, kernel_size: impl Into<S>) -> Self {
        Conv { filters, kernel_size: kernel_size.into(), ..Default::default() }
    }

    crate::layer_arguments! {
        /// Distance between two places of the kernel. Default 1.
        strides: S;
        /// `"valid"` or `"same"`. Default: `"valid"`.
        padding: Padding;
        /// `"channels_last"` or `"channels_first"`. Default: `"channels_last"`.
        data_format: DataFormat;
        /// Distance between two taps of the kernel; more than 1 only with strides of 1. Default 1.
        dilation_rate: S;
        /// Applied to the result. Default: none.
        activation: Activation;
        /// Whether a bias is added. Default: true.
        use_bias: bool;
        /// Default: `"glorot_uniform"`.
        kernel_initializer: Choice<dyn Initializer>;
        /// Default: `"zeros"`.
        bias_initializer: Choice<dyn Initializer>;
    }

    crate::layer_arguments! { exact
        /// Into how many parts the channels are split, each with kernels of its own. Default 1.
        groups: usize;
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

impl<S: Spatial> Layer for Conv<S> {
    fn class_name(&self) -> &str {
        match S::RANK {
            1 => "Conv1D",
            2 => "Conv2D",
            _ => "Conv3D",
        }
    }

    fn config(&self) -> Result<Config> {
        to_config(self.class_name(), self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let name = self.class_name();
        let shape = image_shape(name, inputs, S::RANK, &self.data_format)?;
        let windows = (&self.kernel_size, &self.strides, &self.dilation_rate);
        check(name, windows.0, windows.1, windows.2, &self.padding, S::RANK == 1)?;
        at_least_1(name, "filters", self.filters)?;
        at_least_1(name, "groups", self.groups)?;
        self.activation.check()?;
        let channels = channels(name, shape, &self.data_format)?;
        if !channels.is_multiple_of(self.groups) || !self.filters.is_multiple_of(self.groups) {
            let rule = format!("must divide the {channels} channels and the filters");
            let received = format!("groups={}, filters={}", self.groups, self.filters);
            return Err(Error::invalid(name, "groups", rule, received));
        }
        let kernel = WeightArgs::new(self.kernel_initializer.clone())
            .regularizer(&self.kernel_regularizer)
            .constraint(&self.kernel_constraint);
        let shape = [&self.kernel_size[..], &[channels / self.groups, self.filters]].concat();
        self.kernel = Some(weights.add("kernel", &shape, kernel)?);
        if self.use_bias {
            let bias = WeightArgs::new(self.bias_initializer.clone())
                .regularizer(&self.bias_regularizer)
                .constraint(&self.bias_constraint);
            self.bias = Some(weights.add("bias", &[self.filters], bias)?);
        }
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let (x, kernel) = (one(self.class_name(), inputs)?, cx.weight(&self.kernel)?);
        let (padding, format) = (&self.padding, &self.data_format);
        let mut y = nn::conv(x, &kernel, &self.strides, padding, format, &self.dilation_rate);
        if self.use_bias {
            y = add_bias(&y, &cx.weight(&self.bias)?, format);
        }
        let y = self.activation.call(&y);
        cx.add_activity_loss(&self.activity_regularizer, &y)?;
        Ok(vec![y])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};

    #[test]
    fn wrong_arguments_are_named() {
        let error = |layer: Conv2D| layer.apply(Input([4, 4, 3])).unwrap_err().to_string();
        let refused = "Conv2D: `strides` must be at least 1. Received: strides=[0, 0]";
        assert_eq!(error(Conv2D::new(2, 3).strides(0)), refused);
        assert!(error(Conv2D::new(0, 3)).contains("filters=0"));
        assert!(error(Conv2D::new(2, 0)).contains("`kernel_size` must be at least 1"));
        assert!(error(Conv2D::new(2, 3).groups(2)).contains("must divide the 3 channels"));
        assert!(
            error(Conv2D::new(2, 3).strides(2).dilation_rate(2)).contains("dilation_rate=[2, 2]")
        );
        assert!(error(Conv2D::new(2, 3).padding("causal")).contains("one of valid, same"));
        assert!(error(Conv2D::new(2, 3).activation("rellu")).contains("\"rellu\""));
        assert!(error(Conv2D::new(2, 5)).contains("must not exceed the padded image"));
        let flat = Conv2D::new(2, 3).apply(Input([4])).unwrap_err().to_string();
        assert!(flat.contains("(batch, height, width, channels)"), "{flat}");
    }

    #[test]
    fn a_causal_convolution_does_not_look_ahead() {
        use crate::{Array, Eval};
        let layer = Conv1D::new(1, 3).padding("causal").kernel_initializer("ones").shared();
        let x = Tensor::from(Array::new(&[1, 4, 1], vec![1f32, 2.0, 4.0, 8.0]).unwrap());
        let y = layer.trace(&[x], &mut Context::new(false)).unwrap();
        assert_eq!(y[0].array().unwrap().to_vec::<f32>(), [1.0, 3.0, 7.0, 14.0]);
    }
}
