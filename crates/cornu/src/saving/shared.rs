//! Layers that stand in several models of a file: Keras marks them with a `shared_object_id`.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::Result;
use crate::layers::LayerRef;

thread_local! {
    /// The numbers of the shared layers while a model is serialized.
    static NUMBERS: RefCell<HashMap<u64, usize>> = RefCell::default();
}

/// The number under which a layer is saved as shared, while a model that holds it several times is serialized.
pub(crate) fn number(layer: &LayerRef) -> Option<usize> {
    NUMBERS.with_borrow(|numbers| numbers.get(&layer.id()).copied())
}

/// Keras's dict of a model, in which the layers that stand in several models are marked.
pub(super) fn serialize(root: &LayerRef) -> Result<Value> {
    fn visit(layer: &LayerRef, met: &mut HashSet<u64>, numbers: &mut HashMap<u64, usize>) {
        let next = numbers.len();
        if !met.insert(layer.id()) {
            numbers.entry(layer.id()).or_insert(next);
            return;
        }
        layer.layers().iter().for_each(|inner| visit(inner, met, numbers));
    }
    let mut numbers = HashMap::new();
    visit(root, &mut HashSet::new(), &mut numbers);
    NUMBERS.set(numbers);
    let dict = root.serialize();
    NUMBERS.take();
    dict
}

/// The shared layers of a file that are made already.
#[derive(Default)]
pub(super) struct Shared {
    /// Texts of the dicts that are marked somewhere: Keras leaves the first one of each without its mark.
    marked: HashSet<String>,
    made: HashMap<String, LayerRef>,
}

impl Shared {
    pub(super) fn new(root: &Value) -> Shared {
        fn visit(value: &Value, marked: &mut HashSet<String>) {
            match value {
                Value::Object(fields) => {
                    if fields.contains_key(MARK)
                        && fields.get("config").is_some_and(|c| c.get("name").is_some())
                    {
                        marked.extend(text(value));
                    }
                    fields.values().for_each(|inner| visit(inner, marked));
                }
                Value::Array(items) => items.iter().for_each(|item| visit(item, marked)),
                _ => {}
            }
        }
        let mut shared = Shared::default();
        visit(root, &mut shared.marked);
        shared
    }

    /// The layer that a dict stands for, if it is made already.
    pub(super) fn find(&self, dict: &Value) -> Option<LayerRef> {
        if self.made.is_empty() {
            return None;
        }
        self.made.get(&text(dict)?).cloned()
    }

    pub(super) fn insert(&mut self, dict: &Value, layer: &LayerRef) {
        let text = if self.marked.is_empty() { None } else { text(dict) };
        if let Some(text) = text.filter(|text| self.marked.contains(text)) {
            self.made.insert(text, layer.clone());
        }
    }
}

const MARK: &str = "shared_object_id";

/// What two dicts of one layer have in common: class, name and arguments, without the marks, which differ from
/// run to run.
fn text(dict: &Value) -> Option<String> {
    fn strip(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let kept = fields.iter().filter(|(name, _)| *name != MARK);
                Value::Object(kept.map(|(name, value)| (name.clone(), strip(value))).collect())
            }
            Value::Array(items) => items.iter().map(strip).collect(),
            other => other.clone(),
        }
    }
    let config = dict.get("config").filter(|config| config.get("name").is_some())?;
    Some(json!([dict.get("class_name")?, strip(config)]).to_string())
}
