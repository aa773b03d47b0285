use cornu_graph::Array;
use serde_json::json;

use super::*;
use crate::Eval;

/// A call of a function on tensors; `args` has `{"input": 0}` where they stand.
fn call(class_name: &str, config: Value, args: Value, inputs: &[Array]) -> Result<Vec<Array>> {
    fn argument(value: &Value) -> Argument {
        match value {
            Value::Array(items) => Argument::List(items.iter().map(argument).collect()),
            other => match other.get("input").and_then(Value::as_u64) {
                Some(index) => Argument::Input(index as usize),
                None => Argument::Constant(other.clone()),
            },
        }
    }
    let args = args.as_array().unwrap().iter().map(argument).collect();
    let dict =
        json!({ "module": "keras.src.ops.numpy", "class_name": class_name, "config": config });
    let inputs: Vec<Tensor> = inputs.iter().map(Tensor::from).collect();
    let outputs =
        Operation::new(&dict, args, Vec::new())?.call(&inputs, &mut Context::new(false))?;
    outputs.iter().map(|t| t.check().map_err(Error::from).and_then(|()| t.array())).collect()
}

fn one(class_name: &str, config: Value, args: Value, x: &Array) -> Array {
    call(class_name, config, args, std::slice::from_ref(x)).unwrap().remove(0)
}

fn grid() -> Array {
    Array::new(&[2, 3], vec![1f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap()
}

#[test]
fn constants_take_the_dtype_of_the_tensor() {
    let y = one("Multiply", json!({}), json!([{"input": 0}, 2]), &grid());
    assert_eq!(y.to_vec::<f32>(), [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
    assert_eq!(y.dtype(), cornu_graph::DType::F32);
    let y = one("Subtract", json!({}), json!([1.5, {"input": 0}]), &Array::from([1i32, 2]));
    assert_eq!(y.to_vec::<f32>(), [0.5, -0.5]);
    let numpy = json!({"class_name": "__numpy__", "config": {"value": [[1, 0], [0, 1], [1, 1]], "dtype": "float32"}});
    let y = one("Matmul", json!({}), json!([{"input": 0}, numpy]), &grid());
    assert_eq!((y.shape(), y.to_vec::<f32>()), (&[2, 2][..], vec![4.0, 5.0, 10.0, 11.0]));
}

#[test]
fn the_config_gives_axes_and_sizes() {
    let y = one("Sum", json!({"axis": -1, "keepdims": true}), json!([{"input": 0}]), &grid());
    assert_eq!((y.shape(), y.to_vec::<f32>()), (&[2, 1][..], vec![6.0, 15.0]));
    let y = one("Mean", json!({"axis": [0], "keepdims": false}), json!([{"input": 0}]), &grid());
    assert_eq!(y.to_vec::<f32>(), [2.5, 3.5, 4.5]);
    let y = one("Reshape", json!({"newshape": [-1, 2]}), json!([{"input": 0}]), &grid());
    assert_eq!(y.shape(), [3, 2]);
    let y = one("Transpose", json!({"axes": null}), json!([{"input": 0}]), &grid());
    assert_eq!(y.to_vec::<f32>(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let parts = call(
        "Split",
        json!({"indices_or_sections": [1], "axis": 1}),
        json!([{"input": 0}]),
        &[grid()],
    );
    assert_eq!(parts.unwrap()[1].to_vec::<f32>(), [2.0, 3.0, 5.0, 6.0]);
    let y = one(
        "Repeat",
        json!({"repeats": 2, "axis": 0}),
        json!([{"input": 0}]),
        &Array::from([7f32, 8.0]),
    );
    assert_eq!(y.to_vec::<f32>(), [7.0, 7.0, 8.0, 8.0]);
    let y = one("Moveaxis", json!({"source": 1, "destination": 0}), json!([{"input": 0}]), &grid());
    assert_eq!(y.shape(), [3, 2]);
    let y = one(
        "OneHot",
        json!({"num_classes": 3, "axis": -1, "dtype": "float32", "sparse": false}),
        json!([{"input": 0}]),
        &Array::from([2i32, 0]),
    );
    assert_eq!(y.to_vec::<f32>(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn indexing_is_that_of_python() {
    let slice = |start: Value, stop: Value, step: Value| json!({"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}});
    let all = slice(json!(null), json!(null), json!(null));
    let dots = json!({"class_name": "__ellipsis__", "config": {}});
    let get = |key: Value| one("GetItem", json!({}), json!([{"input": 0}, key]), &grid());
    let y = get(json!([all, slice(json!(1), json!(null), json!(null))]));
    assert_eq!((y.shape(), y.to_vec::<f32>()), (&[2, 2][..], vec![2.0, 3.0, 5.0, 6.0]));
    assert_eq!(get(json!([dots, -1])).to_vec::<f32>(), [3.0, 6.0]);
    assert_eq!(get(json!([1])).to_vec::<f32>(), [4.0, 5.0, 6.0]);
    assert_eq!(get(json!([0, null, dots])).shape(), [1, 3]);
    let backwards = get(json!([all, slice(json!(null), json!(null), json!(-2))]));
    assert_eq!(backwards.to_vec::<f32>(), [3.0, 1.0, 6.0, 4.0]);
    assert_eq!(get(json!([all, slice(json!(5), json!(9), json!(1))])).shape(), [2, 0]);
    assert_eq!(
        get(json!([all, slice(json!(-2), json!(-1), json!(1))])).to_vec::<f32>(),
        [2.0, 5.0]
    );
    for bad in
        [json!([2]), json!([0, 0, 0]), json!("x"), json!([slice(json!(0), json!(1), json!(0))])]
    {
        assert!(
            call("GetItem", json!({}), json!([{"input": 0}, bad]), &[grid()]).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn what_is_not_known_or_does_not_fit_is_an_error() {
    let e = call("Fft", json!({}), json!([{"input": 0}]), &[grid()]).unwrap_err().to_string();
    assert!(e.contains("\"Fft\""), "{e}");
    let e = call(
        "Split",
        json!({"indices_or_sections": 4, "axis": 1}),
        json!([{"input": 0}]),
        &[grid()],
    );
    assert!(e.unwrap_err().to_string().contains("axis of 3"));
    assert!(call("Add", json!({}), json!([{"input": 0}]), &[grid()]).is_err());
    assert!(call("Sum", json!({"axis": "x"}), json!([{"input": 0}]), &[grid()]).is_err());
    let ragged =
        json!({"class_name": "__numpy__", "config": {"value": [[1, 2], [3]], "dtype": "float32"}});
    assert!(call("Add", json!({}), json!([{"input": 0}, ragged]), &[grid()]).is_err());
}

#[test]
fn functions_of_legacy_files_are_saved_with_keras_modules() {
    for (class_name, module) in [
        ("Sum", "numpy"),
        ("Tanh", "numpy"),
        ("Triu", "numpy"),
        ("Relu6", "nn"),
        ("LogSoftmax", "nn"),
        ("LeakyRelu", "nn"),
        ("OneHot", "nn"),
        ("Rsqrt", "math"),
        ("Cast", "core"),
    ] {
        let dict = json!({ "class_name": class_name, "config": { "name": "f" } });
        assert!(Operation::is_one(&dict), "{class_name}");
        let saved = Operation::new(&dict, Vec::new(), Vec::new()).unwrap().to_dict("f");
        assert_eq!(saved["module"], format!("keras.src.ops.{module}"), "{class_name}");
        assert!(Operation::is_one(&saved), "{class_name}");
    }
}
