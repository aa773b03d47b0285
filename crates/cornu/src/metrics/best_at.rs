//! The best of one rate where another is good enough, over thresholds.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::Metric;
use super::confusion::{Confusion, Cuts, zeros};
use super::define::{metric, parts, ratio};
use crate::{Error, Result, object};

/// A metric over four counts at equally spaced thresholds: the largest `$best` where `$bound` is at least the
/// argument `$needed`.
macro_rules! best_at {
    ($($(#[$doc:meta])* $type:ident $name:literal: $best:ident where $bound:ident >= $needed:ident;)*) => {
        $(
            object!($type);

            metric! {
                $(#[$doc])*
                $type $name: StateDtype (
                    #[doc = concat!("The least ", stringify!($bound), ", in `[0, 1]`.")]
                    $needed: f64
                ) {
                    /// How many thresholds from 0 to 1 are tried; with 1, it is 0.5. Default 200.
                    num_thresholds: usize = 200;
                    /// The only class (column) that counts. Default: all.
                    class_id: Option<usize> = None;
                }
            }

            impl $type {
                fn confusion(&self) -> Result<Confusion<'_>> {
                    if !(0.0..=1.0).contains(&self.$needed) {
                        let argument = stringify!($needed);
                        return Err(Error::invalid(&self.name, argument, "must be in [0, 1]", self.$needed));
                    }
                    let cuts = match self.num_thresholds {
                        0 => return Err(Error::invalid(&self.name, "num_thresholds", "must be at least 1", 0)),
                        1 => Cuts::At(vec![0.5]),
                        count => Cuts::Even { count, margin: false },
                    };
                    Ok(Confusion { class_id: self.class_id, ..Confusion::new(&self.name, cuts) })
                }
            }

            impl Metric for $type {
                fn name(&self) -> &str {
                    &self.name
                }
                fn state(&self, _: &Spec, _: &Spec) -> Result<Vec<Array>> {
                    zeros(&[self.confusion()?.cuts.len()], 4)
                }
                fn update(
                    &self,
                    state: &[Tensor],
                    y_true: &Tensor,
                    y_pred: &Tensor,
                    sample_weight: Option<&Tensor>,
                ) -> Result<Vec<Tensor>> {
                    let [tp, fp, tn, fn_] = parts(&self.name, state)?;
                    let new = self.confusion()?.count(y_true, y_pred, sample_weight)?;
                    Ok(vec![
                        tp + new.true_positives,
                        fp + new.false_positives,
                        tn + new.true_negatives,
                        fn_ + new.false_negatives,
                    ])
                }
                fn result(&self, state: &[Tensor]) -> Result<Tensor> {
                    let counts = parts(&self.name, state)?;
                    let (best, bound) = ($best(counts), $bound(counts));
                    let enough = ops::greater_equal(&bound, &ops::number_like(&bound, self.$needed));
                    Ok(ops::max(&ops::where_(&enough, &best, &ops::zeros_like(&best)), &[], false))
                }
            }
        )*
    };
}

fn precision([tp, fp, ..]: &[Tensor; 4]) -> Tensor {
    ratio(tp, &(tp + fp))
}

fn recall([tp, _, _, fn_]: &[Tensor; 4]) -> Tensor {
    ratio(tp, &(tp + fn_))
}

/// Another word for recall.
fn sensitivity(counts: &[Tensor; 4]) -> Tensor {
    recall(counts)
}

fn specificity([_, fp, tn, _]: &[Tensor; 4]) -> Tensor {
    ratio(tn, &(tn + fp))
}

best_at! {
    /// The best sensitivity (true positive rate) where specificity is high enough; 0 if it nowhere is.
    SensitivityAtSpecificity "sensitivity_at_specificity": sensitivity where specificity >= specificity;

    /// The best specificity (true negative rate) where sensitivity is high enough; 0 if it nowhere is.
    SpecificityAtSensitivity "specificity_at_sensitivity": specificity where sensitivity >= sensitivity;

    /// The best precision where recall is high enough; 0 if it nowhere is.
    PrecisionAtRecall "precision_at_recall": precision where recall >= recall;

    /// The best recall where precision is high enough; 0 if it nowhere is.
    RecallAtPrecision "recall_at_precision": recall where precision >= precision;
}
