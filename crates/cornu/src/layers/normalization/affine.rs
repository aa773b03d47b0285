//! What the normalization layers share: moments, the learnt factor `gamma` and the learnt offset `beta`.

use cornu_graph::{Tensor, Variable, ops};

use crate::layers::{Context, WeightArgs, Weights};
use crate::{Error, Result};

/// The weights `gamma` and `beta`; either may be missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Affine {
    gamma: Option<Variable>,
    beta: Option<Variable>,
}

impl Affine {
    /// Makes the weights whose arguments are given.
    pub(super) fn new(
        shape: &[usize],
        gamma: Option<WeightArgs>,
        beta: Option<WeightArgs>,
        weights: &mut Weights,
    ) -> Result<Affine> {
        let mut make = |name, args: Option<WeightArgs>| {
            args.map(|args| weights.add(name, shape, args)).transpose()
        };
        Ok(Affine { gamma: make("gamma", gamma)?, beta: make("beta", beta)? })
    }

    /// `(x - mean) / √(variance + epsilon) · gamma + beta`, with the weights in a shape that broadcasts.
    pub(super) fn normalize(
        &self,
        x: &Tensor,
        (mean, variance): (&Tensor, &Tensor),
        epsilon: f64,
        shape: &[usize],
        cx: &mut Context,
    ) -> Result<Tensor> {
        let mut factor = ops::rsqrt(&(variance + epsilon));
        if self.gamma.is_some() {
            factor = factor * ops::reshape(&cx.weight(&self.gamma)?, shape);
        }
        let mut y = (x - mean) * factor;
        if self.beta.is_some() {
            y = y + ops::reshape(&cx.weight(&self.beta)?, shape);
        }
        Ok(y)
    }
}

/// `x` in a floating-point type: integers become `float32`.
pub(super) fn float(x: &Tensor) -> Tensor {
    ops::cast(x, x.dtype().to_float())
}

/// The mean and the biased variance over axes, which stay with size 1.
pub(super) fn moments(x: &Tensor, axes: &[usize]) -> (Tensor, Tensor) {
    let axes: Vec<isize> = axes.iter().map(|&a| a as isize).collect();
    let mean = ops::mean(x, &axes, true);
    let variance = ops::mean(&ops::square(&(x - &mean)), &axes, true);
    (mean, variance)
}

/// `shape` with 1 on all axes but some.
pub(super) fn keep(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    shape.iter().enumerate().map(|(i, &d)| if axes.contains(&i) { d } else { 1 }).collect()
}

/// Checks an argument against a range.
pub(super) fn check_range(layer: &str, name: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    let rule = match high.is_finite() {
        true => format!("must be in [{low}, {high}]"),
        false => format!("must be at least {low}"),
    };
    Err(Error::invalid(layer, name, rule, format!("{name}={value}")))
}
