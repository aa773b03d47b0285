//! One step as one graph: forward, loss, metrics, gradients, updates.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cornu_graph::{Array, DType, Executable, Graph, Spec, Tensor, Variable, gradients, ops};

use super::compile::{Compile, Output, of_output};
use super::logs::Logs;
use crate::config::{Choice, Config, Family};
use crate::layers::{Context, LayerRef};
use crate::losses::{Loss, Reduction};
use crate::metrics::{Direction, Metric, mean_result, mean_state, mean_update};
use crate::optimizers;
use crate::{Error, Result, backend};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    Train,
    Test,
}

/// The arrays of one batch.
pub(super) struct Batch<'a> {
    pub x: Vec<&'a Array>,
    pub y: Vec<&'a Array>,
    /// One per output, or none.
    pub weights: Vec<&'a Array>,
}

impl Batch<'_> {
    fn key(&self, mode: Mode) -> Key {
        let spec = |a: &&Array| Spec::new(a.shape(), a.dtype());
        let specs = |v: &[&Array]| v.iter().map(spec).collect();
        (mode, specs(&self.x), specs(&self.y), specs(&self.weights))
    }

    fn all(&self) -> Vec<&Array> {
        self.x.iter().chain(&self.y).chain(&self.weights).copied().collect()
    }
}

type Key = (Mode, Vec<Spec>, Vec<Spec>, Vec<Spec>);

/// A compiled step and the names of its scalar outputs.
struct Plan {
    executable: Box<dyn Executable>,
    names: Vec<String>,
    losses: Vec<Option<OutputLoss>>,
}

/// The loss of an output, which looks at the targets before they are used, and the output's shape.
struct OutputLoss {
    loss: Arc<dyn Loss>,
    shape: Vec<usize>,
}

/// The running state of one displayed value.
struct Tracked {
    variables: Vec<Variable>,
    start: Vec<Array>,
}

/// All that training needs beside the layers.
pub(super) struct Trainer {
    args: Compile,
    frozen: Arc<std::collections::HashSet<u64>>,
    optimizer: Option<optimizers::State>,
    tracked: HashMap<String, Tracked>,
    /// States of running values that are not made yet.
    waiting: BTreeMap<String, Vec<Array>>,
    /// What is shown, and whether larger or smaller values are better.
    directions: BTreeMap<String, Option<Direction>>,
    plans: HashMap<Key, Arc<Plan>>,
}

impl Trainer {
    /// Captures which layers are frozen now.
    pub fn new(args: Compile, root: &LayerRef) -> Result<Trainer> {
        args.optimizer.get()?;
        for (_, loss) in &args.losses {
            loss.get()?;
        }
        for (_, metric) in args.metrics.iter().chain(&args.weighted_metrics) {
            // Which of several metrics these mean, shapes say.
            let by_shape = |name: &String| metric_by_shape(name).is_some();
            if !matches!(metric, Choice::Name(name) if by_shape(name)) {
                metric.get()?;
            }
        }
        let frozen = root.flatten().iter().filter(|l| !l.trainable()).map(LayerRef::id).collect();
        Ok(Trainer {
            args,
            frozen: Arc::new(frozen),
            optimizer: None,
            tracked: HashMap::new(),
            waiting: BTreeMap::new(),
            directions: BTreeMap::new(),
            plans: HashMap::new(),
        })
    }

    pub fn args(&self) -> &Compile {
        &self.args
    }

    /// The optimizer's state; made when the weights exist.
    pub fn optimizer(&mut self, root: &LayerRef) -> Result<&optimizers::State> {
        if self.optimizer.is_none() {
            let layers = root.flatten().into_iter().filter(|l| !self.frozen.contains(&l.id()));
            let weights = layers.flat_map(|l| l.own_weights()).filter(|w| w.trainable).collect();
            self.optimizer = Some(optimizers::State::new(self.args.optimizer.get()?, weights)?);
        }
        self.optimizer.as_ref().ok_or_else(|| Error::format("optimizer", "has no state"))
    }

    /// The optimizer's state, if it exists yet.
    pub fn made_optimizer(&self) -> Option<&optimizers::State> {
        self.optimizer.as_ref()
    }

    /// The names of what steps report, and whether larger or smaller values are better, as far as that is known.
    pub fn directions(&self) -> &BTreeMap<String, Option<Direction>> {
        &self.directions
    }

    pub fn set_directions(&mut self, directions: BTreeMap<String, Option<Direction>>) {
        self.directions = directions;
    }

    /// The states of the running values, by name.
    pub fn metric_states(&self) -> BTreeMap<String, Vec<Array>> {
        let values = |t: &Tracked| t.variables.iter().map(Variable::value).collect();
        let mut states = self.waiting.clone();
        states.extend(self.tracked.iter().map(|(name, tracked)| (name.clone(), values(tracked))));
        states
    }

    /// Sets the states of the running values: those that are not made yet start with theirs.
    pub fn set_metric_states(&mut self, states: BTreeMap<String, Vec<Array>>) -> Result<()> {
        self.reset_metrics()?;
        self.waiting = states;
        for (name, tracked) in &self.tracked {
            if let Some(state) = self.waiting.remove(name) {
                tracked.set(name, state)?;
            }
        }
        Ok(())
    }

    /// Forgets the running means of losses and metrics.
    pub fn reset_metrics(&mut self) -> Result<()> {
        self.waiting.clear();
        for tracked in self.tracked.values() {
            for (variable, start) in tracked.variables.iter().zip(&tracked.start) {
                variable.assign(start.clone())?;
            }
        }
        Ok(())
    }

    /// Runs a training or test step; gives the running means, the loss first.
    pub fn run(&mut self, root: &LayerRef, mode: Mode, batch: &Batch) -> Result<Logs> {
        let key = batch.key(mode);
        let plan = match self.plans.get(&key) {
            Some(plan) => plan.clone(),
            None => {
                let plan = Arc::new(self.compile(root, mode, &key)?);
                self.plans.insert(key, plan.clone());
                plan
            }
        };
        for (y, output) in batch.y.iter().zip(&plan.losses) {
            if let Some(OutputLoss { loss, shape }) = output {
                loss.check_targets(y, shape)?;
            }
        }
        let values = plan.executable.run(&batch.all())?;
        let logs =
            plan.names.iter().zip(&values).map(|(name, value)| Ok((name.clone(), logged(value)?)));
        logs.collect()
    }

    fn compile(&mut self, root: &LayerRef, mode: Mode, key: &Key) -> Result<Plan> {
        let placeholders = |specs: &[Spec]| -> Vec<Tensor> {
            specs.iter().map(|s| Tensor::input(&s.shape, s.dtype)).collect()
        };
        let (x, y, weights) = (placeholders(&key.1), placeholders(&key.2), placeholders(&key.3));
        let mut cx = Context::with_frozen(mode == Mode::Train, self.frozen.clone());
        let outputs = root.trace(&x, &mut cx)?;
        let names = output_names(root, outputs.len());
        let rows = x.first().and_then(|t| t.shape().first().copied()).unwrap_or(1);

        let mut shown: Vec<(String, Tensor)> = Vec::new();
        // What is shown per output is the loss itself; the factors count in the sum.
        let (mut parts, mut weighted): (Vec<(String, Tensor)>, Vec<Tensor>) = Default::default();
        let losses = self.losses(&names, y.len())?;
        for (i, loss) in losses.iter().enumerate() {
            let Some(loss) = loss else { continue };
            let value = scalar_loss(&**loss, &y[i], &outputs[i], weights.get(i))?;
            let factor = of_output(&self.args.loss_weights, i, &names[i]).copied().unwrap_or(1.0);
            weighted.push(if factor == 1.0 { value.clone() } else { &value * factor });
            parts.push((format!("{}_loss", names[i]), value));
        }
        let penalties = root
            .trainable_weights()
            .into_iter()
            .filter_map(|w| w.regularizer.as_ref().map(|r| r.call(&cx.read(&w.variable))));
        let penalties: Vec<Tensor> = penalties.collect();
        let added = cx.losses().to_vec().into_iter().chain(penalties);
        let all: Vec<Tensor> = weighted.into_iter().chain(added).collect();
        let total = all.into_iter().map(|t| ops::cast(&t, DType::F32)).reduce(|a, b| a + b);
        let Some(total) = total else {
            let rule = "must be given to compile, or added by a layer with add_loss";
            return Err(Error::invalid("compile", "loss", rule, "none"));
        };
        total.check()?;

        let mean = |me: &mut Self, name: &str, value: &Tensor, rows: usize, cx: &mut Context| {
            let state = me.track(name, mean_state())?;
            let old: Vec<Tensor> = state.iter().map(|v| cx.read(v)).collect();
            let weight = ops::full(&[], rows as f32);
            let new = mean_update(&old, value, Some(&weight))?;
            state.iter().zip(&new).for_each(|(v, t)| cx.update(v, t.clone()));
            mean_result(&new)
        };
        shown.push(("loss".into(), mean(self, "loss", &total, rows, &mut cx)?));
        if parts.len() > 1 {
            for (name, value) in &parts {
                let value = mean(self, name, value, rows, &mut cx)?;
                shown.push((name.clone(), value));
            }
        }
        self.directions.extend(shown.iter().map(|(name, _)| (name.clone(), Some(Direction::Down))));
        for (name, value) in cx.metrics().to_vec() {
            let value = mean(self, &name, &value, rows, &mut cx)?;
            self.directions.entry(name.clone()).or_insert(None);
            shown.push((name, value));
        }
        let first_metric = shown.len();
        let lists =
            [(self.args.metrics.clone(), false), (self.args.weighted_metrics.clone(), true)];
        for (args, weigh) in lists {
            let count = outputs.len().min(y.len());
            let pairs = (0..count).flat_map(|i| args.iter().map(move |a| (i, a)));
            let wanted = |of: &Output, i: usize| *of == Output::All || of.is(i, &names[i]);
            for (i, (_, arg)) in pairs.filter(|(i, (of, _))| wanted(of, *i)) {
                let (output, loss) = (&outputs[i], losses.get(i).and_then(Option::as_ref));
                let (name, metric) = resolve(arg, &y[i], output, loss.map(|l| l.class_name()))?;
                let prefix =
                    if outputs.len() > 1 { format!("{}_", names[i]) } else { String::new() };
                let name = unused_name(&shown, &prefix, &name, weigh);
                let state = self.track(&name, metric.state(y[i].spec(), output.spec())?)?;
                let old: Vec<Tensor> = state.iter().map(|v| cx.read(v)).collect();
                let weight = weights.get(i).filter(|_| weigh);
                let new = metric.update(&old, &y[i], output, weight)?;
                state.iter().zip(&new).for_each(|(v, t)| cx.update(v, t.clone()));
                self.directions.insert(name.clone(), metric.direction());
                shown.push((name, metric.result(&new)?));
            }
        }
        // `evaluate` lists metrics by name, whatever their order in `compile`.
        shown[first_metric..].sort_by(|a, b| a.0.cmp(&b.0));

        if mode == Mode::Train {
            let optimizer = self.optimizer(root)?;
            let weights = optimizer.weights().iter().map(|w| cx.read(&w.variable));
            let scaled = optimizer.scale_loss(&total);
            let slopes = gradients(&scaled, &weights.collect::<Vec<_>>())?;
            optimizer.apply(&slopes, &mut cx)?;
        }
        let inputs: Vec<Tensor> = x.into_iter().chain(y).chain(weights).collect();
        let (names, values): (Vec<String>, Vec<Tensor>) = shown.into_iter().unzip();
        let graph = Graph::trace(&inputs, &values, cx.updates())?;
        let checked = |(loss, output): (Option<Arc<dyn Loss>>, &Tensor)| {
            loss.map(|loss| OutputLoss { loss, shape: output.shape().to_vec() })
        };
        let losses = losses.into_iter().zip(&outputs).map(checked).collect();
        Ok(Plan { executable: backend()?.compile(&graph)?, names, losses })
    }

    /// The loss of each output.
    fn losses(&self, names: &[String], targets: usize) -> Result<Vec<Option<Arc<dyn Loss>>>> {
        self.args.check(names)?;
        let of = |(i, name): (usize, &String)| {
            of_output(&self.args.losses, i, name).map(Choice::get).transpose()
        };
        let losses = names.iter().enumerate().map(of).collect::<Result<Vec<_>>>()?;
        let needed = losses.iter().rposition(Option::is_some).map_or(0, |i| i + 1);
        if needed > targets {
            let rule = format!("must have targets for {needed} outputs ({})", names.join(", "));
            return Err(Error::invalid("model", "y", rule, format!("{targets} arrays")));
        }
        Ok(losses)
    }

    /// The variables of a running value, made at its first use.
    fn track(&mut self, name: &str, start: Vec<Array>) -> Result<Vec<Variable>> {
        if let Some(tracked) = self.tracked.get(name) {
            return Ok(tracked.variables.clone());
        }
        let variable = |(i, a): (usize, &Array)| Variable::new(format!("{name}_{i}"), a.clone());
        let variables: Vec<Variable> = start.iter().enumerate().map(variable).collect();
        let tracked = Tracked { variables: variables.clone(), start };
        if let Some(state) = self.waiting.remove(name) {
            tracked.set(name, state)?;
        }
        self.tracked.insert(name.into(), tracked);
        Ok(variables)
    }
}

impl Tracked {
    fn set(&self, name: &str, state: Vec<Array>) -> Result<()> {
        if state.len() != self.variables.len() {
            let rule = format!("must have {} arrays for {name:?}", self.variables.len());
            return Err(Error::invalid("model", "metrics", rule, state.len()));
        }
        let mut pairs = self.variables.iter().zip(state);
        pairs.try_for_each(|(variable, value)| Ok(variable.assign(value)?))
    }
}

/// A metric's name in the logs: where it stands already, that of a weighted metric starts with `weighted_`,
/// others get a number.
fn unused_name(shown: &[(String, Tensor)], prefix: &str, name: &str, weighted: bool) -> String {
    let used = |name: &String| shown.iter().any(|(n, _)| n == name);
    let plain = format!("{prefix}{name}");
    if !used(&plain) {
        return plain;
    }
    let base = if weighted { format!("{prefix}weighted_{name}") } else { plain };
    let numbered = (1..).map(|i| format!("{base}_{i}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !used(name)).unwrap_or(base)
}

/// What is logged: a number, or the values that a metric has per class or threshold.
fn logged(value: &Array) -> Result<Vec<f64>> {
    let values = value.to_vec::<f64>();
    if values.is_empty() { Err(Error::format("metric", "has no value")) } else { Ok(values) }
}

fn scalar_loss(
    loss: &dyn Loss,
    y_true: &Tensor,
    y_pred: &Tensor,
    weight: Option<&Tensor>,
) -> Result<Tensor> {
    if loss.reduction() == Reduction::None {
        let rule = "must reduce to one number for training";
        return Err(Error::invalid(loss.class_name(), "reduction", rule, "none"));
    }
    let value = loss.compute(y_true, y_pred, weight);
    value.check()?;
    Ok(value)
}

/// The end of the class of what a name means that fits several shapes.
fn metric_by_shape(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "accuracy" | "acc" => Some("Accuracy"),
        "crossentropy" | "ce" => Some("Crossentropy"),
        _ => None,
    }
}

/// A metric and its displayed name; "accuracy" and "crossentropy" mean what fits the shapes.
fn resolve(
    arg: &Choice<dyn Metric>,
    y_true: &Tensor,
    y_pred: &Tensor,
    loss: Option<&str>,
) -> Result<(String, Arc<dyn Metric>)> {
    let Choice::Name(given) = arg else {
        let metric = arg.get()?;
        return Ok((metric.name().into(), metric));
    };
    let Some(suffix) = metric_by_shape(given) else {
        return Ok((given.clone(), arg.get()?));
    };
    // The only axis of a vector is the batch: its size says nothing.
    let last = |t: &Tensor| if t.ndim() > 1 { t.shape()[t.ndim() - 1] } else { 0 };
    let sparse = y_true.ndim() < y_pred.ndim() || (last(y_true) == 1 && last(y_pred) > 1);
    let binary =
        last(y_pred) == 1 || loss == Some("BinaryCrossentropy") && suffix == "Crossentropy";
    let kind = match (binary, sparse) {
        (true, _) => "Binary",
        (false, true) => "SparseCategorical",
        (false, false) => "Categorical",
    };
    let class = format!("{kind}{suffix}");
    match <dyn Metric>::registry().revive(&class, Config::new()) {
        Some(metric) => Ok((given.clone(), metric?)),
        None => Choice::<dyn Metric>::from(class.as_str()).get().map(|m| (given.clone(), m)),
    }
}

/// The names of the outputs: their layers', or the root's own where the layers are not known.
pub(super) fn output_names(root: &LayerRef, count: usize) -> Vec<String> {
    let functional = root.with(|f: &super::Functional| {
        f.outputs.iter().map(|t| t.layer().name().to_string()).collect::<Vec<_>>()
    });
    let mut names = functional.unwrap_or_else(|| {
        let name = |i| if count == 1 { root.name().to_string() } else { format!("output_{i}") };
        (0..count).map(name).collect()
    });
    // Two outputs of one layer, or of one layer applied twice, need names of their own.
    for i in 0..names.len() {
        let earlier = names[..i].iter().filter(|n| **n == names[i]).count();
        if earlier > 0 {
            names[i] = format!("{}_{earlier}", names[i]);
        }
    }
    names
}
