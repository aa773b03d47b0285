//! Objects that Keras serializes: their configs, the registries that revive them, and the arguments
//! that take one by itself or by name.

use std::sync::{Arc, RwLock};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::{Error, Result};

/// A JSON object in Keras's order of keys: what `get_config()` returns in Python.
pub type Config = serde_json::Map<String, Value>;

/// Something that Keras serializes as a class name and a config.
pub trait Object: Send + Sync {
    /// The class's name: `"GlorotUniform"`.
    fn class_name(&self) -> &str;

    /// The arguments that make the object again.
    ///
    /// # Errors
    /// When the object holds something that has no JSON form.
    fn config(&self) -> Result<Config>;
}

/// Implements [`Object`] for types whose serde form is their config.
#[macro_export]
macro_rules! object {
    ($($type:ident),* $(,)?) => {
        $(impl $crate::config::Object for $type {
            fn class_name(&self) -> &str {
                stringify!($type)
            }
            fn config(&self) -> $crate::Result<$crate::config::Config> {
                $crate::config::to_config(stringify!($type), self)
            }
        })*
    };
}

/// The config of a value by its serde form.
///
/// # Errors
/// When that form is not a JSON object.
pub fn to_config<T: Serialize>(class_name: &str, value: &T) -> Result<Config> {
    match serde_json::to_value(value) {
        Ok(Value::Object(config)) => Ok(config),
        Ok(Value::Null) => Ok(Config::new()),
        Ok(other) => Err(Error::format(class_name, format!("its config is no object but {other}"))),
        Err(error) => Err(Error::format(class_name, error)),
    }
}

/// A value from its config, by serde.
///
/// # Errors
/// When an argument is unknown, missing or of the wrong type.
pub fn from_config<T: DeserializeOwned>(class_name: &str, config: Config) -> Result<T> {
    serde_json::from_value(Value::Object(config)).map_err(|e| Error::format(class_name, e))
}

/// How one class is revived.
pub struct Entry<T: ?Sized> {
    /// The class's name.
    pub class_name: &'static str,
    /// Other names that stand for it with default arguments: `"mse"`.
    pub aliases: &'static [&'static str],
    /// Makes an object from its config; an empty config means default arguments.
    pub from_config: fn(Config) -> Result<Arc<T>>,
}

/// An [`Entry`] for a type whose serde form is its config.
#[macro_export]
macro_rules! entry {
    ($type:ident $(, $alias:literal)*) => {
        $crate::config::Entry {
            class_name: stringify!($type),
            aliases: &[$($alias),*],
            from_config: |config| {
                let object: $type = $crate::config::from_config(stringify!($type), config)?;
                Ok(std::sync::Arc::new(object))
            },
        }
    };
}

/// The function by which a family's custom classes are made known.
macro_rules! register {
    ($family:ident $(, $(#[$example:meta])*)?) => {
        /// Makes a custom class known: it is taken by name, and models that use it can be loaded. It takes the place of an
        /// earlier one of the same name.
        ///
        /// `from_config` makes an object again from what its `config` gave.
        $($(#[$example])*)?
        pub fn register(
            class_name: &str,
            from_config: impl Fn($crate::config::Config) -> $crate::Result<std::sync::Arc<dyn $family>>
            + Send
            + Sync
            + 'static,
        ) {
            <dyn $family as $crate::config::Family>::registry().register(class_name, from_config);
        }
    };
}

pub(crate) use register;

/// A user's class with the function that revives it.
type Registered<T> = (String, Arc<dyn Fn(Config) -> Result<Arc<T>> + Send + Sync>);

/// All classes of a family: the built-in ones and those that a user registered.
pub struct Registry<T: ?Sized> {
    builtin: Vec<Entry<T>>,
    custom: RwLock<Vec<Registered<T>>>,
}

impl<T: ?Sized> Registry<T> {
    /// A registry of built-in classes.
    pub fn new(builtin: Vec<Entry<T>>) -> Self {
        Registry { builtin, custom: RwLock::default() }
    }

    /// The built-in classes, in the order of the list.
    pub fn builtin(&self) -> &[Entry<T>] {
        &self.builtin
    }

    /// The names of all classes, the registered ones last.
    fn class_names(&self) -> Vec<String> {
        let custom = self.custom.read().unwrap_or_else(|p| p.into_inner());
        let registered = custom.iter().map(|(class, _)| class.clone());
        self.builtin.iter().map(|e| e.class_name.into()).chain(registered).collect()
    }

    /// Adds a class; it takes the place of an earlier one of the same name.
    pub fn register(
        &self,
        class_name: &str,
        from_config: impl Fn(Config) -> Result<Arc<T>> + Send + Sync + 'static,
    ) {
        let mut custom = self.custom.write().unwrap_or_else(|p| p.into_inner());
        custom.insert(0, (class_name.into(), Arc::new(from_config)));
    }

    /// The object that a class name (`"HeNormal"`), its snake case (`"he_normal"`) or an alias names,
    /// with the arguments of `config`; `None` if nothing has that name.
    pub fn revive(&self, name: &str, config: Config) -> Option<Result<Arc<T>>> {
        let custom = self.custom.read().unwrap_or_else(|p| p.into_inner());
        // A registered name is "package>Name", which is never the built-in class of that name.
        let (package, name) = name.rsplit_once('>').map_or((None, name), |(p, n)| (Some(p), n));
        let builtin = |e: &&Entry<T>| {
            let is_one = |of: &str| is_name_of(name, of);
            package.is_none() && (is_one(e.class_name) || e.aliases.iter().any(|a| is_one(a)))
        };
        if let Some((_, revive)) = custom.iter().find(|(class, _)| class == name) {
            return Some(revive(config));
        }
        if let Some(entry) = self.builtin.iter().find(builtin) {
            return Some((entry.from_config)(config));
        }
        let (_, revive) = custom.iter().find(|(class, _)| is_name_of(name, class))?;
        Some(revive(config))
    }
}

/// Whose class a dict names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Keras's own.
    Keras,
    /// Somebody's own, whatever its name.
    Custom,
}

impl Origin {
    /// What `module` and `registered_name` of Keras's dict say. Files of Keras 2 have neither: a class is Keras's there
    /// if it has such a name.
    pub(crate) fn of(dict: &Value) -> Origin {
        let text = |field: &str| dict.get(field).and_then(Value::as_str);
        let registered = text("registered_name");
        if registered.is_some_and(|name| name.contains('>')) {
            return Origin::Custom;
        }
        match text("module") {
            // A class of the program that was run has no module, but a registered name.
            None if registered.is_some() => Origin::Custom,
            None => Origin::Keras,
            Some(module) => {
                let package = module.split('.').next().unwrap_or(module);
                match ["keras", "tensorflow", "tf_keras", "keras_core", "builtins"]
                    .contains(&package)
                {
                    true => Origin::Keras,
                    false => Origin::Custom,
                }
            }
        }
    }
}

/// Whether a name is that of a class, or its snake case.
fn is_name_of(name: &str, class: &str) -> bool {
    fn plain(s: &str) -> impl Iterator<Item = char> {
        s.chars().filter(|&c| c != '_').map(|c| c.to_ascii_lowercase())
    }
    plain(name).eq(plain(class))
}

/// A kind of object of which Keras has many: initializers, losses, …
pub trait Family: Object + 'static {
    /// The module that Keras writes: `"keras.initializers"`.
    const MODULE: &'static str;
    /// What one member is called in messages: `"initializer"`.
    const KIND: &'static str;
    /// Where the members are listed.
    fn registry() -> &'static Registry<Self>;
}

/// An argument that takes an object or its name, as `kernel_initializer="he_normal"` does in Keras.
///
/// A name is looked up when the object is used; see [`Choice::get`].
pub enum Choice<T: ?Sized> {
    /// The object itself.
    Object(Arc<T>),
    /// Its class name, snake case or alias.
    Name(String),
}

impl<T: ?Sized> Clone for Choice<T> {
    fn clone(&self) -> Self {
        match self {
            Choice::Object(object) => Choice::Object(object.clone()),
            Choice::Name(name) => Choice::Name(name.clone()),
        }
    }
}

impl<T: Family + ?Sized> Choice<T> {
    /// The object.
    ///
    /// # Errors
    /// When nothing has the name; the message lists what there is.
    pub fn get(&self) -> Result<Arc<T>> {
        let name = match self {
            Choice::Object(object) => return Ok(object.clone()),
            Choice::Name(name) => name,
        };
        T::registry().revive(name, Config::new()).unwrap_or_else(|| {
            let known = T::registry().class_names().join(", ");
            let module = T::MODULE.trim_start_matches("keras.");
            let rule = format!("must be one of {known}, or made known by {module}::register");
            Err(Error::invalid(T::MODULE, T::KIND, rule, format!("{name:?}")))
        })
    }
}

impl<T: Family + ?Sized> std::fmt::Debug for Choice<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Choice::Object(object) => write!(f, "{}", object.class_name()),
            Choice::Name(name) => write!(f, "{name:?}"),
        }
    }
}

impl<T: ?Sized> From<&str> for Choice<T> {
    fn from(name: &str) -> Self {
        Choice::Name(name.into())
    }
}

impl<T: ?Sized> From<Arc<T>> for Choice<T> {
    fn from(object: Arc<T>) -> Self {
        Choice::Object(object)
    }
}

/// Keras's dict of an object: `{"module", "class_name", "config", "registered_name"}`.
///
/// # Errors
/// When the object has no JSON form.
pub fn serialize_object<T: Family + ?Sized>(object: &T) -> Result<Value> {
    let class_name = object.class_name();
    let builtin = T::registry().builtin().iter().any(|e| e.class_name == class_name);
    let registered = if builtin { Value::Null } else { json!(format!("Custom>{class_name}")) };
    Ok(json!({
        "module": if builtin { json!(T::MODULE) } else { Value::Null },
        "class_name": class_name,
        "config": object.config()?,
        "registered_name": registered,
    }))
}

/// An object from Keras's dict, or from its bare name.
///
/// # Errors
/// When the value is neither, the class is unknown or its config is wrong.
pub fn deserialize_object<T: Family + ?Sized>(value: &Value) -> Result<Arc<T>> {
    if let Some(name) = value.as_str() {
        return Choice::<T>::from(name).get();
    }
    let name = value.get("class_name").and_then(Value::as_str);
    let config = match value.get("config") {
        Some(Value::Object(config)) => Some(config.clone()),
        None | Some(Value::Null) => Some(Config::new()),
        // Keras writes a function as {"class_name": "function", "config": "relu"}.
        Some(Value::String(function)) => {
            return Choice::<T>::Name(full_name(value, function)).get();
        }
        Some(_) => None,
    };
    let (Some(name), Some(config)) = (name, config) else {
        return Err(Error::format(
            T::KIND,
            format!("must be a name or an object dict, not {value}"),
        ));
    };
    let name = full_name(value, name);
    match T::registry().revive(&name, config) {
        Some(object) => object,
        None => Choice::<T>::Name(name).get(),
    }
}

/// A name in a dict, with the package or module where it is not Keras's: `"my_project>Dense"`.
pub(crate) fn full_name(dict: &Value, name: &str) -> String {
    if name.contains('>') || Origin::of(dict) == Origin::Keras {
        return name.into();
    }
    let text = |field: &str| dict.get(field).and_then(Value::as_str);
    match (text("registered_name").filter(|r| r.contains('>')), text("module")) {
        (Some(registered), _) => registered.into(),
        (None, Some(module)) => format!("{module}>{name}"),
        (None, None) => format!("__main__>{name}"),
    }
}

impl<T: Family + ?Sized> Serialize for Choice<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.get().and_then(|object| serialize_object(&*object));
        object.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de, T: Family + ?Sized> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        deserialize_object(&value).map(Choice::Object).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{Loss, MeanSquaredError};

    #[test]
    fn registered_classes_are_found_as_built_in_ones_are() {
        let registry = Registry::<dyn Loss>::new(vec![entry!(MeanSquaredError, "mse")]);
        registry.register("HalfError", |_| Err(Error::format("HalfError", "was asked")));
        registry.register("MSE", |_| Err(Error::format("MSE", "was asked")));
        let asked = |name| registry.revive(name, Config::new()).is_some_and(|found| found.is_err());
        assert!(asked("HalfError") && asked("half_error") && asked("Custom>HalfError"));
        assert!(registry.revive("third_error", Config::new()).is_none());
        // A name of Keras's means what it means there; only the very name of the registered class takes its place.
        assert!(asked("MSE") && !asked("mse"));
    }

    #[test]
    fn a_class_is_keras_s_only_if_its_module_and_registered_name_say_so() {
        let loss = |module: Value, registered: Value| {
            deserialize_object::<dyn Loss>(&json!({
                "module": module, "class_name": "MeanSquaredError", "config": {}, "registered_name": registered,
            }))
        };
        for module in ["keras.losses", "keras.src.losses.losses", "tensorflow.keras.losses"] {
            assert!(loss(json!(module), Value::Null).is_ok(), "{module}");
            assert!(loss(json!(module), json!("MeanSquaredError")).is_ok(), "{module}");
        }
        assert!(loss(Value::Null, Value::Null).is_ok());
        let error = |module, registered| loss(module, registered).err().unwrap().to_string();
        let mine = json!("mine>MeanSquaredError");
        assert!(error(json!("mine.losses"), mine.clone()).contains("mine>MeanSquaredError"));
        assert!(error(json!("keras.losses"), mine).contains("mine>MeanSquaredError"));
        assert!(error(json!("mine.losses"), Value::Null).contains("mine.losses>MeanSquaredError"));
        assert!(error(Value::Null, json!("MeanSquaredError")).contains("__main__>"));
    }

    #[test]
    fn an_unknown_name_lists_registered_classes() {
        let error = Choice::<dyn Loss>::from("overlap").get().err().map(|e| e.to_string());
        let error = error.unwrap_or_default();
        assert!(error.contains("MeanSquaredError, ") && error.contains("BoxOverlap"), "{error}");
    }
}
