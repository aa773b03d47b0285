//! What the command does with models from files: differences, predictions, more training.

use std::path::Path;

use cornu::io::{npy, npz};
use cornu::layers::{Add, Dense, Input, LayerExt};
use cornu::models::{Compile, Fit, Model};
use cornu::saving::{load_model, save_weights};
use cornu::{Array, DType, Eval, random};
use serde_json::Value;

use crate::support::{cornu, done, folder, refused, text};

fn numbers(shape: &[usize], seed: u64) -> Array {
    random::normal(shape, 0.0, 1.0, DType::F32, seed).array().unwrap()
}

/// Two inputs, two outputs.
fn two(units: usize) -> Model {
    let (a, b) = (Input([3]), Input([3]));
    let sum = Add::new().name("sum").apply([&a, &b]).unwrap();
    let hidden = Dense::new(units).activation("tanh").name("hidden").apply(&sum).unwrap();
    let (p, q) = (Dense::new(1).name("p").apply(&hidden), Dense::new(2).name("q").apply(&sum));
    Model::named("two", [&a, &b], [&p.unwrap(), &q.unwrap()]).unwrap()
}

/// The exit code, and standard output.
fn diff(args: &[&Path], more: &[&str]) -> (i32, String) {
    let paths: Vec<&str> = args.iter().map(|p| text(p)).collect();
    let output = cornu(&[&["diff"], &paths[..], more].concat());
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn files_of_one_model_are_equal_whatever_their_kind() {
    let folder = folder("diff-equal");
    let model = two(4);
    let whole = ["m.keras", "m.h5"].map(|name| folder.join(name));
    whole.iter().for_each(|path| model.save(path).unwrap());
    let weights = ["m.weights.h5", "m.npz", "m.safetensors"].map(|name| folder.join(name));
    weights.iter().for_each(|path| save_weights(&model, path).unwrap());
    for other in whole.iter().chain(&weights) {
        let (code, shown) = diff(&[&whole[0], other], &[]);
        assert_eq!(code, 0, "{other:?}: {shown}");
        assert_eq!(shown, "equal: 6 weights, 29 values\n");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn differences_are_named_and_can_be_tolerated() {
    let folder = folder("diff");
    let model = two(4);
    let at = |name: &str| folder.join(name);
    model.save(at("a.keras")).unwrap();
    let mut weights = model.get_weights();
    let moved = weights[0].to_vec::<f64>().iter().map(|v| v + 0.001).collect();
    weights[0] = Array::new::<f64>(weights[0].shape(), moved).unwrap().cast(DType::F32);
    model.set_weights(&weights).unwrap();
    model.save(at("b.keras")).unwrap();
    let (code, shown) = diff(&[&at("a.keras"), &at("b.keras")], &[]);
    assert_eq!(code, 1);
    assert!(
        shown.contains("layers/dense/vars/0 (hidden/kernel): 12 of 12 values, by 1.0"),
        "{shown}"
    );
    assert!(shown.ends_with("0 differences of layers, 1 of weights\n"), "{shown}");
    assert_eq!(diff(&[&at("a.keras"), &at("b.keras")], &["--tolerance", "0.002"]).0, 0);

    two(5).save(at("c.keras")).unwrap();
    let (code, shown) = diff(&[&at("a.keras"), &at("c.keras")], &[]);
    assert_eq!(code, 1);
    assert!(shown.contains("layer hidden, units: 4 | 5"), "{shown}");
    assert!(shown.contains("(hidden/kernel): shape [3, 4] | [3, 5]"), "{shown}");

    let x = Input([3]);
    let other = Model::named("two", &x, Dense::new(2).name("hidden").apply(&x).unwrap()).unwrap();
    other.compile(Compile::new("sgd").loss("mse")).unwrap();
    other.save(at("d.keras")).unwrap();
    let (code, shown) = diff(&[&at("a.keras"), &at("d.keras")], &["--json"]);
    let document: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((code, &document["equal"]), (1, &Value::Bool(false)));
    let layers = document["layers"].as_array().unwrap();
    let has = |key: &str, value: &str| layers.iter().any(|d| d[key] == value);
    assert!(
        has("layer", "sum") && has("key", "activation") && has("key", "compile_config"),
        "{shown}"
    );
    let only = |side: &str| {
        let weights = document["weights"].as_array().unwrap();
        weights.iter().filter(|d| d["difference"] == side).count()
    };
    assert_eq!((only("only_left"), only("only_right")), (4, 2), "{shown}");

    std::fs::write(at("bad.keras"), b"not a model").unwrap();
    assert_eq!(diff(&[&at("a.keras"), &at("bad.keras")], &[]).0, 2);
    assert_eq!(diff(&[&at("a.keras"), &at("none.npz")], &[]).0, 2);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_model_is_exported_to_onnx_or_the_ending_is_refused() {
    let folder = folder("export");
    let at = |name: &str| folder.join(name);
    two(4).save(at("m.keras")).unwrap();
    let shown = done(&["convert", text(&at("m.keras")), text(&at("m.onnx"))]);
    assert!(shown.contains("m.onnx: model"), "{shown}");
    let bytes = std::fs::read(at("m.onnx")).unwrap();
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|w| w == text);
    assert!(holds(b"cornu") && holds(b"/kernel") && holds(b"MatMul"));
    let (code, error) = refused(&["convert", text(&at("m.keras")), text(&at("m.pb"))]);
    assert_eq!(code, 2);
    assert!(error.contains(".keras"), "{error}");
    assert!(!at("m.pb").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn several_inputs_are_named_and_several_outputs_are_in_order() {
    let folder = folder("predict");
    let model = two(4);
    let at = |name: &str| folder.join(name);
    model.save(at("m.keras")).unwrap();
    let (a, b) = (numbers(&[5, 3], 1), numbers(&[5, 3], 2));
    npy::write(at("a.npy"), &a).unwrap();
    npy::write(at("b.npy"), &b).unwrap();
    npy::write(at("wide.npy"), &numbers(&[5, 4], 3)).unwrap();
    let names = model.input_names();
    let named = |i: usize, file: &str| format!("{}={}", names[i], text(&at(file)));
    let (first, second) = (named(0, "a.npy"), named(1, "b.npy"));
    let (m, y) = (at("m.keras"), at("y.npz"));
    done(&["predict", text(&m), "--input", &second, "--input", &first, "--output", text(&y)]);
    let found = npz::read(&y).unwrap();
    let expected = model.predict([&a, &b], 32).unwrap();
    assert_eq!((&found["p"], &found["q"]), (&expected[0], &expected[1]));
    let bytes = std::fs::read(&y).unwrap();
    let place = |name: &[u8]| bytes.windows(name.len()).position(|w| w == name).unwrap();
    assert!(place(b"p.npy") < place(b"q.npy"));

    let wide = named(1, "wide.npy");
    let unknown = format!("c={}", text(&at("b.npy")));
    for (inputs, output, expected) in [
        (vec![&first, &unknown], "y.npz", "no such input"),
        (vec![&first], "y.npz", "is missing"),
        (vec![&first, &first], "y.npz", "given twice"),
        (vec![&first, &wide], "y.npz", "[5, 4]"),
        (vec![&first, &second], "y.npy", "2 outputs"),
        (vec![&first, &second], "no/such/folder/y.npz", "no/such/folder"),
    ] {
        let mut args = vec!["predict", text(&m)];
        for input in inputs {
            args.extend(["--input", input]);
        }
        let output = at(output);
        args.extend(["--output", text(&output)]);
        let (code, error) = refused(&args);
        assert_eq!(code, 2, "{args:?}: {error}");
        assert!(error.contains(expected), "{args:?}: {error}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn training_goes_on_from_a_file() {
    let folder = folder("train-on");
    let at = |name: &str| folder.join(name);
    let model = two(4);
    model.compile(Compile::new("adam").loss("mse")).unwrap();
    let (a, b) = (numbers(&[20, 3], 1), numbers(&[20, 3], 2));
    let (p, q) = (numbers(&[20, 1], 3), numbers(&[20, 2], 4));
    let how = || Fit::new().epochs(2).batch_size(8).shuffle(false).verbose(0);
    model.fit([&a, &b], [&p, &q], how()).unwrap();
    model.save(at("m.keras")).unwrap();
    let names = model.input_names();
    let arrays = [(&*names[0], &a), (&*names[1], &b), ("p", &p), ("q", &q)];
    npz::write(at("d.npz"), arrays).unwrap();
    let (m, d, out) = (at("m.keras"), at("d.npz"), at("run"));
    let (m, d, out) = (text(&m), text(&d), text(&out));
    let base = ["train", m, "--data", d, "--epochs", "2", "--batch-size", "8", "--no-shuffle"];
    done(&[&base[..], &["--out", out]].concat());
    model.fit([&a, &b], [&p, &q], how()).unwrap();
    let again = load_model(at("run/model.keras")).unwrap();
    assert_eq!(again.get_weights(), model.get_weights());
    let history = std::fs::read_to_string(at("run/history.csv")).unwrap();
    assert_eq!(history.lines().count(), 3, "{history}");
    assert!(at("run/loss.png").exists());
    assert!(done(&["evaluate", m, "--data", d]).contains("loss: "));

    done(&[&base[..], &["--out", out, "--overwrite", "--validation-split", "0.2"]].concat());
    let history = std::fs::read_to_string(at("run/history.csv")).unwrap();
    assert!(history.lines().next().unwrap().contains("val_loss"), "{history}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_cannot_be_trained_says_why() {
    let folder = folder("train-not");
    let at = |name: &str| folder.join(name);
    let model = two(4);
    model.save(at("plain.keras")).unwrap();
    model.compile(Compile::new("adam").loss("mse")).unwrap();
    model.save(at("m.keras")).unwrap();
    let (a, p, q) = (numbers(&[20, 3], 1), numbers(&[20, 1], 3), numbers(&[20, 2], 4));
    let names = model.input_names();
    let (left, right) = ((&*names[0], &a), (&*names[1], &a));
    npz::write(at("d.npz"), [left, right, ("p", &p), ("q", &q)]).unwrap();
    npz::write(at("half.npz"), [left, ("p", &p), ("q", &q)]).unwrap();
    npz::write(at("targetless.npz"), [left, right]).unwrap();
    npz::write(at("wide.npz"), [left, right, ("p", &p), ("q", &a)]).unwrap();
    for (model, data, more, expected) in [
        ("plain.keras", "d.npz", vec![], "hint: --loss"),
        ("m.keras", "half.npz", vec![], "no array input_layer"),
        ("m.keras", "targetless.npz", vec![], "y"),
        ("m.keras", "wide.npz", vec![], "3]"),
        ("m.keras", "none.npz", vec![], "none.npz"),
        ("m.keras", "d.npz", vec!["--batch-size", "0"], "--batch-size"),
        ("m.keras", "d.npz", vec!["--validation-split", "1.5"], "validation_split"),
    ] {
        let (model, data, out) = (at(model), at(data), at("run"));
        let base = ["train", text(&model), "--data", text(&data), "--out", text(&out)];
        let (code, error) = refused(&[&base[..], &more].concat());
        assert_eq!(code, 2, "{model:?} {data:?}: {error}");
        assert!(error.contains(expected), "{model:?} {data:?}: {error}");
    }
    assert_eq!(refused(&["train"]).0, 2);
    assert_eq!(refused(&["train", text(&at("m.keras"))]).0, 2);
    std::fs::remove_dir_all(folder).unwrap();
}
