//! Activation functions by Keras's names.

use std::sync::Arc;

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Result;

type Function = Arc<dyn Fn(&Tensor) -> Tensor + Send + Sync>;

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
    name: String,
    function: Option<Function>,
}

/// The built-in functions, in alphabetical order of their names.
const BUILTIN: &[(&str, fn(&Tensor) -> Tensor)] =
    &[("linear", linear), ("relu", ops::relu), ("sigmoid", ops::sigmoid), ("tanh", ops::tanh)];

impl Activation {
    /// A function of one's own; models that use it are saved with its name.
    pub fn new(
        name: impl Into<String>,
        function: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Self {
        Activation { name: name.into(), function: Some(Arc::new(function)) }
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
        let known: Vec<&str> = Activation::names().collect();
        let rule = format!("must be one of {}", known.join(", "));
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
        let function =
            BUILTIN.iter().find(|(n, _)| *n == name).map(|(_, f)| Arc::new(*f) as Function);
        Activation { name: name.into(), function }
    }
}

impl std::fmt::Debug for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.name)
    }
}

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Python's None is the identity.
        let name = Option::<String>::deserialize(deserializer)?;
        let activation = Activation::from(name.as_deref().unwrap_or("linear"));
        activation.check().map_err(serde::de::Error::custom)?;
        Ok(activation)
    }
}

/// The input itself.
pub fn linear(x: &Tensor) -> Tensor {
    x.clone()
}
