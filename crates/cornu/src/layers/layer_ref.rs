//! A layer behind a handle: its name, its weights, whether it is trainable.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use cornu_graph::{DType, Spec, Tensor, Variable};
use serde_json::{Value, json};

use super::{Context, DTypePolicy, Inputs, KerasTensor, Layer, Shape, Weight, Weights};
use crate::config::Config;
use crate::random::SeedGenerator;
use crate::saving::Operation;
use crate::session::unique_name;
use crate::{Error, Result};

/// A layer that can be applied several times; clones share it.
#[derive(Clone)]
pub struct LayerRef(Arc<Inner>);

struct Inner {
    id: u64,
    name: String,
    policy: DTypePolicy,
    trainable: AtomicBool,
    layer: RwLock<Box<dyn Layer>>,
    built: RwLock<Option<Built>>,
}

/// What building gave.
struct Built {
    inputs: Vec<Shape>,
    weights: Vec<Weight>,
    seeds: Vec<SeedGenerator>,
}

/// A layer and the arguments that all layers have.
pub struct LayerBuilder {
    layer: Box<dyn Layer>,
    name: Option<String>,
    policy: DTypePolicy,
    trainable: bool,
}

impl LayerBuilder {
    /// A builder around a layer.
    pub fn new(layer: impl Layer) -> Self {
        LayerBuilder::from_box(Box::new(layer))
    }

    pub(crate) fn from_box(layer: Box<dyn Layer>) -> Self {
        LayerBuilder { layer, name: None, policy: DTypePolicy::default(), trainable: true }
    }

    /// The name. Default: the class in snake case with a number.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether the weights are trained. Default: true.
    pub fn trainable(mut self, trainable: bool) -> Self {
        self.trainable = trainable;
        self
    }

    /// The dtype policy that a file says.
    pub(crate) fn policy(mut self, policy: DTypePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// A handle, to apply the layer several times with the same weights.
    pub fn shared(self) -> LayerRef {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = self.name.unwrap_or_else(|| unique_name(&self.layer.name_base()));
        let layer = LayerRef(Arc::new(Inner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name,
            policy: self.policy,
            trainable: AtomicBool::new(true),
            layer: RwLock::new(self.layer),
            built: RwLock::new(None),
        }));
        // A new model around frozen layers leaves them frozen.
        if !self.trainable {
            layer.set_trainable(false);
        }
        layer
    }

    /// Applies the layer to one or several symbolic tensors.
    ///
    /// # Errors
    /// When the layer does not fit them, or has several outputs.
    pub fn apply(self, inputs: impl Into<Inputs>) -> Result<KerasTensor> {
        self.shared().apply(inputs)
    }
}

impl LayerRef {
    /// A number that identifies the layer in this process.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The dtype policy of the file that the layer comes from.
    pub(crate) fn policy(&self) -> &DTypePolicy {
        &self.0.policy
    }

    /// The class's name.
    pub fn class_name(&self) -> String {
        self.layer().class_name().to_string()
    }

    /// The layer itself, for looking at.
    pub fn layer(&self) -> RwLockReadGuard<'_, Box<dyn Layer>> {
        self.0.layer.read().unwrap_or_else(|p| p.into_inner())
    }

    /// Looks at the layer as a concrete type, if it is of that type.
    pub fn with<L: Layer, R>(&self, look: impl FnOnce(&L) -> R) -> Option<R> {
        let guard = self.layer();
        let any: &dyn std::any::Any = &**guard;
        any.downcast_ref::<L>().map(look)
    }

    /// The layers inside.
    pub fn layers(&self) -> Vec<LayerRef> {
        self.layer().layers()
    }

    /// Whether the weights are trained.
    pub fn trainable(&self) -> bool {
        self.0.trainable.load(Ordering::Relaxed)
    }

    /// Freezes or frees the layer and all inside; a compiled model notices when it is compiled again.
    pub fn set_trainable(&self, trainable: bool) {
        self.0.trainable.store(trainable, Ordering::Relaxed);
        for layer in self.layers() {
            layer.set_trainable(trainable);
        }
    }

    /// Whether the weights exist.
    pub fn is_built(&self) -> bool {
        self.built().is_some()
    }

    fn built(&self) -> RwLockReadGuard<'_, Option<Built>> {
        self.0.built.read().unwrap_or_else(|p| p.into_inner())
    }

    /// The shapes for which the layer was built.
    pub fn input_shapes(&self) -> Option<Vec<Shape>> {
        self.built().as_ref().map(|b| b.inputs.clone())
    }

    /// Makes the weights for inputs of these shapes, unless they exist.
    ///
    /// # Errors
    /// When the layer does not fit the shapes.
    pub fn build(&self, inputs: &[Shape]) -> Result<()> {
        if self.is_built() {
            return Ok(());
        }
        let mut made = Weights::default();
        {
            let mut layer = self.0.layer.write().unwrap_or_else(|p| p.into_inner());
            layer.build(inputs, &mut made)?;
        }
        let mut built = self.0.built.write().unwrap_or_else(|p| p.into_inner());
        *built = Some(Built { inputs: inputs.to_vec(), weights: made.weights, seeds: made.seeds });
        Ok(())
    }

    /// The layer's own weights, without those of the layers inside: trainable ones first.
    pub fn own_weights(&self) -> Vec<Weight> {
        let mut weights = self.built().as_ref().map_or_else(Vec::new, |b| b.weights.clone());
        weights.sort_by_key(|w| !w.trainable);
        weights
    }

    /// This layer and all inside, each once, outer before inner.
    pub fn flatten(&self) -> Vec<LayerRef> {
        fn visit(layer: &LayerRef, out: &mut Vec<LayerRef>) {
            if !out.iter().any(|l| l.id() == layer.id()) {
                out.push(layer.clone());
                for inner in layer.layers() {
                    visit(&inner, out);
                }
            }
        }
        let mut out = Vec::new();
        visit(self, &mut out);
        out
    }

    /// All weights, trainable ones first: those of frozen layers count as not trainable.
    pub fn weights(&self) -> Vec<Weight> {
        let mut weights = self.trainable_weights();
        weights.extend(self.non_trainable_weights());
        weights
    }

    /// The weights that gradients change.
    pub fn trainable_weights(&self) -> Vec<Weight> {
        self.partition().0
    }

    /// The weights that gradients leave alone.
    pub fn non_trainable_weights(&self) -> Vec<Weight> {
        self.partition().1
    }

    fn partition(&self) -> (Vec<Weight>, Vec<Weight>) {
        let live = |l: LayerRef| {
            let trainable = l.trainable();
            l.own_weights().into_iter().map(move |w| (trainable && w.trainable, w))
        };
        let all = self.flatten().into_iter().flat_map(live);
        let (yes, no): (Vec<_>, Vec<_>) = all.partition(|(trainable, _)| *trainable);
        let strip = |v: Vec<(bool, Weight)>| v.into_iter().map(|(_, w)| w).collect();
        (strip(yes), strip(no))
    }

    /// The states of the random generators of this layer and all inside.
    pub fn seed_states(&self) -> Vec<Variable> {
        let own = |l: LayerRef| {
            let built = l.built();
            let seeds = built.iter().flat_map(|b| &b.seeds);
            seeds.map(|s| s.state().clone()).collect::<Vec<_>>()
        };
        self.flatten().into_iter().flat_map(own).collect()
    }

    /// The number of values in all weights.
    pub fn count_params(&self) -> usize {
        self.weights().iter().map(|w| w.variable.count()).sum()
    }

    /// Describes the outputs for concrete inputs; builds the layer if need be.
    ///
    /// # Errors
    /// When the layer does not fit the inputs.
    pub fn trace(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        super::budget::spend_calls(self.name(), 1)?;
        for input in inputs {
            input.check()?;
        }
        if !self.is_built() {
            let open = |t: &Tensor| {
                let mut shape: Shape = t.shape().iter().map(|&d| Some(d)).collect();
                shape.iter_mut().take(1).for_each(|d| *d = None);
                shape
            };
            self.build(&inputs.iter().map(open).collect::<Vec<_>>())?;
        }
        let outer = cx.trainable;
        cx.trainable = match &cx.frozen {
            Some(frozen) => !frozen.contains(&self.id()),
            None => self.trainable(),
        };
        let outputs = cx.call(self.name(), |cx| self.layer().call(inputs, cx));
        cx.trainable = outer;
        let outputs = outputs?;
        for output in &outputs {
            output.check()?;
        }
        Ok(outputs)
    }

    /// Applies the layer to one or several symbolic tensors.
    ///
    /// # Errors
    /// When the layer does not fit them, or has several outputs.
    pub fn apply(&self, inputs: impl Into<Inputs>) -> Result<KerasTensor> {
        let mut outputs = self.apply_all(inputs)?;
        match (outputs.len(), outputs.pop()) {
            (1, Some(output)) => Ok(output),
            (n, _) => Err(Error::invalid(
                self.name(),
                "outputs",
                "must be one; apply_all gives several",
                format!("{n} outputs"),
            )),
        }
    }

    /// Applies the layer to symbolic tensors; gives all outputs.
    ///
    /// # Errors
    /// When the layer does not fit them.
    pub fn apply_all(&self, inputs: impl Into<Inputs>) -> Result<Vec<KerasTensor>> {
        super::symbolic::apply(self, inputs.into().0)
    }

    /// The specs of the outputs for inputs of these shapes; builds the layer if need be.
    ///
    /// # Errors
    /// When the layer does not fit them.
    pub fn infer(&self, inputs: &[(Shape, DType)]) -> Result<Vec<(Shape, DType)>> {
        self.build(&inputs.iter().map(|(shape, _)| shape.clone()).collect::<Vec<_>>())?;
        // Two traces with other sizes for what is unknown: what differs between them is unknown too.
        let probe = |batch: usize, other: usize| -> Result<Vec<Spec>> {
            let concrete = |(shape, dtype): &(Shape, DType)| {
                let size = |(i, d): (usize, &Option<usize>)| {
                    d.unwrap_or(if i == 0 { batch } else { other })
                };
                let shape: Vec<usize> = shape.iter().enumerate().map(size).collect();
                Tensor::input(&shape, *dtype)
            };
            let inputs: Vec<Tensor> = inputs.iter().map(concrete).collect();
            let outputs = self.trace(&inputs, &mut Context::new(false))?;
            Ok(outputs.iter().map(|t| t.spec().clone()).collect())
        };
        let (a, b) = (probe(2, 64)?, probe(3, 96)?);
        let merge = |(a, b): (Spec, Spec)| {
            let known = |(x, y): (&usize, &usize)| (x == y).then_some(*x);
            (a.shape.iter().zip(&b.shape).map(known).collect(), a.dtype)
        };
        Ok(a.into_iter().zip(b).map(merge).collect())
    }

    /// Keras's `get_config()`: name, trainable, dtype and the layer's own arguments.
    ///
    /// # Errors
    /// When the layer holds something that has no JSON form.
    pub fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        config.insert("name".into(), json!(self.name()));
        // Keras's spatial dropout refuses the argument.
        if !self.class_name().starts_with("SpatialDropout") {
            config.insert("trainable".into(), json!(self.trainable()));
        }
        if self.class_name() != "Functional" {
            config.insert("dtype".into(), json!(self.policy().name()));
        }
        for (key, value) in self.layer().config()? {
            config.insert(key, value);
        }
        Ok(config)
    }

    /// Keras's dict of the layer: module, class name, config, registered name, build config.
    ///
    /// # Errors
    /// When the layer holds something that has no JSON form.
    pub fn serialize(&self) -> Result<Value> {
        if let Some(dict) = self.with(|op: &Operation| op.to_dict(self.name())) {
            return Ok(dict);
        }
        let class_name = self.class_name();
        let builtin = super::class_names().contains(&class_name.as_str());
        let (module, registered) = match class_name.as_str() {
            "Functional" => (json!("keras.src.models.functional"), json!("Functional")),
            "Sequential" => (json!("keras"), Value::Null),
            _ if builtin => (json!("keras.layers"), Value::Null),
            _ => (Value::Null, json!(format!("Custom>{class_name}"))),
        };
        let mut dict = json!({
            "module": module,
            "class_name": class_name,
            "config": self.config()?,
            "registered_name": registered,
        });
        if let Some(number) = crate::saving::shared_number(self) {
            dict["shared_object_id"] = json!(number);
        }
        if let Some([shape]) = self.input_shapes().as_deref() {
            dict["build_config"] = json!({ "input_shape": shape });
        }
        Ok(dict)
    }
}

impl<L: Layer> From<L> for LayerRef {
    fn from(layer: L) -> Self {
        LayerBuilder::new(layer).shared()
    }
}

impl From<LayerBuilder> for LayerRef {
    fn from(builder: LayerBuilder) -> Self {
        builder.shared()
    }
}

impl From<&LayerRef> for LayerRef {
    fn from(layer: &LayerRef) -> Self {
        layer.clone()
    }
}

impl std::fmt::Debug for LayerRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} name={}>", self.class_name(), self.name())
    }
}
