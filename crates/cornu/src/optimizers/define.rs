//! The parts that all optimizers have.

/// Defines an optimizer: a struct whose serde form is Keras's config, with the arguments that all share before
/// its own, `new` from a learning rate, and a builder method per argument.
///
/// `Type("name", learning_rate, weight_decay) { own arguments }`; the values are defaults.
macro_rules! optimizer {
    ($(#[$doc:meta])* $type:ident($name:literal, $rate:literal, $decay:expr) {
        $($(#[$field_doc:meta])* $field:ident: $field_type:ty = $default:expr;)*
    }) => {
        $crate::object!($type);

        $(#[$doc])*
        #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $type {
            #[doc = concat!("The name. Default `", stringify!($name), "`.")]
            pub name: String,
            #[doc = concat!("The learning rate or its schedule. Default ", stringify!($rate), ".")]
            pub learning_rate: $crate::optimizers::LearningRate,
            #[doc = concat!("Decoupled weight decay. Default: `", stringify!($decay), "`.")]
            pub weight_decay: Option<f64>,
            /// The largest L2 norm of each gradient. Default: none.
            pub clipnorm: Option<f64>,
            /// The largest L2 norm of all gradients together. Default: none.
            pub global_clipnorm: Option<f64>,
            /// The largest absolute value of a gradient's elements. Default: none.
            pub clipvalue: Option<f64>,
            /// Whether an exponential moving average of the weights is kept. Default: false.
            pub use_ema: bool,
            /// Momentum of that average. Default 0.99.
            pub ema_momentum: f64,
            /// Every how many iterations the weights take their average's values, as they do at the end of
            /// `fit`. Default: only then.
            pub ema_overwrite_frequency: Option<u64>,
            /// The loss is multiplied by this and the gradients are divided by it. Default: none.
            pub loss_scale_factor: Option<f64>,
            /// How many batches' gradients are averaged for one update. Default: none, each is an update.
            pub gradient_accumulation_steps: Option<u64>,
            $($(#[$field_doc])* pub $field: $field_type,)*
        }

        impl Default for $type {
            fn default() -> Self {
                let common = $crate::optimizers::Common::default();
                $type {
                    name: $name.into(),
                    learning_rate: $rate.into(),
                    weight_decay: $decay,
                    clipnorm: common.clipnorm,
                    global_clipnorm: common.global_clipnorm,
                    clipvalue: common.clipvalue,
                    use_ema: common.use_ema,
                    ema_momentum: common.ema_momentum,
                    ema_overwrite_frequency: common.ema_overwrite_frequency,
                    loss_scale_factor: common.loss_scale_factor,
                    gradient_accumulation_steps: common.gradient_accumulation_steps,
                    $($field: $default,)*
                }
            }
        }

        impl $type {
            /// The optimizer with a learning rate, or with a schedule of it, and defaults for the rest.
            pub fn new(learning_rate: impl Into<$crate::optimizers::LearningRate>) -> Self {
                $type { learning_rate: learning_rate.into(), ..Default::default() }
            }

            $crate::layer_arguments! {
                #[doc = concat!("The name. Default `", stringify!($name), "`.")]
                name: String;
            }
            $crate::layer_arguments! { exact optional
                /// Decoupled weight decay: `w -= w · weight_decay · learning_rate` before the update.
                weight_decay: f64;
                /// Scales each gradient to at most this L2 norm.
                clipnorm: f64;
                /// Scales all gradients together to at most this L2 norm.
                global_clipnorm: f64;
                /// Limits gradients to `[-clipvalue, clipvalue]`.
                clipvalue: f64;
                /// Every how many iterations the weights take their average's values.
                ema_overwrite_frequency: u64;
                /// Multiplies the loss, and divides the gradients, by this.
                loss_scale_factor: f64;
                /// How many batches' gradients are averaged for one update; at least 2.
                gradient_accumulation_steps: u64;
            }
            $crate::layer_arguments! { exact
                /// Whether an exponential moving average of the weights is kept. Default: false.
                use_ema: bool;
                /// Momentum of that average. Default 0.99.
                ema_momentum: f64;
                $($(#[$field_doc])* $field: $field_type;)*
            }
        }
    };
}

/// The methods of [`Optimizer`](super::Optimizer) that give the arguments which all optimizers share.
macro_rules! arguments {
    () => {
        fn learning_rate(&self) -> &$crate::optimizers::LearningRate {
            &self.learning_rate
        }

        fn common(&self) -> $crate::optimizers::Common {
            $crate::optimizers::Common {
                weight_decay: self.weight_decay,
                clipnorm: self.clipnorm,
                global_clipnorm: self.global_clipnorm,
                clipvalue: self.clipvalue,
                use_ema: self.use_ema,
                ema_momentum: self.ema_momentum,
                ema_overwrite_frequency: self.ema_overwrite_frequency,
                loss_scale_factor: self.loss_scale_factor,
                gradient_accumulation_steps: self.gradient_accumulation_steps,
            }
        }
    };
}

pub(super) use {arguments, optimizer};
