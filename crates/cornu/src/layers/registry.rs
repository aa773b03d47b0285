//! The one list of all layers.

use std::sync::{Arc, OnceLock, RwLock};

use serde_json::Value;

use super::*;
use crate::config::Config;
use crate::{Error, Result};

type FromConfig = fn(Config) -> Result<Box<dyn Layer>>;
type Custom = (String, Arc<dyn Fn(Config) -> Result<Box<dyn Layer>> + Send + Sync>);

macro_rules! layers {
    ($($layer:ident),* $(,)?) => {
        const BUILTIN: &[(&str, FromConfig)] = &[
            $((stringify!($layer), |config| {
                let layer: $layer = crate::config::from_config(stringify!($layer), config)?;
                Ok(Box::new(layer))
            })),*
        ];
    };
}

layers! {
    Activation,
    ActivityRegularization,
    Add,
    AlphaDropout,
    Average,
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    BatchNormalization,
    Concatenate,
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Dense,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Dot,
    Dropout,
    ELU,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    GroupNormalization,
    Identity,
    InputLayer,
    Lambda,
    LayerNormalization,
    LeakyReLU,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    Maximum,
    Minimum,
    Multiply,
    Normalization,
    PReLU,
    Permute,
    RMSNormalization,
    ReLU,
    RepeatVector,
    Rescaling,
    Reshape,
    Softmax,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
    Subtract,
    UnitNormalization,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
}

fn custom() -> &'static RwLock<Vec<Custom>> {
    static CUSTOM: OnceLock<RwLock<Vec<Custom>>> = OnceLock::new();
    CUSTOM.get_or_init(RwLock::default)
}

/// The names of the built-in layer classes.
pub fn class_names() -> Vec<&'static str> {
    BUILTIN.iter().map(|(name, _)| *name).collect()
}

/// Makes a class of one's own loadable: models that use it can be opened after this call.
pub fn register(
    class_name: &str,
    from_config: impl Fn(Config) -> Result<Box<dyn Layer>> + Send + Sync + 'static,
) {
    let mut custom = custom().write().unwrap_or_else(|p| p.into_inner());
    custom.insert(0, (class_name.into(), Arc::new(from_config)));
}

/// A layer from its class name and Keras's config (with name and trainable).
///
/// # Errors
/// When the class is unknown or the config is wrong.
pub fn from_config(class_name: &str, mut config: Config) -> Result<LayerRef> {
    let name = config.shift_remove("name");
    let trainable = config.shift_remove("trainable");
    if config.get("quantization_config").is_some_and(Value::is_null) {
        config.shift_remove("quantization_config");
    }
    if class_name != "InputLayer" {
        // A policy; the computation's dtype is that of the inputs.
        config.shift_remove("dtype");
    }
    let shown = name.as_ref().and_then(Value::as_str).unwrap_or(class_name).to_string();
    let named = |e: Error| Error::format(format!("layer {shown:?}"), e);
    let registered = custom().read().unwrap_or_else(|p| p.into_inner());
    let own = registered.iter().find(|(name, _)| name == class_name);
    let layer = if let Some((_, revive)) = own {
        revive(config).map_err(named)?
    } else if let Some((_, revive)) = BUILTIN.iter().find(|(name, _)| *name == class_name) {
        revive(config).map_err(named)?
    } else {
        let rule = "must be a layer of this library or one made known by layers::register";
        return Err(Error::invalid("layers", "class_name", rule, format!("{class_name:?}")));
    };
    let mut builder = LayerBuilder::from_box(layer);
    if let Some(name) = name.as_ref().and_then(Value::as_str) {
        builder = builder.name(name);
    }
    Ok(builder.trainable(trainable.and_then(|t| t.as_bool()).unwrap_or(true)).shared())
}
