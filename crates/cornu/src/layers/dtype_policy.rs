//! The dtype with which a layer computes and keeps its weights, by Keras's names.

use serde_json::Value;

use crate::{Error, Result};

/// A layer's dtype policy: `"float32"`, `"mixed_float16"`.
///
/// Layers compute in the dtype of their inputs, with weights of `float32`. Another policy of a file is kept and
/// written again, so that Keras reads what its author chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DTypePolicy(String);

/// Policies by which Keras computes with floating-point numbers.
const FLOATING: [&str; 6] =
    ["float32", "float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16"];

/// Dtypes of layers that only move values, as older files say them of layers behind integers.
const INTEGERS: [&str; 9] =
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"];

/// The layers that only move values.
const MOVES: [&str; 14] = [
    "Concatenate",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Flatten",
    "Identity",
    "Permute",
    "RepeatVector",
    "Reshape",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
];

impl Default for DTypePolicy {
    fn default() -> Self {
        DTypePolicy("float32".into())
    }
}

impl DTypePolicy {
    /// The policy that a layer's config says: a name, a dict of Keras's `DTypePolicy`, or nothing.
    ///
    /// # Errors
    /// When Keras knows no such policy, or the layer cannot follow it.
    pub(crate) fn from_config(class_name: &str, dtype: Option<&Value>) -> Result<DTypePolicy> {
        let name = match dtype {
            None | Some(Value::Null) => return Ok(DTypePolicy::default()),
            Some(Value::String(name)) => Some(name),
            Some(dict) => match (dict.get("class_name"), &dict["config"]["name"]) {
                // Keras 2 calls the class Policy.
                (Some(class), Value::String(name))
                    if ["DTypePolicy", "FloatDTypePolicy", "Policy"].iter().any(|c| class == c) =>
                {
                    Some(name)
                }
                _ => None,
            },
        };
        let known = |name: &&String| {
            FLOATING.contains(&name.as_str())
                || INTEGERS.contains(&name.as_str()) && MOVES.contains(&class_name)
        };
        match name.filter(known) {
            Some(name) => Ok(DTypePolicy(name.clone())),
            None => {
                let rule = format!("must be one of {}", FLOATING.join(", "));
                let received = dtype.unwrap_or(&Value::Null);
                Err(Error::invalid(class_name, "dtype", rule, received))
            }
        }
    }

    /// Keras's name.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// Whether Keras would compute in another floating-point type than is done here.
    pub(crate) fn differs(&self) -> bool {
        self.0 != "float32" && FLOATING.contains(&self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_are_those_of_keras() {
        let policy = |class, value: Value| DTypePolicy::from_config(class, Some(&value));
        let dict = |class| json!({"class_name": class, "config": {"name": "mixed_float16"}});
        for value in [json!("mixed_float16"), dict("DTypePolicy"), dict("Policy")] {
            assert_eq!(policy("Dense", value).unwrap().name(), "mixed_float16");
        }
        assert_eq!(policy("Dense", Value::Null).unwrap().name(), "float32");
        assert_eq!(policy("Flatten", json!("uint8")).unwrap().name(), "uint8");
        let quantized = json!({"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}});
        for value in [json!("float99"), json!(3.5), json!([]), json!("int8"), quantized] {
            let error = policy("Dense", value.clone()).unwrap_err().to_string();
            assert!(
                error.contains("Dense: `dtype`") && error.contains(&value.to_string()),
                "{error}"
            );
        }
    }
}
