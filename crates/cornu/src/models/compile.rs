//! The arguments of `compile`.

use std::sync::Arc;

use crate::config::Choice;
use crate::losses::Loss;
use crate::metrics::Metric;
use crate::optimizers::Optimizer;

/// How a model is trained: optimizer, losses, metrics.
///
/// ```
/// use cornu::{models::Compile, optimizers::SGD};
/// let by_name = Compile::new("sgd").loss("mse").metrics(["mae"]);
/// let by_object = Compile::new(SGD { momentum: 0.9, ..SGD::new(0.1) }).loss("mse");
/// ```
#[derive(Clone)]
pub struct Compile {
    pub(crate) optimizer: Choice<dyn Optimizer>,
    pub(crate) losses: Vec<(Option<String>, Choice<dyn Loss>)>,
    pub(crate) loss_weights: Vec<f64>,
    pub(crate) metrics: Vec<MetricArg>,
}

/// A metric, the output that it watches (all if unnamed), and whether sample weights count.
#[derive(Clone)]
pub(crate) struct MetricArg {
    pub(crate) output: Option<String>,
    pub(crate) metric: Choice<dyn Metric>,
    pub(crate) weighted: bool,
}

impl Compile {
    /// An optimizer, by itself or by name, and no loss yet.
    pub fn new(optimizer: impl Into<Choice<dyn Optimizer>>) -> Self {
        Compile {
            optimizer: optimizer.into(),
            losses: Vec::new(),
            loss_weights: Vec::new(),
            metrics: Vec::new(),
        }
    }

    /// The loss of every output that has none of its own. Default: none; what layers add counts all the same.
    #[must_use]
    pub fn loss(mut self, loss: impl Into<Choice<dyn Loss>>) -> Self {
        self.losses.push((None, loss.into()));
        self
    }

    /// The loss of one output, by the name of its layer.
    #[must_use]
    pub fn loss_of(mut self, output: &str, loss: impl Into<Choice<dyn Loss>>) -> Self {
        self.losses.push((Some(output.into()), loss.into()));
        self
    }

    /// The factors of the outputs' losses in their sum. Default: 1.
    #[must_use]
    pub fn loss_weights(mut self, weights: &[f64]) -> Self {
        self.loss_weights = weights.to_vec();
        self
    }

    /// Metrics of every output; sample weights do not count.
    #[must_use]
    pub fn metrics<M: Into<Choice<dyn Metric>>>(
        mut self,
        metrics: impl IntoIterator<Item = M>,
    ) -> Self {
        self.add(None, metrics, false);
        self
    }

    /// Metrics of one output, by the name of its layer.
    #[must_use]
    pub fn metrics_of<M: Into<Choice<dyn Metric>>>(
        mut self,
        output: &str,
        metrics: impl IntoIterator<Item = M>,
    ) -> Self {
        self.add(Some(output.into()), metrics, false);
        self
    }

    /// Metrics of every output in which sample weights count.
    #[must_use]
    pub fn weighted_metrics<M: Into<Choice<dyn Metric>>>(
        mut self,
        metrics: impl IntoIterator<Item = M>,
    ) -> Self {
        self.add(None, metrics, true);
        self
    }

    fn add<M: Into<Choice<dyn Metric>>>(
        &mut self,
        output: Option<String>,
        metrics: impl IntoIterator<Item = M>,
        weighted: bool,
    ) {
        let arg = |m: M| MetricArg { output: output.clone(), metric: m.into(), weighted };
        self.metrics.extend(metrics.into_iter().map(arg));
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
