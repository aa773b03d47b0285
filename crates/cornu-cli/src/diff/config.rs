//! Differences between the configs of two models.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// What follows from the rest of a config, or differs from one saving to the next.
const IGNORED: [&str; 2] = ["shared_object_id", "build_config"];

/// A layer that only one model has (no key), or an argument with its values.
#[derive(Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The layer: `outer/inner`; empty for the model.
    layer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    left: Value,
    right: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.key, self.layer.is_empty()) {
            (None, _) => {
                let side = if self.right.is_null() { "left" } else { "right" };
                return write!(f, "layer {}: only on the {side}", self.layer);
            }
            (Some(key), true) => write!(f, "model, {key}: ")?,
            (Some(key), false) => write!(f, "layer {}, {key}: ", self.layer)?,
        }
        write!(f, "{} | {}", shown(&self.left), shown(&self.right))
    }
}

/// A value as one short line.
fn shown(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// All differences between two models' dicts.
pub fn compare(left: &Value, right: &Value) -> Vec<Difference> {
    let mut out = Vec::new();
    layer("", left, right, &mut out);
    out
}

/// Two layers or models: first themselves, then the layers inside, matched by name.
fn layer(path: &str, left: &Value, right: &Value, out: &mut Vec<Difference>) {
    let mut own = Own { layer: path, out };
    let null = Value::Null;
    for key in keys(left, right) {
        let (l, r) = (left.get(key).unwrap_or(&null), right.get(key).unwrap_or(&null));
        match key {
            "config" => {
                for inner in keys(l, r).into_iter().filter(|&k| k != "layers") {
                    own.values(inner, l.get(inner).unwrap_or(&null), r.get(inner).unwrap_or(&null));
                }
            }
            key => own.values(key, l, r),
        }
    }
    let (left, right) = (layers(left), layers(right));
    let find =
        |list: &[&Value], wanted: &str| list.iter().copied().find(|l| name(l) == wanted).cloned();
    let place = |name: &str| if path.is_empty() { name.into() } else { format!("{path}/{name}") };
    for l in &left {
        let at = place(name(l));
        match find(&right, name(l)) {
            Some(r) => layer(&at, l, &r, out),
            None => out.push(Difference {
                layer: at,
                key: None,
                left: l["class_name"].clone(),
                right: Value::Null,
            }),
        }
    }
    for r in right.iter().filter(|r| find(&left, name(r)).is_none()) {
        let right = r["class_name"].clone();
        out.push(Difference { layer: place(name(r)), key: None, left: Value::Null, right });
    }
}

fn layers(dict: &Value) -> Vec<&Value> {
    let list = dict.get("config").and_then(|c| c.get("layers")).and_then(Value::as_array);
    list.into_iter().flatten().collect()
}

fn name(layer: &Value) -> &str {
    layer.get("config").and_then(|c| c.get("name")).and_then(Value::as_str).unwrap_or_default()
}

/// The keys of one or both dicts, without those that say nothing.
fn keys<'a>(left: &'a Value, right: &'a Value) -> Vec<&'a str> {
    let of =
        |value: &'a Value| value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let more = of(right).filter(|key| left.get(key).is_none());
    of(left).chain(more).filter(|key| !IGNORED.contains(key)).collect()
}

/// Where the differences of one layer's arguments go.
struct Own<'a> {
    layer: &'a str,
    out: &'a mut Vec<Difference>,
}

impl Own<'_> {
    fn values(&mut self, key: &str, left: &Value, right: &Value) {
        match (tensor(left).unwrap_or(left), tensor(right).unwrap_or(right)) {
            (l @ Value::Object(_), r @ Value::Object(_)) => {
                for inner in keys(l, r) {
                    let of = |v: &Value| v.get(inner).cloned().unwrap_or_default();
                    self.values(&format!("{key}.{inner}"), &of(l), &of(r));
                }
            }
            (Value::Array(l), Value::Array(r)) if l.len() == r.len() => {
                for (i, (l, r)) in l.iter().zip(r).enumerate() {
                    self.values(&format!("{key}.{i}"), l, r);
                }
            }
            (l, r) if l == r || l.is_number() && l.as_f64() == r.as_f64() => {}
            (l, r) => self.out.push(Difference {
                layer: self.layer.into(),
                key: Some(key.into()),
                left: l.clone(),
                right: r.clone(),
            }),
        }
    }
}

/// Where a symbolic tensor comes from; its shape follows.
fn tensor(value: &Value) -> Option<&Value> {
    value.get("config")?.get("keras_history")
}
