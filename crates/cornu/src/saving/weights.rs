//! Weights by the paths that Keras gives them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use cornu_graph::{Array, Variable};

use super::store::{self, Stored};
use super::{Operation, legacy};
use crate::io::hdf5::{Attribute, Group};
use crate::layers::LayerRef;
use crate::models::Model;
use crate::{Error, Result, snake_case};

/// Something with variables of its own, as Keras saves it.
struct Place {
    path: String,
    name: String,
    variables: Vec<Variable>,
}

/// The layers of a model with their paths: `layers/dense`.
///
/// A layer stands under the snake case of its class with a number, not under its name, and a layer that is
/// met twice is listed once.
fn places(root: &LayerRef) -> Vec<Place> {
    fn visit(layer: &LayerRef, path: &str, seen: &mut HashSet<u64>, out: &mut Vec<Place>) {
        if !seen.insert(layer.id()) {
            return;
        }
        let variables = layer.own_weights().into_iter().map(|w| w.variable).collect();
        out.push(Place { path: path.into(), name: layer.name().into(), variables });
        let mut counts: HashMap<String, usize> = HashMap::new();
        // Calls of functions are no layers to Keras.
        let is_layer = |l: &LayerRef| l.with(|_: &Operation| ()).is_none();
        for inner in layer.layers().into_iter().filter(is_layer) {
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

fn optimizer(model: &Model) -> Result<Place> {
    model.with_optimizer(|optimizer| {
        Ok(Place {
            path: "optimizer/".into(),
            name: snake_case(optimizer.optimizer().class_name()),
            variables: optimizer.variables(),
        })
    })
}

fn variables(places: &[Place]) -> impl Iterator<Item = (String, &Variable)> {
    places.iter().flat_map(|place| {
        let path = |(i, v)| (format!("{}vars/{i}", place.path), v);
        place.variables.iter().enumerate().map(path)
    })
}

/// Copies of the weights and, when the model is compiled, of the optimizer's variables, as Keras lays them out:
/// what has no variables has an empty group.
pub(super) fn collect(model: &Model) -> Result<Group> {
    let mut places = places(model.as_layer());
    if model.compiled().is_some() {
        places.push(optimizer(model)?);
    }
    let mut file = Group::default();
    for place in &places {
        let group = file.make_group(&format!("{}vars", place.path));
        group.attributes.insert("name".into(), Attribute::Text(place.name.clone()));
        let values = place.variables.iter().enumerate();
        group.arrays.extend(values.map(|(i, v)| (i.to_string(), v.value())));
    }
    Ok(file)
}

/// The names of the weights by their paths: `dense/kernel` for `layers/dense/vars/0`.
pub(super) fn names(model: &Model) -> BTreeMap<String, String> {
    let places = places(model.as_layer());
    let named = |place: &Place| {
        let name = |(i, v): (usize, &Variable)| {
            (format!("{}vars/{i}", place.path), format!("{}/{}", place.name, v.name()))
        };
        place.variables.iter().enumerate().map(name).collect::<Vec<_>>()
    };
    places.iter().flat_map(named).collect()
}

/// Gives a model the weights of a file, and its optimizer its state if both have one: all or nothing.
pub(super) fn restore(what: &str, model: &Model, weights: BTreeMap<String, Array>) -> Result<()> {
    let (state, layers): (BTreeMap<_, _>, BTreeMap<_, _>) =
        weights.into_iter().partition(|(path, _)| path.starts_with("optimizer/"));
    let mut pairs = pairs(what, variables(&places(model.as_layer())), layers)?;
    if model.compiled().is_some() && !state.is_empty() {
        let optimizer = optimizer(model)?;
        // An optimizer that never took a step is saved without slots.
        let fresh = state.values().all(|array| array.ndim() == 0);
        let count = if fresh { state.len() } else { usize::MAX };
        let expected = variables(std::slice::from_ref(&optimizer)).take(count);
        pairs.extend(self::pairs(what, expected, state)?);
    }
    assign(pairs)
}

/// Each variable with its new value; what is missing, superfluous or of another shape is listed.
pub(super) fn pairs<'a>(
    what: &str,
    variables: impl Iterator<Item = (String, &'a Variable)>,
    mut arrays: BTreeMap<String, Array>,
) -> Result<Vec<(Variable, Array)>> {
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
            Some(array) => pairs.push((variable.clone(), array)),
        }
    }
    wrong.extend(arrays.into_keys().map(|path| format!("{path} belongs to no layer")));
    misfit(what, &wrong)?;
    Ok(pairs)
}

/// The error of weights that do not fit, if there is something wrong.
pub(super) fn misfit(what: &str, wrong: &[String]) -> Result<()> {
    const SHOWN: usize = 20;
    if wrong.is_empty() {
        return Ok(());
    }
    let shown = wrong.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let rest = wrong.len().saturating_sub(SHOWN);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    Err(Error::format(what, format!("weights do not fit the model: {shown}{more}")))
}

pub(super) fn assign(pairs: Vec<(Variable, Array)>) -> Result<()> {
    for (variable, array) in pairs {
        let dtype = variable.dtype();
        variable.assign(if array.dtype() == dtype { array } else { array.cast(dtype) })?;
    }
    Ok(())
}

/// Writes a model's weights alone, and the optimizer's state if it is compiled: to a `.weights.h5` file as Keras
/// does, to `.npz` or `.safetensors` under the same paths (`layers/dense/vars/0`), or to a `.weights.json` list of
/// files of 5 GiB each.
///
/// # Errors
/// When the file cannot be written or its name has another ending.
pub fn save_weights(model: &Model, path: impl AsRef<Path>) -> Result<()> {
    store::write(path.as_ref(), collect(model)?, None)
}

/// Writes a model's weights to several files beside each other, as Keras does with `max_shard_size`:
/// `model.weights.json` lists what stands in `model_00000.weights.h5`, `model_00001.weights.h5`, …
///
/// `max_bytes`: the most bytes of weights in one file.
///
/// ```
/// use cornu::{layers::Dense, models::Sequential, saving};
/// let model = Sequential::new().input([2]).add(Dense::new(3)).model()?;
/// let folder = std::env::temp_dir().join("cornu-shards-doc");
/// std::fs::create_dir_all(&folder).unwrap();
/// saving::save_sharded_weights(&model, folder.join("m.weights.json"), 30)?;
/// assert!(folder.join("m_00001.weights.h5").exists());
/// saving::load_weights(&model, folder.join("m.weights.json"))?;
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When one weight is larger than `max_bytes`, the name does not end in `.json`, or a file cannot be written.
pub fn save_sharded_weights(model: &Model, path: impl AsRef<Path>, max_bytes: u64) -> Result<()> {
    store::write(path.as_ref(), collect(model)?, Some(max_bytes))
}

/// Gives a model the weights of a file that [`save_weights`] or Keras wrote: `.weights.h5`, sharded
/// `.weights.json`, `.keras`, `.npz`, `.safetensors` or a legacy `.h5` file.
///
/// # Errors
/// When the file cannot be read, or a weight is missing, superfluous or of another shape; then nothing
/// is changed.
pub fn load_weights(model: &Model, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let what = path.display().to_string();
    match store::read(path)? {
        Stored::ByPath(weights) => restore(&what, model, weights),
        Stored::Legacy(file) => legacy::restore(&what, model, &file),
    }
}
