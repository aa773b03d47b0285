//! A function of one's own as a layer.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

use cornu_graph::Tensor;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::config::Config;
use crate::layers::{Context, Layer, one};
use crate::{Error, Result};

type Function = Arc<dyn Fn(&[Tensor], &mut Context) -> Result<Vec<Tensor>> + Send + Sync>;

fn known() -> &'static RwLock<HashMap<String, Function>> {
    static KNOWN: OnceLock<RwLock<HashMap<String, Function>>> = OnceLock::new();
    KNOWN.get_or_init(RwLock::default)
}

/// Makes a function known under a name, so that models with a [`Lambda`] of that name can be loaded. Where Keras
/// saved the function as bytecode, it is the name of the layer that counts.
pub fn register_lambda(
    name: &str,
    function: impl Fn(&[Tensor], &mut Context) -> Result<Vec<Tensor>> + Send + Sync + 'static,
) {
    known().write().unwrap_or_else(|p| p.into_inner()).insert(name.into(), Arc::new(function));
}

/// Whether a function is known under a name.
pub(crate) fn lambda_is_known(name: &str) -> bool {
    known().read().unwrap_or_else(|p| p.into_inner()).contains_key(name)
}

/// A named Rust function as a layer without weights.
///
/// It is saved as its name; [`register_lambda`] makes the name known before a model is loaded. Functions
/// that Keras saved as Python bytecode are refused: nothing in a file is ever executed.
///
/// ```
/// use cornu::layers::{Input, Lambda, LayerExt};
/// let y = Lambda::map("double", |x| x * 2.0).apply(Input([3]))?;
/// assert_eq!(y.shape(), [None, Some(3)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Clone)]
pub struct Lambda {
    name: String,
    function: Function,
}

impl Lambda {
    /// A function of the inputs and the context of the call.
    pub fn new(
        name: &str,
        function: impl Fn(&[Tensor], &mut Context) -> Result<Vec<Tensor>> + Send + Sync + 'static,
    ) -> Self {
        Lambda { name: name.into(), function: Arc::new(function) }
    }

    /// A function of one tensor.
    pub fn map(name: &str, function: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static) -> Self {
        Lambda::new(name, move |inputs, _| Ok(vec![function(one("Lambda", inputs)?)]))
    }
}

impl Layer for Lambda {
    fn class_name(&self) -> &str {
        "Lambda"
    }

    fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        config.insert("function".into(), json!(self.name));
        Ok(config)
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        (self.function)(inputs, cx)
    }
}

impl<'de> Deserialize<'de> for Lambda {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let config = Config::deserialize(deserializer)?;
        revive(&config).map_err(serde::de::Error::custom)
    }
}

fn revive(config: &Config) -> Result<Lambda> {
    let hint = "register a Rust function under the name with layers::register_lambda";
    let bytecode = || {
        let reason = "the function is Python bytecode, which is not executed; register a Rust function under the layer's \
                      name with layers::register_lambda";
        Err(Error::format("Lambda", reason))
    };
    let name = match config.get("function") {
        Some(Value::String(name)) => name,
        Some(Value::Object(object)) => match (object.get("class_name"), object.get("config")) {
            (Some(Value::String(class)), _) if class == "__lambda__" => return bytecode(),
            // A function that Keras knows by its name.
            (_, Some(Value::String(name))) => name,
            _ => return bytecode(),
        },
        // Keras 2 wrote code, defaults and closure.
        Some(Value::Array(_)) => return bytecode(),
        other => {
            return Err(Error::format("Lambda", format!("function {other:?} is no name; {hint}")));
        }
    };
    let found = known().read().unwrap_or_else(|p| p.into_inner()).get(name).cloned();
    match found {
        Some(function) => Ok(Lambda { name: name.clone(), function }),
        None => Err(Error::format("Lambda", format!("function {name:?} is not known; {hint}"))),
    }
}
