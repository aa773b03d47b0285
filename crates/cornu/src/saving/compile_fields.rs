//! What compilations of older Keras say, in today's words.
//!
//! Fields that say how something is computed, or that have a value without effect, are left out. One that means
//! something is kept under its new name, or else the class refuses it as an unknown argument.

use serde_json::{Map, Value, json};

use super::{About, Note};
use crate::snake_case;

/// A field that Keras no longer writes, and the values with which it may be left out.
struct Former {
    name: &'static str,
    without_effect: fn(&Value) -> bool,
}

const fn former(name: &'static str, without_effect: fn(&Value) -> bool) -> Former {
    Former { name, without_effect }
}

const OPTIMIZER: &[Former] = &[
    // How Keras computes, not what.
    former("jit_compile", |_| true),
    former("is_legacy_optimizer", |_| true),
    former("decay", is_zero),
    former("weight_decay", is_zero),
    // Python's None for what has a default.
    former("name", Value::is_null),
    former("epsilon", Value::is_null),
    former("use_ema", Value::is_null),
    former("ema_momentum", Value::is_null),
];

const LOSS: &[Former] = &[
    former("name", Value::is_null),
    // "auto" is the sum over the batch's size but in a strategy of several devices.
    former("reduction", |v| v == "auto"),
];

const METRIC: &[Former] = &[former("name", Value::is_null)];

/// Names of losses that Keras knew, with those of today. As a metric, `cosine_proximity` had one sign in Keras and the
/// other in tf.keras: there it stays unknown.
const FORMER_NAMES: &[(&str, &str)] = &[
    ("huber_loss", "huber"),
    ("logcosh", "log_cosh"),
    ("kullback_leibler_divergence", "kl_divergence"),
    ("cosine_proximity", "cosine_similarity"),
    ("cosine", "cosine_similarity"),
];

fn is_zero(value: &Value) -> bool {
    value.is_null() || value == false || value.as_f64() == Some(0.0)
}

fn leave_out(config: &mut Map<String, Value>, fields: &[Former]) {
    for field in fields {
        if config.get(field.name).is_some_and(field.without_effect) {
            config.shift_remove(field.name);
        }
    }
}

/// The arguments of an object's dict.
fn arguments(object: &mut Value) -> Option<&mut Map<String, Value>> {
    object.get_mut("config").and_then(Value::as_object_mut)
}

/// An optimizer as Keras 3 writes it, and what of it has no counterpart there.
///
/// `decay` makes a schedule: `lr / (1 + decay · t)`, as Keras 2 computed. (Keras 3 leaves it out with a warning.)
/// A `LossScaleOptimizer` stands for the optimizer within: losses are computed in `float32`, where no scale is
/// needed, and one that is a power of two changes no number.
pub(super) fn optimizer(mut object: Value) -> (Value, Option<Note>) {
    // A wrapper in a wrapper is nobody's file: one is enough, and a chain of them ends.
    if class_of(&object).starts_with("LossScaleOptimizer")
        && let Some(config) = arguments(&mut object)
    {
        let inner = ["inner_optimizer", "optimizer"].iter().find_map(|key| config.remove(*key));
        if let Some(inner) = inner {
            object = inner;
        }
    }
    let class = class_of(&object);
    // So 2.11 to 2.15 name their own optimizers in legacy files, which have no modules.
    if object.get("module").is_none() && object["class_name"] == format!("Custom>{class}") {
        object["class_name"] = json!(class);
    }
    let Some(config) = arguments(&mut object) else { return (object, None) };
    if let Some(rate) = config.shift_remove("lr") {
        config.insert("learning_rate".into(), rate);
    }
    leave_out(config, OPTIMIZER);
    if let Some(rate) = config.get_mut("learning_rate") {
        let class = class_of(rate);
        if let Some(config) = arguments(rate).filter(|c| c.get("name").is_none_or(Value::is_null)) {
            config.insert("name".into(), json!(class));
        }
    }
    let mut note = None;
    for field in ["schedule_decay", "decay"].into_iter().filter(|_| class == "Nadam") {
        if let Some(decay) = config.shift_remove(field) {
            let reason = format!(
                "has the momentum of Keras 3's, whose schedule decays by 0.96 to the power of t, not of {decay} t"
            );
            note = Some(Note::new(About::OptimizerArgument, "Nadam", reason));
        }
    }
    // A decay beside a schedule had no meaning in Keras 2 either: it stays, and is refused.
    let rate = config.get("learning_rate").filter(|rate| rate.is_number()).cloned();
    if let (Some(decay), Some(rate)) = (config.get("decay").and_then(Value::as_f64), rate) {
        config.shift_remove("decay");
        config.insert("learning_rate".into(), inverse_time_decay(&rate, decay));
    }
    (object, note)
}

fn inverse_time_decay(rate: &Value, decay: f64) -> Value {
    json!({
        "module": "keras.optimizers.schedules",
        "class_name": "InverseTimeDecay",
        "config": { "initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay },
        "registered_name": null,
    })
}

/// A loss as Keras 3 writes it.
pub(super) fn loss(mut object: Value) -> Value {
    rename(&mut object);
    let class = class_of(&object);
    if let Some(config) = arguments(&mut object) {
        leave_out(config, LOSS);
        without_function(&class, config);
    }
    object
}

/// A metric as Keras 3 writes it.
///
/// Keras 2 wraps a metric's function, `{"class_name": "MeanMetricWrapper", "config": {"name": "mae", "fn":
/// "mean_absolute_error"}}`: that is the class of the function under that name.
pub(super) fn metric(mut object: Value) -> Value {
    let class = class_of(&object);
    if let Some(config) = arguments(&mut object) {
        leave_out(config, METRIC);
        let function = config.get("fn").and_then(Value::as_str).map(|f| today(f).to_string());
        if class == "MeanMetricWrapper"
            && let Some(function) = function.filter(|f| of_metric(f))
        {
            config.shift_remove("fn");
            object["class_name"] = json!(function);
        } else {
            without_function(&class, config);
        }
    }
    object
}

/// Whether a metric's class has the function's name.
fn of_metric(function: &str) -> bool {
    use crate::config::Family;
    <dyn crate::metrics::Metric>::registry()
        .builtin()
        .iter()
        .any(|entry| snake_case(entry.class_name) == function)
}

/// Keras 2 writes the function of a class beside its arguments.
fn without_function(class: &str, config: &mut Map<String, Value>) {
    let own = |function: &Value| {
        function.as_str().is_some_and(|f| f == snake_case(class) || today(f) == snake_case(class))
    };
    if config.get("fn").is_some_and(own) {
        config.shift_remove("fn");
    }
}

/// A loss's name, bare or as that of a function, as Keras 3 has it.
fn rename(value: &mut Value) {
    if let Some(name) = value.as_str() {
        *value = json!(today(name));
    } else if let Some(name) = value.get("config").and_then(Value::as_str) {
        value["config"] = json!(today(name));
    }
}

/// The name of today.
pub(super) fn today(name: &str) -> &str {
    let found = FORMER_NAMES.iter().find(|(former, _)| *former == name);
    found.map_or(name, |(_, today)| today)
}

/// An object's class without the package in front of it: `Custom>Adam`.
fn class_of(object: &Value) -> String {
    let class = object.get("class_name").and_then(Value::as_str).unwrap_or_default();
    class.rsplit('>').next().unwrap_or(class).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(class: &str, config: Value) -> (Value, Option<Note>) {
        optimizer(json!({ "class_name": class, "config": config }))
    }

    #[test]
    fn decay_becomes_the_schedule_that_it_meant() {
        let (sgd, note) = made("SGD", json!({ "lr": 0.5, "decay": 1e-3, "momentum": 0.9 }));
        assert_eq!(note, None);
        let rate = &sgd["config"]["learning_rate"];
        assert_eq!(rate["class_name"], "InverseTimeDecay");
        assert_eq!(
            rate["config"],
            json!({ "initial_learning_rate": 0.5, "decay_steps": 1, "decay_rate": 1e-3 })
        );
        let (adam, _) = made("Custom>Adam", json!({ "learning_rate": 0.5, "decay": 0.0 }));
        assert_eq!(adam["config"], json!({ "learning_rate": 0.5 }));
        let (nadam, note) = made("Nadam", json!({ "learning_rate": 0.5, "decay": 0.004 }));
        assert_eq!(nadam["config"], json!({ "learning_rate": 0.5 }));
        assert!(note.is_some_and(|n| n.to_string().contains("0.004 t")));
    }

    #[test]
    fn only_what_means_nothing_is_left_out() {
        let said = json!({
            "name": null, "jit_compile": true, "is_legacy_optimizer": false, "weight_decay": null,
            "use_ema": true, "ema_momentum": 0.5, "epsilon": null, "clipnorm": 1.0,
        });
        let (adam, _) = made("Adam", said);
        assert_eq!(
            adam["config"],
            json!({ "use_ema": true, "ema_momentum": 0.5, "clipnorm": 1.0 })
        );
        let (adam, _) = made("Adam", json!({ "weight_decay": 0.1 }));
        assert_eq!(adam["config"], json!({ "weight_decay": 0.1 }));
    }

    #[test]
    fn losses_and_metrics_have_the_names_of_today() {
        assert_eq!(loss(json!("logcosh")), "log_cosh");
        let huber = json!({ "class_name": "Huber", "config": { "reduction": "auto", "name": "huber_loss", "delta": 2.0, "fn": "huber" } });
        assert_eq!(loss(huber)["config"], json!({ "name": "huber_loss", "delta": 2.0 }));
        // A function that is not that of the class means something.
        let strange = json!({ "class_name": "Huber", "config": { "fn": "dice" } });
        assert_eq!(loss(strange)["config"], json!({ "fn": "dice" }));
        let wrapped = |function: &str| {
            let config = json!({ "name": "acc", "dtype": "float32", "fn": function });
            metric(json!({ "class_name": "MeanMetricWrapper", "config": config }))
        };
        let accuracy = wrapped("categorical_accuracy");
        assert_eq!(accuracy["class_name"], "categorical_accuracy");
        assert_eq!(accuracy["config"], json!({ "name": "acc", "dtype": "float32" }));
        assert_eq!(wrapped("huber_loss")["class_name"], "MeanMetricWrapper");
    }
}
