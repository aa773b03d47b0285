//! Convolution layers that keep the channels apart.

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

/// A depthwise convolution over the spatial axes of `S`: [`DepthwiseConv1D`], [`DepthwiseConv2D`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct DepthwiseConv<S: Spatial> {
    depth_multiplier: usize,
    kernel_size: S,
    strides: S,
    padding: Padding,
    data_format: DataFormat,
    dilation_rate: S,
    activation: Activation,
    use_bias: bool,
    depthwise_initializer: Choice<dyn Initializer>,
    bias_initializer: Choice<dyn Initializer>,
    depthwise_regularizer: Option<Choice<dyn Regularizer>>,
    bias_regularizer: Option<Choice<dyn Regularizer>>,
    activity_regularizer: Option<Choice<dyn Regularizer>>,
    depthwise_constraint: Option<Choice<dyn Constraint>>,
    bias_constraint: Option<Choice<dyn Constraint>>,
    #[serde(skip)]
    kernel: Option<Variable>,
    #[serde(skip)]
    bias: Option<Variable>,
}

/// A convolution of each channel for itself, then bias and activation.
///
/// Input: `(batch, height, width, channels)`; output: `(batch, new height, new width, channels ·
/// depth_multiplier)`; new sizes as in [`Conv2D`](crate::layers::Conv2D). Weights: kernel
/// `(height, width, channels, depth_multiplier)` and bias `(channels · depth_multiplier,)`.
///
/// ```
/// use cornu::layers::{DepthwiseConv2D, Input, LayerExt};
/// let y = DepthwiseConv2D::new(3).depth_multiplier(2).apply(Input([12, 12, 8]))?;
/// assert_eq!(y.shape(), [None, Some(10), Some(10), Some(16)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type DepthwiseConv2D = DepthwiseConv<Size<2>>;

/// [`DepthwiseConv2D`] over one axis: `(batch, steps, channels)`.
pub type DepthwiseConv1D = DepthwiseConv<Size<1>>;

impl<S: Spatial> Default for DepthwiseConv<S> {
    fn default() -> Self {
        DepthwiseConv {
            depth_multiplier: 1,
            kernel_size: 0.into(),
            strides: 1.into(),
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: 1.into(),
            activation: Activation::default(),
            use_bias: true,
            depthwise_initializer: "glorot_uniform".into(),
            bias_initializer: "zeros".into(),
            depthwise_regularizer: None,
            bias_regularizer: None,
            activity_regularizer: None,
            depthwise_constraint: None,
            bias_constraint: None,
            kernel: None,
            bias: None,
        }
    }
}

impl<S: Spatial> DepthwiseConv<S> {
    /// A layer with kernels of a size: `3` or `[3, 5]`.
    pub fn new(kernel_size: impl Into<S>) -> Self {
        DepthwiseConv { kernel_size: kernel_size.into(), ..Default::default() }
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
        depthwise_initializer: Choice<dyn Initializer>;
        /// Default: `"zeros"`.
        bias_initializer: Choice<dyn Initializer>;
    }

    crate::layer_arguments! { exact
        /// How many filters each channel has. Default 1.
        depth_multiplier: usize;
    }

    crate::layer_arguments! { optional
        /// Default: none.
        depthwise_regularizer: Choice<dyn Regularizer>;
        /// Default: none.
        bias_regularizer: Choice<dyn Regularizer>;
        /// A penalty on the output. Default: none.
        activity_regularizer: Choice<dyn Regularizer>;
        /// Default: none.
        depthwise_constraint: Choice<dyn Constraint>;
        /// Default: none.
        bias_constraint: Choice<dyn Constraint>;
    }
}

impl<S: Spatial> Layer for DepthwiseConv<S> {
    fn class_name(&self) -> &str {
        match S::RANK {
            1 => "DepthwiseConv1D",
            _ => "DepthwiseConv2D",
        }
    }

    fn config(&self) -> Result<Config> {
        to_config(self.class_name(), self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let name = self.class_name();
        if S::RANK > 2 {
            return Err(Error::invalid(name, "rank", "must be 1 or 2", S::RANK));
        }
        let shape = image_shape(name, inputs, S::RANK, &self.data_format)?;
        let windows = (&self.kernel_size, &self.strides, &self.dilation_rate);
        check(name, windows.0, windows.1, windows.2, &self.padding, false)?;
        at_least_1(name, "depth_multiplier", self.depth_multiplier)?;
        self.activation.check()?;
        let channels = channels(name, shape, &self.data_format)?;
        let kernel = WeightArgs::new(self.depthwise_initializer.clone())
            .regularizer(&self.depthwise_regularizer)
            .constraint(&self.depthwise_constraint);
        let shape = [&self.kernel_size[..], &[channels, self.depth_multiplier]].concat();
        self.kernel = Some(weights.add("kernel", &shape, kernel)?);
        if self.use_bias {
            let filters = channels.saturating_mul(self.depth_multiplier);
            let bias = WeightArgs::new(self.bias_initializer.clone())
                .regularizer(&self.bias_regularizer)
                .constraint(&self.bias_constraint);
            self.bias = Some(weights.add("bias", &[filters], bias)?);
        }
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let (x, kernel) = (one(self.class_name(), inputs)?, cx.weight(&self.kernel)?);
        let (padding, format) = (&self.padding, &self.data_format);
        let (strides, dilation) = (&self.strides, &self.dilation_rate);
        let mut y = nn::depthwise_conv(x, &kernel, strides, padding, format, dilation);
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
        let error = |l: DepthwiseConv2D| l.apply(Input([4, 4, 3])).unwrap_err().to_string();
        assert!(error(DepthwiseConv2D::new(3).depth_multiplier(0)).contains("depth_multiplier=0"));
        assert!(error(DepthwiseConv2D::new([3, 0])).contains("kernel_size=[3, 0]"));
        assert!(error(DepthwiseConv2D::new(3).data_format("first")).contains("channels_first"));
    }
}
