//! The parts that all losses have.

/// Defines losses: a struct whose serde form is Keras's config, with `name`, `reduction` and `dtype` beside
/// its own arguments, and the values per sample; `mask`: which of them count, if not all; `labels`: that targets are
/// numbers of classes, and the one that need not be.
macro_rules! loss {
    ($($(#[$doc:meta])* $type:ident $name:literal {
        $($(#[$field_doc:meta])* $field:ident: $field_type:ty = $default:expr;)*
    } |$me:ident, $y_true:ident, $y_pred:ident| $body:expr $(; mask $mask:block)? $(; labels $ignored:expr)?)*) => {
        $(
            $crate::object!($type);

            $(#[$doc])*
            #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $type {
                #[doc = concat!("The name. Default `", stringify!($name), "`.")]
                pub name: String,
                /// How the samples' values are reduced. Default: the sum over the number of values.
                pub reduction: $crate::losses::Reduction,
                /// What Keras writes as the dtype; the tensors' own counts.
                #[serde(skip_serializing)]
                pub dtype: serde_json::Value,
                $($(#[$field_doc])* pub $field: $field_type,)*
            }

            impl Default for $type {
                fn default() -> Self {
                    $type {
                        name: $name.into(),
                        reduction: $crate::losses::Reduction::default(),
                        dtype: serde_json::Value::Null,
                        $($field: $default,)*
                    }
                }
            }

            impl $crate::losses::Loss for $type {
                fn call(&self, $y_true: &cornu_graph::Tensor, $y_pred: &cornu_graph::Tensor) -> cornu_graph::Tensor {
                    let $me = self;
                    $body
                }
                fn reduction(&self) -> $crate::losses::Reduction {
                    self.reduction
                }
                $(fn mask(
                    &self,
                    $y_true: &cornu_graph::Tensor,
                    $y_pred: &cornu_graph::Tensor,
                ) -> Option<cornu_graph::Tensor> {
                    let $me = self;
                    $mask
                })?
                $(fn check_targets(&self, y_true: &cornu_graph::Array, outputs: &[usize]) -> $crate::Result<()> {
                    let $me = self;
                    let _ = $me;
                    $crate::losses::check_labels(stringify!($type), y_true, outputs, $ignored)
                })?
            }
        )*
    };
}

pub(super) use loss;
