//! Convolutions as Keras defines them, on top of the graph's.

use cornu_graph::ops::{self, ConvParams};
use cornu_graph::{Error, Result, Tensor};

use super::arguments::{channels_first, channels_last};
use super::{DataFormat, Padding};

/// The convolution of images with a kernel `(spatial…, channels / groups, filters)`; the number of groups
/// follows from the channels.
///
/// `strides`, `dilation`: one entry per spatial axis.
///
/// ```
/// use cornu::{DType, nn, ops};
/// use cornu::nn::{DataFormat, Padding};
/// let (x, w) = (ops::ones(&[1, 5, 5, 2], DType::F32), ops::ones(&[3, 3, 2, 4], DType::F32));
/// let y = nn::conv(&x, &w, &[2, 2], &Padding::Same, &DataFormat::ChannelsLast, &[1, 1]);
/// assert_eq!(y.shape(), [1, 3, 3, 4]);
/// ```
pub fn conv(
    x: &Tensor,
    kernel: &Tensor,
    strides: &[usize],
    padding: &Padding,
    data_format: &DataFormat,
    dilation: &[usize],
) -> Tensor {
    Tensor::compose(&[x, kernel], || {
        let (x, kernel) = prepare("conv", x, kernel, strides, data_format, dilation)?;
        let (channels, per_group) = (x.shape()[x.ndim() - 1], kernel.shape()[x.ndim() - 2]);
        if per_group == 0 || channels % per_group != 0 {
            let rule = format!("must have a multiple of the kernel's {per_group} channels");
            return Err(Error::invalid("conv", "x", rule, format!("{channels} channels")));
        }
        let groups = channels / per_group;
        let y = convolve(&x, &kernel, strides, padding, dilation, groups)?;
        Ok(channels_first(&y, data_format))
    })
}

/// The convolution of each channel for itself with a kernel `(spatial…, channels, multiplier)`: channel `c`
/// gives the filters `c · multiplier ..`.
pub fn depthwise_conv(
    x: &Tensor,
    kernel: &Tensor,
    strides: &[usize],
    padding: &Padding,
    data_format: &DataFormat,
    dilation: &[usize],
) -> Tensor {
    Tensor::compose(&[x, kernel], || {
        let (x, kernel) = prepare("depthwise_conv", x, kernel, strides, data_format, dilation)?;
        let rank = x.ndim() - 2;
        let (spatial, channels) = kernel.shape().split_at(rank);
        let shape = [spatial, &[1, channels.iter().product()]].concat();
        let kernel = ops::reshape(&kernel, &shape);
        let groups = x.shape()[rank + 1];
        let y = convolve(&x, &kernel, strides, padding, dilation, groups)?;
        Ok(channels_first(&y, data_format))
    })
}

/// Input and kernel in one floating-point type, channels last, with ranks checked.
fn prepare(
    name: &str,
    x: &Tensor,
    kernel: &Tensor,
    strides: &[usize],
    data_format: &DataFormat,
    dilation: &[usize],
) -> Result<(Tensor, Tensor)> {
    let rank = x.ndim().saturating_sub(2);
    let fits = rank > 0 && kernel.ndim() == rank + 2;
    if !fits || strides.len() != rank || dilation.len() != rank {
        let rule = "must be an image and a kernel of one rank, with a stride and a dilation rate \
                    per spatial axis";
        let received =
            format!("{} and {}, strides={strides:?}, {dilation:?}", x.spec(), kernel.spec());
        return Err(Error::invalid(name, "inputs", rule, received));
    }
    let dtype = x.dtype().promote(kernel.dtype()).to_float();
    let (x, kernel) = (channels_last(&ops::cast(x, dtype), data_format), ops::cast(kernel, dtype));
    x.check()?;
    Ok((x, kernel))
}

fn convolve(
    x: &Tensor,
    kernel: &Tensor,
    strides: &[usize],
    padding: &Padding,
    dilation: &[usize],
    groups: usize,
) -> Result<Tensor> {
    x.check()?;
    let amounts =
        |i: usize| padding.amounts(x.shape()[i + 1], kernel.shape()[i], strides[i], dilation[i]);
    let padding = (0..strides.len()).map(amounts).collect::<crate::Result<_>>();
    let params = ConvParams {
        strides: strides.to_vec(),
        padding: padding.map_err(graph_error)?,
        dilation: dilation.to_vec(),
        groups,
    };
    Ok(ops::conv(x, kernel, &params))
}

fn graph_error(error: crate::Error) -> Error {
    match error {
        crate::Error::Graph(error) => error,
        other => Error::Backend(other.to_string()),
    }
}

/// One axis of a transposed convolution: the size of the result, and how many cells of the full result are
/// cut off before it.
///
/// Full means all cells that the kernel reaches, `(size - 1) · stride + extent`. Keras pads the stretched input
/// by `left` cells of the `extent - 1` that would give the full result; the rest is the cut.
pub(crate) fn transpose_geometry(
    size: usize,
    kernel: usize,
    stride: usize,
    padding: &Padding,
    output_padding: Option<usize>,
    dilation: usize,
) -> Result<(usize, usize)> {
    if kernel == 0 || stride == 0 || dilation == 0 {
        let received = format!("kernel={kernel}, stride={stride}, dilation={dilation}");
        return Err(Error::invalid("conv_transpose", "sizes", "must be at least 1", received));
    }
    let extent = (kernel - 1).saturating_mul(dilation).saturating_add(1);
    let steps = size.saturating_sub(1).saturating_mul(stride);
    match padding {
        Padding::Valid => {
            let extra = output_padding.unwrap_or(extent.max(stride) - extent);
            Ok((steps.saturating_add(extent).saturating_add(extra), 0))
        }
        Padding::Same => {
            let (out, pad) = match output_padding {
                None => (size.saturating_mul(stride), stride + extent - 2),
                Some(extra) => {
                    (steps.saturating_add(extent % 2 + extra), extent + extent % 2 + extra - 2)
                }
            };
            Ok((out, extent - 1 - pad.div_ceil(2).min(extent - 1)))
        }
        other => {
            let rule = "must be one of valid, same";
            Err(Error::invalid("conv_transpose", "padding", rule, format!("{:?}", other.name())))
        }
    }
}

/// The transposed convolution of images with a kernel `(spatial…, filters, channels)`: every pixel
/// spreads over `kernel` cells, `strides` apart.
///
/// `output_padding`: by how much the result is longer than the shortest one; `None` leaves it to Keras's
/// rule (`size · stride` with `"same"`).
///
/// ```
/// use cornu::{DType, nn, ops};
/// use cornu::nn::{DataFormat, Padding};
/// let (x, w) = (ops::ones(&[1, 7, 7, 8], DType::F32), ops::ones(&[3, 3, 4, 8], DType::F32));
/// let format = DataFormat::ChannelsLast;
/// let y = nn::conv_transpose(&x, &w, &[2, 2], &Padding::Same, None, &format, &[1, 1]);
/// assert_eq!(y.shape(), [1, 14, 14, 4]);
/// ```
pub fn conv_transpose(
    x: &Tensor,
    kernel: &Tensor,
    strides: &[usize],
    padding: &Padding,
    output_padding: Option<&[usize]>,
    data_format: &DataFormat,
    dilation: &[usize],
) -> Tensor {
    Tensor::compose(&[x, kernel], || {
        let (x, kernel) = prepare("conv_transpose", x, kernel, strides, data_format, dilation)?;
        let rank = strides.len();
        let (mut size, mut amounts, mut missing) = (Vec::new(), Vec::new(), vec![(0, 0)]);
        for i in 0..rank {
            let extra = output_padding.and_then(|p| p.get(i).copied());
            let (input, taps) = (x.shape()[i + 1], kernel.shape()[i]);
            let (out, cut) =
                transpose_geometry(input, taps, strides[i], padding, extra, dilation[i])?;
            if out == 0 && input > 0 {
                let rule = "must leave at least one cell: the output padding is too small";
                let received = format!("input size {input}, kernel {taps} on spatial axis {i}");
                return Err(Error::invalid("conv_transpose", "output_padding", rule, received));
            }
            // The convolution whose adjoint this is: it reads the result padded so that it has exactly
            // the input's cells. Cells beyond a whole stride are reached by none and stay 0.
            let extent = (taps - 1).saturating_mul(dilation[i]).saturating_add(1);
            let full = input.saturating_sub(1).saturating_mul(strides[i]).saturating_add(extent);
            let beyond = out.saturating_add(cut).saturating_sub(full);
            let rest = beyond - beyond % strides[i];
            size.push(out - rest);
            amounts.push((cut, full.saturating_sub(out.saturating_add(cut))));
            missing.push((0, rest));
        }
        missing.push((0, 0));
        let params = ConvParams {
            strides: strides.to_vec(),
            padding: amounts,
            dilation: dilation.to_vec(),
            groups: 1,
        };
        let y = ops::conv_input_grad(&x, &kernel, &size, &params);
        let y = if missing.iter().all(|m| m.1 == 0) { y } else { ops::pad(&y, &missing, 0.0) };
        Ok(channels_first(&y, data_format))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn transposed_sizes_are_those_of_keras() {
        let text = include_str!("../../tests/fixtures/keras/conv_transpose_sizes.json");
        let table: Value = serde_json::from_str(text).unwrap();
        let rows = table["cases"].as_array().unwrap();
        assert!(rows.len() > 400);
        for row in rows {
            let n = |i: usize| row[i].as_u64().map(|n| n as usize);
            let padding = Padding::from(row[3].as_str().unwrap());
            let (size, kernel, stride, dilation) =
                (n(0).unwrap(), n(1).unwrap(), n(2).unwrap(), n(5).unwrap());
            let found = transpose_geometry(size, kernel, stride, &padding, n(4), dilation);
            assert_eq!(Some(found.unwrap().0), n(6), "{row}");
        }
    }

    #[test]
    fn unfit_arguments_are_refused() {
        let x = Tensor::input(&[1, 4, 4, 3], cornu_graph::DType::F32);
        let w = Tensor::input(&[3, 3, 2, 4], cornu_graph::DType::F32);
        let run = |strides: &[usize], padding: &str, format: &str| {
            let (padding, format) = (Padding::from(padding), DataFormat::from(format));
            conv(&x, &w, strides, &padding, &format, &[1, 1]).check().unwrap_err().to_string()
        };
        assert!(run(&[1, 1], "valid", "channels_last").contains("3 channels"));
        assert!(run(&[1], "valid", "channels_last").contains("per spatial axis"));
        assert!(run(&[1, 1], "valid", "first").contains("data_format"));
    }
}
