//! Keras's `compile_config`.
//!
//! What is given per output stands there as Keras's users write it: one value for all outputs, a list by place
//! or a dict by name.

use serde_json::{Map, Value, json};

use super::{About, Note, compile_fields};
use crate::config::{Choice, Config, Family, deserialize_object, serialize_object};
use crate::losses::Loss;
use crate::metrics::Metric;
use crate::models::{Compile, Output, of_output};
use crate::optimizers::Optimizer;
use crate::{Error, Result, snake_case};

/// Where a compilation is written to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `compile_config` of an archive.
    Archive,
    /// `training_config` of a legacy file, where Keras 3 does not know short names such as `"mse"`.
    Legacy,
}

impl Form {
    /// What the user gave: a name stays a name where Keras knows it there, and is an object otherwise; a metric's has
    /// the name under which it is shown.
    fn choice<T: Family + ?Sized>(self, choice: &Choice<T>) -> Result<Value> {
        let Choice::Name(name) = choice else { return serialize_object(&*choice.get()?) };
        let metric = T::KIND == <dyn Metric>::KIND;
        let object = choice.get();
        // A custom one is found by its name there, too, and what fits the shapes is no class yet.
        let builtin = object.as_ref().is_ok_and(|object| is_builtin(&**object));
        if !builtin
            || metric && is_by_shape(name)
            || self == Form::Archive && keras_knows::<T>(name)
        {
            return Ok(json!(name));
        }
        let mut object = serialize_object(&*object?)?;
        if metric {
            object["config"]["name"] = json!(name);
        }
        Ok(object)
    }
}

fn is_builtin<T: Family + ?Sized>(object: &T) -> bool {
    T::registry().builtin().iter().any(|entry| entry.class_name == object.class_name())
}

/// Whether `keras.losses.get` or `keras.metrics.get` of 3.15 knows the name of a built-in class.
fn keras_knows<T: Family + ?Sized>(name: &str) -> bool {
    const SHORT: [&str; 10] =
        ["bce", "BCE", "mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE"];
    let loss = T::KIND == <dyn Loss>::KIND;
    let short = SHORT.contains(&name) || loss && ["kld", "KLD"].contains(&name);
    let class = |class: &str| class == name || snake_case(class) == name;
    // This one has no name there.
    let nameless = class("CategoricalGeneralizedCrossEntropy");
    short || !nameless && T::registry().builtin().iter().any(|entry| class(entry.class_name))
}

/// The dict of a compilation for a model with these outputs; a learning rate that was changed since takes
/// the place of the first one.
pub(super) fn to_config(
    compile: &Compile,
    outputs: &[String],
    learning_rate: Option<f64>,
    form: Form,
) -> Result<Value> {
    let mut optimizer = serialize_object(&*compile.optimizer.get()?)?;
    let rate = &mut optimizer["config"]["learning_rate"];
    if let (Some(current), true) = (learning_rate, rate.is_number()) {
        *rate = json!(current);
    }
    Ok(json!({
        "optimizer": optimizer,
        "loss": per_output(&compile.losses, outputs, &Value::Null, |loss| form.choice(loss))?,
        "loss_weights": per_output(&compile.loss_weights, outputs, &json!(1.0), |w| Ok(json!(w)))?,
        "metrics": metrics_per_output(&compile.metrics, outputs, form)?,
        "weighted_metrics": metrics_per_output(&compile.weighted_metrics, outputs, form)?,
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
fn metrics_per_output(
    given: &[(Output, Choice<dyn Metric>)],
    names: &[String],
    form: Form,
) -> Result<Value> {
    let named = given.iter().any(|(output, _)| matches!(output, Output::Named(_)));
    if given.is_empty() {
        return Ok(Value::Null);
    }
    if names.len() == 1 && !named {
        return given.iter().map(|(_, metric)| form.choice(metric)).collect();
    }
    let of = |(i, name): (usize, &String)| {
        let wanted = |of: &Output| *of == Output::All || of.is(i, name);
        given.iter().filter(|(of, _)| wanted(of)).map(|(_, metric)| form.choice(metric)).collect()
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

/// The parts of a compilation's dict that can be used, for a model with that many outputs, and what is said of the
/// others.
pub(super) fn from_config(config: &Value, outputs: usize) -> (Compile, Vec<Note>) {
    let field = |name: &str| config.get(name).unwrap_or(&Value::Null);
    let mut notes = Vec::new();
    let mut compile = Compile::new(optimizer(field("optimizer"), &mut notes));
    for (output, loss) in entries(field("loss")) {
        let loss = compile_fields::loss(loss.clone());
        compile.losses.extend(choice_of(&loss, About::Loss, &mut notes).map(|l| (output, l)));
    }
    for (output, weight) in entries(field("loss_weights")) {
        match weight.as_f64() {
            Some(number) => compile.loss_weights.push((output, number)),
            None => {
                let reason = format!("a loss weight is {weight}");
                notes.push(Note::new(About::Compilation, "loss_weights", reason));
            }
        }
    }
    compile.metrics = metrics(field("metrics"), outputs, &mut notes);
    compile.weighted_metrics = metrics(field("weighted_metrics"), outputs, &mut notes);
    (compile, notes)
}

/// Keras's default where the dict has none, or it cannot be used.
fn optimizer(value: &Value, notes: &mut Vec<Note>) -> Choice<dyn Optimizer> {
    let default = || Choice::from("rmsprop");
    if value.is_null() {
        return default();
    }
    let (value, note) = compile_fields::optimizer(value.clone());
    notes.extend(note);
    choice_of(&value, About::Optimizer, notes).unwrap_or_else(default)
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
fn metrics(
    value: &Value,
    outputs: usize,
    notes: &mut Vec<Note>,
) -> Vec<(Output, Choice<dyn Metric>)> {
    // Keras 2 has one list per output even where there is one output.
    let value = match value.as_array().map(Vec::as_slice) {
        Some([list]) if outputs == 1 && list.is_array() => list,
        _ => value,
    };
    let mut all = Vec::new();
    for (output, item) in entries(value) {
        let output = match output {
            Output::At(_) if outputs == 1 => Output::All,
            output => output,
        };
        let items = item.as_array().map_or(std::slice::from_ref(item), Vec::as_slice);
        for metric in items.iter().filter(|m| !m.is_null()) {
            let metric = compile_fields::metric(metric.clone());
            let choice = choice_of(&metric, About::Metric, notes);
            all.extend(choice.map(|choice| (output.clone(), choice)));
        }
    }
    all
}

/// A name stays a name, which the model shows; `"accuracy"` is looked up when the shapes are known.
fn choice_of<T: Family + ?Sized>(
    value: &Value,
    about: About,
    notes: &mut Vec<Note>,
) -> Option<Choice<T>> {
    let (name, choice) = match value {
        Value::String(name) => (name.as_str(), Choice::from(name.as_str())),
        Value::Object(dict) => {
            let class = dict.get("class_name").and_then(Value::as_str).unwrap_or("?");
            match dict.get("config").and_then(Value::as_str) {
                Some(function) => (function, Choice::from(function)),
                None => match deserialize_object(value) {
                    Ok(object) => return Some(Choice::Object(object)),
                    Err(error) => {
                        notes.push(Note::new(about, class, reason::<T>(class, &error)));
                        return None;
                    }
                },
            }
        }
        other => {
            let reason = format!("is {other}, which is neither a name nor a dict");
            notes.push(Note::new(about, "?", reason));
            return None;
        }
    };
    if about == About::Metric && is_by_shape(name) {
        return Some(choice);
    }
    match choice.get() {
        Ok(_) => Some(choice),
        Err(error) => {
            notes.push(Note::new(about, name, reason::<T>(name, &error)));
            None
        }
    }
}

/// Whether a metric's name means what fits the shapes.
pub(super) fn is_by_shape(name: &str) -> bool {
    let names = ["accuracy", "acc", "crossentropy", "ce"];
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Why an object cannot be used.
fn reason<T: Family + ?Sized>(name: &str, error: &Error) -> String {
    if name == "__lambda__" || name == "<lambda>" {
        return "is a Python lambda, and nothing in a file is executed".into();
    }
    match T::registry().revive(name, Config::new()) {
        Some(_) => format!("cannot be used: {error}"),
        None => "is not known: its code is not in the file".into(),
    }
}
