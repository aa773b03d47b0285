//! `cornu profile` as a user runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cornu::layers::Dense;
use cornu::models::{Compile, Model, Sequential};
use serde_json::Value;

fn profile(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cornu")).arg("profile").args(args).output().unwrap()
}

fn done(args: &[&str]) -> String {
    let output = profile(args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("cornu-profile-{}-{name}", std::process::id()))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn model() -> Model {
    let hidden = Dense::new(64).activation("relu");
    Sequential::new().input([32]).add(hidden).add(Dense::new(3)).model().unwrap()
}

/// The milliseconds in the lines of a table, without the head and the two totals.
fn times(shown: &str) -> Vec<f64> {
    let lines = shown.lines().skip_while(|l| !l.starts_with("step")).skip(1);
    let steps = lines.take_while(|l| !l.contains("all steps"));
    let time = |line: &str| {
        let numbers = line.split_whitespace().filter(|w| w.contains('.') && !w.ends_with('%'));
        numbers.filter_map(|w| w.parse().ok()).next()
    };
    steps.filter_map(time).collect()
}

#[test]
fn the_autoencoder_is_listed_by_time_and_traced() {
    let trace = file("trace.json");
    let arguments = ["vae", "--batch-size", "2", "--steps", "2", "--threads", "2"];
    let shown = done(&[&arguments[..], &["--trace", text(&trace)]].concat());
    assert!(shown.starts_with("vae: training step with 2 rows, 2 threads"), "{shown}");
    assert!(shown.contains("kernel gradient") && shown.contains("around them"), "{shown}");
    let times = times(&shown);
    assert!(times.len() > 20 && times.is_sorted_by(|a, b| a >= b), "{times:?}");

    let document: Value = serde_json::from_slice(&std::fs::read(&trace).unwrap()).unwrap();
    let events = document["traceEvents"].as_array().unwrap();
    let runs: Vec<&Value> = events.iter().filter(|e| e["name"] == "plan").collect();
    assert_eq!(runs.len(), 2);
    let number = |event: &Value, name: &str| event[name].as_f64().unwrap();
    let steps = runs[0]["args"]["steps"].as_u64().unwrap() as usize;
    assert_eq!(events.len(), 2 * (steps + 1));
    for step in &events[1..=steps] {
        let end = number(step, "ts") + number(step, "dur");
        assert!(step["ph"] == "X" && number(step, "ts") >= number(runs[0], "ts"), "{step}");
        assert!(end <= number(runs[0], "ts") + number(runs[0], "dur") + 1e-3, "{step}");
    }
    std::fs::remove_file(trace).unwrap();
}

#[test]
fn a_saved_model_trains_where_it_is_compiled() {
    let path = file("model.keras");
    let run = || done(&[text(&path), "--batch-size", "4", "--steps", "1"]);
    model().save(&path).unwrap();
    let shown = run();
    assert!(
        shown.contains("prediction of 4 rows") && shown.contains("(4, 32) @ (32, 64)"),
        "{shown}"
    );
    for loss in ["mse", "sparse_categorical_crossentropy"] {
        let model = model();
        model.compile(Compile::new("sgd").loss(loss)).unwrap();
        model.save(&path).unwrap();
        let shown = run();
        assert!(shown.contains("training step with 4 rows"), "{loss}: {shown}");
        assert!(shown.contains("(32, 4)ᵀ @ (4, 64)"), "{loss}: {shown}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn what_cannot_be_profiled_ends_with_2() {
    for (args, part) in [
        (vec!["no-such-file.keras"], "no-such-file.keras"),
        (vec!["vae", "--steps", "0"], "--steps"),
        (vec!["vae", "--batch-size", "0"], "--batch-size"),
    ] {
        let output = profile(&args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.contains(part), "{args:?}: {error}");
    }
}
