//! Pooling over windows as Keras defines it, on top of the graph's.

use cornu_graph::ops::{self, PoolKind};
use cornu_graph::{Array, Error, Result, Tensor};

use super::arguments::{afford, channels_first, channels_last};
use super::{DataFormat, Padding};

/// The largest value of each window; padding never wins.
///
/// `pool_size`, `strides`: one entry per spatial axis.
pub fn max_pool(
    x: &Tensor,
    pool_size: &[usize],
    strides: &[usize],
    padding: &Padding,
    data_format: &DataFormat,
) -> Tensor {
    Tensor::compose(&[x], || {
        let x = channels_last(x, data_format);
        let amounts = amounts("max_pool", &x, pool_size, strides, padding)?;
        let y = ops::pool(&x, PoolKind::Max, pool_size, strides, &amounts);
        Ok(channels_first(&y, data_format))
    })
}

/// The mean of each window over the cells that lie in the image: padding does not count.
///
/// `pool_size`, `strides`: one entry per spatial axis.
///
/// ```
/// use cornu::{Array, Eval, Tensor, nn};
/// use cornu::nn::{DataFormat, Padding};
/// let x = Tensor::from(Array::new(&[1, 3, 1], vec![1f32, 2.0, 4.0])?);
/// let y = nn::average_pool(&x, &[2], &[2], &Padding::Same, &DataFormat::ChannelsLast);
/// assert_eq!(y.array()?.to_vec::<f32>(), [1.5, 4.0]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn average_pool(
    x: &Tensor,
    pool_size: &[usize],
    strides: &[usize],
    padding: &Padding,
    data_format: &DataFormat,
) -> Tensor {
    Tensor::compose(&[x], || {
        let x = channels_last(x, data_format);
        let amounts = amounts("average_pool", &x, pool_size, strides, padding)?;
        let sums = ops::pool(&x, PoolKind::Sum, pool_size, strides, &amounts);
        sums.check()?;
        let y = if amounts.iter().all(|&a| a == (0, 0)) {
            sums / pool_size.iter().product::<usize>() as f64
        } else {
            let counts = |i| cell_counts(&x, &sums, pool_size[i], strides[i], amounts[i], i);
            let counts = (0..amounts.len()).map(counts).collect::<Result<Vec<_>>>()?;
            let counts = counts.into_iter().reduce(|a, b| a * b);
            sums / counts.unwrap_or(Tensor::scalar(1f32))
        };
        Ok(channels_first(&y, data_format))
    })
}

fn amounts(
    name: &str,
    x: &Tensor,
    pool_size: &[usize],
    strides: &[usize],
    padding: &Padding,
) -> Result<Vec<(usize, usize)>> {
    x.check()?;
    let rank = x.ndim().saturating_sub(2);
    if rank == 0 || pool_size.len() != rank || strides.len() != rank {
        let rule = "must be an image with a window size and a stride per spatial axis";
        let received = format!("{}, pool_size={pool_size:?}, strides={strides:?}", x.spec());
        return Err(Error::invalid(name, "inputs", rule, received));
    }
    if !matches!(padding, Padding::Valid | Padding::Same) {
        let received = format!("{:?}", padding.name());
        return Err(Error::invalid(name, "padding", "must be one of valid, same", received));
    }
    let amounts = |i: usize| padding.amounts(x.shape()[i + 1], pool_size[i], strides[i], 1);
    let amounts = (0..rank).map(amounts).collect::<crate::Result<_>>();
    amounts.map_err(|e| Error::Backend(e.to_string()))
}

/// How many cells of each window lie in the image along spatial axis `i`: one value per place, broadcast over
/// the other axes.
fn cell_counts(
    x: &Tensor,
    y: &Tensor,
    window: usize,
    stride: usize,
    (before, _): (usize, usize),
    i: usize,
) -> Result<Tensor> {
    let (size, places) = (x.shape()[i + 1], y.shape()[i + 1]);
    afford("average_pool", places)?;
    let inside = |place: usize| {
        let start = place * stride;
        let (low, high) = (before.max(start), (start + window).min(before + size));
        high.saturating_sub(low) as f64
    };
    let mut shape = vec![1; x.ndim()];
    shape[i + 1] = places;
    let counts = Array::new(&shape, (0..places).map(inside).collect::<Vec<f64>>())?;
    Ok(counts.cast(y.dtype()).into())
}
