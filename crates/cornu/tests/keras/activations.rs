//! The activation functions and their gradients against Keras.

use std::collections::BTreeSet;

use cornu::activations::{self as act, Activation};
use cornu::{Tensor, evaluate, ops};
use serde_json::{Value, json};

use crate::golden::{Report, array, cases, cotangent, number};

/// Keras's function with the arguments of a case.
fn call(name: &str, kwargs: &Value, x: &Tensor) -> Tensor {
    let arg = |key: &str, default: f64| kwargs.get(key).map_or(default, number);
    let axis = || arg("axis", -1.0) as isize;
    if kwargs.as_object().is_some_and(|k| k.is_empty()) {
        return Activation::from(name).call(x);
    }
    match name {
        "celu" => act::celu_with(x, arg("alpha", 1.0)),
        "elu" => act::elu_with(x, arg("alpha", 1.0)),
        "gelu" => act::gelu_approximate(x),
        "glu" => act::glu_with(x, axis()),
        "hard_shrink" => act::hard_shrink_with(x, arg("threshold", 0.5)),
        "leaky_relu" => act::leaky_relu_with(x, arg("negative_slope", 0.2)),
        "log_softmax" => act::log_softmax_with(x, axis()),
        "relu" => {
            let max = kwargs.get("max_value").map(number);
            act::relu_with(x, arg("negative_slope", 0.0), max, arg("threshold", 0.0))
        }
        "soft_shrink" => act::soft_shrink_with(x, arg("threshold", 0.5)),
        "softmax" => act::softmax_with(x, axis()),
        "sparsemax" => act::sparsemax_with(x, axis()),
        "squareplus" => act::squareplus_with(x, arg("b", 4.0)),
        "threshold" => act::threshold(x, arg("threshold", 0.0), arg("default_value", 0.0)),
        _ => panic!("{name} takes no arguments, but has {kwargs}"),
    }
}

#[test]
fn activations_are_those_of_keras() {
    let mut seen = BTreeSet::new();
    let mut report = Report::default();
    for mut case in cases("activations") {
        let name = case["name"].as_str().unwrap().to_string();
        let what = format!("{name}({})", case["kwargs"]);
        if name == "celu" {
            // At 0 TensorFlow counts both max(x, 0) and min(x, 0), so its slope there is 2.
            let at = case["x"]["data"].as_array().unwrap().iter().position(|x| *x == 0).unwrap();
            case["grad"]["data"][at] = json!(number(&case["grad"]["data"][at]) / 2.0);
        }
        let x = Tensor::from(array(&case["x"]));
        let y = call(&name, &case["kwargs"], &x);
        let total = ops::sum(&(&y * cotangent(y.shape())), &[], false);
        let slope = cornu::gradients(&total, &[x]).unwrap_or_else(|e| panic!("{what}: {e}"));
        let mut results = [y, slope[0].clone()];
        if name == "sparsemax" {
            // Keras 3.15 errs where several elements stay above 0 (keras-team/keras#23469). The other rows
            // are compared.
            let axis = case["kwargs"].get("axis").map_or(-1, |a| number(a) as isize);
            let keras = [&case["y"], &case["grad"]].map(|t| Tensor::from(array(t)));
            let zero = Tensor::scalar(0.0f32);
            let above = ops::sum(&ops::greater(&results[0], &zero), &[axis], true);
            let single = ops::equal(&above, &Tensor::scalar(1i32));
            assert_eq!(evaluate(&[ops::any(&single, &[], false)]).unwrap()[0].item().unwrap(), 1.0);
            for (result, keras) in results.iter_mut().zip(&keras) {
                *result = ops::where_(&single, result, keras);
            }
        }
        let values = evaluate(&results).unwrap_or_else(|e| panic!("{what}: {e}"));
        report.array(&what, &values[0], &case["y"], 4e-6);
        report.array(&format!("gradient of {what}"), &values[1], &case["grad"], 4e-6);
        seen.insert(name);
    }
    report.finish();
    for name in Activation::names() {
        assert!(seen.contains(name), "{name} has no golden numbers");
    }
    assert!(seen.contains("threshold") && seen.contains("swish") && seen.contains("hard_swish"));
}
