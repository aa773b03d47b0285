//! Losses: values per sample, reductions, weights, gradients; what their short names mean.

use cornu::config::{Choice, deserialize_object};
use cornu::losses::{CTC, Circle, Loss};
use cornu::{Array, DType, Eval, Tensor, evaluate};
use cornu_graph::gradients;
use serde_json::{Value, json};

use crate::golden::{Report, array, cases, number, object, tensor};

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
    // Around the 700 of a sequence that cannot be, single precision has four digits less.
    let tolerance = if class_name == "CTC" { 1e-4 } else { TOLERANCE };
    report.array(&format!("{what} gradient"), &values[0], &case["grad"], tolerance);
    Some(())
}

#[test]
fn losses() {
    let mut report = Report::default();
    for case in cases("losses") {
        check(&case, &mut report);
    }
    report.finish();
}

/// The gradients of a loss against finite differences, in double precision.
fn check_gradient(loss: &dyn Loss, y_true: &Array, y_pred: &Array) {
    let compute = |y: &[Tensor]| loss.compute(&Tensor::from(y_true), &y[0], None);
    cornu_graph::testing::check_gradient(compute, &[y_pred.cast(DType::F64)])
        .unwrap_or_else(|e| panic!("{}: {e}", loss.class_name()));
}

#[test]
fn slopes_of_sequences_and_embeddings() {
    for case in cases("losses") {
        let (y_true, y_pred) = (array(&case["y_true"]), array(&case["y_pred"]));
        match object(&case["loss"]).0 {
            "CTC" => check_gradient(&CTC::default(), &y_true, &y_pred),
            // With a large gamma the second derivative is too large for differences.
            "Circle" => {
                let loss = Circle { gamma: 2.0, ..Circle::default() };
                check_gradient(&loss, &y_true, &y_pred);
            }
            _ => {}
        }
    }
}

#[test]
fn wrong_shapes_of_sequences_are_errors() {
    let zeros = |shape: &[usize]| Tensor::from(Array::zeros(shape, DType::F32).unwrap());
    let error = |loss: &dyn Loss, t: &[usize], p: &[usize]| {
        loss.compute(&zeros(t), &zeros(p), None).array().unwrap_err().to_string()
    };
    for (t, p, argument) in [
        (&[2, 3][..], &[2, 4][..], "y_pred"),
        (&[2], &[2, 4, 5], "y_true"),
        (&[3, 3], &[2, 4, 5], "y_true"),
        (&[2, 3], &[2, 0, 5], "y_pred"),
    ] {
        let error = error(&CTC::default(), t, p);
        assert!(error.contains("CTC") && error.contains(argument), "{error}");
    }
    assert!(error(&Circle::default(), &[2], &[2, 4, 5]).contains("Circle"));
    // A label that is no class.
    let labels = Tensor::from(Array::new(&[1, 1], vec![9i32]).unwrap());
    assert!(CTC::default().compute(&labels, &zeros(&[1, 2, 3]), None).array().is_err());
}

#[test]
fn short_names() {
    let mut report = Report::default();
    for row in cases("loss_names") {
        let name = row[0].as_str().unwrap();
        let found = Choice::<dyn Loss>::from(name).get();
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
