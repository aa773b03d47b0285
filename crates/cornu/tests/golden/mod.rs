//! Reading the golden numbers of `fixtures/keras` and comparing with them.
//!
//! A tensor is `{"shape", "dtype", "data"}`; what JSON lacks is written as "inf", "-inf", "nan".
#![allow(dead_code)] // Each test program uses its part.

use cornu::{Array, DType};
use serde_json::Value;

/// The cases of `fixtures/keras/<name>.json`.
pub fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/fixtures/keras/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let file: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    file["cases"].as_array().unwrap_or_else(|| panic!("{path}: no cases")).clone()
}

/// A number, or the name of one that JSON lacks.
pub fn number(value: &Value) -> f64 {
    let named = || value.as_str().and_then(|s| s.parse().ok());
    value.as_f64().or_else(named).unwrap_or_else(|| panic!("{value} is no number"))
}

/// The shape of a tensor.
pub fn shape(tensor: &Value) -> Vec<usize> {
    let sizes = tensor["shape"].as_array().unwrap_or_else(|| panic!("{tensor} is no tensor"));
    sizes.iter().map(|d| number(d) as usize).collect()
}

/// A tensor in its dtype.
pub fn array(tensor: &Value) -> Array {
    let dtype: DType = serde_json::from_value(tensor["dtype"].clone()).expect("a dtype");
    let data = tensor["data"].as_array().expect("data").iter().map(number).collect::<Vec<_>>();
    Array::new(&shape(tensor), data).expect("a tensor").cast(dtype)
}

/// Panics unless the values agree to `tolerance`, relative to the larger of 1 and the expected value.
pub fn assert_close(what: &str, actual: &Array, expected: &Value, tolerance: f64) {
    assert_eq!(actual.shape(), shape(expected), "{what}: shape");
    let dtype: DType = serde_json::from_value(expected["dtype"].clone()).expect("a dtype");
    assert_eq!(actual.dtype(), dtype, "{what}: dtype");
    let data = expected["data"].as_array().expect("data");
    for (i, (a, e)) in actual.to_vec::<f64>().into_iter().zip(data.iter().map(number)).enumerate() {
        let same = a == e || (a.is_nan() && e.is_nan());
        let close = (a - e).abs() <= tolerance * e.abs().max(1.0);
        assert!(same || close, "{what}: element {i} is {a}, but Keras has {e}");
    }
}
