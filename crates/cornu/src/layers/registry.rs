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

/// Whether a layer of this name can be made: by a registered class, or by a built-in one unless the name says a package
/// (`"my_project>Dense"`).
pub(crate) fn is_known(class_name: &str) -> bool {
    let short = class_name.rsplit('>').next().unwrap_or(class_name);
    let registered = custom().read().unwrap_or_else(|p| p.into_inner());
    registered.iter().any(|(name, _)| name == short || name == class_name)
        || BUILTIN.iter().any(|(name, _)| *name == class_name)
}

/// A layer from its class name and Keras's config (with name, trainable and dtype). A name with a package,
/// `"my_project>Dense"`, is that of a registered class.
///
/// # Errors
/// When the class is unknown or the config is wrong.
pub fn from_config(class_name: &str, mut config: Config) -> Result<LayerRef> {
    let common = Common::take(class_name, &mut config)?;
    if config.get("quantization_config").is_some_and(Value::is_null) {
        config.shift_remove("quantization_config");
    }
    let shown = common.name.as_deref().unwrap_or(class_name).to_string();
    let named = |e: Error| Error::format(format!("layer {shown:?}"), e);
    let short = class_name.rsplit('>').next().unwrap_or(class_name);
    let registered = custom().read().unwrap_or_else(|p| p.into_inner());
    let own = registered.iter().find(|(name, _)| name == short || name == class_name);
    let layer = if let Some((_, revive)) = own {
        revive(config).map_err(named)?
    } else if let Some((_, revive)) = BUILTIN.iter().find(|(name, _)| *name == class_name) {
        revive(config).map_err(named)?
    } else {
        let rule = "must be a layer of this library or one made known by layers::register";
        return Err(Error::invalid("layers", "class_name", rule, format!("{class_name:?}")));
    };
    Ok(common.builder(LayerBuilder::from_box(layer)).shared())
}

/// What the configs of all layers say.
pub(crate) struct Common {
    name: Option<String>,
    trainable: bool,
    policy: DTypePolicy,
}

impl Common {
    /// Takes what all layers have out of a config. An input's dtype is its own argument.
    ///
    /// # Errors
    /// When the name is no text, `trainable` no truth value, or the dtype no policy of Keras.
    pub(crate) fn take(class_name: &str, config: &mut Config) -> Result<Common> {
        let name = match config.shift_remove("name") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(other) => return Err(Error::invalid(class_name, "name", "must be a text", other)),
        };
        let shown = name.as_deref().unwrap_or(class_name).to_string();
        let named = |e: Error| Error::format(format!("layer {shown:?}"), e);
        let trainable = match config.shift_remove("trainable") {
            None => true,
            Some(Value::Bool(trainable)) => trainable,
            Some(other) => {
                let rule = "must be true or false";
                return Err(named(Error::invalid(class_name, "trainable", rule, other)));
            }
        };
        let policy = match class_name {
            "InputLayer" => DTypePolicy::default(),
            _ => {
                let dtype = config.shift_remove("dtype");
                DTypePolicy::from_config(class_name, dtype.as_ref()).map_err(named)?
            }
        };
        Ok(Common { name, trainable, policy })
    }

    /// A layer with it.
    pub(crate) fn builder(self, builder: LayerBuilder) -> LayerBuilder {
        let builder = builder.policy(self.policy).trainable(self.trainable);
        match self.name {
            Some(name) => builder.name(&name),
            None => builder,
        }
    }
}
