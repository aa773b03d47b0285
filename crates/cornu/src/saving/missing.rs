//! What a model needs that is not here: said of all its layers at once, before any is made.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::layer_fields::is_bytecode;
use super::operation::Operation;
use crate::config::{Config, Origin, full_name};
use crate::layers::{is_known, lambda_is_known};
use crate::{Error, Result};

/// The classes of a model's layers that cannot be made here, each with the names of its layers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingClasses {
    /// Keras's layers that this library does not have.
    pub keras: BTreeMap<String, Vec<String>>,
    /// Functions of `keras.ops` that this library does not compute as layers of a model.
    pub functions: BTreeMap<String, Vec<String>>,
    /// Classes of the model's author, with their packages.
    pub custom: BTreeMap<String, Vec<String>>,
    /// Lambda layers whose function is Python bytecode, which is never executed.
    pub lambdas: Vec<String>,
}

impl MissingClasses {
    fn is_empty(&self) -> bool {
        *self == MissingClasses::default()
    }

    /// What a program can do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match (self.custom.is_empty(), self.lambdas.is_empty()) {
            (true, true) => "",
            (false, true) => " (layers::register makes a Rust class known)",
            (true, false) => {
                " (layers::register_lambda makes a Rust function of the layer's name known)"
            }
            (false, false) => {
                " (layers::register and register_lambda make Rust classes and functions known)"
            }
        }
    }
}

/// How many classes, and how many layers of each, are named.
const SHOWN: usize = 4;

fn some<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = names.take(SHOWN).map(|name| short(name)).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

/// A name of a length that a message can hold.
fn short(name: &str) -> String {
    const LONGEST: usize = 40;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.into(),
    }
}

fn classes(of: &BTreeMap<String, Vec<String>>) -> String {
    let more = of.len().saturating_sub(SHOWN);
    let each = of.iter().take(SHOWN);
    let mut shown: Vec<String> =
        each.map(|(class, layers)| format!("{} ({})", short(class), some(layers.iter()))).collect();
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}

impl fmt::Display for MissingClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.keras.is_empty() {
            parts.push(format!("Keras's {}, which Cornu does not have yet", classes(&self.keras)));
        }
        if !self.functions.is_empty() {
            let functions = classes(&self.functions);
            parts.push(format!(
                "keras.ops' {functions}, which Cornu does not compute in models yet"
            ));
        }
        if !self.custom.is_empty() {
            parts.push(format!("its author's own {}", classes(&self.custom)));
        }
        if !self.lambdas.is_empty() {
            let layers = some(self.lambdas.iter());
            parts.push(format!(
                "the Python code of Lambda layers ({layers}), which is never executed"
            ));
        }
        write!(f, "the model needs {}", parts.join("; "))
    }
}

/// Refuses a model whose layers cannot all be made.
///
/// # Errors
/// [`Error::MissingClasses`].
pub(super) fn check(what: &str, root: &Value) -> Result<()> {
    let mut missing = MissingClasses::default();
    visit(root, &mut missing);
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::MissingClasses { what: what.into(), missing: Box::new(missing) }),
    }
}

fn visit(dict: &Value, missing: &mut MissingClasses) {
    let Some(class_name) = dict.get("class_name").and_then(Value::as_str) else { return };
    let empty = Config::new();
    let config = dict.get("config").and_then(Value::as_object).unwrap_or(&empty);
    let name = config.get("name").or(dict.get("name")).and_then(Value::as_str);
    let name = name.unwrap_or(class_name).to_string();
    let full = full_name(dict, class_name);
    let layers = match dict.get("config") {
        // Keras 1's sequential models.
        Some(Value::Array(layers)) => Some(layers),
        _ => config.get("layers").and_then(Value::as_array),
    };
    if ["Functional", "Model", "Sequential"].contains(&class_name) && layers.is_some() {
        layers.into_iter().flatten().for_each(|layer| visit(layer, missing));
    } else if Operation::is_one(dict) {
        if !Operation::is_known(class_name) {
            missing.functions.entry(class_name.into()).or_default().push(name);
        }
    } else if class_name == "Lambda" && is_bytecode(config) {
        if !lambda_is_known(&name) {
            missing.lambdas.push(name);
        }
    } else if !is_known(&full) {
        let keras = Origin::of(dict) == Origin::Keras && KERAS_LAYERS.contains(&class_name);
        let of = if keras { &mut missing.keras } else { &mut missing.custom };
        let class = if keras { class_name.into() } else { full };
        of.entry(class).or_default().push(name);
    }
}

/// The layers of Keras 3, and those of Keras 2 that it dropped.
const KERAS_LAYERS: &[&str] = &[
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "AdditiveAttention",
    "Attention",
    "AugMix",
    "AutoContrast",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "CuDNNGRU",
    "CuDNNLSTM",
    "CutMix",
    "Discretization",
    "EinsumDense",
    "Equalization",
    "GRU",
    "GRUCell",
    "GroupQueryAttention",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "LSTM",
    "LSTMCell",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "Masking",
    "MaxNumBoundingBoxes",
    "MelSpectrogram",
    "MixUp",
    "MultiHeadAttention",
    "Pipeline",
    "RNN",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
    "Resizing",
    "ReversibleEmbedding",
    "STFTSpectrogram",
    "SeparableConv1D",
    "SeparableConv2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "SlicingOpLambda",
    "Solarization",
    "SpectralNormalization",
    "StackedRNNCells",
    "StringLookup",
    "TFOpLambda",
    "TensorFlowOpLayer",
    "TernaryDense",
    "TextVectorization",
    "ThresholdedReLU",
    "TimeDistributed",
    "UpSampling1D",
    "UpSampling3D",
    "Wrapper",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn layer(module: &str, class: &str, name: &str, registered: Value) -> Value {
        json!({"module": module, "class_name": class, "config": {"name": name}, "registered_name": registered})
    }

    #[test]
    fn all_that_is_missing_is_said_at_once() {
        let lambda = json!({"class_name": "Lambda", "module": "keras.layers", "registered_name": null,
            "config": {"name": "crop", "function": {"class_name": "__lambda__", "config": {}}}});
        let inner = json!({"class_name": "Sequential", "config": {"layers": [
            layer("keras.layers", "LSTM", "memory", Value::Null),
            layer("keras.layers", "LSTM", "more", Value::Null),
            layer("mine.layers", "Dense", "own", json!("mine>Dense")),
        ]}});
        let model = json!({"class_name": "Functional", "config": {"layers": [
            layer("keras.layers", "Dense", "d", Value::Null), inner, lambda,
            layer("keras.layers", "GRU", "g", Value::Null),
        ]}});
        let error = check("m.keras", &model).unwrap_err();
        let Error::MissingClasses { missing, .. } = &error else { panic!("{error}") };
        assert_eq!(missing.keras["LSTM"], ["memory", "more"]);
        assert_eq!(missing.custom["mine>Dense"], ["own"]);
        assert_eq!(missing.lambdas, ["crop"]);
        let expected = "the model needs Keras's GRU (g), LSTM (memory, more), which Cornu does not have yet; its author's own \
                        mine>Dense (own); the Python code of Lambda layers (crop), which is never executed";
        assert_eq!(missing.to_string(), expected);
        assert!(error.to_string().ends_with("make Rust classes and functions known)"), "{error}");
    }

    #[test]
    fn a_message_stays_short() {
        let long = "x".repeat(300);
        let layers: Vec<Value> = (0..500)
            .map(|i| layer("mine", &format!("{long}{i}"), &format!("{i}{long}"), Value::Null))
            .collect();
        let model = json!({"class_name": "Sequential", "config": {"layers": layers}});
        let message = check("m.keras", &model).unwrap_err().to_string();
        assert!(message.chars().count() < 480 && message.contains("and 496 more"), "{message}");
    }

    #[test]
    fn no_layer_that_is_here_counts_as_missing_from_keras() {
        let here = crate::layers::class_names();
        let wrong: Vec<_> = KERAS_LAYERS.iter().filter(|name| here.contains(name)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
