//! A penalty on what flows through.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::{Error, Result};

/// Gives its input on and adds `(l1 · Σ|x| + l2 · Σx²) / batch` to the loss.
///
/// ```
/// use cornu::layers::{ActivityRegularization, Input, LayerExt};
/// assert_eq!(ActivityRegularization::new().l1(0.01).apply(Input([8]))?.shape(), [None, Some(8)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivityRegularization {
    l1: f64,
    l2: f64,
}

impl ActivityRegularization {
    /// A layer without a penalty yet.
    pub fn new() -> Self {
        ActivityRegularization::default()
    }

    crate::layer_arguments! {
        /// The factor of the absolute values. Default 0.
        l1: f64;
        /// The factor of the squares. Default 0.
        l2: f64;
    }
}

impl Layer for ActivityRegularization {
    fn class_name(&self) -> &str {
        "ActivityRegularization"
    }
    fn config(&self) -> Result<Config> {
        to_config("ActivityRegularization", self)
    }
    fn build(&mut self, _: &[Shape], _: &mut Weights) -> Result<()> {
        for (name, factor) in [("l1", self.l1), ("l2", self.l2)] {
            if !(0.0..f64::INFINITY).contains(&factor) {
                let received = format!("{name}={factor}");
                let rule = "must be finite and not negative";
                return Err(Error::invalid("ActivityRegularization", name, rule, received));
            }
        }
        Ok(())
    }
    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("ActivityRegularization", inputs)?;
        let float = ops::cast(x, x.dtype().to_float());
        let batch = x.shape().first().map_or(1, |&n| n.max(1)) as f64;
        let absolute = ops::sum(&ops::abs(&float), &[], false) * self.l1;
        let square = ops::sum(&ops::square(&float), &[], false) * self.l2;
        cx.add_loss((absolute + square) / batch);
        Ok(vec![x.clone()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};
    use crate::{Array, Eval};

    #[test]
    fn adds_the_penalty_per_sample() {
        let x = Tensor::from(Array::new(&[2, 2], vec![1.0f64, -2.0, 3.0, 0.0]).unwrap());
        let layer = ActivityRegularization::new().l1(0.1).l2(0.01).shared();
        let mut cx = Context::new(false);
        layer.trace(&[x], &mut cx).unwrap();
        let loss = cx.losses()[0].array().unwrap().item().unwrap();
        assert!((loss - (0.6 + 0.14) / 2.0).abs() < 1e-12, "{loss}");
    }

    #[test]
    fn factors_must_not_be_negative() {
        let error = ActivityRegularization::new().l2(-1.0).apply(Input([3])).unwrap_err();
        assert!(error.to_string().contains("l2=-1"), "{error}");
    }
}
