//! Outputs, gradients and changed state that Keras recorded; see `tools/keras/golden_layers.py`.

use cornu::config::Config;
use cornu::layers::{Context, LayerRef, Shape, from_config};
use cornu::{Array, Result, Tensor, evaluate, ops};
use cornu_graph::gradients;
use serde_json::Value;

use crate::golden::{alike, array, arrays, cases, cotangent};

fn close(what: &str, found: &Array, expected: &Array) -> Result<(), String> {
    let (a, b) = (found.to_vec::<f64>(), expected.to_vec::<f64>());
    // Keras's own gradients are up to 3e-5 away from double precision (layer_image_epsilon).
    let near = |(a, b): (&f64, &f64)| a == b || (a - b).abs() <= 4e-5 * b.abs().max(1.0);
    if found.shape() == expected.shape() && a.iter().zip(&b).all(near) {
        return Ok(());
    }
    let far = a.iter().zip(&b).enumerate().find(|(_, pair)| !near(*pair));
    Err(format!("{what} is {found:?}, in Keras {expected:?}; first far: {far:?}"))
}

/// Weights of the output, for a case that may be the transposed twin of one with the channels last, which
/// TensorFlow's kernels ask for; then so are the weights.
fn output_weights(shape: &[usize], moved: bool) -> Tensor {
    if let ([batch, channels, height, width], true) = (shape, moved) {
        let last = cotangent(&[*batch, *height, *width, *channels]);
        return ops::transpose(&last, &[0, 3, 1, 2]);
    }
    cotangent(shape)
}

fn check(case: &Value) -> Result<(), String> {
    let text = |e: cornu::Error| e.to_string();
    let class_name = case["layer"]["class_name"].as_str().unwrap();
    let mut config: Config = case["layer"]["config"].as_object().unwrap().clone();
    for initializer in config.values_mut().filter_map(|v| v.get_mut("config")?.as_object_mut()) {
        initializer.retain(|key, value| !(key.ends_with("_axes") && value.is_null()));
    }
    let layer: LayerRef = from_config(class_name, config.clone()).map_err(text)?;
    let own = layer.layer().config().map_err(text)?;
    for (key, value) in own {
        // Objects may lack arguments that this library does not have; their names must agree.
        let same = match value.get("class_name") {
            Some(class) => Some(class) == config[&key].get("class_name"),
            None => config.get(&key).is_some_and(|keras| alike(keras, &value)),
        };
        if !same {
            return Err(format!("config `{key}` is {value}, in Keras {:?}", config.get(&key)));
        }
    }

    let inputs = arrays(&case["inputs"]);
    let open = |a: &Array| -> Shape {
        std::iter::once(None).chain(a.shape().iter().skip(1).map(|&d| Some(d))).collect()
    };
    layer.build(&inputs.iter().map(open).collect::<Vec<_>>()).map_err(text)?;
    let weights = layer.weights();
    let listed = case["weights"].as_array().unwrap();
    if weights.len() != listed.len() {
        return Err(format!("{} weights, in Keras {}", weights.len(), listed.len()));
    }
    for (weight, entry) in weights.iter().zip(listed) {
        let trainable = weight.trainable && layer.trainable();
        if trainable != entry["trainable"].as_bool().unwrap()
            || weight.variable.name() != entry["name"].as_str().unwrap()
        {
            return Err(format!("weight {:?} stands where Keras has {entry}", weight.variable));
        }
        weight.variable.assign(array(entry)).map_err(|e| e.to_string())?;
    }

    let mut cx = Context::new(case["training"].as_bool().unwrap());
    let tensors: Vec<Tensor> = inputs.iter().map(Tensor::from).collect();
    let outputs = layer.trace(&tensors, &mut cx).map_err(text)?;
    let y = &outputs[0];
    close("output", &evaluate(&outputs).map_err(text)?[0], &array(&case["output"]))?;

    let after = case.get("weights_after").map_or_else(Vec::new, arrays);
    for (weight, expected) in weights.iter().zip(&after) {
        let update =
            cx.updates().iter().find(|(v, _)| *v == weight.variable).map(|(_, t)| t.clone());
        let value = update.unwrap_or_else(|| weight.variable.read());
        let found = &evaluate(&[value]).map_err(text)?[0];
        close(weight.variable.name(), found, expected)?;
    }

    let trainable: Vec<Tensor> =
        layer.trainable_weights().iter().map(|w| w.variable.read()).collect();
    let moved = config.get("data_format").is_some_and(|f| f == "channels_first")
        && ["Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "MaxPooling2D", "AveragePooling2D"]
            .contains(&class_name);
    let lists = [("input_grads", tensors), ("weight_grads", trainable)];
    for (name, sources) in lists.iter().filter(|(name, _)| case.get(*name).is_some()) {
        let sources: Vec<Tensor> =
            sources.iter().filter(|t| t.dtype().is_float()).cloned().collect();
        let expected = arrays(&case[*name]);
        let total = ops::sum(&(y * output_weights(y.shape(), moved)), &[], false);
        let slopes = gradients(&total, &sources).map_err(|e| e.to_string())?;
        if slopes.len() != expected.len() {
            return Err(format!("{} {name}, in Keras {}", slopes.len(), expected.len()));
        }
        for (found, expected) in evaluate(&slopes).map_err(text)?.iter().zip(&expected) {
            close(name, found, expected)?;
        }
    }
    Ok(())
}

fn check_all(fixture: &str) {
    let mut failed = Vec::new();
    for case in &cases(fixture) {
        // Masks are refused, not ignored.
        if case["layer"]["config"]["mask_zero"] == true {
            let error = check(case).expect_err("masks are not supported");
            assert!(error.contains("mask_zero"), "{error}");
        } else if let Err(error) = check(case) {
            failed.push(format!("{}: {error}", case["name"]));
        }
    }
    assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn layers_give_what_keras_gives() {
    check_all("layers");
}

#[test]
fn normalization_gives_what_keras_gives() {
    check_all("layers_norm");
}

#[test]
fn convolutions_give_what_keras_gives() {
    check_all("layers_conv");
}

#[test]
fn transposed_convolutions_give_what_keras_gives() {
    check_all("layers_conv_transpose");
}
