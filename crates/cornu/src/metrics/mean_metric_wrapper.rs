//! The mean of a function of targets and predictions.

use std::sync::Arc;

use cornu_graph::{Array, Spec, Tensor};
use serde_json::{Value, json};

use super::{Direction, Metric, mean_result, mean_state, mean_update};
use crate::config::{Choice, Config, Family, Object};
use crate::losses::Loss;
use crate::{Error, Result};

type Values = Arc<dyn Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync>;

/// The weighted mean of a function that gives one value per sample (or per position): of Keras's functions by name,
/// or of one's own.
///
/// ```
/// use cornu::{Array, metrics::{MeanMetricWrapper, Tracker}, ops};
/// let largest = MeanMetricWrapper::new("largest", |t, p| ops::max(&ops::abs(&(t - p)), &[-1], false));
/// let mut largest = Tracker::new(largest)?;
/// let (t, p) = (Array::new(&[1, 2], vec![0f32, 0.0])?, Array::new(&[1, 2], vec![1f32, -3.0])?);
/// largest.update_state(&t, &p, None)?;
/// assert_eq!(largest.result()?.item()?, 3.0);
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// A function of one's own is saved by its name alone; to load it again, register that name with
/// `<dyn Metric>::registry()`.
#[derive(Clone)]
pub struct MeanMetricWrapper {
    name: String,
    /// The function's name and its arguments, if it is one of Keras's.
    function: Option<(String, Config)>,
    values: Values,
    direction: Option<Direction>,
}

impl MeanMetricWrapper {
    /// The mean of a function of one's own.
    pub fn new(
        name: &str,
        function: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Self {
        let values = Arc::new(move |t: &Tensor, p: &Tensor| Ok(function(t, p)));
        MeanMetricWrapper { name: name.into(), function: None, values, direction: None }
    }

    /// The mean of a loss function or a metric function of Keras (`"huber"`, `"binary_accuracy"`), with its arguments.
    ///
    /// # Errors
    /// When no function has the name, or it does not take the arguments.
    pub fn named(function: &str, arguments: Config) -> Result<Self> {
        let name = "mean_metric_wrapper".to_string();
        let given = Some((function.to_string(), arguments.clone()));
        if let Some(loss) = <dyn Loss>::registry().revive(function, arguments.clone()) {
            let loss = loss?;
            let values: Values = Arc::new(move |t, p| Ok(loss.call(t, p)));
            let direction = Some(Direction::Down);
            return Ok(MeanMetricWrapper { name, function: given, values, direction });
        }
        let unknown = || {
            let rule = "must be the name of a loss function or of a metric that is a mean";
            Error::invalid("MeanMetricWrapper", "fn", rule, format!("{function:?}"))
        };
        let metric = <dyn Metric>::registry().revive(function, arguments).ok_or_else(unknown)??;
        let any = Tensor::input(&[1, 1], cornu_graph::DType::F32);
        metric.values(&any, &any).ok_or_else(unknown)?;
        let direction = metric.direction();
        let values: Values = Arc::new(move |t, p| {
            metric.values(t, p).ok_or_else(|| Error::format("MeanMetricWrapper", "has no values"))
        });
        Ok(MeanMetricWrapper { name, function: given, values, direction })
    }

    /// Whether larger or smaller values are better, for callbacks that watch it. Default: smaller for loss functions, that
    /// of the metric for metric functions, none for one's own.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = Some(direction);
        self
    }

    /// The name under which it is shown. Default: the function's own, or `"mean_metric_wrapper"`.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    pub(super) fn from_config(mut config: Config) -> Result<Arc<dyn Metric>> {
        config.remove("dtype");
        let name = config.remove("name");
        let function = config.remove("fn").unwrap_or(Value::Null);
        let given = function.get("config").unwrap_or(&function);
        let Some(function) = given.as_str() else {
            let reason = format!("fn must be the name of a function, not {given}");
            return Err(Error::format("MeanMetricWrapper", reason));
        };
        let metric = MeanMetricWrapper::named(function, config)?;
        Ok(Arc::new(match name.as_ref().and_then(Value::as_str) {
            Some(name) => metric.name(name),
            None => metric,
        }))
    }
}

impl Object for MeanMetricWrapper {
    fn class_name(&self) -> &str {
        if self.function.is_some() { "MeanMetricWrapper" } else { &self.name }
    }
    fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        if let Some((function, arguments)) = &self.function {
            config.insert("name".into(), json!(self.name));
            config.insert("dtype".into(), json!("float32"));
            let dict = json!({
                "module": "builtins",
                "class_name": "function",
                "config": function,
                "registered_name": "function",
            });
            config.insert("fn".into(), dict);
            config.extend(arguments.clone());
        }
        Ok(config)
    }
}

impl Metric for MeanMetricWrapper {
    fn name(&self) -> &str {
        &self.name
    }
    fn state(&self, _: &Spec, _: &Spec) -> Result<Vec<Array>> {
        Ok(mean_state())
    }
    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        mean_update(state, &(self.values)(y_true, y_pred)?, sample_weight)
    }
    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        mean_result(state)
    }
    fn direction(&self) -> Option<Direction> {
        self.direction
    }
}

impl<F> From<(&str, F)> for Choice<dyn Metric>
where
    F: Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'static,
{
    /// A metric of one's own: a name and a function of targets and predictions that gives one value per sample.
    fn from((name, function): (&str, F)) -> Self {
        MeanMetricWrapper::new(name, function).into()
    }
}
