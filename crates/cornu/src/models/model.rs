//! A model: a root layer with what is needed to train and use it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use cornu_graph::{Array, Variable};

use super::data::{row_count, some_rows};
use super::predict::Predictor;
use super::step::{Batch, Mode, Trainer, output_names};
use super::{Compile, Data, Functional, Logs};
use crate::layers::{InputLayer, Inputs, KerasTensor, LayerBuilder, LayerRef};
use crate::metrics::Direction;
use crate::optimizers;
use crate::{Error, Result};

/// Layers between inputs and outputs that can be trained, used, saved, and applied like a layer.
///
/// Clones share everything.
///
/// ```
/// use cornu::layers::{Dense, Input, LayerExt};
/// use cornu::models::{Compile, Fit, Model};
/// use cornu::Array;
///
/// let x = Input([2]);
/// let model = Model::new(&x, Dense::new(1).apply(&x)?)?;
/// model.compile(Compile::new("sgd").loss("mse"))?;
/// let data = Array::new(&[4, 2], vec![0f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?;
/// let target = Array::new(&[4, 1], vec![0f32, 1.0, 1.0, 2.0])?;
/// let history = model.fit(&data, &target, Fit::new().epochs(3).verbose(0))?;
/// assert_eq!(history.get("loss").len(), 3);
/// assert_eq!(model.predict(&data, 32)?[0].shape(), [4, 1]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Clone)]
pub struct Model {
    root: LayerRef,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    trainer: Mutex<Option<Trainer>>,
    predictor: Predictor,
}

impl Model {
    /// The model between symbolic tensors.
    ///
    /// # Errors
    /// When an output needs an input that is not listed.
    pub fn new(inputs: impl Into<Inputs>, outputs: impl Into<Inputs>) -> Result<Model> {
        let functional = Functional::new(inputs.into().0, outputs.into().0)?;
        Ok(Model::from_layer(LayerBuilder::new(functional)))
    }

    /// The model between symbolic tensors, under a name of its own.
    ///
    /// # Errors
    /// When an output needs an input that is not listed.
    pub fn named(
        name: &str,
        inputs: impl Into<Inputs>,
        outputs: impl Into<Inputs>,
    ) -> Result<Model> {
        let functional = Functional::new(inputs.into().0, outputs.into().0)?;
        Ok(Model::from_layer(LayerBuilder::new(functional).name(name)))
    }

    /// A model around any layer: one of one's own, for instance.
    pub fn from_layer(layer: impl Into<LayerRef>) -> Model {
        let root = layer.into();
        if root.with(|_: &Functional| ()).is_some() && !root.is_built() {
            // A functional model's layers are built as they are applied; it has nothing of its own.
            let shapes =
                root.with(|f: &Functional| f.inputs.iter().map(|t| t.shape().to_vec()).collect());
            let built = root.build(&shapes.unwrap_or_else(Vec::new));
            debug_assert!(built.is_ok());
        }
        Model { root, shared: Arc::default() }
    }

    /// The model as a layer.
    pub fn as_layer(&self) -> &LayerRef {
        &self.root
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.root.name()
    }

    /// The layers, in Keras's order.
    pub fn layers(&self) -> Vec<LayerRef> {
        self.root.layers()
    }

    /// The layer with a name.
    ///
    /// # Errors
    /// When there is none; the message lists the names.
    pub fn get_layer(&self, name: &str) -> Result<LayerRef> {
        let layers = self.layers();
        layers.iter().find(|l| l.name() == name).cloned().ok_or_else(|| {
            let names: Vec<&str> = layers.iter().map(LayerRef::name).collect();
            let rule = format!("must be one of {}", names.join(", "));
            Error::invalid("get_layer", "name", rule, format!("{name:?}"))
        })
    }

    /// The symbolic inputs of a functional model; none otherwise.
    pub fn inputs(&self) -> Vec<KerasTensor> {
        self.root.with(|f: &Functional| f.inputs.clone()).unwrap_or_default()
    }

    /// The symbolic outputs of a functional model; none otherwise.
    pub fn outputs(&self) -> Vec<KerasTensor> {
        self.root.with(|f: &Functional| f.outputs.clone()).unwrap_or_default()
    }

    /// The output of a layer of a functional model: Keras's `get_layer(name).output`.
    ///
    /// # Errors
    /// When no layer with that name is applied in the model, or it has several outputs.
    pub fn layer_output(&self, name: &str) -> Result<KerasTensor> {
        let layer = self.get_layer(name)?;
        let find = |f: &Functional| {
            let node = f.nodes.iter().find(|n| n.layer.id() == layer.id())?;
            (node.outputs.len() == 1).then(|| KerasTensor { node: node.clone(), index: 0 })
        };
        self.root.with(find).flatten().ok_or_else(|| {
            let rule = "must be a layer with one output in a functional model";
            Error::invalid("layer_output", "name", rule, format!("{name:?}"))
        })
    }

    /// The names of the inputs: their layers', or `input_0`, … where the layers are not known.
    pub fn input_names(&self) -> Vec<String> {
        let named: Vec<String> = self.inputs().iter().map(|t| t.layer().name().into()).collect();
        if !named.is_empty() {
            return named;
        }
        // A sequential model has no graph, but may say what comes in.
        let first = self.layers().into_iter().next();
        if let Some(input) = first.filter(|l| l.with(|_: &InputLayer| ()).is_some()) {
            return vec![input.name().into()];
        }
        let count = self.root.input_shapes().map_or(1, |shapes| shapes.len().max(1));
        (0..count).map(|i| format!("input_{i}")).collect()
    }

    /// The names of the outputs: their layers', or the model's own where the layers are not known.
    pub fn output_names(&self) -> Vec<String> {
        output_names(&self.root, self.outputs().len().max(1))
    }

    /// Applies the model like a layer, to symbolic tensors.
    ///
    /// # Errors
    /// When it does not fit them, or has several outputs.
    pub fn apply(&self, inputs: impl Into<Inputs>) -> Result<KerasTensor> {
        self.root.apply(inputs)
    }

    /// Applies the model like a layer; gives all outputs.
    ///
    /// # Errors
    /// When it does not fit the inputs.
    pub fn apply_all(&self, inputs: impl Into<Inputs>) -> Result<Vec<KerasTensor>> {
        self.root.apply_all(inputs)
    }

    /// Freezes (`false`) or frees all layers; counts from the next `compile` on.
    pub fn set_trainable(&self, trainable: bool) {
        self.root.set_trainable(trainable);
    }

    /// All weights, trainable ones first.
    pub fn weights(&self) -> Vec<Variable> {
        self.root.weights().into_iter().map(|w| w.variable).collect()
    }

    /// The number of values in all weights.
    pub fn count_params(&self) -> usize {
        self.root.count_params()
    }

    /// Copies of all weights in Keras's order: layer by layer, each one's own.
    pub fn get_weights(&self) -> Vec<Array> {
        self.weights_by_layer().iter().map(Variable::value).collect()
    }

    /// Sets all weights, in the order of [`Model::get_weights`].
    ///
    /// # Errors
    /// When the number, a shape or a dtype differs; then nothing is changed.
    pub fn set_weights(&self, values: &[Array]) -> Result<()> {
        let weights = self.weights_by_layer();
        let fits = |(w, v): (&Variable, &Array)| w.shape() == v.shape() && w.dtype() == v.dtype();
        if weights.len() != values.len() || !weights.iter().zip(values).all(fits) {
            let show = |shapes: Vec<&[usize]>| format!("{shapes:?}");
            let rule = show(weights.iter().map(Variable::shape).collect());
            let received = show(values.iter().map(Array::shape).collect());
            return Err(Error::invalid(
                "set_weights",
                "values",
                format!("must have shapes {rule}"),
                received,
            ));
        }
        for (weight, value) in weights.iter().zip(values) {
            weight.assign(value.clone())?;
        }
        Ok(())
    }

    fn weights_by_layer(&self) -> Vec<Variable> {
        let layers = self.root.flatten().into_iter();
        layers.flat_map(|l| l.own_weights()).map(|w| w.variable).collect()
    }

    /// Sets optimizer, losses and metrics, and captures which layers are trainable now.
    ///
    /// # Errors
    /// When a name is unknown.
    pub fn compile(&self, args: Compile) -> Result<()> {
        *self.lock() = Some(Trainer::new(args, &self.root)?);
        Ok(())
    }

    /// The arguments of the last `compile`, if there was one.
    pub fn compiled(&self) -> Option<Compile> {
        self.lock().as_ref().map(|t| t.args().clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Trainer>> {
        self.shared.trainer.lock().unwrap_or_else(|p| p.into_inner())
    }

    /// Looks at the optimizer's state; it exists once the weights do.
    ///
    /// # Errors
    /// When the model is not compiled, or `look` fails.
    pub fn with_optimizer<R>(
        &self,
        look: impl FnOnce(&optimizers::State) -> Result<R>,
    ) -> Result<R> {
        let mut guard = self.lock();
        let trainer = guard.as_mut().ok_or_else(not_compiled)?;
        look(trainer.optimizer(&self.root)?)
    }

    /// The number of the optimizer's values; none until the model is compiled and has its weights.
    pub fn optimizer_params(&self) -> Option<usize> {
        self.optimizer_size().map(|(count, _)| count)
    }

    /// The number and bytes of the optimizer's values, once there is a step's worth of them.
    pub(super) fn optimizer_size(&self) -> Option<(usize, usize)> {
        let guard = self.lock();
        let variables = guard.as_ref()?.made_optimizer()?.variables();
        let count = variables.iter().map(Variable::count).sum();
        Some((count, variables.iter().map(|v| v.count() * v.dtype().size()).sum()))
    }

    /// Trains on one batch; gives the running means since the last [`Model::reset_metrics`], as Keras does.
    ///
    /// # Errors
    /// When the model is not compiled or the arrays do not fit it.
    pub fn train_on_batch<'a>(
        &self,
        x: impl Into<Data<'a>>,
        y: impl Into<Data<'a>>,
    ) -> Result<Logs> {
        self.on_batch(Mode::Train, x.into(), y.into())
    }

    /// Computes loss and metrics of one batch; gives the running means since the last
    /// [`Model::reset_metrics`].
    ///
    /// # Errors
    /// When the model is not compiled or the arrays do not fit it.
    pub fn test_on_batch<'a>(
        &self,
        x: impl Into<Data<'a>>,
        y: impl Into<Data<'a>>,
    ) -> Result<Logs> {
        self.on_batch(Mode::Test, x.into(), y.into())
    }

    /// The outputs for one batch.
    ///
    /// # Errors
    /// When the arrays do not fit the model.
    pub fn predict_on_batch<'a>(&self, x: impl Into<Data<'a>>) -> Result<Vec<Array>> {
        let x = x.into().in_order("x", &self.input_names())?;
        self.shared.predictor.run(&self.root, &x.iter().map(|a| &**a).collect::<Vec<_>>())
    }

    pub(super) fn predictor(&self) -> &Predictor {
        &self.shared.predictor
    }

    /// Forgets the running means of loss and metrics.
    ///
    /// # Errors
    /// When a metric's state cannot be set.
    pub fn reset_metrics(&self) -> Result<()> {
        self.lock().as_mut().map_or(Ok(()), Trainer::reset_metrics)
    }

    /// What training and evaluation have reported so far: the names of the losses and metrics, and whether larger or smaller
    /// values are better, where that is known.
    pub fn metric_directions(&self) -> BTreeMap<String, Option<Direction>> {
        self.lock().as_ref().map_or_else(BTreeMap::new, |trainer| trainer.directions().clone())
    }

    pub(super) fn set_metric_directions(&self, directions: BTreeMap<String, Option<Direction>>) {
        if let Some(trainer) = self.lock().as_mut() {
            trainer.set_directions(directions);
        }
    }

    /// The states of the running means of loss and metrics, by name.
    pub(crate) fn metric_states(&self) -> BTreeMap<String, Vec<Array>> {
        self.lock().as_ref().map_or_else(BTreeMap::new, Trainer::metric_states)
    }

    pub(crate) fn set_metric_states(&self, states: BTreeMap<String, Vec<Array>>) -> Result<()> {
        self.lock().as_mut().map_or(Ok(()), |trainer| trainer.set_metric_states(states))
    }

    fn on_batch(&self, mode: Mode, x: Data, y: Data) -> Result<Logs> {
        let x = x.in_order("x", &self.input_names())?;
        let y = self.order_targets(y)?;
        some_rows("model", row_count(x.iter().chain(&y).map(|a| &**a))?)?;
        let batch = Batch {
            x: x.iter().map(|a| &**a).collect(),
            y: y.iter().map(|a| &**a).collect(),
            weights: Vec::new(),
        };
        self.run(mode, &batch)
    }

    /// Targets in the order of the outputs; none is fine where layers add the loss.
    pub(super) fn order_targets<'a>(
        &self,
        y: Data<'a>,
    ) -> Result<Vec<std::borrow::Cow<'a, Array>>> {
        if y.is_empty() { Ok(Vec::new()) } else { y.in_order("y", &self.output_names()) }
    }

    pub(super) fn run(&self, mode: Mode, batch: &Batch) -> Result<Logs> {
        let mut guard = self.lock();
        guard.as_mut().ok_or_else(not_compiled)?.run(&self.root, mode, batch)
    }
}

fn not_compiled() -> Error {
    Error::invalid("model", "compile", "must be called before training or evaluation", "no compile")
}

impl From<&Model> for LayerRef {
    fn from(model: &Model) -> Self {
        model.root.clone()
    }
}

impl From<Model> for LayerRef {
    fn from(model: Model) -> Self {
        model.root
    }
}
