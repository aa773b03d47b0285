//! The parts that all metrics have.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Defines metrics that are the weighted mean of a value per sample: a struct whose serde form is Keras's
/// config, with `name` and `dtype` beside its own arguments.
macro_rules! mean_metric {
    ($($(#[$doc:meta])* $type:ident $name:literal {
        $($(#[$field_doc:meta])* $field:ident: $field_type:ty = $default:expr;)*
    } |$me:ident, $y_true:ident, $y_pred:ident| $body:expr)*) => {
        $(
            $crate::object!($type);

            $(#[$doc])*
            #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $type {
                #[doc = concat!("The name. Default `", stringify!($name), "`.")]
                pub name: String,
                /// What Keras writes as the dtype of the state, which is `float32`.
                pub dtype: $crate::metrics::StateDtype,
                $($(#[$field_doc])* pub $field: $field_type,)*
            }

            impl Default for $type {
                fn default() -> Self {
                    $type {
                        name: $name.into(),
                        dtype: $crate::metrics::StateDtype,
                        $($field: $default,)*
                    }
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
                    $y_true: &cornu_graph::Tensor,
                    $y_pred: &cornu_graph::Tensor,
                    sample_weight: Option<&cornu_graph::Tensor>,
                ) -> $crate::Result<Vec<cornu_graph::Tensor>> {
                    let $me = self;
                    let values: cornu_graph::Tensor = $body;
                    $crate::metrics::mean_update(state, &values, sample_weight)
                }
                fn result(&self, state: &[cornu_graph::Tensor]) -> $crate::Result<cornu_graph::Tensor> {
                    $crate::metrics::mean_result(state)
                }
            }
        )*
    };
}

pub(super) use mean_metric;

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
        IgnoredAny::deserialize(deserializer).map(|_| StateDtype)
    }
}
