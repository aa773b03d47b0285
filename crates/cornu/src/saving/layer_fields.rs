//! Layers' configs of older Keras, in today's words.
//!
//! A field that Keras no longer writes is left out where it has the one value that has no effect, and kept under its new
//! name where it means something that has one. Any other value is an error: nothing is read and dropped.

use serde_json::{Value, json};

use crate::config::Config;
use crate::layers::lambda_is_known;
use crate::{Error, Result};

/// A field that some classes had once, and the values with which it may be left out.
struct Former {
    classes: &'static [&'static str],
    name: &'static str,
    without_effect: fn(&Value) -> bool,
}

const fn former(
    classes: &'static [&'static str],
    name: &'static str,
    without_effect: fn(&Value) -> bool,
) -> Former {
    Former { classes, name, without_effect }
}

/// Convolutions without groups: Keras 2 wrote the field of their base class.
const UNGROUPED: &[&str] = &[
    "Conv1DTranspose",
    "Conv2DTranspose",
    "Conv3DTranspose",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
];

const SPATIAL_DROPOUT: &[&str] = &["SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"];

const FORMER: &[Former] = &[
    former(UNGROUPED, "groups", |v| *v == 1),
    former(SPATIAL_DROPOUT, "noise_shape", Value::is_null),
    // The length of the input says its shape, which is known from the input.
    former(&["Embedding"], "input_length", |_| true),
    former(&["Embedding"], "sparse", |v| *v == false),
    // How TensorFlow computed, not what.
    former(&["BatchNormalization"], "fused", |_| true),
    former(&["BatchNormalization"], "renorm", |v| *v == false || v.is_null()),
    former(&["BatchNormalization"], "renorm_clipping", Value::is_null),
    former(&["BatchNormalization"], "virtual_batch_size", Value::is_null),
    former(&["BatchNormalization"], "adjustment", Value::is_null),
    former(&["BatchNormalization"], "mode", |v| *v == 0),
];

/// The layer's config as Keras 3 writes it.
///
/// # Errors
/// When a field that Keras no longer has means something here.
pub(super) fn modern(class_name: &str, mut config: Config) -> Result<Config> {
    if class_name != "InputLayer" {
        // The shape of what comes in, which the input says; the first layer of a sequential model is asked before.
        config.shift_remove("batch_input_shape");
        config.shift_remove("batch_shape");
    }
    for field in FORMER.iter().filter(|f| f.classes.contains(&class_name)) {
        match config.get(field.name) {
            Some(value) if (field.without_effect)(value) => drop(config.shift_remove(field.name)),
            Some(value) => {
                let rule = "is a field of older Keras that must have no effect here";
                return Err(Error::invalid(class_name, field.name, rule, value));
            }
            None => {}
        }
    }
    for (name, initializer) in config.iter_mut().filter(|(name, _)| name.ends_with("_initializer"))
    {
        modern_initializer(class_name, name, initializer)?;
    }
    match class_name {
        "LeakyReLU" => {
            if let Some(alpha) = config.shift_remove("alpha") {
                config.insert("negative_slope".into(), alpha);
            }
        }
        // Bytecode is not executed; a Rust function of the layer's name may stand in for it.
        "Lambda" => {
            let name = config.get("name").and_then(Value::as_str).map(String::from);
            if let Some(name) = name.filter(|n| is_bytecode(&config) && lambda_is_known(n)) {
                config.insert("function".into(), Value::String(name));
            }
        }
        // Keras 2 wrote a list of one axis.
        "BatchNormalization" => {
            if let Some(axis) = config.get("axis").and_then(|axis| axis.get(0)).cloned() {
                config.insert("axis".into(), axis);
            }
        }
        _ => {}
    }
    Ok(config)
}

/// Whether a Lambda's function is Python bytecode.
pub(super) fn is_bytecode(config: &Config) -> bool {
    config.get("function").is_some_and(|f| match f.get("class_name") {
        Some(class) => class == "__lambda__",
        None => f.is_array(),
    })
}

/// TensorFlow 1's initializers have a dtype, that of the weight; its "normal" distribution is the one that Keras has
/// called truncated since.
fn modern_initializer(class_name: &str, name: &str, initializer: &mut Value) -> Result<()> {
    let Some(config) = initializer.get_mut("config").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    match config.get("dtype") {
        None => {}
        Some(Value::Null) => drop(config.shift_remove("dtype")),
        Some(dtype) if dtype == "float32" => drop(config.shift_remove("dtype")),
        Some(dtype) => {
            let rule = "must be float32, the type of the weights";
            return Err(Error::invalid(class_name, format!("{name}.dtype"), rule, dtype));
        }
    }
    if config.get("distribution").is_some_and(|d| d == "normal") {
        config.insert("distribution".into(), json!("truncated_normal"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(value: Value) -> Config {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_former_field_is_left_out_where_it_has_no_effect_and_refused_elsewhere() {
        let left = modern("Conv2DTranspose", config(json!({"filters": 2, "groups": 1}))).unwrap();
        assert_eq!(left, config(json!({"filters": 2})));
        let error = modern("DepthwiseConv2D", config(json!({"groups": 2}))).unwrap_err();
        assert!(error.to_string().contains("DepthwiseConv2D: `groups`"), "{error}");
        // A convolution has groups still.
        assert!(modern("Conv2D", config(json!({"groups": 2}))).unwrap().contains_key("groups"));
        let noise = json!({"rate": 0.1, "noise_shape": [null, 1, 3]});
        assert!(modern("SpatialDropout1D", config(noise)).is_err());
    }

    #[test]
    fn an_initializer_may_say_the_dtype_of_the_weights() {
        let dense = |dtype: &str| json!({"kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": null, "dtype": dtype}}});
        let left = modern("Dense", config(dense("float32"))).unwrap();
        assert_eq!(left["kernel_initializer"]["config"], json!({"seed": null}));
        assert!(modern("Dense", config(dense("float16"))).is_err());
    }
}
