//! What all convolutions share.

use cornu_graph::{Tensor, ops};

use crate::layers::spatial::check_windows;
use crate::nn::{DataFormat, Padding, Spatial};
use crate::{Error, Result};

/// Checks the windows of a convolution.
pub(super) fn check<S: Spatial>(
    layer: &str,
    kernel_size: &S,
    strides: &S,
    dilation_rate: &S,
    padding: &Padding,
    causal: bool,
) -> Result<()> {
    let sizes =
        [("kernel_size", kernel_size), ("strides", strides), ("dilation_rate", dilation_rate)];
    check_windows(layer, &sizes, padding, causal)?;
    if strides.iter().any(|&s| s > 1) && dilation_rate.iter().any(|&d| d > 1) {
        let rule = "must be 1 where `dilation_rate` exceeds 1";
        let received = format!("strides={strides:?}, dilation_rate={dilation_rate:?}");
        return Err(Error::invalid(layer, "strides", rule, received));
    }
    Ok(())
}

/// Checks a count that must not be 0.
pub(super) fn at_least_1(layer: &str, argument: &str, value: usize) -> Result<()> {
    match value {
        0 => Err(Error::invalid(layer, argument, "must be at least 1", format!("{argument}=0"))),
        _ => Ok(()),
    }
}

/// Adds one value per channel.
pub(super) fn add_bias(y: &Tensor, bias: &Tensor, format: &DataFormat) -> Tensor {
    match format {
        DataFormat::ChannelsFirst => Tensor::compose(&[y, bias], || {
            let mut shape = vec![1; y.ndim().saturating_sub(1)];
            shape.iter_mut().take(1).for_each(|d| *d = bias.count());
            Ok(y + ops::reshape(bias, &shape))
        }),
        _ => y + bias,
    }
}
