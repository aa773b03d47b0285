//! Keras's `compile_config`.

use serde_json::{Value, json};

use crate::config::{Choice, Family, deserialize_object, serialize_object};
use crate::metrics::Metric;
use crate::models::Compile;
use crate::{Error, Result};

/// What the user gave: a name stays a name.
fn choice<T: Family + ?Sized>(choice: &Choice<T>) -> Result<Value> {
    match choice {
        Choice::Name(name) => Ok(json!(name)),
        Choice::Object(object) => serialize_object(&**object),
    }
}

/// The dict of a compilation; a learning rate that was changed since takes the place of the first one.
pub(super) fn to_config(compile: &Compile, learning_rate: Option<f64>) -> Result<Value> {
    let mut optimizer = serialize_object(&*compile.optimizer.get()?)?;
    let rate = &mut optimizer["config"]["learning_rate"];
    if let (Some(current), true) = (learning_rate, rate.is_number()) {
        *rate = json!(current);
    }
    let losses = compile.losses.iter().map(|(output, loss)| Ok((output, choice(loss)?)));
    let losses = losses.collect::<Result<Vec<_>>>()?;
    let loss = match &losses[..] {
        [] => Value::Null,
        [(None, loss)] => loss.clone(),
        many => {
            let named = many.iter().map(|(output, loss)| {
                // The loss of all other outputs has no name in Keras; "*" keeps it.
                (output.as_deref().unwrap_or("*").to_string(), loss.clone())
            });
            Value::Object(named.collect())
        }
    };
    let metrics = |weighted: bool| -> Result<Value> {
        let chosen: Vec<_> = compile.metrics.iter().filter(|m| m.weighted == weighted).collect();
        if chosen.is_empty() {
            return Ok(Value::Null);
        }
        if chosen.iter().all(|m| m.output.is_none()) {
            return chosen.iter().map(|m| choice(&m.metric)).collect();
        }
        let mut named = serde_json::Map::new();
        for metric in chosen {
            let output = metric.output.clone().unwrap_or_else(|| "*".into());
            let list = named.entry(output).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(choice(&metric.metric)?);
            }
        }
        Ok(Value::Object(named))
    };
    let weights = &compile.loss_weights;
    Ok(json!({
        "optimizer": optimizer,
        "loss": loss,
        "loss_weights": if weights.is_empty() { Value::Null } else { json!(weights) },
        "metrics": metrics(false)?,
        "weighted_metrics": metrics(true)?,
        "run_eagerly": false,
        "steps_per_execution": 1,
        "jit_compile": false,
    }))
}

/// A compilation from its dict.
pub(super) fn from_config(config: &Value) -> Result<Compile> {
    let null = Value::Null;
    let field = |name: &str| config.get(name).unwrap_or(&null);
    let mut compile = Compile::new(deserialize_object(field("optimizer"))?);
    match field("loss") {
        Value::Null => {}
        Value::Object(named) if !named.contains_key("class_name") => {
            for (output, loss) in named {
                let loss = to_choice(loss)?;
                compile = match output.as_str() {
                    "*" => compile.loss(loss),
                    output => compile.loss_of(output, loss),
                };
            }
        }
        Value::Array(_) => {
            let reason = "lists of losses are named by output here: {\"output\": loss}";
            return Err(Error::format("compile_config", reason));
        }
        loss => compile = compile.loss(to_choice(loss)?),
    }
    if let Value::Array(weights) = field("loss_weights") {
        let weights: Vec<f64> = weights.iter().filter_map(Value::as_f64).collect();
        compile = compile.loss_weights(&weights);
    }
    compile = add_metrics(compile, field("metrics"), false)?;
    add_metrics(compile, field("weighted_metrics"), true)
}

fn add_metrics(mut compile: Compile, metrics: &Value, weighted: bool) -> Result<Compile> {
    let list = |items: &Vec<Value>| -> Result<Vec<Choice<dyn Metric>>> {
        items.iter().filter(|m| !m.is_null()).map(to_choice).collect()
    };
    match metrics {
        Value::Null => Ok(compile),
        Value::Array(items) if weighted => Ok(compile.weighted_metrics(list(items)?)),
        Value::Array(items) => Ok(compile.metrics(list(items)?)),
        Value::Object(named) if !weighted => {
            for (output, items) in named {
                let items = list(items.as_array().unwrap_or(&Vec::new()))?;
                compile = match output.as_str() {
                    "*" => compile.metrics(items),
                    output => compile.metrics_of(output, items),
                };
            }
            Ok(compile)
        }
        other => {
            Err(Error::format("compile_config", format!("metrics must be a list, not {other}")))
        }
    }
}

fn to_choice<T: Family + ?Sized>(value: &Value) -> Result<Choice<T>> {
    match value {
        Value::String(name) => {
            let choice = Choice::from(name.as_str());
            // "accuracy" is looked up when the shapes are known.
            Ok(choice)
        }
        object => Ok(Choice::Object(deserialize_object(object)?)),
    }
}
