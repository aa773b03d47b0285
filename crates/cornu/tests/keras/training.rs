//! Whole training runs: history, weights, evaluate and predict; what is written of how a model is compiled.

use std::collections::BTreeMap;

use cornu::layers::LayerRef;
use cornu::models::{Data, Fit, Model};
use cornu::{Array, Result, Variable};
use serde_json::Value;

use crate::golden::{Report, alike, array, arrays, cases, number, numbers};

/// Sums over three epochs in another order. A bias before a batch normalization has no gradient but rounding,
/// which Adam makes as large as any: there the weights themselves wander.
fn tolerance(name: &str) -> f64 {
    if name == "convnet_adam" { 1e-2 } else { 1e-4 }
}

/// One array or a list of them.
fn listed(value: &Value) -> Vec<Array> {
    if value.is_array() { arrays(value) } else { vec![array(value)] }
}

/// The weights layer by layer, as Keras lists them.
fn weights(model: &Model) -> Vec<Variable> {
    let own = |l: LayerRef| l.own_weights().into_iter().map(|w| w.variable);
    model.as_layer().flatten().into_iter().flat_map(own).collect()
}

fn set_weights(model: &Model, listed: &Value) -> Result<()> {
    let (weights, listed) = (weights(model), listed.as_array().unwrap());
    assert_eq!(weights.len(), listed.len());
    for (weight, value) in weights.iter().zip(listed) {
        let path = value["path"].as_str().unwrap();
        assert!(path.ends_with(&format!("/{}", weight.name())), "{path} is no {}", weight.name());
        weight.assign(array(value))?;
    }
    Ok(())
}

fn fit_args(case: &Value) -> Fit<'static> {
    let given = &case["fit"];
    let mut fit = Fit::new().shuffle(false).verbose(0);
    for (name, value) in given.as_object().unwrap() {
        let count = || value.as_u64().unwrap() as usize;
        fit = match name.as_str() {
            "batch_size" => fit.batch_size(count()),
            "epochs" => fit.epochs(count()),
            "initial_epoch" => fit.initial_epoch(count()),
            "steps_per_epoch" => fit.steps_per_epoch(count()),
            "validation_steps" => fit.validation_steps(count()),
            "validation_batch_size" => fit.validation_batch_size(count()),
            "validation_freq" => fit.validation_freq(count()),
            "validation_split" => fit.validation_split(number(value)),
            "sample_weight" => fit.sample_weight(array(value)),
            "class_weight" => {
                let classes = value.as_object().unwrap().iter();
                fit.class_weight(classes.map(|(k, v)| (k.parse().unwrap(), number(v))))
            }
            other => panic!("{other} is no argument of fit"),
        };
    }
    match case["validation"].as_array().map(Vec::as_slice) {
        Some([x, y]) => fit.validation_data(listed(x), listed(y)),
        Some([x, y, w]) => fit.validation_data(listed(x), listed(y)).validation_weight(listed(w)),
        _ => fit,
    }
}

/// What is written of the losses and metrics is what Keras wrote, or what it reads as the same: one list of
/// metrics for several outputs stands there as a dict.
fn check_compile_config(name: &str, model: &Model, keras: &Value, report: &mut Report) {
    let Some(config) = report.ok(name, model.to_config()) else { return };
    let own = &config["compile_config"];
    for key in ["loss", "loss_weights", "metrics", "weighted_metrics"] {
        if !alike(&own[key], &keras[key]) && !alike(&own[key], &each_listed(&keras[key])) {
            report.fail(format!("{name} {key}: {}, not {}", own[key], keras[key]));
        }
    }
    let names = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    report.equal(&format!("{name} compile_config"), names(own), names(keras));
}

/// `["mae", "accuracy"]` as `[["mae"], ["accuracy"]]`.
fn each_listed(metrics: &Value) -> Value {
    let list = |m: &Value| if m.is_array() { m.clone() } else { Value::Array(vec![m.clone()]) };
    metrics.as_array().map_or(Value::Null, |all| all.iter().map(list).collect())
}

fn check(case: &Value, report: &mut Report) -> Option<()> {
    let name = case["name"].as_str().unwrap();
    let tolerance = tolerance(name);
    let model = report.ok(name, Model::from_config(&case["model"]))?;
    check_compile_config(name, &model, &case["model"]["compile_config"], report);
    report.ok(name, set_weights(&model, &case["weights"]))?;
    let (x, y) = (listed(&case["x"]), listed(&case["y"]));
    let history = report.ok(name, model.fit(&x, &y, fit_args(case)))?;

    let wanted: BTreeMap<String, Vec<f64>> = {
        let all = case["history"].as_object().unwrap();
        all.iter().map(|(k, v)| (k.clone(), numbers(v))).collect()
    };
    let keys = |h: &BTreeMap<String, Vec<f64>>| h.keys().cloned().collect::<Vec<_>>();
    report.equal(&format!("{name} history"), keys(&history.history), keys(&wanted));
    for (key, values) in &wanted {
        report.values(&format!("{name} {key}"), history.get(key), values, tolerance);
    }
    let after = case["weights_after"].as_array().unwrap();
    for (i, (got, want)) in weights(&model).iter().zip(after).enumerate() {
        report.array(&format!("{name} weight {i}"), &got.value(), want, tolerance);
    }
    let logs = report.ok(name, model.evaluate(&x, &y, 8))?;
    let got: Vec<f64> = logs.iter().map(|(_, value)| value).collect();
    let mut wanted = list_of(&case["evaluate"]).into_iter().map(number).collect::<Vec<_>>();
    if case["model"]["compile_config"]["weighted_metrics"].is_array() {
        // Keras lists a metric that is given plain and weighted twice.
        wanted.truncate(got.len());
    }
    report.values(&format!("{name} evaluate"), &got, &wanted, tolerance);

    let few: Vec<Array> = x.iter().map(|a| a.rows(0, 3).unwrap()).collect();
    let predicted = report.ok(name, model.predict(Data::from(&few), 32))?;
    for (got, want) in predicted.iter().zip(list_of(&case["predict"])) {
        report.array(&format!("{name} predict"), got, want, tolerance);
    }
    Some(())
}

fn list_of(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

#[test]
fn training() {
    let mut report = Report::default();
    for case in cases("training") {
        check(&case, &mut report);
    }
    report.finish();
}
