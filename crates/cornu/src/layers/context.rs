//! What a layer is given while it describes its outputs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cornu_graph::{Tensor, Variable};

use crate::config::Choice;
use crate::regularizers::Regularizer;
use crate::{Error, Result};

/// A call of a layer: the tensors that were made in it have these ids.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub layer: String,
    pub tensors: std::ops::Range<u64>,
}

/// The surroundings of a call: the mode, the state as it is at this point of the step, and what the layers
/// add to the step.
pub struct Context {
    training: bool,
    pub(super) trainable: bool,
    pub(super) frozen: Option<Arc<HashSet<u64>>>,
    values: HashMap<u64, Tensor>,
    updates: Vec<(Variable, Tensor)>,
    losses: Vec<Tensor>,
    metrics: Vec<(String, Tensor)>,
    calls: Option<Vec<Call>>,
}

impl Context {
    /// A context for training (dropout acts, statistics move) or inference.
    pub fn new(training: bool) -> Context {
        Context {
            training,
            trainable: true,
            frozen: None,
            values: HashMap::new(),
            updates: Vec::new(),
            losses: Vec::new(),
            metrics: Vec::new(),
            calls: None,
        }
    }

    /// A context for inference that remembers which layer made which tensors.
    pub(crate) fn recording() -> Context {
        Context { calls: Some(Vec::new()), ..Context::new(false) }
    }

    /// The calls of layers so far, if they are remembered.
    pub(crate) fn calls(&self) -> &[Call] {
        self.calls.as_deref().unwrap_or_default()
    }

    /// Runs the call of a layer, and remembers it if calls are.
    pub(super) fn call<R>(&mut self, layer: &str, run: impl FnOnce(&mut Context) -> R) -> R {
        // Ids grow: a tensor made here and now is a mark.
        let mark = |cx: &Context| cx.calls.as_ref().map(|_| Tensor::scalar(0f32).id());
        let start = mark(self);
        let result = run(self);
        if let (Some(start), Some(end)) = (start, mark(self)) {
            let call = Call { layer: layer.into(), tensors: start..end };
            self.calls.get_or_insert_default().push(call);
        }
        result
    }

    /// A context in which exactly the layers with these ids are frozen, whatever they say now.
    pub fn with_frozen(training: bool, frozen: Arc<HashSet<u64>>) -> Context {
        Context { frozen: Some(frozen), ..Context::new(training) }
    }

    /// Whether this is a training step.
    pub fn training(&self) -> bool {
        self.training
    }

    /// Whether the layer that is being called is trainable.
    pub fn trainable(&self) -> bool {
        self.trainable
    }

    /// A variable's value at this point of the step: after the updates that came before.
    pub fn read(&mut self, variable: &Variable) -> Tensor {
        self.values.entry(variable.id()).or_insert_with(|| variable.read()).clone()
    }

    /// Lets reads of a variable give another tensor from here on.
    pub(crate) fn bind(&mut self, variable: &Variable, value: Tensor) {
        self.values.insert(variable.id(), value);
    }

    /// A weight of the layer that `build` made.
    ///
    /// # Errors
    /// When the layer has not been built.
    pub fn weight(&mut self, weight: &Option<Variable>) -> Result<Tensor> {
        match weight {
            Some(variable) => Ok(self.read(variable)),
            None => Err(Error::invalid("layer", "weight", "must be built before a call", "none")),
        }
    }

    /// Gives a variable a new value when the step has run.
    pub fn update(&mut self, variable: &Variable, value: Tensor) {
        self.values.insert(variable.id(), value.clone());
        match self.updates.iter_mut().find(|(v, _)| v == variable) {
            Some((_, old)) => *old = value,
            None => self.updates.push((variable.clone(), value)),
        }
    }

    /// Adds to the loss: a scalar, or values whose mean counts.
    pub fn add_loss(&mut self, loss: Tensor) {
        let scalar = loss.ndim() == 0;
        self.losses.push(if scalar { loss } else { cornu_graph::ops::mean(&loss, &[], false) });
    }

    /// Adds the penalty of a layer's output, per sample: Keras's `activity_regularizer`.
    ///
    /// # Errors
    /// When nothing has the regularizer's name.
    pub fn add_activity_loss(
        &mut self,
        regularizer: &Option<Choice<dyn Regularizer>>,
        output: &Tensor,
    ) -> Result<()> {
        if let Some(regularizer) = regularizer {
            let batch = output.shape().first().map_or(1, |&n| n.max(1));
            self.add_loss(regularizer.get()?.call(output) / batch as f64);
        }
        Ok(())
    }

    /// Shows the mean of a value over the epoch under a name.
    pub fn add_metric(&mut self, name: &str, value: Tensor) {
        let scalar = value.ndim() == 0;
        let value = if scalar { value } else { cornu_graph::ops::mean(&value, &[], false) };
        self.metrics.push((name.into(), value));
    }

    /// What was added to the loss so far.
    pub fn losses(&self) -> &[Tensor] {
        &self.losses
    }

    /// The values to show so far.
    pub fn metrics(&self) -> &[(String, Tensor)] {
        &self.metrics
    }

    /// The changes of variables so far.
    pub fn updates(&self) -> &[(Variable, Tensor)] {
        &self.updates
    }
}
