//! What the layers that draw random numbers share.

use cornu_graph::ops::{self, Distribution, random};
use cornu_graph::{Tensor, broadcast_shapes};

use crate::layers::{Context, show};
use crate::random::SeedGenerator;
use crate::{Error, Result};

/// A shape of noise: `None` takes the input's size.
pub type NoiseShape = Vec<Option<usize>>;

/// Checks a share of values: in `[0, 1]`, or below 1 if `all` is impossible.
pub(super) fn check_rate(layer: &str, name: &str, rate: f64, all: bool) -> Result<()> {
    if (0.0..1.0).contains(&rate) || (all && rate == 1.0) {
        return Ok(());
    }
    let rule = if all { "must be in [0, 1]" } else { "must be in [0, 1)" };
    Err(Error::invalid(layer, name, rule, format!("{name}={rate}")))
}

/// The sizes of the noise for an input; each must be the input's or 1.
pub(super) fn noise_sizes(
    layer: &str,
    noise: &Option<NoiseShape>,
    input: &[usize],
) -> Result<Vec<usize>> {
    let Some(noise) = noise else { return Ok(input.to_vec()) };
    let sizes: Vec<usize> = noise.iter().zip(input).map(|(n, &d)| n.unwrap_or(d)).collect();
    let fits = broadcast_shapes(layer, &sizes, input).is_ok_and(|shape| shape == input);
    if noise.len() != input.len() || !fits {
        let rule = format!("must have, per axis of {input:?}, its size, 1 or None");
        return Err(Error::invalid(layer, "noise_shape", rule, show(noise)));
    }
    Ok(sizes)
}

/// Random values with the dtype of `x` from the layer's generator, for one call.
pub(super) fn draw(
    layer: &str,
    distribution: Distribution,
    seeds: &Option<SeedGenerator>,
    (x, shape): (&Tensor, &[usize]),
    cx: &mut Context,
) -> Result<Tensor> {
    let Some(seeds) = seeds else {
        return Err(Error::invalid(layer, "seed", "must be built before a call", "none"));
    };
    Ok(random(distribution, &seeds.next(cx), shape, x.dtype()))
}

/// Which elements stay when a share `rate` of them is dropped, broadcast to `x`.
pub(super) fn kept(
    layer: &str,
    rate: f64,
    seeds: &Option<SeedGenerator>,
    (x, shape): (&Tensor, &[usize]),
    cx: &mut Context,
) -> Result<Tensor> {
    let uniform = draw(layer, Distribution::Uniform, seeds, (x, shape), cx)?;
    let kept = ops::greater_equal(&uniform, &ops::number_like(&uniform, rate));
    Ok(ops::broadcast_to(&kept, x.shape()))
}

/// `x` with a share `rate` of its elements 0 and the others larger by `1 / (1 - rate)`.
pub(super) fn drop(
    layer: &str,
    rate: f64,
    seeds: &Option<SeedGenerator>,
    (x, shape): (&Tensor, &[usize]),
    cx: &mut Context,
) -> Result<Tensor> {
    let none = ops::zeros_like(x);
    if rate >= 1.0 {
        return Ok(none);
    }
    let kept = kept(layer, rate, seeds, (x, shape), cx)?;
    Ok(ops::where_(&kept, &(x / (1.0 - rate)), &none))
}
