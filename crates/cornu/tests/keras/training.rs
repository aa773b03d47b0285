//! Whole training runs: history, weights, evaluate and predict.

use std::collections::BTreeMap;

use cornu::config::{Choice, deserialize_object};
use cornu::models::{Compile, Data, Fit, Model};
use cornu::optimizers::Optimizer;
use cornu::{Array, Result};
use serde_json::Value;

use crate::models::{model, set_weights, weights};
use crate::support::{Report, array, arrays, cases, number, numbers};

/// Sums over three epochs in another order. A bias before a batch normalization has no gradient but rounding,
/// which Adam makes as large as any: there the weights themselves wander.
fn tolerance(name: &str) -> f64 {
    if name == "convnet_adam" { 1e-2 } else { 1e-4 }
}

/// One array or a list of them.
fn listed(value: &Value) -> Vec<Array> {
    if value.is_array() { arrays(value) } else { vec![array(value)] }
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect()
}

fn compile(model: &Model, args: &Value) -> Result<()> {
    let optimizer = deserialize_object::<dyn Optimizer>(&args["optimizer"])?;
    let mut compile = Compile::new(Choice::Object(optimizer));
    match &args["loss"] {
        Value::Object(losses) => {
            for (output, loss) in losses {
                compile = compile.loss_of(output, loss.as_str().unwrap());
            }
        }
        loss => compile = compile.loss(loss.as_str().unwrap()),
    }
    match &args["metrics"] {
        Value::Object(metrics) => {
            for (output, list) in metrics {
                compile = compile.metrics_of(output, names(list));
            }
        }
        list => compile = compile.metrics(names(list)),
    }
    if args["weighted_metrics"].is_array() {
        compile = compile.weighted_metrics(names(&args["weighted_metrics"]));
    }
    if let Some(factors) = args["loss_weights"].as_object() {
        let factor = |output: &String| number(&factors[output]);
        let factors: Vec<f64> = model.output_names().iter().map(factor).collect();
        compile = compile.loss_weights(&factors);
    }
    model.compile(compile)
}

fn fit_args(case: &Value) -> Fit<'static> {
    let given = &case["fit"];
    let count = |key: &str| given[key].as_u64().unwrap() as usize;
    let mut fit = Fit::new().shuffle(false).verbose(0);
    fit = fit.batch_size(count("batch_size")).epochs(count("epochs"));
    if let Some(split) = given["validation_split"].as_f64() {
        fit = fit.validation_split(split);
    }
    if given["sample_weight"].is_object() {
        fit = fit.sample_weight(array(&given["sample_weight"]));
    }
    if let Some(classes) = given["class_weight"].as_object() {
        fit = fit.class_weight(classes.iter().map(|(k, v)| (k.parse().unwrap(), number(v))));
    }
    match case["validation"].as_array() {
        Some(data) => fit.validation_data(listed(&data[0]), listed(&data[1])),
        None => fit,
    }
}

fn check(case: &Value, report: &mut Report) -> Option<()> {
    let name = case["name"].as_str().unwrap();
    let tolerance = tolerance(name);
    let model = report.ok(name, model(&case["model"]))?;
    report.ok(name, set_weights(&model, case["weights"].as_array().unwrap()))?;
    report.ok(name, compile(&model, &case["compile"]))?;
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
        report.array(&format!("{name} weight {i}"), got, want, tolerance);
    }
    let logs = report.ok(name, model.evaluate(&x, &y, 8))?;
    let got: Vec<f64> = logs.iter().map(|(_, value)| value).collect();
    let mut wanted = numbers(&case["evaluate"]);
    if case["compile"]["weighted_metrics"].is_array() {
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
