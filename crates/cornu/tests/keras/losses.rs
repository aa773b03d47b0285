//! Losses: values per sample, reductions, weights, gradients; what their short names mean.

use cornu::config::{Choice, deserialize_object};
use cornu::losses::Loss;
use cornu::{Eval, evaluate};
use cornu_graph::gradients;
use serde_json::{Value, json};

use crate::support::{Report, cases, number, object, tensor};

const TOLERANCE: f64 = 1e-5;
const REDUCTIONS: [&str; 5] =
    ["none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"];

fn with_reduction(case: &Value, reduction: &str) -> Value {
    let mut loss = case["loss"].clone();
    loss["config"]["reduction"] = if reduction == "none" { Value::Null } else { json!(reduction) };
    loss
}

fn check(case: &Value, report: &mut Report) -> Option<()> {
    let (class_name, config) = object(&case["loss"]);
    let what = format!("{class_name} {}", json!(config));
    let loss = report.ok(&what, deserialize_object::<dyn Loss>(&case["loss"]))?;
    report.config(class_name, loss.config(), &case["loss"]);
    let (y_true, y_pred) = (tensor(&case["y_true"]), tensor(&case["y_pred"]));
    let weight = case.get("sample_weight").map(tensor);
    for reduction in REDUCTIONS {
        let reduced = deserialize_object::<dyn Loss>(&with_reduction(case, reduction));
        let reduced = report.ok(&what, reduced)?;
        for weight in [None, weight.as_ref()] {
            let key =
                if weight.is_some() { format!("{reduction}_weighted") } else { reduction.into() };
            let value = reduced.compute(&y_true, &y_pred, weight).array();
            let what = format!("{what} {key}");
            let Some(value) = report.ok(&what, value) else { continue };
            match &case[&key] {
                want @ Value::Object(_) => report.array(&what, &value, want, TOLERANCE),
                want => report.values(&what, &value.to_vec(), &[number(want)], TOLERANCE),
            }
        }
    }
    let slopes = gradients(&loss.compute(&y_true, &y_pred, None), std::slice::from_ref(&y_pred));
    let slopes = report.ok(&what, slopes)?;
    let values = report.ok(&what, evaluate(&slopes))?;
    report.array(&format!("{what} gradient"), &values[0], &case["grad"], TOLERANCE);
    Some(())
}

/// What this library does not have: refused by name.
const MISSING: [&str; 2] = ["Circle", "CTC"];

fn missing(name: &str) -> bool {
    MISSING.iter().any(|class| class.eq_ignore_ascii_case(name))
}

#[test]
fn losses() {
    let mut report = Report::default();
    for case in cases("losses") {
        if missing(object(&case["loss"]).0) {
            report.equal("missing", deserialize_object::<dyn Loss>(&case["loss"]).is_err(), true);
            continue;
        }
        check(&case, &mut report);
    }
    report.finish();
}

#[test]
fn short_names() {
    let mut report = Report::default();
    for row in cases("loss_names") {
        let name = row[0].as_str().unwrap();
        let found = Choice::<dyn Loss>::from(name).get();
        if missing(name) {
            report.equal(name, found.is_err(), true);
            continue;
        }
        match row[1].as_str() {
            Some(function) => {
                let Some(loss) = report.ok(name, found) else { continue };
                let fold = |s: &str| s.replace('_', "").to_lowercase();
                report.equal(name, fold(loss.class_name()), fold(function));
            }
            // A string that Keras refuses may at most be another spelling of the class's name.
            None => {
                let Ok(loss) = found else { continue };
                let fold = |s: &str| s.replace('_', "").to_lowercase();
                report.equal(name, fold(loss.class_name()), fold(name));
            }
        }
    }
    report.finish();
}
