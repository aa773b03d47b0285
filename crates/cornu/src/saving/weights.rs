//! Weights by the paths that Keras gives them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use cornu_graph::{Array, Variable};

use crate::io::npz;
use crate::layers::LayerRef;
use crate::models::Model;
use crate::{Error, Result, snake_case};

/// The variables of a model with their paths: `layers/dense/vars/0`.
///
/// A layer stands under the snake case of its class with a number, not under its name, and a layer that is
/// met twice is listed once.
fn paths(root: &LayerRef) -> Vec<(String, Variable)> {
    fn visit(
        layer: &LayerRef,
        path: &str,
        seen: &mut HashSet<u64>,
        out: &mut Vec<(String, Variable)>,
    ) {
        if !seen.insert(layer.id()) {
            return;
        }
        for (i, weight) in layer.own_weights().into_iter().enumerate() {
            out.push((format!("{path}vars/{i}"), weight.variable));
        }
        let mut counts: HashMap<String, usize> = HashMap::new();
        for inner in layer.layers() {
            let base = snake_case(&inner.class_name());
            let count = counts.entry(base.clone()).or_insert(0);
            let key = if *count == 0 { base } else { format!("{base}_{count}") };
            // The number advances for layers that were met before, too.
            *count += 1;
            visit(&inner, &format!("{path}layers/{key}/"), seen, out);
        }
    }
    let mut out = Vec::new();
    visit(root, "", &mut HashSet::new(), &mut out);
    out
}

fn optimizer_paths(model: &Model) -> Result<Vec<(String, Variable)>> {
    let variables = model.with_optimizer(|optimizer| Ok(optimizer.variables()))?;
    let path = |(i, v)| (format!("optimizer/vars/{i}"), v);
    Ok(variables.into_iter().enumerate().map(path).collect())
}

/// Copies of the weights and, when the model is compiled, of the optimizer's variables.
pub(super) fn collect(model: &Model) -> Result<Vec<(String, Array)>> {
    let mut all = paths(model.as_layer());
    if model.compiled().is_some() {
        all.extend(optimizer_paths(model)?);
    }
    Ok(all.into_iter().map(|(path, variable)| (path, variable.value())).collect())
}

/// Gives a model the weights of an archive, and its optimizer its state if both have one.
pub(super) fn restore(what: &str, model: &Model, weights: BTreeMap<String, Array>) -> Result<()> {
    let (optimizer, layers): (BTreeMap<_, _>, BTreeMap<_, _>) =
        weights.into_iter().partition(|(path, _)| path.starts_with("optimizer/"));
    assign(what, paths(model.as_layer()), layers)?;
    if model.compiled().is_some() && !optimizer.is_empty() {
        assign(what, optimizer_paths(model)?, optimizer)?;
    }
    Ok(())
}

/// Assigns all or nothing; what is missing, superfluous or of another shape is listed.
fn assign(
    what: &str,
    variables: Vec<(String, Variable)>,
    mut arrays: BTreeMap<String, Array>,
) -> Result<()> {
    let mut wrong = Vec::new();
    let mut pairs = Vec::new();
    for (path, variable) in variables {
        match arrays.remove(&path) {
            None => wrong.push(format!("{path} is missing")),
            Some(array) if array.shape() != variable.shape() => wrong.push(format!(
                "{path} has shape {:?} instead of {:?}",
                array.shape(),
                variable.shape()
            )),
            Some(array) => pairs.push((variable, array)),
        }
    }
    wrong.extend(arrays.into_keys().map(|path| format!("{path} belongs to no layer")));
    if !wrong.is_empty() {
        return Err(Error::format(
            what,
            format!("weights do not fit the model: {}", wrong.join(", ")),
        ));
    }
    for (variable, array) in pairs {
        let dtype = variable.dtype();
        variable.assign(if array.dtype() == dtype { array } else { array.cast(dtype) })?;
    }
    Ok(())
}

/// Writes a model's weights alone to an `.npz` file.
///
/// # Errors
/// When the file cannot be written.
pub fn save_weights(model: &Model, path: impl AsRef<Path>) -> Result<()> {
    let weights = paths(model.as_layer());
    let arrays: Vec<(String, Array)> =
        weights.iter().map(|(p, v)| (p.clone(), v.value())).collect();
    npz::write(path, arrays.iter().map(|(name, array)| (name.as_str(), array)))
}

/// Gives a model the weights of an `.npz` file that [`save_weights`] wrote.
///
/// # Errors
/// When the file cannot be read, or a weight is missing, superfluous or of another shape; then nothing
/// is changed.
pub fn load_weights(model: &Model, path: impl AsRef<Path>) -> Result<()> {
    let what = path.as_ref().display().to_string();
    assign(&what, paths(model.as_layer()), npz::read(path)?)
}
