//! What callbacks do in runs whose values follow a script.

use std::path::{Path, PathBuf};

use cornu::Array;
use cornu::callbacks::{
    CSVLogger, Callback, EarlyStopping, LambdaCallback, LearningRateScheduler, Mode,
    ModelCheckpoint, ProgbarLogger, ReduceLROnPlateau,
};
use cornu::config::{Choice, Family, deserialize_object};
use cornu::layers::Dense;
use cornu::metrics::Metric;
use cornu::models::{Compile, Fit, Model, Sequential, Verbose};
use cornu::optimizers::SGD;
use serde_json::{Map, Value};

use crate::golden::{Report, cases, number, numbers};

/// Sets each argument that a case gives by the builder method of its name.
macro_rules! set {
    ($callback:ident, $args:ident: $($name:ident as $kind:ident),*) => {
        $(if let Some(value) = $args.remove(stringify!($name)) {
            $callback = $callback.$name($kind(&value));
        })*
        assert!($args.is_empty(), "arguments that the test does not know: {:?}", $args);
    };
}

fn whole(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn level(value: &Value) -> u8 {
    value.as_u64().unwrap() as u8
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().into()
}

fn mode(value: &Value) -> Mode {
    serde_json::from_value(value.clone()).unwrap()
}

fn callback(kind: &str, mut args: Map<String, Value>, folder: &Path) -> Box<dyn Callback> {
    let monitor = |args: &mut Map<String, Value>| {
        args.remove("monitor").map_or("val_loss".to_string(), |m| word(&m))
    };
    match kind {
        "EarlyStopping" => {
            let mut c = EarlyStopping::new(&monitor(&mut args));
            set!(c, args: patience as whole, verbose as level, mode as mode, min_delta as number, baseline as number,
                restore_best_weights as flag, start_from_epoch as whole);
            Box::new(c)
        }
        "ReduceLROnPlateau" => {
            let mut c = ReduceLROnPlateau::new(&monitor(&mut args));
            set!(c, args: patience as whole, verbose as level, factor as number, cooldown as whole, min_lr as number);
            Box::new(c)
        }
        "ModelCheckpoint" => {
            let path = word(&args.remove("filepath").unwrap());
            let mut c = ModelCheckpoint::new(folder.join(path));
            set!(c, args: monitor as word, verbose as level, save_best_only as flag, save_freq as whole,
                initial_value_threshold as number);
            Box::new(c)
        }
        "LearningRateScheduler" => {
            let factors = numbers(&args.remove("factors").unwrap());
            let mut c = LearningRateScheduler::new(move |epoch, rate| rate * factors[epoch]);
            set!(c, args: verbose as level);
            Box::new(c)
        }
        "CSVLogger" => Box::new(CSVLogger::new(folder.join(word(&args["filename"])))),
        _ => panic!("{kind} is unknown to the test"),
    }
}

fn weight(model: &Model) -> f64 {
    model.get_weights()[0].item().unwrap()
}

fn folder(i: usize) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("cornu-keras-callbacks-{}-{i}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn check(i: usize, case: &Value, report: &mut Report) -> Option<()> {
    let what = case["name"].as_str().unwrap();
    let folder = folder(i);
    let model = Sequential::new().input([1]);
    let model = model.add(Dense::new(1).use_bias(false).activation("sigmoid")).model().unwrap();
    let metric = |m: &Value| Choice::<dyn Metric>::Object(deserialize_object(m).unwrap());
    let metrics: Vec<_> = case["metrics"].as_array().unwrap().iter().map(metric).collect();
    let rate = number(&case["rate"]);
    model.compile(Compile::new(SGD::new(rate)).loss("mse").metrics(metrics)).unwrap();

    let script = case["values"].as_object().unwrap();
    let script = LambdaCallback::new().on_epoch_end(|epoch, logs, session| {
        for (name, values) in script {
            logs.set(name, numbers(values)[epoch]);
        }
        session.model().set_weights(&[Array::new(&[1, 1], vec![epoch as f32 + 1.0])?])
    });
    let x = Array::new(&[4, 1], vec![0f32; 4]).unwrap();
    let y = Array::new(&[4, 1], vec![0f32, 1.0, 0.0, 1.0]).unwrap();
    let mut args = Fit::new().epochs(whole(&case["epochs"])).shuffle(false).verbose(0);
    args = args.validation_freq(whole(&case["validation_freq"])).callback(script);
    if flag(&case["validation"]) {
        args = args.validation_data(&x, &y);
    }
    for pair in case["callbacks"].as_array().unwrap() {
        let given = pair[1].as_object().unwrap().clone();
        args = args.callback(callback(pair[0].as_str().unwrap(), given, &folder));
    }
    let mut out = Vec::new();
    let ran = model.fit(&x, &y, args.callback(ProgbarLogger::to(&mut out, Verbose::Silent)));
    let printed = String::from_utf8(out).unwrap();
    let printed = printed.replace(&format!("{}/", folder.display()), "FOLDER/");
    report.equal(&format!("{what}: printed"), printed.as_str(), case["printed"].as_str().unwrap());
    if case.get("error").is_some() {
        let error = ran.err().map(|e| e.to_string()).unwrap_or_default();
        report.equal(&format!("{what}: {error}"), error.contains("monitor"), true);
        return Some(());
    }
    let history = report.ok(what, ran)?;
    report.equal(&format!("{what}: epochs"), history.epochs.len(), whole(&case["epochs_run"]));
    let names: Vec<&String> = history.history.keys().collect();
    let mut want: Vec<&String> = case["history"].as_object().unwrap().keys().collect();
    want.sort();
    report.equal(&format!("{what}: names"), &names, &want);
    for (name, values) in case["history"].as_object().unwrap() {
        report.values(&format!("{what}: {name}"), history.get(name), &numbers(values), 1e-6);
    }
    report.equal(&format!("{what}: weight"), weight(&model), number(&case["weight"]));
    let rate = model.with_optimizer(|o| o.learning_rate()).unwrap();
    report.values(&format!("{what}: rate"), &[rate], &[number(&case["learning_rate"])], 1e-7);
    let files = case["files"].as_object().unwrap();
    for (name, want) in files {
        let path = folder.join(name);
        match want.as_str() {
            // Keras ends lines as Windows does.
            Some(text) => {
                let got = std::fs::read_to_string(&path).unwrap_or_default();
                report.equal(&format!("{what}: {name}"), got, text.replace("\r\n", "\n"));
            }
            None => {
                let model =
                    report.ok(&format!("{what}: {name}"), cornu::saving::load_model(&path))?;
                report.equal(&format!("{what}: {name}"), weight(&model), number(want));
            }
        }
    }
    report.equal(what, std::fs::read_dir(&folder).unwrap().count(), files.len());
    std::fs::remove_dir_all(&folder).unwrap();
    Some(())
}

#[test]
fn callbacks() {
    let mut report = Report::default();
    for (i, case) in cases("callbacks").iter().enumerate() {
        check(i, case, &mut report);
    }
    report.finish();
}

#[test]
fn every_metric_has_the_direction_of_keras() {
    use cornu::metrics::Direction;
    let (up, down) = (Some(Direction::Up), Some(Direction::Down));
    // `_direction` of keras.metrics, Keras 3.15.1.
    let known = [
        ("AUC", up),
        ("Accuracy", up),
        ("BinaryAccuracy", up),
        ("BinaryCrossentropy", down),
        ("BinaryIoU", up),
        ("CategoricalAccuracy", up),
        ("CategoricalCrossentropy", down),
        ("CategoricalHinge", down),
        ("ConcordanceCorrelation", up),
        ("CosineSimilarity", up),
        ("F1Score", up),
        ("FBetaScore", up),
        ("FalseNegatives", None),
        ("FalsePositives", None),
        ("Hinge", down),
        ("IoU", up),
        ("KLDivergence", down),
        ("LogCoshError", down),
        ("Mean", None),
        ("MeanAbsoluteError", down),
        ("MeanAbsolutePercentageError", down),
        ("MeanIoU", up),
        ("MeanSquaredError", down),
        ("MeanSquaredLogarithmicError", down),
        ("OneHotIoU", up),
        ("OneHotMeanIoU", up),
        ("PearsonCorrelation", up),
        ("Poisson", down),
        ("Precision", up),
        ("PrecisionAtRecall", up),
        ("R2Score", up),
        ("Recall", up),
        ("RecallAtPrecision", up),
        ("RootMeanSquaredError", down),
        ("SensitivityAtSpecificity", up),
        ("SparseCategoricalAccuracy", up),
        ("SparseCategoricalCrossentropy", down),
        ("SparseTopKCategoricalAccuracy", up),
        ("SpecificityAtSensitivity", up),
        ("SquaredHinge", down),
        ("Sum", None),
        ("TopKCategoricalAccuracy", up),
        ("TrueNegatives", None),
        ("TruePositives", None),
    ];
    for (name, direction) in known {
        let config = match name {
            "IoU" | "OneHotIoU" => serde_json::json!({"num_classes": 2, "target_class_ids": [0]}),
            "MeanIoU" | "OneHotMeanIoU" => serde_json::json!({"num_classes": 2}),
            "PrecisionAtRecall" => serde_json::json!({"recall": 0.5}),
            "RecallAtPrecision" => serde_json::json!({"precision": 0.5}),
            "SensitivityAtSpecificity" => serde_json::json!({"specificity": 0.5}),
            "SpecificityAtSensitivity" => serde_json::json!({"sensitivity": 0.5}),
            _ => serde_json::json!({}),
        };
        let config = config.as_object().unwrap().clone();
        let metric = <dyn Metric>::registry().revive(name, config).unwrap().unwrap();
        assert_eq!(metric.direction(), direction, "{name}");
    }
}
