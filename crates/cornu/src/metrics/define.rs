//! The parts that all metrics have.

use cornu_graph::{DType, Tensor, ops};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{Error, Result};

/// Defines a metric's struct, whose serde form is Keras's config: `name` and `dtype` beside its own arguments.
/// Arguments in parentheses have no default: `new` takes them, and a config must have them.
macro_rules! metric {
    ($($(#[$doc:meta])* $type:ident $name:literal : $dtype:ident {
        $($(#[$field_doc:meta])* $field:ident: $field_type:ty = $default:expr;)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $type {
                #[doc = concat!("The name. Default `", stringify!($name), "`.")]
                pub name: String,
                /// The dtype of the state.
                pub dtype: $crate::metrics::$dtype,
                $($(#[$field_doc])* pub $field: $field_type,)*
            }

            impl Default for $type {
                fn default() -> Self {
                    $type {
                        name: $name.into(),
                        dtype: $crate::metrics::$dtype::default(),
                        $($field: $default,)*
                    }
                }
            }
        )*
    };
    ($($(#[$doc:meta])* $type:ident $name:literal : $dtype:ident
        ($($(#[$needed_doc:meta])* $needed:ident: $needed_type:ty),+ $(,)?)
    {
        $($(#[$field_doc:meta])* $field:ident: $field_type:ty = $default:expr;)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
            #[serde(default = "super::define::incomplete", deny_unknown_fields, remote = "Self")]
            pub struct $type {
                #[doc = concat!("The name. Default `", stringify!($name), "`.")]
                pub name: String,
                /// The dtype of the state.
                pub dtype: $crate::metrics::$dtype,
                $($(#[$needed_doc])* pub $needed: $needed_type,)*
                $($(#[$field_doc])* pub $field: $field_type,)*
            }

            impl $type {
                /// The metric with its defaults.
                pub fn new($($needed: impl Into<$needed_type>),*) -> Self {
                    $type {
                        name: $name.into(),
                        dtype: $crate::metrics::$dtype::default(),
                        $($needed: $needed.into(),)*
                        $($field: $default,)*
                    }
                }
            }

            impl super::define::Incomplete for $type {
                fn incomplete() -> Self {
                    Self::new($(<$needed_type>::default()),*)
                }
            }

            impl serde::Serialize for $type {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    Self::serialize(self, serializer)
                }
            }

            impl<'de> serde::Deserialize<'de> for $type {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    use serde::de::Error;
                    let config = $crate::config::Config::deserialize(deserializer)?;
                    for argument in [$(stringify!($needed)),*] {
                        if !config.contains_key(argument) {
                            return Err(D::Error::missing_field(argument));
                        }
                    }
                    Self::deserialize(serde_json::Value::Object(config)).map_err(D::Error::custom)
                }
            }
        )*
    };
}

/// Defines metrics that are the weighted mean of a value per sample.
macro_rules! mean_metric {
    ($($(#[$doc:meta])* $type:ident $name:literal {
        $($(#[$field_doc:meta])* $field:ident: $field_type:ty = $default:expr;)*
    } |$me:ident, $y_true:ident, $y_pred:ident| $body:expr)*) => {
        $(
            $crate::object!($type);

            $crate::metrics::define::metric! {
                $(#[$doc])*
                $type $name: StateDtype {
                    $($(#[$field_doc])* $field: $field_type = $default;)*
                }
            }

            impl $type {
                fn each(&self, $y_true: &cornu_graph::Tensor, $y_pred: &cornu_graph::Tensor) -> cornu_graph::Tensor {
                    let $me = self;
                    $body
                }
            }

            impl $crate::metrics::Metric for $type {
                fn name(&self) -> &str {
                    &self.name
                }
                fn state(&self, _: &cornu_graph::Spec, _: &cornu_graph::Spec) -> $crate::Result<Vec<cornu_graph::Array>> {
                    Ok($crate::metrics::mean_state())
                }
                fn update(
                    &self,
                    state: &[cornu_graph::Tensor],
                    y_true: &cornu_graph::Tensor,
                    y_pred: &cornu_graph::Tensor,
                    sample_weight: Option<&cornu_graph::Tensor>,
                ) -> $crate::Result<Vec<cornu_graph::Tensor>> {
                    $crate::metrics::mean_update(state, &self.each(y_true, y_pred), sample_weight)
                }
                fn values(&self, y_true: &cornu_graph::Tensor, y_pred: &cornu_graph::Tensor) -> Option<cornu_graph::Tensor> {
                    Some(self.each(y_true, y_pred))
                }
                fn result(&self, state: &[cornu_graph::Tensor]) -> $crate::Result<cornu_graph::Tensor> {
                    $crate::metrics::mean_result(state)
                }
            }
        )*
    };
}

pub(super) use {mean_metric, metric};

/// What a config's arguments are written over, once those that have no default are known to be there.
pub(super) trait Incomplete {
    fn incomplete() -> Self;
}

pub(super) fn incomplete<T: Incomplete>() -> T {
    T::incomplete()
}

/// The dtype of a metric's state: Keras writes it as `"float32"` or as a policy, and so it is here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StateDtype;

impl Serialize for StateDtype {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("float32")
    }
}

impl<'de> Deserialize<'de> for StateDtype {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| StateDtype)
    }
}

/// The dtype in which a confusion matrix counts: `int64` by default, where a sample weight loses its fraction
/// (0.5 counts as 0), as in Keras; a float type keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountDtype(pub DType);

impl Default for CountDtype {
    fn default() -> Self {
        CountDtype(DType::I64)
    }
}

impl From<DType> for CountDtype {
    fn from(dtype: DType) -> Self {
        CountDtype(dtype)
    }
}

impl Serialize for CountDtype {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for CountDtype {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // A policy is an object whose config has the dtype's name.
        let name = value.pointer("/config/name").unwrap_or(&value);
        match name.as_str() {
            None if name.is_null() => Ok(CountDtype::default()),
            Some("int") => Ok(CountDtype::default()),
            Some(name)
                if DType::from_name(name).is_some_and(|d| d.is_integer() || d.is_float()) =>
            {
                Ok(CountDtype(DType::from_name(name).unwrap_or(DType::I64)))
            }
            _ => {
                Err(serde::de::Error::custom(format!("dtype must be a numeric type, not {value}")))
            }
        }
    }
}

/// The tensors of a metric's state.
pub(super) fn parts<'a, const N: usize>(
    metric: &str,
    state: &'a [Tensor],
) -> Result<&'a [Tensor; N]> {
    state.try_into().map_err(|_| {
        let received = format!("{} tensors", state.len());
        Error::invalid(metric, "state", format!("must be the metric's {N} tensors"), received)
    })
}

/// `a / b`, and 0 where `b` is 0.
pub(super) fn ratio(a: &Tensor, b: &Tensor) -> Tensor {
    let zero = ops::equal(b, &ops::zeros_like(b));
    let quotient = a / ops::where_(&zero, &ops::ones_like(b), b);
    ops::where_(&zero, &ops::zeros_like(b), &quotient)
}
