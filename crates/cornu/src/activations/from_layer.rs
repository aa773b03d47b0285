//! A layer in the place of a function: `Dense(4, activation=LeakyReLU(0.3))`.

use std::sync::Arc;

use cornu_graph::Tensor;
use serde_json::Value;

use super::activation::{Activation, Function};
use super::{elu_with, leaky_relu_with, relu_with, softmax_with};
use crate::config::Config;
use crate::{Error, Result};

/// The layers that can be one: those without weights, which do the same in training.
const LAYERS: [&str; 5] = ["Activation", "ELU", "LeakyReLU", "ReLU", "Softmax"];

/// The function of a layer, from its dict, as which it is saved again.
pub(super) fn activation(dict: &Value) -> Result<Activation> {
    let class_name = dict.get("class_name").and_then(Value::as_str).unwrap_or_default();
    let mut config = dict.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
    let name = config.get("name").and_then(Value::as_str).unwrap_or(class_name).to_string();
    for common in ["name", "trainable", "dtype"] {
        config.shift_remove(common);
    }
    let mut arguments = Arguments { class_name, config };
    let function: Function = match class_name {
        "Activation" => {
            let inner = arguments.config.shift_remove("activation").unwrap_or_default();
            let inner: Activation =
                serde_json::from_value(inner).map_err(|e| Error::format(class_name, e))?;
            Arc::new(move |x: &Tensor| inner.call(x))
        }
        "ELU" => {
            let alpha = arguments.number("alpha")?.unwrap_or(1.0);
            Arc::new(move |x: &Tensor| elu_with(x, alpha))
        }
        "LeakyReLU" => {
            // Keras 2 calls it alpha.
            let former = arguments.number("alpha")?;
            let slope = arguments.number("negative_slope")?.or(former).unwrap_or(0.3);
            Arc::new(move |x: &Tensor| leaky_relu_with(x, slope))
        }
        "ReLU" => {
            let max = arguments.number("max_value")?;
            let slope = arguments.number("negative_slope")?.unwrap_or(0.0);
            let threshold = arguments.number("threshold")?.unwrap_or(0.0);
            Arc::new(move |x: &Tensor| relu_with(x, slope, max, threshold))
        }
        "Softmax" => {
            let axis = arguments.number("axis")?.unwrap_or(-1.0);
            if axis.fract() != 0.0 {
                return Err(Error::invalid(class_name, "axis", "must be one axis here", axis));
            }
            Arc::new(move |x: &Tensor| softmax_with(x, axis as isize))
        }
        _ => {
            let rule = format!("must be a name, or a layer among {}", LAYERS.join(", "));
            return Err(Error::invalid("layers", "activation", rule, class_name));
        }
    };
    arguments.done()?;
    Ok(Activation { name, function: Some(function), layer: Some(dict.clone()) })
}

/// The layer's own arguments, each taken once.
struct Arguments<'a> {
    class_name: &'a str,
    config: Config,
}

impl Arguments<'_> {
    fn number(&mut self, name: &str) -> Result<Option<f64>> {
        match self.config.shift_remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(Some(number)),
                None => Err(Error::invalid(self.class_name, name, "must be a number", value)),
            },
        }
    }

    fn done(self) -> Result<()> {
        match self.config.into_iter().next() {
            None => Ok(()),
            Some((name, value)) => {
                Err(Error::invalid(self.class_name, name, "is no argument of this layer", value))
            }
        }
    }
}
