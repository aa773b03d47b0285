//! Metrics after each of several updates.

use cornu::Array;
use cornu::config::{Choice, deserialize_object};
use cornu::layers::{Dense, Input, LayerExt};
use cornu::metrics::{Metric, Tracker};
use cornu::models::{Compile, Fit, Model};
use cornu::optimizers::SGD;
use serde_json::Value;

use crate::golden::{Report, array, arrays, cases, number, numbers, object};

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

/// Metrics as `compile` takes them: names stay names.
fn choices(list: &Value) -> Vec<Choice<dyn Metric>> {
    let choice = |value: &Value| match value.as_str() {
        Some(name) => Choice::from(name),
        None => Choice::Object(deserialize_object(value).unwrap()),
    };
    list.as_array().unwrap().iter().map(choice).collect()
}

#[test]
fn in_training() {
    let mut report = Report::default();
    for case in cases("metrics_training") {
        let x = Input([5]);
        let y = Dense::new(5).activation("sigmoid").apply(&x).unwrap();
        let model = Model::new(&x, y).unwrap();
        model.set_weights(&arrays(&case["weights"])).unwrap();
        let compile = Compile::new(SGD::new(0.5)).loss("binary_crossentropy");
        let compile = compile.metrics(choices(&case["metrics"]));
        model.compile(compile.weighted_metrics(choices(&case["weighted_metrics"]))).unwrap();
        let held_out = arrays(&case["validation"]);
        let fit = Fit::new().batch_size(3).epochs(2).shuffle(false).verbose(0);
        let fit = fit.sample_weight(array(&case["sample_weight"]));
        let fit = fit.validation_data(held_out[0].clone(), held_out[1].clone());
        let history = model.fit(array(&case["x"]), array(&case["y"]), fit).unwrap();
        let want = case["history"].as_object().unwrap();
        let names: Vec<&String> = history.history.keys().collect();
        let mut sorted: Vec<&String> = want.keys().collect();
        sorted.sort();
        report.equal("names", names, sorted);
        for (name, epochs) in want {
            for (epoch, value) in epochs.as_array().unwrap().iter().enumerate() {
                let what = format!("{name} epoch {epoch}");
                if value.is_array() {
                    let got = history.vectors.get(name).map_or(&[][..], |all| &all[epoch]);
                    report.values(&what, got, &numbers(value), 1e-5);
                } else {
                    report.equal(&what, history.vectors.contains_key(name), false);
                    report.values(&what, &history.get(name)[epoch..=epoch], &[number(value)], 1e-5);
                }
            }
        }
    }
    report.finish();
}
