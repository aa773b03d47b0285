//! Transposed convolution layers of one, two and three spatial axes.

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

/// A transposed convolution over the spatial axes of `S`: [`Conv1DTranspose`], [`Conv2DTranspose`],
/// [`Conv3DTranspose`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct ConvTranspose<S: Spatial> {
    filters: usize,
    kernel_size: S,
    strides: S,
    padding: Padding,
    output_padding: Option<S>,
    data_format: DataFormat,
    dilation_rate: S,
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

/// `activation(x *ᵀ kernel + bias)`: every pixel spreads over a kernel, `strides` apart; how decoders grow
/// images.
///
/// Input: `(batch, height, width, channels)`; output: `(batch, new height, new width, filters)`, where a new
/// size is `size · stride` with padding `"same"` and `(size - 1) · stride + max(extent, stride)` with
/// `"valid"`. Weights: kernel `(height, width, filters, channels)` and bias `(filters,)`.
///
/// ```
/// use cornu::layers::{Conv2DTranspose, Input, LayerExt};
/// let y = Conv2DTranspose::new(16, 3).strides(2).padding("same").apply(Input([7, 7, 32]))?;
/// assert_eq!(y.shape(), [None, Some(14), Some(14), Some(16)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type Conv2DTranspose = ConvTranspose<Size<2>>;

/// [`Conv2DTranspose`] over one axis: `(batch, steps, channels)`.
pub type Conv1DTranspose = ConvTranspose<Size<1>>;

/// [`Conv2DTranspose`] over three axes: `(batch, depth, height, width, channels)`.
pub type Conv3DTranspose = ConvTranspose<Size<3>>;

impl<S: Spatial> Default for ConvTranspose<S> {
    fn default() -> Self {
        ConvTranspose {
            filters: 0,
            kernel_size: 0.into(),
            strides: 1.into(),
            padding: Padding::Valid,
            output_padding: None,
            data_format: DataFormat::ChannelsLast,
            dilation_rate: 1.into(),
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

impl<S: Spatial> ConvTranspose<S> {
    /// A layer with `filters` kernels of a size: `3` or `[3, 5]`.
    pub fn new(filters: usize, kernel_size: impl Into<S>) -> Self {
        ConvTranspose { filters, kernel_size: kernel_size.into(), ..Default::default() }
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

    crate::layer_arguments! { optional
        /// By how much the result is longer than the shortest one, less than the stride.
        /// Default: as much as makes it `size · stride` with `"same"`.
        output_padding: S;
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

impl<S: Spatial> Layer for ConvTranspose<S> {
    fn class_name(&self) -> &str {
        match S::RANK {
            1 => "Conv1DTranspose",
            2 => "Conv2DTranspose",
            _ => "Conv3DTranspose",
        }
    }

    fn config(&self) -> Result<Config> {
        to_config(self.class_name(), self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let name = self.class_name();
        let shape = image_shape(name, inputs, S::RANK, &self.data_format)?;
        let windows = (&self.kernel_size, &self.strides, &self.dilation_rate);
        check(name, windows.0, windows.1, windows.2, &self.padding, false)?;
        at_least_1(name, "filters", self.filters)?;
        self.activation.check()?;
        let channels = channels(name, shape, &self.data_format)?;
        let fits = |p: &S| p.iter().zip(self.strides.iter()).all(|(p, s)| p < s);
        if let Some(extra) = self.output_padding.filter(|p| !fits(p)) {
            let received = format!("output_padding={extra:?}, strides={:?}", self.strides);
            return Err(Error::invalid(
                name,
                "output_padding",
                "must be less than `strides`",
                received,
            ));
        }
        let kernel = WeightArgs::new(self.kernel_initializer.clone())
            .regularizer(&self.kernel_regularizer)
            .constraint(&self.kernel_constraint);
        let shape = [&self.kernel_size[..], &[self.filters, channels]].concat();
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
        let (strides, dilation) = (&self.strides, &self.dilation_rate);
        let (padding, format) = (&self.padding, &self.data_format);
        let extra = self.output_padding.as_deref();
        let mut y = nn::conv_transpose(x, &kernel, strides, padding, extra, format, dilation);
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
        let error = |l: Conv2DTranspose| l.apply(Input([4, 4, 3])).unwrap_err().to_string();
        let long = error(Conv2DTranspose::new(2, 3).strides(2).output_padding(2));
        assert!(
            long.contains("must be less than `strides`. Received: output_padding=[2, 2]"),
            "{long}"
        );
        assert!(error(Conv2DTranspose::new(2, 3).padding("causal")).contains("one of valid, same"));
        assert!(error(Conv2DTranspose::new(0, 3)).contains("filters=0"));
        assert!(
            error(Conv2DTranspose::new(2, 3).strides(2).dilation_rate(3)).contains("dilation_rate")
        );
    }

    #[test]
    fn a_result_without_cells_is_refused() {
        // Keras's size rule gives 0 here, and no engine of Keras runs it.
        let layer = Conv2DTranspose::new(1, 4).strides(2).padding("same").output_padding(0);
        let error = layer.apply(Input([1, 1, 1])).unwrap_err().to_string();
        assert!(error.contains("at least one cell"), "{error}");
    }
}
