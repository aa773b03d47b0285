//! Calls of `keras.ops` functions within a functional model: `x * 2.0` is a node like a layer's.

#[macro_use]
mod define;

mod arguments;
mod arrays;
mod functions;
mod indexing;

use cornu_graph::Tensor;
use serde_json::{Value, json};

use crate::config::Config;
use crate::layers::{Context, Layer};
use crate::{Error, Result};

use arguments::Arguments;
use functions::Function;

/// An argument of a call: one of the layer's inputs, a constant, or a list of arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    /// The input with this number.
    Input(usize),
    /// A number, text, slice or array, as in the config.
    Constant(Value),
    /// Several.
    List(Vec<Argument>),
}

impl Argument {
    /// The argument as a config has it; `tensor` gives the dict of an input.
    fn to_config(&self, tensor: &dyn Fn(usize) -> Value) -> Value {
        match self {
            Argument::Input(index) => tensor(*index),
            Argument::Constant(value) => value.clone(),
            Argument::List(items) => items.iter().map(|item| item.to_config(tensor)).collect(),
        }
    }
}

/// One call of a `keras.ops` function with its constants.
pub(crate) struct Operation {
    module: String,
    class_name: String,
    config: Config,
    args: Vec<Argument>,
    kwargs: Vec<(String, Argument)>,
    function: Function,
}

impl Operation {
    /// A call from its dict and the arguments of its node.
    ///
    /// # Errors
    /// When the function is not known.
    pub(super) fn new(
        dict: &Value,
        args: Vec<Argument>,
        kwargs: Vec<(String, Argument)>,
    ) -> Result<Operation> {
        let text =
            |field: &str| dict.get(field).and_then(Value::as_str).unwrap_or_default().to_string();
        let class_name = text("class_name");
        let function = functions::find(&class_name).ok_or_else(|| {
            let rule = "must be one that this library computes";
            Error::invalid("keras.ops", "function", rule, format!("{class_name:?}"))
        })?;
        let mut config = dict.get("config").and_then(Value::as_object).cloned().unwrap_or_default();
        config.shift_remove("name");
        // Legacy files name no modules; what is saved anew does.
        let module = match text("module") {
            none if none.is_empty() => functions::module(&class_name).into(),
            module => module,
        };
        Ok(Operation { module, class_name, config, args, kwargs, function })
    }

    /// The node as a config has it; `tensor` gives the dict of an input.
    pub(super) fn node(&self, tensor: &dyn Fn(usize) -> Value) -> Value {
        let kwargs = self.kwargs.iter().map(|(name, arg)| (name.clone(), arg.to_config(tensor)));
        let args: Vec<Value> = self.args.iter().map(|arg| arg.to_config(tensor)).collect();
        json!({ "args": args, "kwargs": kwargs.collect::<Config>() })
    }

    /// Keras's module and dict, for the layer's name.
    pub(crate) fn to_dict(&self, name: &str) -> Value {
        let mut config = Config::new();
        config.insert("name".into(), json!(name));
        config.extend(self.config.clone());
        json!({
            "module": self.module,
            "class_name": self.class_name,
            "config": config,
            "registered_name": self.class_name,
        })
    }

    /// Whether a function can be computed.
    pub(super) fn is_known(class_name: &str) -> bool {
        functions::find(class_name).is_some()
    }

    /// Whether a dict is that of a function rather than that of a layer.
    pub(super) fn is_one(dict: &Value) -> bool {
        match dict.get("module").and_then(Value::as_str) {
            Some(module) => module.starts_with("keras.src.ops") || module.starts_with("keras.ops"),
            // Legacy files have no module; layers can be trained, functions cannot.
            None => {
                let field = |name: &str| dict.get(name).and_then(Value::as_str);
                let config = dict.get("config").and_then(Value::as_object);
                config.is_some_and(|c| !c.contains_key("trainable") && !c.contains_key("layers"))
                    && field("registered_name").is_none()
                    && field("class_name").is_some_and(|c| functions::find(c).is_some())
            }
        }
    }
}

impl Layer for Operation {
    fn class_name(&self) -> &str {
        &self.class_name
    }

    fn config(&self) -> Result<Config> {
        Ok(self.config.clone())
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        (self.function)(&Arguments {
            function: &self.class_name,
            config: &self.config,
            args: &self.args,
            kwargs: &self.kwargs,
            inputs,
        })
    }
}

#[cfg(test)]
mod tests;
