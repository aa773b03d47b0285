//! What layers on images check alike.

use super::{Shape, axis_size, show};
use crate::nn::{DataFormat, Padding, Spatial};
use crate::{Error, Result};

/// The shape of the only input of a layer with `rank` spatial axes.
///
/// # Errors
/// When there are several inputs, or the input has another rank; when the data format is unknown.
pub(super) fn image_shape<'a>(
    layer: &str,
    inputs: &'a [Shape],
    rank: usize,
    format: &DataFormat,
) -> Result<&'a Shape> {
    format.check(layer, "data_format")?;
    match inputs {
        [shape] if shape.len() == rank + 2 => Ok(shape),
        _ => {
            let axes = ["height", "width", "depth"].get(..rank).unwrap_or(&[]);
            let form = match format {
                DataFormat::ChannelsFirst => format!("(batch, channels, {})", axes.join(", ")),
                _ => format!("(batch, {}, channels)", axes.join(", ")),
            };
            let received: Vec<String> = inputs.iter().map(|s| show(s)).collect();
            let rule = format!("must be one image {form}");
            Err(Error::invalid(layer, "inputs", rule, received.join(", ")))
        }
    }
}

/// The number of channels of an image.
///
/// # Errors
/// When it is unknown or 0.
pub(super) fn channels(layer: &str, shape: &Shape, format: &DataFormat) -> Result<usize> {
    let axis = if *format == DataFormat::ChannelsFirst { 1 } else { -1 };
    match axis_size(layer, shape, axis)? {
        0 => Err(Error::invalid(layer, "inputs", "must have a channel", show(shape))),
        channels => Ok(channels),
    }
}

/// Checks windows: sizes of at least 1, and a padding that the layer knows.
///
/// # Errors
/// When one breaks its rule.
pub(super) fn check_windows<S: Spatial>(
    layer: &str,
    sizes: &[(&str, &S)],
    padding: &Padding,
    causal: bool,
) -> Result<()> {
    for (name, size) in sizes {
        if size.contains(&0) {
            let received = format!("{name}={:?}", &size[..]);
            return Err(Error::invalid(layer, *name, "must be at least 1", received));
        }
    }
    padding.check(layer, "padding")?;
    if *padding == Padding::Causal && !causal {
        return Err(Error::invalid(layer, "padding", "must be one of valid, same", "\"causal\""));
    }
    Ok(())
}
