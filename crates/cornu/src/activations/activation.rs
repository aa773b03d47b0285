//! An activation function as an argument of layers.

use std::sync::{Arc, RwLock};

use cornu_graph::Tensor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::from_layer;
use super::{ALIASES, BUILTIN};
use crate::Result;
use crate::config::{Origin, full_name};

pub(super) type Function = Arc<dyn Fn(&Tensor) -> Tensor + Send + Sync>;

/// An element-wise (or axis-wise) function of a tensor that layers take by name.
///
/// ```
/// use cornu::{Eval, Tensor, activations::Activation};
/// let y = Activation::from("relu").call(&Tensor::scalar(-2.0f32));
/// assert_eq!(y.array()?.item()?, 0.0);
/// assert!(Activation::from("rellu").call(&y).check().is_err());
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Clone)]
pub struct Activation {
    pub(super) name: String,
    pub(super) function: Option<Function>,
    /// The dict of the layer that is the function, as in `Dense(4, activation=LeakyReLU(0.3))`.
    pub(super) layer: Option<Value>,
}

/// The functions that users made known.
static REGISTERED: RwLock<Vec<(String, Function)>> = RwLock::new(Vec::new());

/// Makes a function known by a name: layers take it by that name, and models that use it can be loaded.
///
/// It takes the place of an earlier one of the same name.
pub fn register(name: &str, function: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static) {
    let mut registered = REGISTERED.write().unwrap_or_else(|p| p.into_inner());
    registered.insert(0, (name.into(), Arc::new(function)));
}

impl Activation {
    /// A function of one's own. Models that use it are saved with its name; to load them again,
    /// [`register`] it.
    pub fn new(
        name: impl Into<String>,
        function: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Self {
        Activation { name: name.into(), function: Some(Arc::new(function)), layer: None }
    }

    /// The names of the built-in functions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// The function's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks that the name is known.
    ///
    /// # Errors
    /// When it is not; the message lists what there is.
    pub fn check(&self) -> Result<()> {
        match &self.function {
            Some(_) => Ok(()),
            None => Err(self.unknown().into()),
        }
    }

    /// Applies the function; an unknown name gives a tensor that carries the error.
    pub fn call(&self, x: &Tensor) -> Tensor {
        match &self.function {
            Some(function) => function(x),
            None => Tensor::error(self.unknown()),
        }
    }

    fn unknown(&self) -> cornu_graph::Error {
        let rule = if self.name == "threshold" {
            // Its arguments have no defaults, in Keras either.
            "must have its arguments: Activation::new(\"threshold\", |x| threshold(x, 0.0, 0.0))"
                .into()
        } else {
            let known: Vec<&str> = Activation::names().collect();
            format!(
                "must be one of {} or one made known by activations::register",
                known.join(", ")
            )
        };
        cornu_graph::Error::invalid("activations", "activation", rule, format!("{:?}", self.name))
    }
}

impl Default for Activation {
    fn default() -> Self {
        Activation::from("linear")
    }
}

impl From<&str> for Activation {
    fn from(name: &str) -> Self {
        // Keras writes a registered function as "package>name", which is never the built-in one of that name.
        let (package, name) = name.rsplit_once('>').map_or((None, name), |(p, n)| (Some(p), n));
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, of)| of);
        let registered = REGISTERED.read().unwrap_or_else(|p| p.into_inner());
        let own = registered.iter().find(|(n, _)| n == name).map(|(_, f)| f.clone());
        let builtin = || {
            let found = BUILTIN.iter().find(|(n, _)| *n == name && package.is_none());
            found.map(|(_, f)| Arc::new(*f) as Function)
        };
        Activation { name: name.into(), function: own.or_else(builtin), layer: None }
    }
}

impl std::fmt::Debug for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.name)
    }
}

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.layer {
            Some(dict) => dict.serialize(serializer),
            None => serializer.serialize_str(&self.name),
        }
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let name = match &value {
            // Python's None is the identity.
            Value::Null => Some("linear".to_string()),
            Value::String(name) => Some(name.clone()),
            // A function that is not Keras's own: {"class_name": "function", "config": "name"}.
            other => match other.get("config") {
                Some(Value::String(name)) => Some(full_name(other, name)),
                Some(Value::Object(_)) if Origin::of(other) == Origin::Keras => {
                    return from_layer::activation(other).map_err(serde::de::Error::custom);
                }
                _ => None,
            },
        };
        let Some(name) = name else {
            let message = format!("activation must be a name, not {value}");
            return Err(serde::de::Error::custom(message));
        };
        let activation = Activation::from(name.as_str());
        activation.check().map_err(serde::de::Error::custom)?;
        Ok(activation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;

    #[test]
    fn aliases_are_saved_as_the_function_that_they_name() {
        let swish: Activation = serde_json::from_str("\"swish\"").unwrap();
        assert_eq!(serde_json::to_string(&swish).unwrap(), "\"silu\"");
    }

    #[test]
    fn registered_functions_are_found_by_name_and_in_dicts() {
        register("twice_for_test", |x| x * 2.0);
        let json =
            r#"{"module": "builtins", "class_name": "function", "config": "pkg>twice_for_test"}"#;
        let twice: Activation = serde_json::from_str(json).unwrap();
        assert_eq!(twice.call(&Tensor::scalar(4.0)).array().unwrap().item().unwrap(), 8.0);
    }

    #[test]
    fn a_layer_can_be_the_function() {
        let leaky = r#"{"module": "keras.layers", "class_name": "LeakyReLU", "config": {"negative_slope": 0.3, "name": "l"},
            "registered_name": null}"#;
        let leaky: Activation = serde_json::from_str(leaky).unwrap();
        let value =
            |a: &Activation| a.call(&Tensor::scalar(-2.0f32)).array().unwrap().item().unwrap();
        assert!((value(&leaky) + 0.6).abs() < 1e-6);
        let again: Activation =
            serde_json::from_value(serde_json::to_value(&leaky).unwrap()).unwrap();
        assert_eq!(value(&again), value(&leaky));
        let learnt = r#"{"class_name": "PReLU", "config": {}}"#;
        let error = serde_json::from_str::<Activation>(learnt).unwrap_err().to_string();
        assert!(error.contains("LeakyReLU") && error.contains("Received: PReLU"), "{error}");
    }

    #[test]
    fn a_function_of_a_package_is_not_the_built_in_one() {
        let json = r#"{"module": "mine", "class_name": "function", "config": "relu", "registered_name": "relu"}"#;
        let error = serde_json::from_str::<Activation>(json).unwrap_err().to_string();
        assert!(error.contains("relu"), "{error}");
        assert!(serde_json::from_str::<Activation>("\"mine>relu\"").is_err());
    }

    #[test]
    fn unknown_names_say_what_there_is() {
        let error = serde_json::from_str::<Activation>("\"rellu\"").unwrap_err().to_string();
        assert!(error.contains("relu6") && error.contains("\"rellu\""), "{error}");
        let error = Activation::from("threshold").check().unwrap_err().to_string();
        assert!(error.contains("arguments"), "{error}");
        assert!(serde_json::from_str::<Activation>("3").is_err());
    }

    #[test]
    fn not_a_number_stays_so() {
        let x = Tensor::scalar(f64::NAN);
        for name in Activation::names()
            .filter(|n| !["glu", "softmax", "log_softmax", "sparsemax"].contains(n))
        {
            let y = Activation::from(name).call(&x).array().unwrap().item().unwrap();
            assert!(y.is_nan(), "{name}(NaN) = {y}");
        }
    }
}
