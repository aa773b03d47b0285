//! The arguments of a call, by position, by name, or from the config of the call.

use cornu_graph::{Array, DType, Tensor, ops};
use serde_json::Value;

use super::Argument;
use crate::config::Config;
use crate::{Error, Result};

pub(super) struct Arguments<'a> {
    pub function: &'a str,
    pub config: &'a Config,
    pub args: &'a [Argument],
    pub kwargs: &'a [(String, Argument)],
    pub inputs: &'a [Tensor],
}

impl Arguments<'_> {
    pub fn error(&self, name: &str, rule: &str, received: impl std::fmt::Display) -> Error {
        Error::invalid(self.function, name, rule, received)
    }

    /// The argument at a place or with a name.
    pub fn find(&self, at: usize, name: &str) -> Option<&Argument> {
        let named = || self.kwargs.iter().find(|(n, _)| n == name).map(|(_, arg)| arg);
        self.args.get(at).or_else(named)
    }

    /// The constant at a place, with a name, or in the config.
    pub fn constant(&self, at: usize, name: &str) -> Result<Value> {
        match self.find(at, name) {
            Some(arg) => self.plain(name, arg),
            None => Ok(self.config.get(name).cloned().unwrap_or(Value::Null)),
        }
    }

    fn plain(&self, name: &str, arg: &Argument) -> Result<Value> {
        match arg {
            Argument::Constant(value) => Ok(value.clone()),
            Argument::List(items) => items.iter().map(|item| self.plain(name, item)).collect(),
            Argument::Input(_) => Err(self.error(name, "must be a constant", "a tensor")),
        }
    }

    /// The tensor at a place; a constant takes the dtype of the first input, as in Keras.
    pub fn tensor(&self, at: usize, name: &str) -> Result<Tensor> {
        let arg = self.find(at, name);
        self.to_tensor(name, arg.ok_or_else(|| self.error(name, "must be given", "none"))?)
    }

    /// The tensors of a list.
    pub fn tensors(&self, at: usize, name: &str) -> Result<Vec<Tensor>> {
        match self.find(at, name) {
            Some(Argument::List(items)) => {
                items.iter().map(|item| self.to_tensor(name, item)).collect()
            }
            Some(one) => Ok(vec![self.to_tensor(name, one)?]),
            None => Err(self.error(name, "must be given", "none")),
        }
    }

    fn to_tensor(&self, name: &str, arg: &Argument) -> Result<Tensor> {
        match arg {
            Argument::Input(index) => self
                .inputs
                .get(*index)
                .cloned()
                .ok_or_else(|| self.error(name, "must be one of the inputs", index)),
            Argument::Constant(value) => self.constant_tensor(name, value),
            Argument::List(items) => {
                let tensors = items.iter().map(|item| self.to_tensor(name, item));
                Ok(ops::stack(&tensors.collect::<Result<Vec<_>>>()?, 0))
            }
        }
    }

    fn constant_tensor(&self, name: &str, value: &Value) -> Result<Tensor> {
        let dtype = self.inputs.first().map_or(DType::F32, Tensor::dtype);
        match value {
            Value::Bool(truth) => Ok(Array::scalar(*truth).into()),
            Value::Number(number) => {
                let dtype = if number.is_f64() { dtype.to_float() } else { dtype.max(DType::I32) };
                Ok(Array::scalar_of(dtype, number.as_f64().unwrap_or(f64::NAN)).into())
            }
            Value::String(text) if matches!(&text[..], "NaN" | "Infinity" | "-Infinity") => {
                let number = text.to_ascii_lowercase().parse().unwrap_or(f64::NAN);
                Ok(Array::scalar_of(dtype.to_float(), number).into())
            }
            Value::Object(_) => {
                let class = value.get("class_name").and_then(Value::as_str);
                let config = value
                    .get("config")
                    .filter(|_| matches!(class, Some("__numpy__" | "__tensor__")));
                let array = config.and_then(|config| array(config, dtype));
                array
                    .map(Tensor::from)
                    .ok_or_else(|| self.error(name, "must be a number or an array", value))
            }
            _ => Err(self.error(name, "must be a number or an array", value)),
        }
    }

    /// Axes: one, several, or `None` for all.
    pub fn axes(&self, at: usize, name: &str) -> Result<Option<Vec<isize>>> {
        let value = self.constant(at, name)?;
        let one = |v: &Value| v.as_i64().and_then(|axis| isize::try_from(axis).ok());
        let axes = match &value {
            Value::Null => return Ok(None),
            Value::Array(items) => items.iter().map(one).collect(),
            other => one(other).map(|axis| vec![axis]),
        };
        axes.map(Some).ok_or_else(|| self.error(name, "must be an axis or several", value))
    }

    /// One axis, or a default.
    pub fn axis(&self, at: usize, name: &str, default: isize) -> Result<isize> {
        match self.axes(at, name)?.as_deref() {
            None => Ok(default),
            Some([axis]) => Ok(*axis),
            Some(other) => Err(self.error(name, "must be one axis", format!("{other:?}"))),
        }
    }

    pub fn truth(&self, at: usize, name: &str) -> Result<bool> {
        Ok(self.constant(at, name)?.as_bool().unwrap_or(false))
    }

    pub fn number(&self, at: usize, name: &str, default: f64) -> Result<f64> {
        match self.constant(at, name)? {
            Value::Null => Ok(default),
            value => value.as_f64().ok_or_else(|| self.error(name, "must be a number", value)),
        }
    }

    /// Sizes or counts: one or several.
    pub fn sizes(&self, at: usize, name: &str) -> Result<Vec<usize>> {
        let sizes = self.integers(at, name)?.into_iter().map(usize::try_from);
        let sizes = sizes.collect::<Result<Vec<_>, _>>();
        sizes.map_err(|_| self.error(name, "must not be negative", "a negative size"))
    }

    /// One size or count.
    pub fn size(&self, at: usize, name: &str) -> Result<usize> {
        match self.sizes(at, name)?[..] {
            [size] => Ok(size),
            ref other => Err(self.error(name, "must be one number", format!("{other:?}"))),
        }
    }

    /// Whole numbers: one or several.
    pub fn integers(&self, at: usize, name: &str) -> Result<Vec<i64>> {
        let value = self.constant(at, name)?;
        let numbers = match &value {
            Value::Array(items) => items.iter().map(Value::as_i64).collect(),
            other => other.as_i64().map(|n| vec![n]),
        };
        numbers.ok_or_else(|| self.error(name, "must be whole numbers", value))
    }
}

/// `{"value": [[1, 2]], "dtype": "float32"}`.
fn array(config: &Value, dtype: DType) -> Option<Array> {
    fn flatten(
        value: &Value,
        depth: usize,
        shape: &mut Vec<usize>,
        out: &mut Vec<f64>,
    ) -> Option<()> {
        match value {
            Value::Array(items) => {
                match shape.get(depth) {
                    Some(&size) if size != items.len() => return None,
                    Some(_) => {}
                    None => shape.push(items.len()),
                }
                items.iter().try_for_each(|item| flatten(item, depth + 1, shape, out))
            }
            Value::Bool(truth) => {
                (depth == shape.len()).then(|| out.push(f64::from(u8::from(*truth))))
            }
            other => {
                let number = other.as_f64()?;
                (depth == shape.len()).then(|| out.push(number))
            }
        }
    }
    let (mut shape, mut values) = (Vec::new(), Vec::new());
    flatten(config.get("value")?, 0, &mut shape, &mut values)?;
    let named = config.get("dtype").and_then(Value::as_str);
    let dtype = named.map_or(Some(dtype), DType::from_name)?;
    Some(Array::new(&shape, values).ok()?.cast(dtype))
}
