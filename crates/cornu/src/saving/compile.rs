//! Keras's `compile_config`.
//!
//! What is given per output stands there as Keras's users write it: one value for all outputs, a list by place
//! or a dict by name.

use serde_json::{Map, Value, json};

use crate::config::{Choice, Family, deserialize_object, serialize_object};
use crate::metrics::Metric;
use crate::models::{Compile, Output, of_output};
use crate::{Error, Result};

/// What the user gave: a name stays a name.
fn choice<T: Family + ?Sized>(choice: &Choice<T>) -> Result<Value> {
    match choice {
        Choice::Name(name) => Ok(json!(name)),
        Choice::Object(object) => serialize_object(&**object),
    }
}

/// The dict of a compilation for a model with these outputs; a learning rate that was changed since takes
/// the place of the first one.
pub(super) fn to_config(
    compile: &Compile,
    outputs: &[String],
    learning_rate: Option<f64>,
) -> Result<Value> {
    let mut optimizer = serialize_object(&*compile.optimizer.get()?)?;
    let rate = &mut optimizer["config"]["learning_rate"];
    if let (Some(current), true) = (learning_rate, rate.is_number()) {
        *rate = json!(current);
    }
    Ok(json!({
        "optimizer": optimizer,
        "loss": per_output(&compile.losses, outputs, &Value::Null, choice)?,
        "loss_weights": per_output(&compile.loss_weights, outputs, &json!(1.0), |w| Ok(json!(w)))?,
        "metrics": metrics_per_output(&compile.metrics, outputs)?,
        "weighted_metrics": metrics_per_output(&compile.weighted_metrics, outputs)?,
        "run_eagerly": false,
        "steps_per_execution": 1,
        "jit_compile": false,
    }))
}

/// One value for all outputs, or one each; `missing` stands where an output has none.
fn per_output<T>(
    given: &[(Output, T)],
    names: &[String],
    missing: &Value,
    value: impl Fn(&T) -> Result<Value>,
) -> Result<Value> {
    match given {
        [] => return Ok(Value::Null),
        [(Output::All, one)] => return value(one),
        _ => {}
    }
    let of = |(i, name): (usize, &String)| {
        Ok(of_output(given, i, name).map(&value).transpose()?.unwrap_or_else(|| missing.clone()))
    };
    let values = names.iter().enumerate().map(of).collect::<Result<Vec<Value>>>()?;
    Ok(listed(given, names, values))
}

/// The metrics of each output.
fn metrics_per_output(given: &[(Output, Choice<dyn Metric>)], names: &[String]) -> Result<Value> {
    let named = given.iter().any(|(output, _)| matches!(output, Output::Named(_)));
    if given.is_empty() {
        return Ok(Value::Null);
    }
    if names.len() == 1 && !named {
        return given.iter().map(|(_, metric)| choice(metric)).collect();
    }
    let of = |(i, name): (usize, &String)| {
        let wanted = |of: &Output| *of == Output::All || of.is(i, name);
        given.iter().filter(|(of, _)| wanted(of)).map(|(_, metric)| choice(metric)).collect()
    };
    let values = names.iter().enumerate().map(of).collect::<Result<Vec<Value>>>()?;
    Ok(listed(given, names, values))
}

/// The outputs' values as a list, if they were given by place, or as a dict of those that have any.
fn listed<T>(given: &[(Output, T)], names: &[String], values: Vec<Value>) -> Value {
    if given.iter().all(|(output, _)| matches!(output, Output::At(_))) {
        return Value::Array(values);
    }
    let given = |(_, value): &(String, Value)| value.as_array().is_none_or(|v| !v.is_empty());
    Value::Object(names.iter().cloned().zip(values).filter(given).collect::<Map<_, _>>())
}

/// A compilation from its dict, for a model with that many outputs.
pub(super) fn from_config(config: &Value, outputs: usize) -> Result<Compile> {
    let null = Value::Null;
    let field = |name: &str| config.get(name).unwrap_or(&null);
    let mut compile = Compile::new(deserialize_object(field("optimizer"))?);
    for (output, loss) in entries(field("loss")) {
        compile.losses.push((output, to_choice(loss)?));
    }
    for (output, weight) in entries(field("loss_weights")) {
        let reason = || Error::format("compile_config", format!("a loss weight is {weight}"));
        compile.loss_weights.push((output, weight.as_f64().ok_or_else(reason)?));
    }
    compile.metrics = metrics(field("metrics"), outputs)?;
    compile.weighted_metrics = metrics(field("weighted_metrics"), outputs)?;
    Ok(compile)
}

/// What stands for each output.
fn entries(value: &Value) -> Vec<(Output, &Value)> {
    let all: Vec<(Output, &Value)> = match value {
        Value::Array(items) => {
            items.iter().enumerate().map(|(i, item)| (Output::At(i), item)).collect()
        }
        Value::Object(items) if !items.contains_key("class_name") => {
            items.iter().map(|(name, item)| (Output::Named(name.clone()), item)).collect()
        }
        one => vec![(Output::All, one)],
    };
    all.into_iter().filter(|(_, item)| !item.is_null()).collect()
}

/// With one output a list is that of its metrics; with several it holds what each has.
fn metrics(value: &Value, outputs: usize) -> Result<Vec<(Output, Choice<dyn Metric>)>> {
    let mut all = Vec::new();
    for (output, item) in entries(value) {
        let output = match output {
            Output::At(_) if outputs == 1 => Output::All,
            output => output,
        };
        let items = item.as_array().map_or(std::slice::from_ref(item), Vec::as_slice);
        for metric in items.iter().filter(|m| !m.is_null()) {
            all.push((output.clone(), to_choice(metric)?));
        }
    }
    Ok(all)
}

fn to_choice<T: Family + ?Sized>(value: &Value) -> Result<Choice<T>> {
    match value {
        // A name stays a name: "accuracy" is looked up when the shapes are known.
        Value::String(name) => Ok(Choice::from(name.as_str())),
        object => Ok(Choice::Object(deserialize_object(object)?)),
    }
}
