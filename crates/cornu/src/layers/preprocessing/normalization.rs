//! Standardisation by the statistics of a data set.

use cornu_graph::{Array, DType, Tensor, Variable, ops};
use serde::{Deserialize, Deserializer, Serialize};

use super::Numbers;
use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, WeightArgs, Weights, axis_size, one};
use crate::losses::EPSILON;
use crate::{Error, Eval, Result};

/// `(x - mean) / max(√variance, 1e-7)` by feature, or the way back with `invert`.
///
/// The statistics are given, or those of a data set ([`Normalization::adapt`]); then they are weights that are not
/// trained: mean, variance, count. The output has the input's shape.
///
/// ```
/// use cornu::{Array, layers::{Input, LayerExt, Normalization}};
/// let data = Array::new(&[4, 1], vec![1f32, 2.0, 3.0, 4.0])?;
/// let y = Normalization::new().adapt(&data)?.apply(Input([1]))?;
/// assert_eq!(y.shape(), [None, Some(1)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Normalization {
    #[serde(deserialize_with = "axes")]
    axis: Vec<isize>,
    invert: bool,
    mean: Option<Numbers>,
    variance: Option<Numbers>,
    #[serde(skip)]
    adapted: Option<[Array; 3]>,
    #[serde(skip)]
    statistics: Option<[Variable; 2]>,
}

/// Keras writes a list, and takes a number or nothing, too.
fn axes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<isize>, D::Error> {
    let axes = Option::<crate::layers::Axes>::deserialize(deserializer)?;
    Ok(axes.map_or_else(Vec::new, |axes| axes.list().to_vec()))
}

impl Default for Normalization {
    fn default() -> Self {
        Normalization {
            axis: vec![-1],
            invert: false,
            mean: None,
            variance: None,
            adapted: None,
            statistics: None,
        }
    }
}

impl Normalization {
    /// Statistics of each feature: along the last axis.
    pub fn new() -> Self {
        Normalization::default()
    }

    /// The axes that have statistics of their own; none for one mean and variance of all values. Default: the last.
    #[must_use]
    pub fn axis(mut self, axes: impl AsRef<[isize]>) -> Self {
        self.axis = axes.as_ref().to_vec();
        self
    }

    crate::layer_arguments! {
        /// Whether normalised values are turned back. Default: false.
        invert: bool;
    }

    crate::layer_arguments! { optional
        /// The means, if they are known; then the variances must be given, too.
        mean: Numbers;
        /// The variances, if they are known.
        variance: Numbers;
    }

    /// Takes mean and variance (the population's) of data whose first axis counts the samples.
    ///
    /// # Errors
    /// When the data has no such axes, or no rows.
    pub fn adapt(mut self, data: &Array) -> Result<Self> {
        let shape: Shape = data.shape().iter().map(|&d| Some(d)).collect();
        let kept = self.kept(&shape)?;
        let over: Vec<isize> =
            (0..data.ndim()).filter(|a| !kept.contains(a)).map(|a| a as isize).collect();
        if data.is_empty() || over.is_empty() {
            let rule = "must have rows";
            return Err(Error::invalid(
                "Normalization",
                "data",
                rule,
                format!("{:?}", data.shape()),
            ));
        }
        let x = Tensor::from(data.cast(DType::F64));
        let (mean, variance) = (ops::mean(&x, &over, false), ops::var(&x, &over, 0, false));
        let count: usize = over.iter().map(|&a| data.shape()[a as usize]).product();
        let float = |t: &Tensor| Ok::<_, Error>(t.array()?.cast(DType::F32));
        let count = Array::scalar(count as i64);
        self.adapted = Some([float(&mean)?, float(&variance)?, count]);
        Ok(self)
    }

    /// The mean and the variance: the given ones, or those of the data that the layer was adapted to.
    ///
    /// # Errors
    /// When there are none.
    pub fn statistics(&self) -> Result<(Numbers, Numbers)> {
        match (&self.adapted, &self.mean, &self.variance) {
            (Some([mean, variance, _]), ..) => Ok((mean.into(), variance.into())),
            (None, Some(mean), Some(variance)) => Ok((mean.clone(), variance.clone())),
            _ => {
                let rule = "must be adapted to data, or given a mean and a variance";
                Err(Error::invalid("Normalization", "statistics", rule, "neither"))
            }
        }
    }

    /// The layer that undoes this one: `y · √variance + mean`.
    ///
    /// # Errors
    /// When the layer has no statistics yet.
    pub fn inverse(&self) -> Result<Normalization> {
        let (mean, variance) = self.statistics()?;
        let inverse = Normalization::new().axis(&self.axis).mean(mean).variance(variance);
        Ok(inverse.invert(!self.invert))
    }

    /// The axes with statistics of their own, counted from the front.
    fn kept(&self, shape: &Shape) -> Result<Vec<usize>> {
        if self.axis.is_empty() {
            return Ok(Vec::new());
        }
        let axes = cornu_graph::normalize_axes("Normalization", &self.axis, shape.len())?;
        if axes.contains(&0) {
            let rule = "must not name the batch";
            return Err(Error::invalid("Normalization", "axis", rule, format!("{:?}", self.axis)));
        }
        Ok(axes)
    }
}

impl Layer for Normalization {
    fn class_name(&self) -> &str {
        "Normalization"
    }

    fn config(&self) -> Result<Config> {
        to_config("Normalization", self)
    }

    fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let [shape] = inputs else {
            let received = format!("{} inputs", inputs.len());
            return Err(Error::invalid("Normalization", "inputs", "must be one tensor", received));
        };
        let kept = self.kept(shape)?;
        match (&self.mean, &self.variance) {
            (Some(_), Some(_)) => return Ok(()),
            (None, None) => {}
            _ => {
                let rule = "must be given together with `variance`, or neither";
                let received = format!("mean={:?}, variance={:?}", self.mean, self.variance);
                return Err(Error::invalid("Normalization", "mean", rule, received));
            }
        }
        let sizes = kept.iter().map(|&a| axis_size("Normalization", shape, a as isize));
        let sizes = sizes.collect::<Result<Vec<usize>>>()?;
        let fixed = |start: &str| WeightArgs::new(start).trainable(false);
        let mean = weights.add("mean", &sizes, fixed("zeros"))?;
        let variance = weights.add("variance", &sizes, fixed("ones"))?;
        let count = weights.add("count", &[], fixed("zeros").dtype(DType::I64))?;
        if let Some(values) = self.adapted.take() {
            for (weight, value) in [&mean, &variance, &count].into_iter().zip(values) {
                weight.assign(value)?;
            }
        }
        self.statistics = Some([mean, variance]);
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("Normalization", inputs)?;
        let x = ops::cast(x, x.dtype().to_float());
        let open: Shape = x.shape().iter().map(|&d| Some(d)).collect();
        let kept = self.kept(&open)?;
        let ones = |a: usize| if kept.contains(&a) { x.shape()[a] } else { 1 };
        let shape: Vec<usize> = (0..x.ndim()).map(ones).collect();
        let (mean, variance) = match (&self.statistics, &self.mean, &self.variance) {
            (Some([mean, variance]), _, _) => (cx.read(mean), cx.read(variance)),
            (None, Some(mean), Some(variance)) => (mean.like(&x)?, variance.like(&x)?),
            _ => return Err(Error::format("Normalization", "must be built before a call")),
        };
        // A single number stands for every feature.
        let spread = |t: &Tensor| if t.count() == 1 { t.clone() } else { ops::reshape(t, &shape) };
        let mean = ops::cast(&spread(&mean), x.dtype());
        let deviation = ops::sqrt(&ops::cast(&spread(&variance), x.dtype()));
        let deviation = ops::maximum(&deviation, &ops::number_like(&deviation, EPSILON));
        let y = if self.invert { mean + &x * deviation } else { (&x - mean) / deviation };
        Ok(vec![ops::reshape(&y, x.shape())])
    }
}
