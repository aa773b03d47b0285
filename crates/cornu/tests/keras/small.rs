//! Constraints, regularizers, initializers.

use cornu::config::deserialize_object;
use cornu::constraints::Constraint;
use cornu::initializers::Initializer;
use cornu::regularizers::Regularizer;
use cornu::{DType, Eval};
use serde_json::Value;

use crate::golden::{Report, cases, number, object, shape, tensor};

const TOLERANCE: f64 = 1e-5;

#[test]
fn constraints() {
    let mut report = Report::default();
    for case in cases("constraints") {
        let (class_name, config) = object(&case["constraint"]);
        let made = deserialize_object::<dyn Constraint>(&case["constraint"]);
        let Some(constraint) = report.ok(class_name, made) else { continue };
        report.config(class_name, constraint.config(), &case["constraint"]);
        let value = constraint.call(&tensor(&case["input"])).array();
        let Some(value) = report.ok(class_name, value) else { continue };
        report.array(
            &format!("{class_name} {}", Value::from(config)),
            &value,
            &case["output"],
            TOLERANCE,
        );
    }
    report.finish();
}

#[test]
fn regularizers() {
    let mut report = Report::default();
    for case in cases("regularizers") {
        let (class_name, config) = object(&case["regularizer"]);
        let made = deserialize_object::<dyn Regularizer>(&case["regularizer"]);
        let Some(regularizer) = report.ok(class_name, made) else { continue };
        report.config(class_name, regularizer.config(), &case["regularizer"]);
        let value = regularizer.call(&tensor(&case["input"])).array();
        let Some(value) = report.ok(class_name, value) else { continue };
        let what = format!("{class_name} {}", Value::from(config));
        report.values(&what, &value.to_vec(), &[number(&case["value"])], TOLERANCE);
    }
    report.finish();
}

#[test]
fn initializers() {
    let mut report = Report::default();
    for case in cases("initializers") {
        check_initializer(&case, &mut report);
    }
    report.finish();
}

fn check_initializer(case: &Value, report: &mut Report) -> Option<()> {
    let (class_name, config) = object(&case["initializer"]);
    let made = deserialize_object::<dyn Initializer>(&case["initializer"]);
    let initializer = report.ok(class_name, made)?;
    report.config(class_name, initializer.config(), &case["initializer"]);
    let size = shape(case);
    let value = report.ok(class_name, initializer.call(&size, DType::F32))?;
    let what = format!("{class_name} {} {size:?}", Value::from(config.clone()));
    if let Some(output) = case.get("output") {
        report.array(&what, &value, output, 0.0);
        return Some(());
    }
    let values = value.to_vec::<f64>();
    if class_name == "Orthogonal" {
        orthogonal(&what, &values, &size, number(&config["gain"]), report);
        return Some(());
    }
    law(&what, &values, case, report);
    Some(())
}

/// Mean, spread and bounds of the law; six standard errors are never met by chance.
fn law(what: &str, values: &[f64], case: &Value, report: &mut Report) {
    let n = values.len() as f64;
    let (mean, std) = (number(&case["mean"]), number(&case["std"]));
    let got = values.iter().sum::<f64>() / n;
    let spread = (values.iter().map(|v| (v - got).powi(2)).sum::<f64>() / n).sqrt();
    let error = 6.0 * std / n.sqrt();
    report.values_within(&format!("{what} mean"), &[got], &[mean], |_| error);
    report.values_within(&format!("{what} std"), &[spread], &[std], |_| error);
    if let (Some(low), Some(high)) = (case["low"].as_f64(), case["high"].as_f64()) {
        let inside = values.iter().all(|v| (low - 1e-6..=high + 1e-6).contains(v));
        report.equal(&format!("{what} bounds"), inside, true);
        // The bounds are reached, nearly: the law is no narrower one.
        let top = values.iter().copied().fold(f64::MIN, f64::max);
        report.equal(&format!("{what} reaches its bound"), top > high - 0.1 * (high - low), true);
    }
}

/// Rows (or columns, whichever are fewer) are orthogonal and as long as the gain.
fn orthogonal(what: &str, values: &[f64], size: &[usize], gain: f64, report: &mut Report) {
    let columns = size[size.len() - 1];
    let rows = values.len() / columns;
    let short = rows.min(columns);
    let at = |i: usize, k: usize| {
        if rows <= columns { values[i * columns + k] } else { values[k * columns + i] }
    };
    let dot = |i, j| (0..rows.max(columns)).map(|k| at(i, k) * at(j, k)).sum::<f64>();
    let pairs = (0..short).flat_map(|i| (0..short).map(move |j| (i, j)));
    let got: Vec<f64> = pairs.clone().map(|(i, j)| dot(i, j)).collect();
    let want: Vec<f64> = pairs.map(|(i, j)| if i == j { gain * gain } else { 0.0 }).collect();
    report.values_within(what, &got, &want, |_| 1e-4);
}
