//! The arguments of `compile`.

use std::sync::Arc;

use crate::config::Choice;
use crate::losses::Loss;
use crate::metrics::Metric;
use crate::optimizers::Optimizer;
use crate::{Error, Result};

/// Which output of a model an argument of `compile` is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Every output that has no argument of its own.
    All,
    /// The output at a place, the first is 0: Keras's lists.
    At(usize),
    /// The output of the layer with this name: Keras's dicts.
    Named(String),
}

impl From<&str> for Output {
    fn from(name: &str) -> Self {
        Output::Named(name.into())
    }
}

impl From<usize> for Output {
    fn from(place: usize) -> Self {
        Output::At(place)
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Output::All => f.write_str("all"),
            Output::At(place) => write!(f, "{place}"),
            Output::Named(name) => write!(f, "{name:?}"),
        }
    }
}

/// How a model is trained: optimizer, losses, metrics.
///
/// ```
/// use cornu::{models::Compile, optimizers::SGD};
/// let by_name = Compile::new("sgd").loss("mse").metrics(["mae"]);
/// let by_object = Compile::new(SGD::new(0.1).momentum(0.9)).loss("mse");
/// let two_outputs = Compile::new("adam")
///     .loss_of("value", "mse")
///     .loss_of("kind", "sparse_categorical_crossentropy")
///     .loss_weight_of("kind", 0.3)
///     .metrics_of("kind", ["accuracy"]);
/// ```
#[derive(Clone)]
pub struct Compile {
    pub(crate) optimizer: Choice<dyn Optimizer>,
    pub(crate) losses: Vec<(Output, Choice<dyn Loss>)>,
    pub(crate) loss_weights: Vec<(Output, f64)>,
    pub(crate) metrics: Vec<(Output, Choice<dyn Metric>)>,
    pub(crate) weighted_metrics: Vec<(Output, Choice<dyn Metric>)>,
}

impl Compile {
    /// An optimizer, by itself or by name, and no loss yet.
    pub fn new(optimizer: impl Into<Choice<dyn Optimizer>>) -> Self {
        Compile {
            optimizer: optimizer.into(),
            losses: Vec::new(),
            loss_weights: Vec::new(),
            metrics: Vec::new(),
            weighted_metrics: Vec::new(),
        }
    }

    /// Another optimizer in the place of the one given first.
    #[must_use]
    pub fn optimizer(mut self, optimizer: impl Into<Choice<dyn Optimizer>>) -> Self {
        self.optimizer = optimizer.into();
        self
    }

    /// The optimizer alone, with no loss and no metric yet.
    #[must_use]
    pub fn optimizer_only(self) -> Self {
        Compile::new(self.optimizer)
    }

    /// The loss of every output that has none of its own. Default: none; what layers add counts all the same.
    #[must_use]
    pub fn loss(mut self, loss: impl Into<Choice<dyn Loss>>) -> Self {
        self.losses.push((Output::All, loss.into()));
        self
    }

    /// The loss of one output, by the name of its layer or by its place.
    #[must_use]
    pub fn loss_of(mut self, output: impl Into<Output>, loss: impl Into<Choice<dyn Loss>>) -> Self {
        self.losses.push((output.into(), loss.into()));
        self
    }

    /// The factors of the outputs' losses in their sum, one by one. Default: 1.
    #[must_use]
    pub fn loss_weights(mut self, weights: &[f64]) -> Self {
        self.loss_weights.extend(weights.iter().enumerate().map(|(i, w)| (Output::At(i), *w)));
        self
    }

    /// The factor of one output's loss, by the name of its layer or by its place. Default: 1.
    #[must_use]
    pub fn loss_weight_of(mut self, output: impl Into<Output>, weight: f64) -> Self {
        self.loss_weights.push((output.into(), weight));
        self
    }

    /// Metrics of every output; sample weights do not count.
    #[must_use]
    pub fn metrics<M>(mut self, metrics: impl IntoIterator<Item = M>) -> Self
    where
        M: Into<Choice<dyn Metric>>,
    {
        self.metrics.extend(metrics.into_iter().map(|m| (Output::All, m.into())));
        self
    }

    /// Metrics of one output, by the name of its layer or by its place.
    #[must_use]
    pub fn metrics_of<M>(
        mut self,
        output: impl Into<Output>,
        metrics: impl IntoIterator<Item = M>,
    ) -> Self
    where
        M: Into<Choice<dyn Metric>>,
    {
        let output = output.into();
        self.metrics.extend(metrics.into_iter().map(|m| (output.clone(), m.into())));
        self
    }

    /// Metrics of every output in which sample weights count.
    #[must_use]
    pub fn weighted_metrics<M>(mut self, metrics: impl IntoIterator<Item = M>) -> Self
    where
        M: Into<Choice<dyn Metric>>,
    {
        self.weighted_metrics.extend(metrics.into_iter().map(|m| (Output::All, m.into())));
        self
    }

    /// Metrics of one output in which sample weights count.
    #[must_use]
    pub fn weighted_metrics_of<M>(
        mut self,
        output: impl Into<Output>,
        metrics: impl IntoIterator<Item = M>,
    ) -> Self
    where
        M: Into<Choice<dyn Metric>>,
    {
        let output = output.into();
        self.weighted_metrics.extend(metrics.into_iter().map(|m| (output.clone(), m.into())));
        self
    }

    /// The class of the loss of the output at a place with a name: `"MeanSquaredError"`; `None` where it has none.
    ///
    /// # Errors
    /// When no loss has the name that was given.
    pub fn loss_name(&self, place: usize, name: &str) -> Result<Option<String>> {
        let loss = of_output(&self.losses, place, name).map(Choice::get).transpose()?;
        Ok(loss.map(|loss| loss.class_name().to_string()))
    }

    /// An error that names the argument for an output that the model does not have.
    pub(crate) fn check(&self, names: &[String]) -> Result<()> {
        let outputs = |argument: &'static str, outputs: Vec<&Output>| {
            let unknown = |output: &&Output| match output {
                Output::All => false,
                Output::At(place) => *place >= names.len(),
                Output::Named(name) => !names.contains(name),
            };
            match outputs.into_iter().find(unknown) {
                None => Ok(()),
                Some(output) => {
                    let rule = format!("must be for one of the outputs {}", names.join(", "));
                    Err(Error::invalid("compile", argument, rule, output))
                }
            }
        };
        outputs("loss", self.losses.iter().map(|(o, _)| o).collect())?;
        outputs("loss_weights", self.loss_weights.iter().map(|(o, _)| o).collect())?;
        outputs("metrics", self.metrics.iter().map(|(o, _)| o).collect())?;
        outputs("weighted_metrics", self.weighted_metrics.iter().map(|(o, _)| o).collect())
    }
}

/// What was given for the output at `place`, or else for all.
pub(crate) fn of_output<'a, T>(
    given: &'a [(Output, T)],
    place: usize,
    name: &str,
) -> Option<&'a T> {
    let own = |(output, _): &&(Output, T)| output.is(place, name);
    let all = |(output, _): &&(Output, T)| *output == Output::All;
    given.iter().find(own).or_else(|| given.iter().find(all)).map(|(_, value)| value)
}

impl Output {
    /// Whether this is the output at `place` with `name` and no other.
    pub(crate) fn is(&self, place: usize, name: &str) -> bool {
        match self {
            Output::All => false,
            Output::At(at) => *at == place,
            Output::Named(own) => own == name,
        }
    }
}

impl<F> From<(&str, F)> for Choice<dyn Loss>
where
    F: Fn(&cornu_graph::Tensor, &cornu_graph::Tensor) -> cornu_graph::Tensor
        + Send
        + Sync
        + 'static,
{
    /// A loss of one's own: a name and a function of targets and predictions that gives one value per sample.
    fn from((name, function): (&str, F)) -> Self {
        Choice::Object(Arc::new(crate::losses::FunctionLoss::new(name, function)))
    }
}
