//! Errors in the unit of targets that a model sees standardised.

use cornu_graph::{Array, Spec, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::{Direction, Metric, StateDtype};
use crate::config::Choice;
use crate::layers::{Normalization, Numbers};
use crate::losses::EPSILON;
use crate::{Error, Result, object};

object!(Unscaled);

/// A metric of targets and predictions that are first turned back to their own unit: `y · std + mean`.
///
/// For a model that is trained on standardised targets, `(y - mean) / std`: the mean absolute error of standardised house
/// prices says little, this one says dollars. Its name is that of the metric.
///
/// ```
/// use cornu::{Array, layers::Normalization, metrics::{Tracker, Unscaled}};
/// let prices = Array::new(&[4, 1], vec![10f32, 20.0, 30.0, 40.0])?;
/// let scaler = Normalization::new().adapt(&prices)?;
/// let mut mae = Tracker::new(Unscaled::by("mae", &scaler)?)?;
/// // Half a standard deviation off.
/// mae.update_state(&Array::new(&[1, 1], vec![0f32])?, &Array::new(&[1, 1], vec![0.5f32])?, None)?;
/// assert!((mae.result()?.item()? - 0.5 * 125f64.sqrt()).abs() < 1e-4);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unscaled {
    /// The name. Default: that of the metric.
    pub name: String,
    /// What Keras writes as the dtype of the state, which is `float32`.
    #[serde(default)]
    pub dtype: StateDtype,
    /// The metric of values in their own unit.
    pub metric: Choice<dyn Metric>,
    /// The mean that was taken from targets: a number, or one per column.
    pub mean: Numbers,
    /// The standard deviation by which they were divided: a number, or one per column.
    pub std: Numbers,
}

impl Unscaled {
    /// A metric of targets that were standardised with this mean and standard deviation.
    ///
    /// # Errors
    /// When no metric has the name.
    pub fn new(
        metric: impl Into<Choice<dyn Metric>>,
        mean: impl Into<Numbers>,
        std: impl Into<Numbers>,
    ) -> Result<Self> {
        let metric = metric.into();
        let name = match &metric {
            Choice::Name(given) => metric.get().map(|_| given.clone())?,
            Choice::Object(object) => object.name().to_string(),
        };
        Ok(Unscaled { name, dtype: StateDtype, metric, mean: mean.into(), std: std.into() })
    }

    /// A metric of targets that went through a [`Normalization`] with known statistics.
    ///
    /// # Errors
    /// When no metric has the name, or the layer has neither been adapted nor given a mean and a variance.
    pub fn by(metric: impl Into<Choice<dyn Metric>>, layer: &Normalization) -> Result<Self> {
        let (mean, variance) = layer.statistics()?;
        Unscaled::new(metric, mean, variance.map(|v| v.sqrt().max(EPSILON)))
    }

    /// Values in their own unit.
    fn unscale(&self, argument: &str, y: &Tensor) -> Result<Tensor> {
        y.check()?;
        let y = ops::cast(y, y.dtype().to_float());
        let (mean, std) = (self.mean.like(&y)?, self.std.like(&y)?);
        for numbers in [&mean, &std] {
            let columns = if y.ndim() > 1 { y.shape().last().copied().unwrap_or(1) } else { 1 };
            if numbers.count() != 1 && numbers.shape() != [columns] {
                let rule = format!(
                    "must have a column for each of {} means and deviations",
                    numbers.count()
                );
                return Err(Error::invalid(&self.name, argument, rule, format!("{:?}", y.shape())));
            }
        }
        let shape = y.shape().to_vec();
        let spread =
            |t: &Tensor| if t.count() == 1 { ops::reshape(t, &[0usize; 0]) } else { t.clone() };
        let y = y * spread(&std) + spread(&mean);
        Ok(ops::reshape(&y, &shape))
    }
}

impl Metric for Unscaled {
    fn name(&self) -> &str {
        &self.name
    }
    fn state(&self, y_true: &Spec, y_pred: &Spec) -> Result<Vec<Array>> {
        let spec = |s: &Spec| Spec::new(s.shape.clone(), s.dtype.to_float());
        self.metric.get()?.state(&spec(y_true), &spec(y_pred))
    }
    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let (t, p) = (self.unscale("y_true", y_true)?, self.unscale("y_pred", y_pred)?);
        self.metric.get()?.update(state, &t, &p, sample_weight)
    }
    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        self.metric.get()?.result(state)
    }
    fn direction(&self) -> Option<Direction> {
        self.metric.get().ok()?.direction()
    }
}

/// An error of standardised values in their own unit: a mean absolute or root mean squared error times the standard
/// deviation, a mean squared error times the variance.
///
/// `metric`: a name that Keras has for one of the three (`"mae"`, `"mean_squared_error"`, `"rmse"`); `std`: the standard deviation
/// of the column whose error it is.
///
/// ```
/// use cornu::metrics::unscale_error;
/// assert_eq!(unscale_error("mae", 0.25, 8.0)?, 2.0);
/// assert_eq!(unscale_error("mse", 0.25, 8.0)?, 16.0);
/// # Ok::<(), cornu::Error>(())
/// ```
///
/// # Errors
/// When the metric does not grow with its values (a percentage, a score), or `std` is not a number from 0 on.
pub fn unscale_error(metric: &str, error: f64, std: f64) -> Result<f64> {
    if !(std >= 0.0 && std.is_finite()) {
        return Err(Error::invalid("unscale_error", "std", "must be a number from 0 on", std));
    }
    match Choice::<dyn Metric>::from(metric).get()?.class_name() {
        "MeanAbsoluteError" | "RootMeanSquaredError" => Ok(error * std),
        "MeanSquaredError" => Ok(error * std * std),
        _ => {
            let rule = "must be a mean absolute, mean squared or root mean squared error";
            Err(Error::invalid("unscale_error", "metric", rule, format!("{metric:?}")))
        }
    }
}
