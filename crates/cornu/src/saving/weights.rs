//! Weights by the paths that Keras gives them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use cornu_graph::{Array, Variable};

use super::store::{self, Stored};
use super::{About, Note, Operation, legacy};
use crate::io::hdf5::{Attribute, Group};
use crate::layers::LayerRef;
use crate::models::Model;
use crate::optimizers::{LearningRate, State};
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
fn places(root: &LayerRef, count: Count) -> Vec<Place> {
    fn visit(
        layer: &LayerRef,
        path: &str,
        how: Count,
        seen: &mut HashSet<u64>,
        out: &mut Vec<Place>,
    ) {
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
            let twice = how == Count::WithWeightsTwice && !inner.weights().is_empty();
            *count += 1 + usize::from(twice);
            visit(&inner, &format!("{path}layers/{key}/"), how, seen, out);
        }
    }
    let mut out = Vec::new();
    visit(root, "", count, &mut HashSet::new(), &mut out);
    out
}

/// How the layers of one class are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    Once,
    /// Keras 2.12 and 2.13 listed a layer with weights twice, once among those with weights and once among all:
    /// `dense`, `dense_2`, `dense_4`.
    WithWeightsTwice,
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
    let mut places = places(model.as_layer(), Count::Once);
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

/// The names of the weights and of the optimizer's variables by their paths: `dense/kernel` for `layers/dense/vars/0`,
/// `adam/dense_kernel_momentum` for `optimizer/vars/2`.
pub(super) fn names(model: &Model) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let mut weights: HashMap<u64, String> = HashMap::new();
    for place in places(model.as_layer(), Count::Once) {
        for (i, variable) in place.variables.iter().enumerate() {
            names.insert(
                format!("{}vars/{i}", place.path),
                format!("{}/{}", place.name, variable.name()),
            );
            weights.insert(variable.id(), format!("{}_{}", place.name, variable.name()));
        }
    }
    let of_state = model.with_optimizer(|state| {
        let class = snake_case(state.optimizer().class_name());
        let weight = |variable: &Variable| {
            weights.get(&variable.id()).cloned().unwrap_or_else(|| variable.name().into())
        };
        let named = state.names(weight).into_iter().enumerate();
        Ok(named
            .map(|(i, name)| (format!("optimizer/vars/{i}"), format!("{class}/{name}")))
            .collect::<Vec<_>>())
    });
    // A model that is not compiled has no optimizer.
    names.extend(of_state.unwrap_or_default());
    names
}

/// Gives a model the weights of a file: all or nothing. Its optimizer gets its state if both have one; a state that does
/// not fit is said, and the optimizer starts anew.
pub(super) fn restore(
    what: &str,
    model: &Model,
    weights: BTreeMap<String, Array>,
) -> Result<Option<Note>> {
    const STATE: &str = "optimizer/";
    const INNER: &str = "optimizer/inner_optimizer/";
    let (state, mut layers): (BTreeMap<_, _>, BTreeMap<_, _>) =
        weights.into_iter().partition(|(path, _)| path.starts_with(STATE));
    layers.retain(|path, _| !of_training(path));
    assign(layer_pairs(what, model.as_layer(), layers)?)?;
    if model.compiled().is_none() || state.is_empty() {
        return Ok(None);
    }
    // A LossScaleOptimizer's own variables are those of the scale.
    let inner = state.keys().any(|path| path.starts_with(INNER));
    let prefix = format!("{}vars/", if inner { INNER } else { STATE });
    let number = |(path, array): (String, Array)| {
        path.strip_prefix(&prefix)?.parse::<usize>().ok().map(|i| (i, array))
    };
    let numbered: BTreeMap<usize, Array> = state.into_iter().filter_map(number).collect();
    model.with_optimizer(|optimizer| optimizer_state(optimizer, numbered.into_values().collect()))
}

/// Whether an array belongs to a metric, or to the optimizer of a model within: Keras 2 saves running means, and both
/// save what a nested model was compiled with. Weights of layers have neither word in their paths.
fn of_training(path: &str) -> bool {
    path.split('/').any(|part| part == "metrics" || part == "optimizer")
}

/// The layers' variables with their values, by today's paths or by those of Keras 2.
fn layer_pairs(
    what: &str,
    root: &LayerRef,
    arrays: BTreeMap<String, Array>,
) -> Result<Vec<(Variable, Array)>> {
    let former = places(root, Count::WithWeightsTwice);
    let expected: HashSet<String> = variables(&former).map(|(path, _)| path).collect();
    let fits = arrays.len() == expected.len() && arrays.keys().all(|path| expected.contains(path));
    let places = if fits { former } else { places(root, Count::Once) };
    pairs(what, variables(&places), arrays)
}

/// Gives an optimizer the values of its variables, in Keras's order; says so if they do not fit.
pub(super) fn optimizer_state(state: &State, mut arrays: Vec<Array>) -> Result<Option<Note>> {
    let mut variables = state.variables();
    let fits = |variables: &[Variable], arrays: &[Array]| {
        variables.len() == arrays.len()
            && variables.iter().zip(arrays).all(|(v, a)| v.shape() == a.shape())
    };
    // Keras 2 kept the learning rate in the config alone.
    let scalars = arrays.iter().take_while(|a| a.ndim() == 0).count();
    let rate_alone = variables.len() == arrays.len() + 1
        && scalars == 1
        && matches!(state.optimizer().learning_rate(), LearningRate::Constant(_));
    if rate_alone {
        variables.remove(1);
    }
    // An optimizer that never took a step is saved without slots.
    let fresh = arrays.iter().all(|a| a.ndim() == 0) && arrays.len() <= variables.len();
    if fresh {
        let scalars = variables.iter().take_while(|v| v.shape().is_empty()).count();
        variables.truncate(arrays.len().min(scalars));
        // A learning rate, where a schedule gives it here.
        arrays.truncate(variables.len());
    }
    if fits(&variables, &arrays) {
        assign(variables.into_iter().zip(arrays).collect())?;
        return Ok(None);
    }
    let (found, expected) = (arrays.len(), state.variables().len());
    let reason = match found == expected {
        true => "the shapes of its saved variables do not fit".to_string(),
        false => format!("{found} of its variables were saved, and it has {expected}"),
    };
    let class = state.optimizer().class_name();
    Ok(Some(Note::new(About::OptimizerState, class, reason)))
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
/// is changed. A state of the optimizer that does not fit is logged as a warning, and the optimizer stays as it is.
pub fn load_weights(model: &Model, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let what = path.display().to_string();
    let note = match store::read(path)? {
        Stored::ByPath(weights) => restore(&what, model, weights)?,
        Stored::Legacy(file) => legacy::restore(&what, model, &file)?,
    };
    if let Some(note) = note {
        tracing::warn!("{what}: {note}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, Input, LayerExt};
    use crate::models::Compile;
    use crate::optimizers::{Adam, RMSprop};

    #[test]
    fn an_optimizers_variables_are_called_as_in_keras() {
        // Keras 3.15: [v.path for v in optimizer.variables], built for the weights of such a model.
        let x = Input([4]);
        let h = Dense::new(3).name("a").apply(&x).unwrap();
        let model = Model::new(&x, Dense::new(2).name("d2").apply(&h).unwrap()).unwrap();
        let found = |compile: Compile| {
            model.compile(compile).unwrap();
            let names = names(&model);
            let count = names.keys().filter(|path| path.starts_with("optimizer/")).count();
            let name = |i: usize| names[&format!("optimizer/vars/{i}")].clone();
            (0..count).map(name).collect::<Vec<_>>()
        };
        let all = |class: &str, slots: &[&str]| -> Vec<String> {
            ["iteration", "learning_rate"]
                .iter()
                .chain(slots)
                .map(|s| format!("{class}/{s}"))
                .collect()
        };
        let adam = Adam::new(0.1).amsgrad(true).use_ema(true).gradient_accumulation_steps(2);
        let expected = [
            "a_kernel_average",
            "a_bias_average",
            "d2_kernel_average",
            "d2_bias_average",
            "a_kernel_gradient_accumulator",
            "a_bias_gradient_accumulator",
            "d2_kernel_gradient_accumulator",
            "d2_bias_gradient_accumulator",
            "a_kernel_momentum",
            "a_kernel_velocity",
            "a_bias_momentum",
            "a_bias_velocity",
            "d2_kernel_momentum",
            "d2_kernel_velocity",
            "d2_bias_momentum",
            "d2_bias_velocity",
            "a_kernel_velocity_hat",
            "a_bias_velocity_hat",
            "d2_kernel_velocity_hat",
            "d2_bias_velocity_hat",
        ];
        assert_eq!(found(Compile::new(adam)), all("adam", &expected));
        let rmsprop = RMSprop::new(0.1).momentum(0.5).centered(true);
        let expected = [
            "a_kernel_velocity",
            "a_bias_velocity",
            "d2_kernel_velocity",
            "d2_bias_velocity",
            "a_kernel_momentum",
            "a_bias_momentum",
            "d2_kernel_momentum",
            "d2_bias_momentum",
            "a_kernel_average_gradient",
            "a_bias_average_gradient",
            "d2_kernel_average_gradient",
            "d2_bias_average_gradient",
        ];
        assert_eq!(found(Compile::new(rmsprop)), all("rm_sprop", &expected));
    }
}
