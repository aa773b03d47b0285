use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cornu::models::Model;
use cornu::saving::{Load, load_model, load_weights, save_weights};
use cornu::testing::processor_time;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::support::{Folder, fixture, small};

/// What comes within a second.
fn soon<R>(what: impl std::fmt::Debug, run: impl FnOnce() -> R) -> R {
    let (result, took) = processor_time(run);
    assert!(took < Duration::from_secs(1), "{what:?} took {took:?}");
    result
}

/// The error, which must come within a second.
fn refused(path: &Path) -> String {
    let error = soon(path, || load_model(path)).err().map(|e| e.to_string());
    error.unwrap_or_else(|| panic!("{path:?} was opened"))
}

/// An archive of a fixture with another config, and perhaps another entry.
fn archive(folder: &Folder, config: &[u8], more: Option<(&str, &[u8])>) -> PathBuf {
    let path = folder.0.join("hostile.keras");
    let mut zip = ZipWriter::new(std::fs::File::create(&path).unwrap());
    let weights = std::fs::read(fixture("float16.weights.h5")).unwrap();
    for (name, data) in
        [("config.json", config), ("model.weights.h5", &weights)].into_iter().chain(more)
    {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(data).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn sequential(layers: Value) -> Vec<u8> {
    sequential_of(json!([null, 3]), layers)
}

fn sequential_of(shape: Value, layers: Value) -> Vec<u8> {
    let input = json!({"class_name": "InputLayer", "config": {"batch_shape": shape, "dtype": "float32", "name": "x"}});
    let mut all = vec![input];
    all.extend(layers.as_array().unwrap().iter().cloned());
    let model = json!({"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": all}});
    serde_json::to_vec(&model).unwrap()
}

#[test]
fn damage_anywhere_is_an_error_or_harmless() {
    let folder = Folder::new();
    for name in ["bytecode.keras", "adam.keras", "legacy_2.h5"] {
        let good = std::fs::read(fixture(name)).unwrap();
        let path = folder.0.join(name);
        for at in (0..good.len()).step_by(good.len() / 60) {
            let mut bytes = good.clone();
            bytes[at] ^= 0x55;
            std::fs::write(&path, &bytes).unwrap();
            let _ = soon((name, at), || load_model(&path));
            std::fs::write(&path, &good[..at]).unwrap();
            refused(&path);
        }
    }
}

#[test]
fn bombs_and_paths_out_of_the_archive_are_refused() {
    let folder = Folder::new();
    let bomb = vec![b' '; 70 << 20];
    let error = refused(&archive(&folder, &bomb, None));
    assert!(error.contains("larger than") && error.contains("max_bytes"), "{error}");
    for name in ["../outside", "/etc/passwd", "assets/../../x", "C:\\x"] {
        let error = refused(&archive(&folder, &sequential(json!([])), Some((name, b"x"))));
        assert!(error.contains("out of the archive"), "{error}");
    }
}

#[test]
fn weights_that_no_file_of_the_size_can_hold_are_refused_before_they_are_made() {
    let folder = Folder::new();
    let dense =
        json!([{"class_name": "Dense", "config": {"name": "d", "units": 1_000_000_000_000u64}}]);
    let error = refused(&archive(&folder, &sequential(dense), None));
    assert!(error.contains("kernel") && error.contains("max_bytes"), "{error}");
}

#[test]
fn tables_and_parts_that_no_file_of_the_size_can_ask_for_are_refused_before_they_are_made() {
    let folder = Folder::new();
    let image = json!([null, 1_000_000_000, 1, 1]);
    let pool = json!([{"class_name": "AveragePooling2D", "config": {"name": "p", "padding": "same", "strides": 1}}]);
    let error = refused(&archive(&folder, &sequential_of(image, pool), None));
    assert!(error.contains("average_pool") && error.contains("max_bytes"), "{error}");
    let image = json!([null, 2, 2, 1]);
    let large = json!([{"class_name": "UpSampling2D", "config": {"name": "u", "size": 2_000_000_000, "interpolation": "bilinear"}}]);
    let error = refused(&archive(&folder, &sequential_of(image, large), None));
    assert!(error.contains("resize") && error.contains("max_bytes"), "{error}");
    for (class, config) in [
        ("Unstack", json!({"axis": 1})),
        ("Split", json!({"indices_or_sections": 1_000_000_000, "axis": 1})),
    ] {
        let x = json!({"class_name": "__keras_tensor__", "config": {"shape": [null, 1_000_000_000], "dtype": "float32", "keras_history": ["x", 0, 0]}});
        let input = json!({"class_name": "InputLayer", "name": "x", "inbound_nodes": [], "config": {"batch_shape": [null, 1_000_000_000], "dtype": "float32", "name": "x"}});
        let mut config = config;
        config["name"] = json!("f");
        let function = json!({"module": "keras.src.ops.numpy", "class_name": class, "registered_name": class, "name": "f",
            "config": config, "inbound_nodes": [{"args": [x], "kwargs": {}}]});
        let model = json!({"module": "keras.src.models.functional", "class_name": "Functional", "config": {"name": "m",
            "layers": [input, function], "input_layers": [["x", 0, 0]], "output_layers": [["f", 0, 0]]}});
        let error = refused(&archive(&folder, &serde_json::to_vec(&model).unwrap(), None));
        assert!(error.contains("max_calls"), "{error}");
    }
}

#[test]
fn initializers_of_weights_that_the_file_holds_do_not_run() {
    // An orthogonal matrix of this size takes minutes.
    let folder = Folder::new();
    let dense = json!([{"class_name": "Dense", "config": {"name": "d", "units": 4000, "kernel_initializer": "orthogonal"}}]);
    let error = refused(&archive(&folder, &sequential_of(json!([null, 4000]), dense), None));
    assert!(error.contains("weights do not fit"), "{error}");
    let unknown = json!([{"class_name": "Dense", "config": {"name": "d", "units": 2, "kernel_initializer": "perpendicular"}}]);
    assert!(refused(&archive(&folder, &sequential(unknown), None)).contains("perpendicular"));
}

#[test]
fn offsets_out_of_the_file_are_refused() {
    let mut file = cornu::io::hdf5::Group::default();
    let marked = cornu::Array::from([1.234_567f64, 7.654_321]);
    file.insert("a/b", marked.clone());
    let good = cornu::io::hdf5::to_bytes(&file).unwrap();
    let data: Vec<u8> = marked.to_vec::<f64>().iter().flat_map(|v| v.to_le_bytes()).collect();
    let start = good.windows(data.len()).position(|w| w == data).unwrap() as u64;
    let address = start.to_le_bytes();
    let at = good.windows(8).position(|w| w == address).unwrap();
    for wrong in [good.len() as u64 - 8, good.len() as u64, 1 << 40, u64::MAX - 8] {
        let mut bytes = good.clone();
        bytes[at..at + 8].copy_from_slice(&wrong.to_le_bytes());
        let error = cornu::io::hdf5::from_bytes("moved", bytes).unwrap_err().to_string();
        assert!(error.contains("moved"), "{error}");
    }
}

#[test]
fn models_in_models_in_models_are_refused_when_they_are_too_many() {
    // Each calls the one inside eight times: 8^12 layers in a few kilobytes.
    let folder = Folder::new();
    let mut inner =
        json!({"class_name": "Activation", "config": {"name": "a", "activation": "relu"}});
    for depth in 0..12 {
        let tensor = |layer: &str, node: usize| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [layer, node, 0]}});
        let name = format!("m{depth}");
        inner["name"] = inner["config"]["name"].clone();
        let callee = inner["name"].as_str().unwrap().to_string();
        let node = |i: usize| {
            let from = if i == 0 { tensor("x", 0) } else { tensor(&callee, i - 1) };
            json!({"args": [from], "kwargs": {}})
        };
        inner["inbound_nodes"] = (0..8).map(node).collect();
        let input = json!({"class_name": "InputLayer", "name": "x", "inbound_nodes": [], "config": {"batch_shape": [null, 3], "dtype": "float32", "name": "x"}});
        inner = json!({"class_name": "Functional", "config": {"name": name, "layers": [input, inner],
            "input_layers": ["x", 0, 0], "output_layers": [callee, if depth == 0 { 7 } else { 8 }, 0]}});
    }
    let error = refused(&archive(&folder, &serde_json::to_vec(&inner).unwrap(), None));
    assert!(error.contains("max_calls"), "{error}");
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    assert!(refused(&archive(&folder, &deep, None)).contains("JSON"));
}

#[test]
fn what_cannot_be_done_is_named() {
    let folder = Folder::new();
    let error = refused(&fixture("bytecode.keras"));
    assert!(error.contains("doubling") && error.contains("register_lambda"), "{error}");
    let unknown = json!([{"module": "my.layers", "class_name": "Wavelet", "config": {"name": "w1"}, "registered_name": "my>Wavelet"}]);
    let error = refused(&archive(&folder, &sequential(unknown), None));
    assert!(error.contains("Wavelet") && error.contains("register"), "{error}");
    let wrong = json!([{"class_name": "Dense", "config": {"name": "d", "units": "many"}}]);
    let error = refused(&archive(&folder, &sequential(wrong), None));
    assert!(error.contains("\"d\""), "{error}");
    for config in [
        "",
        "null",
        "[]",
        "{}",
        "{\"class_name\": \"Dense\"}",
        "{\"class_name\": \"Functional\", \"config\": {}}",
    ] {
        let error = refused(&archive(&folder, config.as_bytes(), None));
        assert!(error.contains("hostile.keras"), "{error}");
    }
}

#[test]
fn a_rust_function_stands_in_for_bytecode() {
    let folder = Folder::new();
    let mut zip = ZipArchive::new(std::fs::File::open(fixture("bytecode.keras")).unwrap()).unwrap();
    let config: Value = serde_json::from_reader(zip.by_name("config.json").unwrap()).unwrap();
    let renamed = config.to_string().replace("\"doubling\"", "\"tripling\"");
    let path = folder.0.join("tripling.keras");
    let mut out = ZipWriter::new(std::fs::File::create(&path).unwrap());
    let metadata = std::io::read_to_string(zip.by_name("metadata.json").unwrap()).unwrap();
    let empty = cornu::io::hdf5::to_bytes(&cornu::io::hdf5::Group::default()).unwrap();
    let entries = [
        ("metadata.json", metadata.as_bytes()),
        ("config.json", renamed.as_bytes()),
        ("model.weights.h5", &empty),
    ];
    for (name, data) in entries {
        out.start_file(name, SimpleFileOptions::default()).unwrap();
        out.write_all(data).unwrap();
    }
    out.finish().unwrap();
    assert!(refused(&path).contains("tripling"));
    cornu::layers::register_lambda("tripling", |x, _| Ok(vec![&x[0] * 3.0]));
    let x = cornu::Array::from([[1f32, 2.0, -1.0]]);
    let y = load_model(&path).unwrap().predict(&x, 1).unwrap();
    assert_eq!(y[0].to_vec::<f32>(), [3.0, 6.0, -3.0]);
}

#[test]
fn a_graph_that_does_not_close_is_refused() {
    let folder = Folder::new();
    let good = std::fs::File::open(fixture("graph.keras")).unwrap();
    let mut zip = ZipArchive::new(good).unwrap();
    let config: Value = serde_json::from_reader(zip.by_name("config.json").unwrap()).unwrap();
    let text = config.to_string();
    for (from, to, expected) in [
        // A cycle: the shared layer waits for what it makes.
        ("[\"concatenate\",0,0]", "[\"shared\",0,0]", "no layer makes"),
        ("[\"concatenate\",0,0]", "[\"concatenate\",0,5]", "has fewer"),
        ("[\"concatenate\",0,0]", "[\"concatenate\",-1,0]", "names no tensor"),
        ("\"Multiply\"", "\"Multiplicate\"", "Multiplicate"),
        ("\"output_layers\"", "\"outputs\"", "output_layers is missing"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = refused(&archive(&folder, text.replace(from, to).as_bytes(), None));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn weights_that_do_not_fit_are_listed_and_change_nothing() {
    let folder = Folder::new();
    let model = small();
    let before = model.get_weights();
    let error = |path: &Path| load_weights(&model, path).unwrap_err().to_string();
    let found = error(&fixture("graph.weights.h5"));
    for part in [
        "layers/dense/vars/0 has shape",
        "layers/functional/layers/dense/vars/0 belongs to no layer",
    ] {
        assert!(found.contains(part), "{found}");
    }
    let wide = cornu::models::Sequential::new()
        .input([3])
        .add(cornu::layers::Dense::new(4))
        .model()
        .unwrap();
    for name in ["w.weights.h5", "w.npz", "w.safetensors", "w.h5"] {
        let path = folder.0.join(name);
        if name == "w.h5" {
            wide.save(&path).unwrap()
        } else {
            save_weights(&wide, &path).unwrap()
        }
        let found = error(&path);
        assert!(found.contains("[3, 4] instead of [3, 2]"), "{found}");
    }
    assert!(error(&fixture("legacy_2_weights.h5")).contains("embedding"));
    assert_eq!(model.get_weights(), before);
}

#[test]
fn links_in_a_circle_end() {
    let load = || load_weights(&small(), fixture("cycle.weights.h5"));
    let error = soon("a cycle", load).unwrap_err().to_string();
    assert!(error.contains("deep") || error.contains("links"), "{error}");
}

#[test]
fn limits_can_be_set() {
    let path = fixture("adam.keras");
    let error = |load: Load| load.open(&path).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error(Load::new().max_bytes(100)).contains("larger than 100 bytes"));
    assert!(error(Load::new().max_calls(3)).contains("too often"));
    assert_eq!(error(Load::new().max_bytes(1 << 30).max_calls(1 << 40)), "");
}

#[test]
fn configs_that_users_hand_in_have_the_same_limits() {
    let error = |load: Load, config: &Value| {
        let made = soon("a config", || load.from_config(config));
        made.err().map(|e| e.to_string()).unwrap_or_default()
    };
    let dense = |units: u64| {
        let layers = json!([{"class_name": "Dense", "config": {"name": "d", "units": units}}]);
        serde_json::from_slice::<Value>(&sequential(layers)).unwrap()
    };
    let default = Model::from_config(&dense(1_000_000_000)).err().unwrap().to_string();
    assert!(default.contains("kernel") && default.contains("Load::max_bytes"), "{default}");
    assert!(error(Load::new().max_bytes(100), &dense(10)).contains("max_bytes"));
    assert_eq!(error(Load::new().max_bytes(160), &dense(10)), "");
    assert!(error(Load::new().max_calls(0), &dense(10)).contains("Load::max_calls"));
    // New weights are those of their initializers.
    let model = Model::from_config(&dense(10)).unwrap();
    assert!(model.get_weights()[0].to_vec::<f32>().iter().any(|&w| w != 0.0));

    let mut deep = json!("relu");
    for _ in 0..200 {
        deep = json!([deep]);
    }
    let deep =
        json!({"class_name": "Sequential", "config": {"name": "s", "layers": [], "deep": deep}});
    assert!(error(Load::new(), &deep).contains("128 deep"), "{}", error(Load::new(), &deep));
}

#[test]
fn damaged_hdf5_of_every_layout_is_an_error_or_harmless() {
    // Old symbol tables and heaps, links of a new kind, compressed chunks, opaque elements.
    for name in
        ["legacy_2_weights.h5", "graph_2_13.weights.h5", "bfloat16.weights.h5", "cycle.weights.h5"]
    {
        let good = std::fs::read(fixture(name)).unwrap();
        for at in (0..good.len()).step_by(5) {
            let mut bytes = good.clone();
            let span = at..(at + 1 + at % 4).min(good.len());
            bytes[span].fill(if at % 2 == 0 { 0xff } else { 0x40 });
            let _ = soon((name, at), || cornu::io::hdf5::from_bytes(name, bytes));
        }
    }
}

#[test]
fn damaged_trees_of_chunks_are_errors_or_harmless() {
    let good = std::fs::read(fixture("growing.h5")).unwrap();
    let arrays = cornu::io::hdf5::from_bytes("growing", good.clone()).unwrap();
    for at in (0..good.len()).step_by(211) {
        let mut bytes = good.clone();
        bytes[at] ^= if at % 2 == 0 { 0xff } else { 0x41 };
        let read = soon(("growing", at), || cornu::io::hdf5::from_bytes("growing", bytes));
        if let Ok(read) = read {
            assert_eq!(read.arrays.len(), arrays.arrays.len(), "byte {at}");
        }
    }
    for at in (0..good.len()).step_by(997) {
        assert!(cornu::io::hdf5::from_bytes("growing", good[..at].to_vec()).is_err(), "{at} bytes");
    }
}

/// Where a text stands in bytes.
fn places(bytes: &[u8], text: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|&at| bytes[at..].starts_with(text)).collect()
}

#[test]
fn an_entry_has_one_name_and_the_last_of_two_counts_as_in_python() {
    let folder = Folder::new();
    let dense = |units: u64| {
        sequential(json!([{"class_name": "Dense", "config": {"name": "d", "units": units}}]))
    };
    // The name in front of the contents, then that of the directory.
    let path = archive(&folder, &dense(2), None);
    let good = std::fs::read(&path).unwrap();
    let [local, listed] = places(&good, b"config.json")[..] else { panic!() };
    for at in [local, listed] {
        let mut bytes = good.clone();
        bytes[at] = b'C';
        std::fs::write(&path, &bytes).unwrap();
        let error = refused(&path);
        assert!(error.contains("onfig.json"), "{error}");
    }
    let mut npz = Vec::new();
    let x = cornu::Array::scalar(1f32);
    cornu::io::npz::write_to(std::io::Cursor::new(&mut npz), [("x", &x)]).unwrap();
    let at = places(&npz, b"x.npy")[0];
    npz[at] = b'y';
    let error = cornu::io::npz::from_bytes("f", &npz).unwrap_err().to_string();
    assert!(error.contains("\"x.npy\" is called \"y.npy\""), "{error}");

    // Python's zipfile, and so Keras, takes the last config.json.
    for (first, second, opens) in [(dense(7), dense(2), true), (dense(2), dense(7), false)] {
        let path = archive(&folder, &first, Some(("config.jsoM", &second)));
        let mut bytes = std::fs::read(&path).unwrap();
        for at in places(&bytes, b"config.jsoM") {
            bytes[at..at + 11].copy_from_slice(b"config.json");
        }
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(load_model(&path).is_ok(), opens);
    }
}

#[test]
fn windows_far_larger_than_their_image_take_no_time() -> cornu::Result<()> {
    for class in ["MaxPooling2D", "AveragePooling2D"] {
        let layers = json!([
            {"class_name": "InputLayer", "config": {"batch_shape": [null, 0, 8, 3], "dtype": "float32", "name": "i"}},
            {"class_name": class, "config": {"name": "p", "pool_size": [2_147_483_648_u64, 1], "strides": [1, 1],
                "padding": "same"}},
        ]);
        let model = json!({"class_name": "Sequential", "config": {"name": "s", "layers": layers}});
        let model = cornu::models::Model::from_config(&model)?;
        let x = cornu::Array::zeros(&[2, 0, 8, 3], cornu::DType::F32)?;
        assert_eq!(model.predict(&x, 32)?[0].shape()[2..], [8, 3]);
    }
    Ok(())
}

#[test]
fn activations_that_no_machine_holds_are_an_error() -> cornu::Result<()> {
    let layers = json!([
        {"class_name": "InputLayer", "config": {"batch_shape": [null, 8, 8, 3], "dtype": "float32", "name": "i"}},
        {"class_name": "Conv2DTranspose", "config": {"name": "t", "filters": 1, "kernel_size": [1, 1], "strides": [500_000, 500_000]}},
    ]);
    let model = json!({"class_name": "Sequential", "config": {"name": "s", "layers": layers}});
    let model = cornu::models::Model::from_config(&model)?;
    let x = cornu::Array::zeros(&[1, 8, 8, 3], cornu::DType::F32)?;
    let error = model.predict(&x, 1).err().unwrap().to_string();
    assert!(error.contains("memory"), "{error}");
    Ok(())
}
