//! Metrics after each of several updates.

use cornu::Array;
use cornu::config::deserialize_object;
use cornu::metrics::{Metric, Tracker};
use serde_json::Value;

use crate::golden::{Report, array, cases, number, numbers, object};

fn check(case: &Value, report: &mut Report) -> Option<()> {
    let (class_name, config) = object(&case["metric"]);
    let what = format!("{class_name} {}", Value::from(config.clone()));
    let metric = report.ok(&what, deserialize_object::<dyn Metric>(&case["metric"]))?;
    report.config(class_name, metric.config(), &case["metric"]);
    let mut tracker = report.ok(&what, Tracker::new(metric))?;
    // Twice: a reset must forget everything.
    for _ in 0..2 {
        for (i, update) in case["updates"].as_array().unwrap().iter().enumerate() {
            let given = |key: &str| update.get(key).map(array);
            let pred = given("values").or_else(|| given("y_pred")).unwrap();
            let truth = given("y_true").unwrap_or_else(|| pred.clone());
            let weight = given("sample_weight");
            report.ok(&what, tracker.update_state(&truth, &pred, weight.as_ref()))?;
            let result = report.ok(&what, tracker.result())?;
            compare(&format!("{what} update {i}"), &result, &update["result"], report);
        }
        tracker.reset_state();
        let result = report.ok(&what, tracker.result())?;
        compare(&format!("{what} after reset"), &result, &case["after_reset"], report);
    }
    Some(())
}

/// A number must be a number, a list a vector.
fn compare(what: &str, got: &Array, want: &Value, report: &mut Report) {
    report.equal(what, got.ndim(), usize::from(want.is_array()));
    let want = if want.is_array() { numbers(want) } else { vec![number(want)] };
    report.values(what, &got.to_vec(), &want, 1e-5);
}

#[test]
fn metrics() {
    let mut report = Report::default();
    for case in cases("metrics") {
        check(&case, &mut report);
    }
    report.finish();
}
