//! Optimizers: variables after each of six steps; default arguments; schedules.

use std::sync::Arc;

use cornu::config::{Choice, Family, deserialize_object};
use cornu::constraints::Constraint;
use cornu::layers::{Context, Weight};
use cornu::optimizers::schedules::LearningRateSchedule;
use cornu::optimizers::{Optimizer, SGD, State};
use cornu::{Array, Eval, Tensor, Variable, evaluate};
use serde_json::{Map, Value, json};

use crate::golden::{Report, arrays, cases, number, numbers, object};

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
    let config = report.ok(name, optimizer.config())?;
    same_text(name, config, &case["optimizer"], report);
    let weights = weights(case);
    if name == "adamw_exclude" {
        // Keras's `exclude_from_weight_decay` is a method, not an argument: it is not in the config.
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
        let (class_name, _) = object(&case);
        let made = Choice::<dyn Optimizer>::from(class_name).get();
        let Some(optimizer) = report.ok(class_name, made) else { continue };
        let Some(own) = report.ok(class_name, optimizer.config()) else { continue };
        same_text(class_name, own, &case, &mut report);
    }
    report.finish();
}

/// Compares a config with Keras's to the letter: keys, their order, numbers.
fn same_text(what: &str, own: Map<String, Value>, dict: &Value, report: &mut Report) {
    report.equal(what, Value::from(own).to_string(), dict["config"].to_string());
}

#[test]
fn unknown_arguments_are_refused() {
    for entry in <dyn Optimizer>::registry().builtin() {
        let config = json!({ "learning_rate": 0.5, "rhoo": 0.9 });
        let made = (entry.from_config)(config.as_object().unwrap().clone());
        let error = made.err().expect(entry.class_name).to_string();
        assert!(error.contains("rhoo") && error.contains("clipnorm"), "{error}");
        let made = (entry.from_config)(json!({ "clipnorm": 2 }).as_object().unwrap().clone());
        assert_eq!(made.expect(entry.class_name).common().clipnorm, Some(2.0));
    }
    for entry in <dyn LearningRateSchedule>::registry().builtin() {
        let mut config = Map::new();
        config.insert("decay_step".into(), json!(3));
        let error = (entry.from_config)(config).err().expect(entry.class_name).to_string();
        assert!(error.contains("decay_step"), "{error}");
    }
    let nested = json!({ "class_name": "SGD", "config": { "learning_rate": {
        "class_name": "CosineDecay", "config": { "initial_learning_rate": 1, "steps": 3 } } } });
    let error = deserialize_object::<dyn Optimizer>(&nested).err().unwrap().to_string();
    assert!(error.contains("steps"), "{error}");
}

#[test]
fn common_arguments_are_checked() {
    let weights = || {
        let variable = Variable::new("w", Array::scalar(1f32));
        vec![Weight { variable, trainable: true, regularizer: None, constraint: None }]
    };
    let wrong = [
        (SGD::new(0.1).clipnorm(1.0).clipvalue(1.0), "clipnorm"),
        (SGD::new(0.1).clipvalue(-1.0), "clipvalue"),
        (SGD::new(0.1).global_clipnorm(f64::NAN), "global_clipnorm"),
        (SGD::new(0.1).use_ema(true).ema_momentum(1.5), "ema_momentum"),
        (SGD::new(0.1).ema_overwrite_frequency(0), "ema_overwrite_frequency"),
        (SGD::new(0.1).loss_scale_factor(0.0), "loss_scale_factor"),
        (SGD::new(0.1).gradient_accumulation_steps(1), "gradient_accumulation_steps"),
    ];
    for (optimizer, argument) in wrong {
        let error = State::new(Arc::new(optimizer), weights()).err().expect(argument).to_string();
        assert!(error.contains("SGD") && error.contains(argument), "{error}");
    }
}

#[test]
fn schedules() {
    let mut report = Report::default();
    for case in cases("schedules") {
        let (class_name, config) = object(&case["schedule"]);
        let made = deserialize_object::<dyn LearningRateSchedule>(&case["schedule"]);
        let Some(schedule) = report.ok(class_name, made) else { continue };
        let Some(own) = report.ok(class_name, schedule.config()) else { continue };
        same_text(class_name, own, &case["schedule"], &mut report);
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
