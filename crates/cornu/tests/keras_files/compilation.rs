//! Compilations that Cornu knows in part, or not at all; states of optimizers that do not fit. The files are made by
//! tools/interop/eras.py.

use cornu::models::{Compile, Fit};
use cornu::saving::{About, Compilation, Contents, Load, Opened, load_model, load_weights};
use cornu::{Array, Result};
use serde_json::{Value, json};

use crate::support::{Folder, Record, assert_close, assert_predicts, fixture};

fn lenient(name: &str) -> Result<Opened> {
    Load::new().compile(Compilation::Lenient).open_with_notes(fixture(name))
}

#[test]
fn what_is_not_known_of_a_compilation_is_a_note_for_those_who_ask() -> Result<()> {
    let record = Record::open("unknown");
    for (name, about, what) in [
        ("unknown_loss.keras", About::Loss, "dice_loss"),
        ("unknown_loss.h5", About::Loss, "dice_loss"),
        ("unknown_loss_class.keras", About::Loss, "DiceLoss"),
        ("unknown_loss_lambda.keras", About::Loss, "__lambda__"),
        ("unknown_metric.keras", About::Metric, "dice_loss"),
        ("unknown_metric.h5", About::Metric, "dice_loss"),
        ("unknown_optimizer.keras", About::Optimizer, "Muon"),
    ] {
        // Keras's load_model raises an error, too.
        let error = load_model(fixture(name)).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(what) && error.contains("Lenient"), "{name}: {error}");

        let opened = lenient(name)?;
        assert_eq!(opened.notes.len(), 1, "{name}");
        let note = &opened.notes[0];
        assert_eq!((note.about, note.name.as_str()), (about, what), "{name}");
        assert!(note.to_string().contains(what), "{note}");
        assert!(opened.model.compiled().is_none(), "{name}");

        // The rest is there for those who give what is missing.
        let rest = opened.compilation.unwrap();
        let rest = if about == About::Loss { rest.loss("mse") } else { rest };
        opened.model.compile(rest)?;
        let x = record.arrays("inputs");
        let y = Array::full(&[4, 2], 1f32)?;
        let logs = opened.model.evaluate(&x[0], &y, 32)?;
        let has_metric = logs.iter().any(|(name, _)| name.starts_with("m"));
        assert_eq!(has_metric, name.contains("_loss.") || about == About::Metric, "{name}");

        let skipped = Load::new().compile(false).open_with_notes(fixture(name))?;
        assert!(skipped.notes.is_empty() && skipped.compilation.is_none());
    }
    // The optimizer trained this model.
    for name in ["unknown_loss.keras", "unknown_loss.h5", "unknown_metric.keras"] {
        assert_predicts(&lenient(name)?.model, &record);
    }
    assert!(lenient("unknown_loss_lambda.keras")?.notes[0].to_string().contains("Python lambda"));
    Ok(())
}

#[test]
fn a_compilation_without_an_optimizer_has_keras_default() -> Result<()> {
    // compile(optimizer="rmsprop", loss=None, …)
    let model = load_model(fixture("no_optimizer.keras"))?;
    let name = model.with_optimizer(|state| Ok(state.optimizer().class_name().to_string()))?;
    assert_eq!(name, "RMSprop");
    assert_predicts(&model, &Record::open("unknown"));
    Ok(())
}

#[test]
fn an_optimizer_that_keras_wrapped_for_half_precision_goes_on() -> Result<()> {
    let record = Record::open("mixed");
    for name in ["mixed.keras", "mixed.h5"] {
        let opened = lenient(name)?;
        assert!(opened.notes.is_empty(), "{name}: {}", opened.notes[0]);
        let model = opened.model;
        let found = model.predict(record.arrays("inputs").as_slice(), 32)?;
        assert_close(&found, &record.arrays("outputs"), 2e-3);
        let state = model.with_optimizer(|state| {
            Ok(state.variables().iter().map(|v| v.value()).collect::<Vec<_>>())
        })?;
        let kept = record.arrays("optimizer");
        // The learning rate is written as float32 in both.
        assert_close(&state, &kept, 1e-6);
    }
    Ok(())
}

#[test]
fn a_state_of_other_weights_is_one_note_and_the_optimizer_starts_anew() -> Result<()> {
    for (name, saved, expected) in
        [("unfrozen.keras", 6, 10), ("unfrozen.h5", 6, 10), ("frozen.keras", 10, 6)]
    {
        let opened = Load::new().open_with_notes(fixture(name))?;
        assert_eq!(opened.notes.len(), 1, "{name}");
        let note = &opened.notes[0];
        assert_eq!((note.about, note.name.as_str()), (About::OptimizerState, "Adam"));
        let text = note.to_string();
        let counts = format!("{saved} of its variables were saved, and it has {expected}");
        assert!(text.contains("starts anew") && text.contains(&counts), "{text}");
        let record = Record::open(name.split('.').next().unwrap());
        assert_predicts(&opened.model, &record);
        let model = opened.model;
        let iterations = model.with_optimizer(|s| Ok(s.iterations().value().item()?))?;
        assert_eq!(iterations, 0.0);
        let x = record.arrays("inputs");
        model.fit(&x[0], &Array::full(&[4, 1], 1f32)?, Fit::new().verbose(0))?;
    }
    // Keras 3.15 itself skips the optimizer's variables; weights alone are read in the same way.
    let model = load_model(fixture("frozen.keras"))?;
    let weights = model.get_weights();
    load_weights(&model, fixture("unfrozen.keras"))?;
    assert_ne!(model.get_weights(), weights);
    Ok(())
}

#[test]
fn the_optimizer_of_a_model_within_is_left_where_it_is() -> Result<()> {
    let opened = Load::new().open_with_notes(fixture("compiled_within.keras"))?;
    assert!(opened.notes.is_empty());
    assert_predicts(&opened.model, &Record::open("compiled_within"));
    Ok(())
}

/// A file of Keras 2 with another `training_config`.
fn recompiled(folder: &Folder, name: &str, change: impl Fn(&mut Value)) -> std::path::PathBuf {
    use cornu::io::hdf5::{self, Attribute};
    let mut file = hdf5::read(fixture("keras_2_objects.h5")).unwrap();
    let mut config: Value = serde_json::from_str(file.text("training_config").unwrap()).unwrap();
    change(&mut config);
    file.attributes.insert("training_config".into(), Attribute::Text(config.to_string()));
    let path = folder.0.join(name);
    hdf5::write(&path, &file).unwrap();
    path
}

#[test]
fn losses_by_every_name_of_keras_2_are_what_keras_2_computed() -> Result<()> {
    let folder = Folder::new();
    let record = Record::open("keras_2_objects");
    let (x, y) = (record.arrays("inputs"), record.arrays("targets"));
    let losses = record.value("losses").as_object().unwrap();
    assert!(losses.len() > 20);
    for (name, expected) in losses {
        let path = recompiled(&folder, "named.h5", |config| {
            config["loss"] = json!(name);
            config["metrics"] = json!([["mse", "cosine_similarity", "acc"]]);
            config["optimizer_config"] = json!({ "class_name": "Adam", "config": { "lr": 0.01 } });
        });
        let model = load_model(&path)?;
        let logs = model.evaluate(&x[0], &y[0], 32)?;
        let expected: Vec<f64> = serde_json::from_value(expected.clone()).unwrap();
        for (of, expected) in ["loss", "mse", "cosine_similarity", "acc"].iter().zip(&expected) {
            let found = logs.get(of).unwrap();
            let near = (found - expected).abs() <= 1e-5 * expected.abs().max(1.0);
            assert!(near, "{name}, {of}: {found} instead of {expected}");
        }
        // Written again: a name that Keras 3 knows.
        let written = model.to_config()?["compile_config"]["loss"].clone();
        assert!(KERAS_3.contains(&written.as_str().unwrap()), "{name}: {written}");
    }
    Ok(())
}

/// What keras.losses.get of 3.15 knows of these.
const KERAS_3: &[&str] = &[
    "kld",
    "kl_divergence",
    "log_cosh",
    "huber",
    "mean_squared_error",
    "mse",
    "MSE",
    "mean_absolute_error",
    "mae",
    "mape",
    "msle",
    "binary_crossentropy",
    "bce",
    "categorical_crossentropy",
    "cosine_similarity",
    "hinge",
    "squared_hinge",
    "categorical_hinge",
    "poisson",
];

#[test]
fn objects_of_keras_2_open_with_what_they_mean() -> Result<()> {
    let record = Record::open("keras_2_objects");
    let opened = Load::new().open_with_notes(fixture("keras_2_objects.h5"))?;
    assert!(opened.notes.is_empty(), "{}", opened.notes[0]);
    let model = opened.model;
    assert_predicts(&model, &record);
    let config = model.to_config()?["compile_config"].clone();
    let rate = &config["optimizer"]["config"]["learning_rate"];
    assert_eq!(rate["class_name"], "InverseTimeDecay");
    assert_eq!(rate["config"]["decay_rate"], 0.1);
    assert_eq!(config["loss"]["config"]["delta"], 2.0);
    let names: Vec<&Value> =
        config["metrics"].as_array().unwrap().iter().map(|m| &m["config"]["name"]).collect();
    assert_eq!(names, ["acc", "mse", "auc"]);
    assert_eq!(config["metrics"][0]["class_name"], "CategoricalAccuracy");
    // Keras 2 went on for two epochs: the momentum and the steps that the decay counts are there.
    let (x, y) = (record.arrays("inputs"), record.arrays("targets"));
    let how = Fit::new().epochs(2).batch_size(2).shuffle(false).verbose(0);
    model.fit(&x[0], &y[0], how)?;
    assert_close(&model.get_weights(), &record.arrays("after"), 1e-5);

    let opened = Load::new().open_with_notes(fixture("keras_2_objects.keras"))?;
    assert!(opened.notes.is_empty(), "{}", opened.notes[0]);
    assert_predicts(&opened.model, &record);
    let config = opened.model.to_config()?["compile_config"].clone();
    let rate = &config["optimizer"]["config"]["learning_rate"];
    assert_eq!(rate["class_name"], "ExponentialDecay");
    Ok(())
}

#[test]
fn an_argument_that_means_something_is_honoured_or_said() -> Result<()> {
    let folder = Folder::new();
    let optimizer = |class: &str, config: Value| {
        recompiled(&folder, "optimizer.h5", |c| {
            c["optimizer_config"] = json!({ "class_name": class, "config": config });
        })
    };
    let path = optimizer("Nadam", json!({ "lr": 0.002, "schedule_decay": 0.004, "epsilon": null }));
    let opened = Load::new().open_with_notes(&path)?;
    let about: Vec<About> = opened.notes.iter().map(|note| note.about).collect();
    assert_eq!(about, [About::OptimizerArgument, About::OptimizerState]);
    assert!(opened.model.compiled().is_some());

    // Keras 2.13 has its own optimizers so in .h5 files.
    let config = json!({ "name": "Adam", "is_legacy_optimizer": false, "learning_rate": 0.5 });
    let model = load_model(optimizer("Custom>Adam", config))?;
    assert_eq!(model.with_optimizer(|s| s.learning_rate())?, 0.5);

    let path = optimizer("RMSprop", json!({ "lr": 0.002, "rho": 0.9, "decay": 1e-8, "rate": 3 }));
    let error = load_model(&path).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("unknown field `rate`"), "{error}");

    let wrapped = json!({ "inner_optimizer": { "class_name": "SGD", "config": { "learning_rate": 0.5 } }, "initial_scale": 4.0, "dynamic": true });
    let model = load_model(optimizer("LossScaleOptimizerV3", wrapped))?;
    assert_eq!(model.with_optimizer(|s| s.learning_rate())?, 0.5);
    Ok(())
}

#[test]
fn weights_alone_are_written_in_another_format_without_a_model() -> Result<()> {
    let folder = Folder::new();
    let record = Record::open("graph");
    let model = load_model(fixture("graph.keras"))?;
    let mut from = fixture("graph.weights.h5");
    for name in ["a.npz", "b.safetensors", "c.weights.json", "d.weights.h5"] {
        let to = folder.0.join(name);
        Contents::read(&from)?.save_weights(&to, (name == "c.weights.json").then_some(100))?;
        crate::support::forget(&model)?;
        load_weights(&model, &to)?;
        assert_predicts(&model, &record);
        from = to;
    }
    let legacy = Contents::read(fixture("legacy_2_weights.h5"))?;
    legacy.save_weights(folder.0.join("old.safetensors"), None)?;
    let error = legacy.save_weights(folder.0.join("old.weights.h5"), None).unwrap_err();
    assert!(error.to_string().contains("legacy"), "{error}");
    let arrays = cornu::io::safetensors::read(folder.0.join("old.safetensors"))?;
    assert!(arrays.keys().any(|name| name.contains("embeddings")));
    Ok(())
}

#[test]
fn errors_say_what_a_file_is() {
    let folder = Folder::new();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let small = crate::support::small();
    small.compile(Compile::new("sgd").loss("mse")).unwrap();
    let onnx = folder.0.join("model.onnx");
    small.export(&onnx).unwrap();
    std::fs::create_dir(folder.0.join("saved")).unwrap();
    write("saved/saved_model.pb", b"\x08\x01\x12\x00");
    for (path, what) in [
        (onnx, "is an ONNX model, which Cornu writes but does not read"),
        (write("model.keras", b"\x93NUMPY\x01\0"), "is a .npy array"),
        (write("other.h5", b"<!DOCTYPE html>"), "is a web page: the download went wrong"),
        (write("empty.keras", b""), "is empty"),
        (folder.0.join("saved"), "is a SavedModel of TensorFlow"),
    ] {
        let error = load_model(&path).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(what) && error.contains("not a .keras file"), "{error}");
        let error = load_weights(&small, &path).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("weights"), "{error}");
        assert!(Contents::read(&path).is_err());
    }
}

#[test]
fn names_are_written_as_keras_reads_them_in_each_format() -> Result<()> {
    // Files of all names in both formats were opened with Keras 3.15.1: these are the kinds that there are.
    let folder = Folder::new();
    let model = crate::support::small();
    let metrics = ["mse", "mean_absolute_error", "rmse", "kld", "accuracy"];
    model.compile(Compile::new("sgd").loss("mse").metrics(metrics))?;
    let config = model.to_config()?["compile_config"].clone();
    assert_eq!(config["loss"], "mse");
    let [mse, mae, rmse, kld, accuracy] = config["metrics"].as_array().unwrap().as_slice() else {
        panic!("{config}")
    };
    assert_eq!([mse, mae, accuracy], ["mse", "mean_absolute_error", "accuracy"]);
    assert_eq!(rmse["class_name"], "RootMeanSquaredError");
    assert_eq!((&rmse["config"]["name"], &kld["config"]["name"]), (&json!("rmse"), &json!("kld")));

    let path = folder.0.join("m.h5");
    model.save(&path)?;
    let file = cornu::io::hdf5::read(&path)?;
    let config: Value = serde_json::from_str(file.text("training_config").unwrap()).unwrap();
    assert_eq!(config["loss"]["class_name"], "MeanSquaredError");
    let classes: Vec<&Value> =
        config["metrics"].as_array().unwrap().iter().map(|m| &m["class_name"]).collect();
    let expected =
        ["MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError", "KLDivergence"];
    assert_eq!(classes[..4], expected);
    assert_eq!(config["metrics"][4], "accuracy");
    // They are shown under the names that were given.
    let x = Array::full(&[2, 3], 0.5f32)?;
    let y = Array::full(&[2, 2], 0.5f32)?;
    let logs = load_model(&path)?.evaluate(&x, &y, 32)?;
    assert!(metrics.iter().all(|name| logs.get(name).is_some()));
    Ok(())
}
