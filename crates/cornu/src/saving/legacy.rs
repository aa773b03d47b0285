//! Whole models in one HDF5 file, as Keras 2 wrote them and Keras 3 still does: `.h5`.

use std::collections::HashMap;

use cornu_graph::{Array, Variable};
use serde_json::Value;

use super::compile::{self, Form};
use super::{About, KERAS_VERSION, Note, shared, weights};
use crate::io::Source;
use crate::io::hdf5::{self, Attribute, Group};
use crate::layers::LayerRef;
use crate::models::Model;
use crate::optimizers::State;
use crate::{Error, Result};

/// How many texts stand in one attribute: HDF5 allows 64 KiB, and each takes 16 bytes of it.
const TEXTS: usize = 2000;

/// The parts of a file.
pub(super) struct Contents {
    pub config: Value,
    pub compilation: Option<Value>,
    pub file: Group,
}

pub(super) fn read(what: &str, source: Source, limit: u64) -> Result<Contents> {
    let file = hdf5::from_source(what, source, limit)?;
    let json = |name: &str| -> Result<Option<Value>> {
        let parse = |text: &str| {
            serde_json::from_str(text)
                .map_err(|e| Error::format(what, format!("{name} cannot be read as JSON: {e}")))
        };
        file.text(name).map(parse).transpose()
    };
    let config = json("model_config")?.ok_or_else(|| {
        let hint = "a file of weights alone is for load_weights";
        Error::format(what, format!("holds no model: model_config is missing ({hint})"))
    })?;
    let compilation = json("training_config")?.map(compile_config);
    Ok(Contents { config, compilation, file })
}

/// `training_config` as a `compile_config`.
fn compile_config(mut config: Value) -> Value {
    if let Some(fields) = config.as_object_mut()
        && let Some(optimizer) = fields.remove("optimizer_config")
    {
        fields.insert("optimizer".into(), optimizer);
    }
    config
}

/// An attribute of many texts may stand in several: `layer_names0`, `layer_names1`, …
fn texts(group: &Group, name: &str) -> Vec<String> {
    if let Some(texts) = group.texts(name) {
        return texts.to_vec();
    }
    let parts = (0..).map_while(|i| group.texts(&format!("{name}{i}")));
    parts.flatten().cloned().collect()
}

fn set_texts(group: &mut Group, name: &str, texts: Vec<String>) {
    if texts.len() <= TEXTS {
        group.attributes.insert(name.into(), Attribute::Texts(texts));
        return;
    }
    for (i, part) in texts.chunks(TEXTS).enumerate() {
        group.attributes.insert(format!("{name}{i}"), Attribute::Texts(part.to_vec()));
    }
}

/// The arrays of a group in the order of its `weight_names`.
fn arrays(what: &str, group: &Group) -> Result<Vec<Array>> {
    let find = |name: &String| {
        let missing = || Error::format(what, format!("the weight {name:?} is missing"));
        group.array(name).cloned().ok_or_else(missing)
    };
    texts(group, "weight_names").iter().map(find).collect()
}

/// The layers that have weights, each with them in the order of these files: trainable ones first.
fn layers_with_weights(model: &Model) -> Vec<(LayerRef, Vec<Variable>)> {
    let weights = |l: LayerRef| {
        let variables: Vec<Variable> = l.weights().into_iter().map(|w| w.variable).collect();
        (l, variables)
    };
    model.layers().into_iter().map(weights).filter(|(_, w)| !w.is_empty()).collect()
}

/// The weights of a model within in the order of their saved names, if these are the names of all its weights: they
/// stand in the order of the moment when they were saved, what was trainable then first.
fn by_names(layer: &LayerRef, saved: &[String]) -> Option<Vec<Variable>> {
    if layer.layers().is_empty() {
        return None;
    }
    let mut named = HashMap::new();
    for inner in layer.flatten() {
        for weight in inner.own_weights() {
            let name = format!("{}/{}", inner.name(), weight.variable.name());
            // Two layers of one name in two models: only the order tells them apart.
            if named.insert(name, weight.variable).is_some() {
                return None;
            }
        }
    }
    let plain = |name: &String| {
        let name = name.strip_suffix(":0").unwrap_or(name);
        let (rest, weight) = name.rsplit_once('/')?;
        let layer = rest.rsplit('/').next().unwrap_or(rest);
        named.remove(&format!("{layer}/{weight}"))
    };
    let found: Vec<Variable> = saved.iter().map_while(plain).collect();
    (found.len() == saved.len() && named.is_empty()).then_some(found)
}

/// Gives a model the weights of a file (or of the group that holds them): all or nothing. Its optimizer gets its state,
/// or the note says that it starts anew.
pub(super) fn restore(what: &str, model: &Model, file: &Group) -> Result<Option<Note>> {
    let saved = file.group("model_weights").unwrap_or(file);
    let mut groups = Vec::new();
    for name in texts(saved, "layer_names") {
        let missing = || Error::format(what, format!("the layer {name:?} has no group"));
        let group = saved.group(&name).ok_or_else(missing)?;
        let arrays = arrays(what, group)?;
        if !arrays.is_empty() {
            groups.push((name, texts(group, "weight_names"), arrays));
        }
    }
    let layers = layers_with_weights(model);
    if groups.len() != layers.len() {
        let names = |names: Vec<&str>| names.join(", ");
        let reason = format!(
            "has weights of {} layers ({}), the model has {} ({})",
            groups.len(),
            names(groups.iter().map(|(name, ..)| name.as_str()).collect()),
            layers.len(),
            names(layers.iter().map(|(layer, _)| layer.name()).collect()),
        );
        return Err(Error::format(what, reason));
    }
    let (mut pairs, mut wrong) = (Vec::new(), Vec::new());
    for ((layer, variables), (name, saved, arrays)) in layers.into_iter().zip(groups) {
        let variables = by_names(&layer, &saved).unwrap_or(variables);
        if arrays.len() != variables.len() {
            let (found, expected) = (arrays.len(), variables.len());
            wrong.push(format!(
                "{name} has {found} weights, layer {:?} has {expected}",
                layer.name()
            ));
        }
        for (variable, array) in variables.into_iter().zip(arrays) {
            let (found, expected) = (array.shape().to_vec(), variable.shape().to_vec());
            if found != expected {
                let weight = variable.name();
                wrong.push(format!("{name}/{weight} has shape {found:?} instead of {expected:?}"));
            }
            pairs.push((variable, array));
        }
    }
    weights::misfit(what, &wrong)?;
    weights::assign(pairs)?;
    match file.group("optimizer_weights") {
        Some(state) if model.compiled().is_some() => {
            let (names, arrays) = (texts(state, "weight_names"), arrays(what, state)?);
            model.with_optimizer(|optimizer| restore_optimizer(optimizer, &names, arrays))
        }
        _ => Ok(None),
    }
}

fn restore_optimizer(
    state: &State,
    names: &[String],
    mut arrays: Vec<Array>,
) -> Result<Option<Note>> {
    // Before 2.11 Keras listed the first slots of all weights, then the second ones: shapes alone do not tell.
    let former = ["/iter:0", "/iterations:0"];
    if names.first().is_some_and(|name| former.iter().any(|end| name.ends_with(end)))
        && arrays.len() > state.weights().len() + 1
    {
        let reason = "its variables stand in another order in older files";
        let class = state.optimizer().class_name();
        return Ok(Some(Note::new(About::OptimizerState, class, reason)));
    }
    // A LossScaleOptimizer lists its own variables, which start with an iteration, too, before those of the optimizer
    // within.
    if let Some(own) = names.iter().skip(1).position(|name| name.ends_with("/iteration")) {
        arrays.drain(..(own + 1).min(arrays.len()));
    }
    weights::optimizer_state(state, arrays)
}

/// The contents of a file.
pub(super) fn file(model: &Model) -> Result<Group> {
    let mut root = Group::default();
    let text = |value: &str| Attribute::Text(value.into());
    root.attributes.insert("backend".into(), text("tensorflow"));
    root.attributes.insert("keras_version".into(), text(KERAS_VERSION));
    let config = shared::serialize(model.as_layer())?;
    root.attributes.insert("model_config".into(), Attribute::Text(config.to_string()));
    if let Some(args) = model.compiled() {
        let rate = model.with_optimizer(|optimizer| optimizer.learning_rate()).ok();
        let mut config = compile::to_config(&args, &model.output_names(), rate, Form::Legacy)?;
        config["optimizer_config"] = config["optimizer"].take();
        if let Some(config) = config.as_object_mut() {
            config.shift_remove("optimizer");
        }
        root.attributes.insert("training_config".into(), Attribute::Text(config.to_string()));
        let variables = model.with_optimizer(|optimizer| Ok(optimizer.variables()))?;
        fill(root.make_group("optimizer_weights"), "optimizer", &variables);
    }
    let saved = root.make_group("model_weights");
    saved.attributes.insert("backend".into(), text("tensorflow"));
    saved.attributes.insert("keras_version".into(), text(KERAS_VERSION));
    let layers = model.layers();
    set_texts(saved, "layer_names", layers.iter().map(|l| l.name().to_string()).collect());
    for layer in layers {
        let variables: Vec<Variable> = layer.weights().into_iter().map(|w| w.variable).collect();
        fill(saved.make_group(layer.name()), layer.name(), &variables);
    }
    fill(saved.make_group("top_level_model_weights"), "top", &[]);
    Ok(root)
}

/// Puts variables into a group, under names that differ.
fn fill(group: &mut Group, prefix: &str, variables: &[Variable]) {
    let mut names: Vec<String> = Vec::new();
    for variable in variables {
        let base = format!("{prefix}/{}", variable.name());
        let with = |i: usize| if i == 0 { base.clone() } else { format!("{base}_{i}") };
        let name = (0..).map(with).find(|name| !names.contains(name)).unwrap_or(base.clone());
        group.insert(&name, variable.value());
        names.push(name);
    }
    set_texts(group, "weight_names", names);
}
