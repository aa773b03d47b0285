//! What all commands have in common: documents, weights alone, helps for shells and readers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cornu::layers::{Conv2D, Dense, Flatten, Input, LayerExt};
use cornu::models::{Compile, Model};
use cornu::{Array, saving};
use serde_json::{Value, json};

fn cornu(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cornu")).args(args).output().unwrap()
}

fn done(args: &[&str]) -> String {
    let output = cornu(args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn document(args: &[&str]) -> Value {
    serde_json::from_str(&done(&[args, &["--json"]].concat())).unwrap()
}

fn refused(args: &[&str]) -> String {
    let output = cornu(args);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
    error
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("cornu-manners-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn model() -> Model {
    let x = Input([4, 4, 1]);
    let h = Flatten::new().apply(Conv2D::new(2, 3).name("c").apply(&x).unwrap()).unwrap();
    Model::named("m", &x, Dense::new(3).name("d").apply(&h).unwrap()).unwrap()
}

#[test]
fn a_summary_has_a_document() {
    let folder = Folder::new("summary");
    let (model, path) = (model(), folder.at("m.keras"));
    model.get_layer("c").unwrap().set_trainable(false);
    model.compile(Compile::new("sgd").loss("mse")).unwrap();
    model.save(&path).unwrap();
    let found = document(&["summary", &path]);
    assert_eq!(
        (
            &found["name"],
            &found["total_params"],
            &found["trainable_params"],
            &found["non_trainable_params"]
        ),
        (&json!("m"), &json!(49), &json!(27), &json!(20))
    );
    let layers = found["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 4);
    assert_eq!(
        layers[1],
        json!({
            "name": "c", "class": "Conv2D", "depth": 0, "output_shapes": [[null, 2, 2, 2]],
            "params": 20, "trainable": false, "connected_to": [format!("{}[0][0]", layers[0]["name"].as_str().unwrap())],
        })
    );
    assert_eq!(layers[2]["trainable"], Value::Null);
}

#[test]
fn the_machine_and_the_data_sets_have_documents() {
    let found = document(&["info"]);
    assert_eq!(found["cornu"], env!("CARGO_PKG_VERSION"));
    assert!(found["instructions"].as_array().unwrap().contains(&found["kernels"]), "{found}");
    assert!(found["threads"].as_u64() > Some(0) && found["cores"].as_u64() > Some(0), "{found}");
    let found = document(&["datasets"]);
    let digits = &found[0];
    assert_eq!(
        (&digits["name"], &digits["train"], &digits["test"]),
        (&json!("digits"), &json!(9000), &json!(1000))
    );
    assert_eq!((&digits["sample_shape"], &digits["ships"]), (&json!([28, 28]), &json!(true)));
    let shown = done(&["datasets"]);
    assert!(
        shown.lines().any(|l| l.starts_with("digits8x8 ") && l.contains("  1437     360  8x8")),
        "{shown}"
    );
}

#[test]
fn a_profile_has_a_document() {
    let folder = Folder::new("profile");
    let path = folder.at("m.keras");
    model().save(&path).unwrap();
    let found = document(&["profile", &path, "--batch-size", "2", "--steps", "2"]);
    assert_eq!(found["steps"], 2);
    let plan = &found["plans"][0];
    let steps = plan["steps"].as_array().unwrap();
    let times: Vec<f64> = steps.iter().map(|s| s["ms"].as_f64().unwrap()).collect();
    assert!(!times.is_empty() && times.is_sorted_by(|a, b| a >= b), "{plan}");
    assert!(
        plan["ms"].as_f64() > Some(0.0) && found["limits"]["gflops"].as_f64() > Some(0.0),
        "{found}"
    );
}

#[test]
fn weights_alone_are_listed_and_converted() {
    let folder = Folder::new("weights");
    let (model, first) = (model(), folder.at("m.weights.h5"));
    saving::save_weights(&model, &first).unwrap();
    let found = document(&["summary", &first]);
    assert_eq!(found["total_params"], 47);
    assert_eq!(
        found["weights"][0],
        json!({ "path": "layers/conv2d/vars/0", "shape": [3, 3, 1, 2], "dtype": "float32", "params": 18 })
    );
    let mut last = first.clone();
    for ending in ["npz", "safetensors", "weights.json", "weights.h5"] {
        let next = folder.at(&format!("next.{ending}"));
        let shown = done(&["convert", &last, &next]);
        assert!(shown.contains("weights, 47 parameters"), "{shown}");
        assert!(
            done(&["diff", &first, &next]).starts_with("equal: 4 weights, 47 values"),
            "{ending}"
        );
        assert!(done(&["summary", &next]).ends_with("4 weights, 47 params\n"), "{ending}");
        last = next;
    }
    let said = refused(&["convert", &last, &folder.at("m.keras")]);
    assert!(said.contains("holds weights alone, no model"), "{said}");
    let said = refused(&["convert", &last, &folder.at("m.foo")]);
    for ending in [".keras", ".h5", ".onnx", ".weights.h5", ".weights.json", ".npz", ".safetensors"]
    {
        assert!(said.contains(ending), "{said}");
    }
}

#[test]
fn the_optimizers_weights_are_called_as_in_keras() {
    let folder = Folder::new("optimizer");
    let (left, right) = (folder.at("a.keras"), folder.at("b.keras"));
    let model = model();
    model.compile(Compile::new("adam").loss("mse")).unwrap();
    model.save(&left).unwrap();
    let x = Array::full(&[1, 4, 4, 1], 1f32).unwrap();
    model.train_on_batch(&x, Array::full(&[1, 3], 5f32).unwrap()).unwrap();
    model.save(&right).unwrap();
    let output = cornu(&["diff", &left, &right]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    for name in ["adam/iteration", "adam/c_kernel_momentum", "adam/d_bias_velocity", "(d/kernel)"] {
        assert!(shown.contains(name), "{name}: {shown}");
    }
}

#[test]
fn wrong_files_are_named_by_their_contents() {
    let folder = Folder::new("wrong");
    let (onnx, npy, png) = (folder.at("m.onnx"), folder.at("x.npy"), folder.at("p.keras"));
    model().export(&onnx).unwrap();
    cornu::io::npy::write(&npy, &Array::scalar(1f32)).unwrap();
    cornu::io::image::write_png(&png, &Array::full(&[2, 2], 1u8).unwrap()).unwrap();
    let csv = folder.at("t.csv");
    std::fs::write(&csv, "a,b\n1,2\n").unwrap();
    for (path, part) in [
        (&onnx, "is an ONNX model"),
        (&npy, "is a .npy array"),
        (&png, "is a PNG image"),
        (&csv, "is text"),
    ] {
        let out = folder.at("out.keras");
        for args in [
            vec!["summary", path],
            vec!["convert", path, &out],
            vec!["predict", path, "--input", "digits"],
            vec!["evaluate", path, "--data", "digits"],
            vec!["diff", path, path],
        ] {
            let said = refused(&args);
            assert!(said.contains(part), "{args:?}: {said}");
        }
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn shells_and_readers_are_helped() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = done(&["completions", shell]);
        assert!(script.contains("cornu") && script.contains("batch-size"), "{shell}");
    }
    let page = done(&["man"]);
    assert!(page.contains(".TH") && page.contains("CORNU_NUM_THREADS"), "{page}");
    let folder = Folder::new("man");
    done(&["man", &folder.at("man1")]);
    for name in ["cornu.1", "cornu-train.1", "cornu-train-vae.1", "cornu-predict.1", "cornu-man.1"]
    {
        assert!(Path::new(&folder.at("man1")).join(name).is_file(), "{name}");
    }
    let said = refused(&["completions", "bahs"]);
    assert!(said.contains("bash"), "{said}");
    let said = refused(&["notes", "ewm"]);
    assert!(said.contains("Did you mean \"ewma\"?"), "{said}");
    let said = refused(&["profile", "clasifier"]);
    assert!(said.contains("Did you mean \"classifier\"?"), "{said}");
    let said = refused(&["sumary", "m.keras"]);
    assert!(said.contains("summary"), "{said}");
}
