//! Counts of right and wrong decisions, precision and recall.

use cornu_graph::{Array, Spec, Tensor, ops};

use super::Metric;
use super::confusion::{Confusion, Cuts, Thresholds, scalar_if_one, zeros};
use super::define::{metric, parts, ratio};
use crate::{Result, object};

/// A metric whose state is the sums of some of the four counts.
macro_rules! counting {
    ($($type:ident: $($count:ident),+; $top_k:expr, $class_id:expr; |$($part:ident),+| $result:expr;)*) => {
        $(
            object!($type);

            impl $type {
                fn confusion(&self) -> Result<Confusion<'_>> {
                    let get = |f: fn(&Self) -> Option<usize>| f(self);
                    let (top_k, class_id) = (get($top_k), get($class_id));
                    let cuts = Cuts::new(&self.name, &self.thresholds, top_k)?;
                    Ok(Confusion { top_k, class_id, ..Confusion::new(&self.name, cuts) })
                }
            }

            impl Metric for $type {
                fn name(&self) -> &str {
                    &self.name
                }
                fn state(&self, _: &Spec, _: &Spec) -> Result<Vec<Array>> {
                    zeros(&[self.confusion()?.cuts.len()], [$(stringify!($count)),+].len())
                }
                fn update(
                    &self,
                    state: &[Tensor],
                    y_true: &Tensor,
                    y_pred: &Tensor,
                    sample_weight: Option<&Tensor>,
                ) -> Result<Vec<Tensor>> {
                    let [$($part),+] = parts(&self.name, state)?;
                    let counts = self.confusion()?.count(y_true, y_pred, sample_weight)?;
                    Ok(vec![$($part + counts.$count),+])
                }
                fn result(&self, state: &[Tensor]) -> Result<Tensor> {
                    let [$($part),+] = parts(&self.name, state)?;
                    Ok(scalar_if_one(&$result))
                }
            }
        )*
    };
}

metric! {
    /// How many positives were taken for positives: the sum of their weights.
    ///
    /// Targets and predictions have one shape; a target other than 0 is positive, a prediction is where it is above a
    /// threshold. The value is a number, or a vector with one number per threshold where a list is given.
    TruePositives "true_positives": StateDtype {
        /// Where predictions are cut. Default: 0.5.
        thresholds: Option<Thresholds> = None;
    }

    /// How many negatives were taken for positives; see [`TruePositives`].
    FalsePositives "false_positives": StateDtype {
        /// Where predictions are cut. Default: 0.5.
        thresholds: Option<Thresholds> = None;
    }

    /// How many negatives were taken for negatives; see [`TruePositives`].
    TrueNegatives "true_negatives": StateDtype {
        /// Where predictions are cut. Default: 0.5.
        thresholds: Option<Thresholds> = None;
    }

    /// How many positives were taken for negatives; see [`TruePositives`].
    FalseNegatives "false_negatives": StateDtype {
        /// Where predictions are cut. Default: 0.5.
        thresholds: Option<Thresholds> = None;
    }

    /// The share of true positives in what was taken for positive; 0 where nothing was.
    ///
    /// ```
    /// use cornu::{Array, metrics::{Precision, Tracker}};
    /// let mut precision = Tracker::new(Precision { thresholds: Some([0.3, 0.6].into()), ..Default::default() })?;
    /// let (t, p) = (Array::new(&[3], vec![0f32, 1.0, 1.0])?, Array::new(&[3], vec![0.5f32, 0.9, 0.1])?);
    /// precision.update_state(&t, &p, None)?;
    /// assert_eq!(precision.result()?.to_vec::<f32>(), [0.5, 1.0]);
    /// # Ok::<(), cornu::Error>(())
    /// ```
    Precision "precision": StateDtype {
        /// Where predictions are cut. Default: 0.5, or nowhere if `top_k` is given.
        thresholds: Option<Thresholds> = None;
        /// Only so many of the largest predictions along the last axis can be positive. Default: all.
        top_k: Option<usize> = None;
        /// The only class (column) that counts. Default: all.
        class_id: Option<usize> = None;
    }

    /// The share of the positives that was taken for positive; 0 where there are none.
    Recall "recall": StateDtype {
        /// Where predictions are cut. Default: 0.5, or nowhere if `top_k` is given.
        thresholds: Option<Thresholds> = None;
        /// Only so many of the largest predictions along the last axis can be positive. Default: all.
        top_k: Option<usize> = None;
        /// The only class (column) that counts. Default: all.
        class_id: Option<usize> = None;
    }
}

counting! {
    TruePositives: true_positives; |_| None, |_| None; |count| count;
    FalsePositives: false_positives; |_| None, |_| None; |count| count;
    TrueNegatives: true_negatives; |_| None, |_| None; |count| count;
    FalseNegatives: false_negatives; |_| None, |_| None; |count| count;
    Precision: true_positives, false_positives; |me| me.top_k, |me| me.class_id;
        |hits, others| ratio(hits, &ops::add(hits, others));
    Recall: true_positives, false_negatives; |me| me.top_k, |me| me.class_id;
        |hits, others| ratio(hits, &ops::add(hits, others));
}
