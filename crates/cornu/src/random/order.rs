//! Dropping and shuffling elements.

use cornu_graph::ops::{self, Distribution, random};
use cornu_graph::{DType, Error, Tensor, broadcast_shapes, normalize_axis};

use super::Seed;

/// Sets a share `rate` of the elements to 0 and multiplies the others by `1 / (1 - rate)`.
///
/// `noise_shape`: per axis the size of the mask, 1 where elements drop together, `None` for the input's; default: the input's
/// shape.
///
/// # Errors
/// The tensor carries one when the rate leaves `[0, 1]`, the input is not floating-point, or the noise shape does not broadcast to
/// the input's.
pub fn dropout(
    inputs: &Tensor,
    rate: f64,
    noise_shape: Option<&[Option<usize>]>,
    seed: impl Into<Seed>,
) -> Tensor {
    Tensor::compose(&[inputs], || {
        super::continuous::check_float("dropout", inputs.dtype())?;
        if !(0.0..=1.0).contains(&rate) {
            return Err(Error::invalid("dropout", "rate", "must be in [0, 1]", rate));
        }
        let shape = inputs.shape();
        let noise: Vec<usize> = match noise_shape {
            None => shape.to_vec(),
            Some(noise) => noise.iter().zip(shape).map(|(n, &size)| n.unwrap_or(size)).collect(),
        };
        let fits = noise_shape.is_none_or(|noise| noise.len() == shape.len())
            && broadcast_shapes("dropout", &noise, shape).is_ok_and(|both| both == shape);
        if !fits {
            let rule = format!("must have, per axis of {shape:?}, its size, 1 or None");
            return Err(Error::invalid("dropout", "noise_shape", rule, format!("{noise_shape:?}")));
        }
        if rate == 0.0 {
            return Ok(inputs.clone());
        }
        let none = ops::zeros_like(inputs);
        if rate == 1.0 {
            return Ok(none);
        }
        let uniform = random(Distribution::Uniform, &seed.into().0, &noise, inputs.dtype());
        let kept = ops::greater_equal(&uniform, &ops::number_like(&uniform, rate));
        Ok(ops::where_(&ops::broadcast_to(&kept, shape), &(inputs / (1.0 - rate)), &none))
    })
}

/// The parts of a tensor along an axis in random order; the parts stay as they are. Keras's default for `axis`: 0.
///
/// # Errors
/// The tensor carries one when `x` does not have the axis.
pub fn shuffle(x: &Tensor, axis: isize, seed: impl Into<Seed>) -> Tensor {
    Tensor::compose(&[x], || {
        let at = normalize_axis("shuffle", axis, x.ndim())?;
        let values = random(Distribution::Uniform, &seed.into().0, &[x.shape()[at]], DType::F64);
        Ok(ops::take(x, &ops::argsort(&values, 0, false), axis))
    })
}

/// The numbers `0..count` in random order (Fisher and Yates).
pub fn permutation(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = seed;
    for i in (1..count).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = crate::session::mix(state);
        // The high part of the product is uniform in 0..=i but for a bias below 2⁻⁴⁰.
        let j = (u128::from(word) * (i as u128 + 1)) >> 64;
        order.swap(i, j as usize);
    }
    order
}
