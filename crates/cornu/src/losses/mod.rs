//! What training minimises.

use std::sync::{Arc, OnceLock};

use cornu_graph::{Array, Error, Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Choice, Family, Object, Registry, from_config};
use crate::entry;

mod binary;
mod box_overlap;
mod categorical;
mod circle;
mod ctc;
mod define;
mod distributions;
mod function_loss;
mod hinge;
mod overlap;
mod regression;

pub use binary::*;
pub use box_overlap::BoxOverlap;
use categorical::check_labels;
pub(crate) use categorical::labels;
pub use categorical::*;
pub use circle::*;
pub use ctc::*;
pub use distributions::*;
pub use function_loss::FunctionLoss;
pub use hinge::*;
pub use overlap::*;
pub use regression::*;

/// Probabilities and divisors are kept this far from 0: Keras's `epsilon()`.
pub(crate) const EPSILON: f64 = 1e-7;

/// How the losses of the samples become one number.
///
/// In a config, `null` and `"none"` both mean no reduction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Option<Named>", into = "Option<Named>")]
pub enum Reduction {
    /// The sum over the number of values.
    #[default]
    SumOverBatchSize,
    /// The sum.
    Sum,
    /// As `SumOverBatchSize`, without the weights' mean: the sum over the sum of the weights.
    MeanWithSampleWeight,
    /// The mean; the weights do not count in the divisor.
    Mean,
    /// No reduction: one value per sample.
    None,
}

/// The names of reductions in Keras's configs.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    SumOverBatchSize,
    Sum,
    MeanWithSampleWeight,
    Mean,
    None,
}

impl From<Option<Named>> for Reduction {
    fn from(named: Option<Named>) -> Self {
        match named {
            Some(Named::SumOverBatchSize) => Reduction::SumOverBatchSize,
            Some(Named::Sum) => Reduction::Sum,
            Some(Named::MeanWithSampleWeight) => Reduction::MeanWithSampleWeight,
            Some(Named::Mean) => Reduction::Mean,
            Some(Named::None) | None => Reduction::None,
        }
    }
}

impl From<Reduction> for Option<Named> {
    fn from(reduction: Reduction) -> Self {
        match reduction {
            Reduction::SumOverBatchSize => Some(Named::SumOverBatchSize),
            Reduction::Sum => Some(Named::Sum),
            Reduction::MeanWithSampleWeight => Some(Named::MeanWithSampleWeight),
            Reduction::Mean => Some(Named::Mean),
            Reduction::None => None,
        }
    }
}

crate::config::register! {
    Loss,
    /// ```
    /// use std::sync::Arc;
    /// use cornu::layers::Dense;
    /// use cornu::losses::{self, Loss};
    /// use cornu::models::{Compile, Sequential};
    /// use cornu::{Tensor, config, ops};
    ///
    /// /// The pinball loss of a quantile.
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Pinball {
    ///     q: f64,
    /// }
    ///
    /// // Its serde form is its config.
    /// cornu::object!(Pinball);
    ///
    /// impl Loss for Pinball {
    ///     fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    ///         let e = y_true - y_pred;
    ///         ops::mean(&ops::maximum(&(&e * self.q), &(&e * (self.q - 1.0))), &[-1], false)
    ///     }
    /// }
    ///
    /// let model = Sequential::new().input([2]).add(Dense::new(1)).model()?;
    /// let pinball: Arc<dyn Loss> = Arc::new(Pinball { q: 0.9 });
    /// model.compile(Compile::new("adam").loss(pinball))?;
    /// let path = std::env::temp_dir().join("cornu-register-doc.keras");
    /// model.save(&path)?;
    ///
    /// // In the program that opens it:
    /// losses::register("Pinball", |config| {
    ///     Ok(Arc::new(config::from_config::<Pinball>("Pinball", config)?))
    /// });
    /// assert!(cornu::saving::load_model(&path)?.compiled().is_some());
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), cornu::Error>(())
    /// ```
}

/// A loss: how far predictions are from targets.
///
/// A closure is one, too, by its name: `("mine", |t: &Tensor, p: &Tensor| …)`, see [`FunctionLoss`]. [`register`] makes a
/// class known to files.
pub trait Loss: Object {
    /// One value per sample (the last axis is reduced), without weights: Keras's `Loss.call`.
    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Tensor;

    /// How the values are reduced to one. Default: [`Reduction::SumOverBatchSize`].
    fn reduction(&self) -> Reduction {
        Reduction::SumOverBatchSize
    }

    /// Which values count (`bool`); the others leave the reduction, too. Default: all.
    fn mask(&self, y_true: &Tensor, y_pred: &Tensor) -> Option<Tensor> {
        let _ = (y_true, y_pred);
        None
    }

    /// Looks at the targets of a batch before a model is trained or evaluated with them; `outputs` is the shape of the
    /// predictions. Default: all targets are fine.
    ///
    /// # Errors
    /// When a target means nothing to the loss: a label that is none of the classes.
    fn check_targets(&self, y_true: &Array, outputs: &[usize]) -> crate::Result<()> {
        let _ = (y_true, outputs);
        Ok(())
    }

    /// The weighted, reduced loss: Keras's `Loss.__call__`.
    ///
    /// `sample_weight`: one weight per value, or per sample; broadcast along the other axes.
    fn compute(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Tensor {
        let values = self.call(y_true, y_pred);
        let reduction = self.reduction();
        match self.mask(y_true, y_pred) {
            None => reduce_weighted(&values, sample_weight, reduction),
            Some(mask) => Tensor::compose(&[&values, &mask], || {
                let weights = mask_weights(&mask, sample_weight, &values, reduction)?;
                Ok(reduce_weighted(&values, Some(&weights), reduction))
            }),
        }
    }
}

impl Family for dyn Loss {
    const MODULE: &'static str = "keras.losses";
    const KIND: &'static str = "loss";

    fn registry() -> &'static Registry<dyn Loss> {
        static REGISTRY: OnceLock<Registry<dyn Loss>> = OnceLock::new();
        REGISTRY.get_or_init(|| {
            let registry: Registry<dyn Loss> = Registry::new(vec![
                entry!(BinaryCrossentropy, "bce"),
                entry!(BinaryFocalCrossentropy),
                entry!(CategoricalCrossentropy),
                entry!(CategoricalFocalCrossentropy),
                entry!(CategoricalGeneralizedCrossEntropy),
                entry!(CategoricalHinge),
                entry!(CTC),
                entry!(Circle),
                entry!(CosineSimilarity),
                entry!(Dice),
                entry!(Hinge),
                entry!(Huber),
                entry!(KLDivergence, "kld", "kullback_leibler_divergence"),
                entry!(LogCosh),
                entry!(MeanAbsoluteError, "mae"),
                entry!(MeanAbsolutePercentageError, "mape"),
                entry!(MeanSquaredError, "mse"),
                entry!(MeanSquaredLogarithmicError, "msle"),
                entry!(Poisson),
                entry!(SparseCategoricalCrossentropy),
                entry!(SquaredHinge),
                entry!(Tversky),
            ]);
            registry.register("BoxOverlap", |config| {
                Ok(Arc::new(from_config::<BoxOverlap>("BoxOverlap", config)?))
            });
            registry
        })
    }
}

impl<L: Loss + 'static> From<L> for Choice<dyn Loss> {
    fn from(loss: L) -> Self {
        Choice::Object(Arc::new(loss))
    }
}

/// Predictions and targets in one dtype and rank: a trailing axis of size 1 that one of them lacks is
/// added or dropped, as Keras's `squeeze_or_expand_to_same_rank` does.
pub fn align(y_true: &Tensor, y_pred: &Tensor) -> (Tensor, Tensor) {
    let y_true = ops::cast(y_true, y_pred.dtype());
    // The longer of two loses its axis, unless the other is a vector, which becomes a column.
    let fit = |long: &Tensor, short: &Tensor| match short.ndim() {
        1 => (long.clone(), ops::expand_dims(short, -1)),
        _ => (ops::squeeze(long, &[-1]), short.clone()),
    };
    let longer = |a: &Tensor, b: &Tensor| a.ndim() == b.ndim() + 1 && a.shape().last() == Some(&1);
    if longer(y_pred, &y_true) {
        let (p, t) = fit(y_pred, &y_true);
        (t, p)
    } else if longer(&y_true, y_pred) {
        fit(&y_true, y_pred)
    } else {
        (y_true, y_pred.clone())
    }
}

/// Values times weights, reduced: `sum(values · weights) / number of values` by default.
pub fn reduce_weighted(values: &Tensor, weights: Option<&Tensor>, reduction: Reduction) -> Tensor {
    let inputs: Vec<&Tensor> = std::iter::once(values).chain(weights).collect();
    Tensor::compose(&inputs, || {
        let weights = weights.map(|w| fit_weights(w, values)).transpose()?;
        let weighted = match &weights {
            Some(w) => values * w,
            None => values.clone(),
        };
        let total = || ops::sum(&weighted, &[], false);
        let count = values.count().max(1) as f64;
        Ok(match (reduction, &weights) {
            (Reduction::None, _) => weighted,
            (Reduction::Sum, _) => total(),
            (Reduction::MeanWithSampleWeight, Some(w)) => {
                // The weights as given: one that stands for several values counts once.
                let divisor = ops::sum(w, &[], false);
                let zero = ops::zeros_like(&divisor);
                // Where all weights are 0, so is the loss.
                let safe =
                    ops::where_(&ops::equal(&divisor, &zero), &ops::ones_like(&divisor), &divisor);
                total() / safe
            }
            _ => total() / count,
        })
    })
}

/// Weights that leave out what a mask does not count; where a mean is taken, the others count more in
/// proportion.
fn mask_weights(
    mask: &Tensor,
    sample_weight: Option<&Tensor>,
    values: &Tensor,
    reduction: Reduction,
) -> cornu_graph::Result<Tensor> {
    let mut weights = ops::cast(mask, values.dtype());
    if matches!(reduction, Reduction::SumOverBatchSize | Reduction::Mean) {
        let valid = ops::sum(&weights, &[], false);
        weights = weights * (mask.count() as f64 / (valid + EPSILON));
    }
    match sample_weight {
        Some(given) => Ok(weights * fit_weights(given, values)?),
        None => Ok(weights),
    }
}

/// Weights in the dtype and rank of `values`, ready to broadcast.
pub(crate) fn fit_weights(weights: &Tensor, values: &Tensor) -> cornu_graph::Result<Tensor> {
    let mut weights = ops::cast(weights, values.dtype());
    if weights.ndim() == values.ndim() + 1 && weights.shape().last() == Some(&1) {
        weights = ops::squeeze(&weights, &[-1]);
    }
    if weights.ndim() > values.ndim() {
        return Err(Error::invalid(
            "loss",
            "sample_weight",
            format!("must have at most the rank of the values {:?}", values.shape()),
            format!("shape={:?}", weights.shape()),
        ));
    }
    let mut shape = weights.shape().to_vec();
    shape.resize(values.ndim(), 1);
    Ok(ops::reshape(&weights, &shape))
}
