//! Optimizers: variables after each of six steps; default arguments; schedules.

use std::sync::Arc;

use cornu::config::{Choice, deserialize_object};
use cornu::constraints::Constraint;
use cornu::layers::{Context, Weight};
use cornu::optimizers::schedules::LearningRateSchedule;
use cornu::optimizers::{Optimizer, State};
use cornu::{Array, Eval, Tensor, Variable, evaluate};
use serde_json::Value;

use crate::support::{Report, arrays, cases, number, numbers, object};

const TOLERANCE: f64 = 1e-5;

fn weights(case: &Value) -> Vec<Weight> {
    let constraint = case.get("constraint_of_first");
    let mut constraint = constraint.map(|c| deserialize_object::<dyn Constraint>(c).unwrap());
    let names = case["names"].as_array().unwrap().iter().map(|n| n.as_str().unwrap());
    let weight = |(name, value): (&str, Array)| Weight {
        variable: Variable::new(name, value),
        trainable: true,
        regularizer: None,
        constraint: constraint.take(),
    };
    names.zip(arrays(&case["start"])).map(weight).collect()
}

fn step(state: &State, gradients: &[Array]) -> cornu::Result<()> {
    let mut cx = Context::new(true);
    state.apply(&gradients.iter().map(Tensor::from).collect::<Vec<_>>(), &mut cx)?;
    let (variables, next): (Vec<_>, Vec<_>) = cx.updates().iter().cloned().unzip();
    for (variable, value) in variables.iter().zip(evaluate(&next)?) {
        variable.assign(value)?;
    }
    Ok(())
}

fn check(case: &Value, report: &mut Report) -> Option<()> {
    let name = case["name"].as_str().unwrap();
    let optimizer = report.ok(name, deserialize_object::<dyn Optimizer>(&case["optimizer"]))?;
    report.config(name, optimizer.config(), &case["optimizer"]);
    let weights = weights(case);
    if name == "adamw_exclude" {
        // Keras's `exclude_from_weight_decay` is a method, not an argument: it is not in the config.
        return None;
    }
    if name == "sgd_accumulation" {
        // Not offered: refused, not ignored.
        report.equal(name, State::new(optimizer, weights).is_err(), true);
        return None;
    }
    let state = report.ok(name, State::new(optimizer, weights.clone()))?;
    for (i, wanted) in case["steps"].as_array().unwrap().iter().enumerate() {
        report.ok(name, step(&state, &arrays(&wanted["gradients"])))?;
        for (weight, want) in weights.iter().zip(wanted["variables"].as_array().unwrap()) {
            let what = format!("{name} step {i} {}", weight.variable.name());
            report.array(&what, &weight.variable.value(), want, TOLERANCE);
        }
        let rate = report.ok(name, state.learning_rate())?;
        let want = number(&wanted["learning_rate"]);
        report.values(&format!("{name} step {i} learning rate"), &[rate], &[want], TOLERANCE);
    }
    let shapes = case["state_shapes"].as_array().unwrap().iter().map(numbers);
    let own = state.variables().into_iter();
    let own = own.map(|v| v.shape().iter().map(|&n| n as f64).collect::<Vec<_>>());
    report.equal(&format!("{name} variables"), own.collect::<Vec<_>>(), shapes.collect());
    if let Some(finalized) = case.get("finalized") {
        report.ok(name, state.finalize())?;
        for (weight, want) in weights.iter().zip(finalized.as_array().unwrap()) {
            let what = format!("{name} finalized {}", weight.variable.name());
            report.array(&what, &weight.variable.value(), want, TOLERANCE);
        }
    }
    Some(())
}

#[test]
fn optimizers() {
    let mut report = Report::default();
    for case in cases("optimizers") {
        check(&case, &mut report);
    }
    report.finish();
}

#[test]
fn defaults() {
    let mut report = Report::default();
    for case in cases("optimizer_defaults") {
        let (class_name, config) = object(&case);
        let made = Choice::<dyn Optimizer>::from(class_name).get();
        let Some(optimizer) = report.ok(class_name, made) else { continue };
        let own = optimizer.config().map(|mut own| {
            // Both make names from the class's, each in its way.
            own["name"] = config["name"].clone();
            own
        });
        report.config(class_name, own, &case);
    }
    report.finish();
}

#[test]
fn schedules() {
    let mut report = Report::default();
    for case in cases("schedules") {
        let (class_name, config) = object(&case["schedule"]);
        let made = deserialize_object::<dyn LearningRateSchedule>(&case["schedule"]);
        let Some(schedule) = report.ok(class_name, made) else { continue };
        report.config(class_name, schedule.config(), &case["schedule"]);
        let rows = case["rates"].as_array().unwrap().iter().map(numbers);
        let (steps, want): (Vec<f64>, Vec<f64>) = rows.map(|r| (r[0], r[1])).unzip();
        let rate = |&at: &f64| rate_at(&schedule, at);
        let got: cornu::Result<Vec<f64>> = steps.iter().map(rate).collect();
        let Some(got) = report.ok(class_name, got) else { continue };
        // Cosines and powers of float32 differ by some units in the last place.
        report.values(&format!("{class_name} {}", Value::from(config)), &got, &want, 1e-5);
    }
    report.finish();
}

fn rate_at(schedule: &Arc<dyn LearningRateSchedule>, at: f64) -> cornu::Result<f64> {
    Ok(schedule.call(&Tensor::scalar(at as f32)).array()?.item()?)
}
