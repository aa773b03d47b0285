//! `cornu bench` as a user runs it.

use std::process::{Command, Output};

use serde_json::Value;

fn cornu(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cornu")).args(args).output().unwrap()
}

fn bench(args: &[&str]) -> Value {
    let output = cornu(&[&["bench", "--json"], args].concat());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_document_says_what_was_timed() {
    let document = bench(&["w7", "--repeat", "3", "--threads", "2", "--batch-size", "4"]);
    assert_eq!(document["workload"], "W7");
    assert_eq!(document["threads"], 2);
    for name in ["cornu", "processor", "kernels"] {
        assert!(!document[name].as_str().unwrap().is_empty(), "{document}");
    }
    if cfg!(target_os = "linux") {
        let peak = document["peak_memory_mb"].as_f64().unwrap();
        assert!((1.0..4000.0).contains(&peak), "{document}");
    }
    let results = document["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    let row = &results[0];
    assert_eq!((&row["metric"], &row["gflops"]), (&Value::from("latency"), &Value::Null));
    assert_eq!((&row["calls"], &row["batch_size"]), (&Value::from(3), &Value::from(4)));
    let time = |name: &str| row[name].as_f64().unwrap();
    assert!(0.0 < time("min_ms") && time("min_ms") <= time("median_ms"), "{row}");
    assert!(time("median_ms") <= time("p90_ms"), "{row}");
}

#[test]
fn training_steps_and_whole_processes_are_timed() {
    let document = bench(&["W1", "--repeat", "1", "--batch-size", "2"]);
    assert_eq!(document["results"][0]["metric"], "train_step");
    let document = bench(&["W9", "--repeat", "1"]);
    assert_eq!(document["results"][0]["metric"], "first_prediction");
}

#[test]
fn one_convolution_is_timed_in_each_direction() {
    let name = "13x13x32-64 3x3 valid,";
    let document = bench(&["conv", "--repeat", "2", "--batch-size", "3", "--only", name]);
    let rows = document["results"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["metric"].as_str().unwrap()).collect();
    let directions = ["forward", "backward-data", "backward-weights"];
    assert_eq!(names, directions.map(|direction| format!("{name} {direction}")));
    for row in rows {
        let flops = row["gflops"].as_f64().unwrap() * row["median_ms"].as_f64().unwrap() * 1e6;
        let expected = f64::from(2 * 3 * 11 * 11 * 64 * 9 * 32);
        assert!((flops / expected - 1.0).abs() < 1e-9, "{row}");
    }
}

#[test]
fn the_table_has_a_line_per_metric() {
    let output = cornu(&["bench", "W1d", "--repeat", "2", "--batch-size", "3"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("W1d on "), "{text}");
    assert!(lines[2].contains("median") && lines[2].contains("p90"), "{text}");
    assert!(lines[3].starts_with("decode"), "{text}");
}

#[test]
fn what_cannot_be_timed_ends_with_2() {
    let known = "W1, W1d, W2, W3, W3e, W4, W5, W6, W7, W9, conv";
    for (args, part) in [
        (vec!["bench", "W0"], known),
        (vec!["bench", "W7", "--repeat", "0"], "--repeat"),
        (vec!["bench", "W7", "--batch-size", "0"], "--batch-size"),
        (vec!["bench", "W5", "--batch-size", "8"], "--batch-size means nothing for W5"),
        (vec!["bench", "W7", "--threads", "0"], "threads"),
        (vec!["bench", "W7", "--only", "nothing"], "--only"),
    ] {
        let output = cornu(&args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.contains(part), "{args:?}: {error}");
    }
}
