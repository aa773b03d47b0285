//! Intersection over union of classes, from a confusion matrix.

use cornu_graph::ops::ScatterAdd;
use cornu_graph::{Array, DType, Spec, Tensor, ops};

use super::Metric;
use super::define::{CountDtype, metric, parts};
use crate::losses::EPSILON;
use crate::{Error, Result, object};

/// What all five metrics have in common.
struct Classes<'a> {
    metric: &'a str,
    dtype: CountDtype,
    num_classes: usize,
    /// The classes of which the mean is taken; all if none.
    targets: Option<&'a [usize]>,
    ignore_class: Option<i64>,
    sparse_y_true: bool,
    sparse_y_pred: bool,
    axis: isize,
}

impl Classes<'_> {
    fn state(&self) -> Result<Vec<Array>> {
        let n = self.num_classes;
        if n == 0 {
            return Err(Error::invalid(self.metric, "num_classes", "must be at least 1", n));
        }
        if let Some(targets) = self.targets
            && (targets.is_empty() || targets.iter().any(|&c| c >= n))
        {
            let rule = format!("must name classes in [0, {n}), at least one");
            return Err(Error::invalid(
                self.metric,
                "target_class_ids",
                rule,
                format!("{targets:?}"),
            ));
        }
        Ok(vec![Array::zeros(&[n, n], self.dtype.0)?])
    }

    /// Adds a batch to the matrix of true (rows) and predicted classes (columns).
    fn update(
        &self,
        state: &[Tensor],
        y_true: &Tensor,
        y_pred: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<Vec<Tensor>> {
        let [matrix] = parts(self.metric, state)?;
        let dtype = self.dtype.0;
        let ids = |t: &Tensor, sparse: bool| {
            let ids = if sparse { t.clone() } else { ops::argmax(t, self.axis) };
            ops::reshape(&ops::cast(&ids, dtype), &[ids.count()])
        };
        let (t, p) = (ids(y_true, self.sparse_y_true), ids(y_pred, self.sparse_y_pred));
        t.check()?;
        p.check()?;
        if t.shape() != p.shape() {
            let rule = format!("must have as many labels as y_pred, {}", p.count());
            return Err(Error::invalid(self.metric, "y_true", rule, t.count()));
        }
        let weights = match weights {
            // One per row of several labels counts for each of them.
            Some(w) if w.ndim() > 0 && w.count() != t.count() => {
                let given = ops::broadcast_to(
                    &ops::reshape(w, &[w.count(), 1]),
                    &[w.count(), t.count() / w.count().max(1)],
                );
                ops::reshape(&given, t.shape())
            }
            Some(w) if w.ndim() > 0 => ops::reshape(w, t.shape()),
            Some(w) => ops::broadcast_to(w, t.shape()),
            None => ops::ones(t.shape(), dtype),
        };
        let weights = ops::cast(&weights, dtype);
        let (zero, end) =
            (ops::number_like(&t, 0.0), ops::number_like(&t, self.num_classes as f64));
        let inside =
            |x: &Tensor| ops::logical_and(&ops::greater_equal(x, &zero), &ops::less(x, &end));
        let mut counts = ops::logical_and(&inside(&t), &inside(&p));
        if let Some(ignored) = self.ignore_class {
            let other = ops::not_equal(&t, &ops::number_like(&t, ignored as f64));
            counts = ops::logical_and(&counts, &other);
        }
        let index = |x: &Tensor| ops::cast(&ops::where_(&counts, x, &zero), DType::I64);
        let n = self.num_classes;
        let cell = index(&t) * n as f64 + index(&p);
        let weights = ops::where_(&counts, &weights, &ops::zeros_like(&weights));
        let added =
            Tensor::apply(ScatterAdd { axis: 0, size: n.saturating_mul(n) }, &[&weights, &cell]);
        Ok(vec![matrix + ops::reshape(&added, &[n, n])])
    }

    /// The mean over the classes that occur.
    fn result(&self, state: &[Tensor]) -> Result<Tensor> {
        let [matrix] = parts(self.metric, state)?;
        let n = self.num_classes;
        let diagonal =
            ops::equal(&ops::iota(&[n, n], 0, DType::I32), &ops::iota(&[n, n], 1, DType::I32));
        let both = ops::sum(&ops::where_(&diagonal, matrix, &ops::zeros_like(matrix)), &[1], false);
        let either = ops::sum(matrix, &[0], false) + ops::sum(matrix, &[1], false) - &both;
        let chosen = |x: &Tensor| {
            let x = ops::cast(x, DType::F32);
            let Some(targets) = self.targets else { return Ok(x) };
            let ids = Array::new(&[targets.len()], targets.iter().map(|&c| c as i64).collect())?;
            Ok::<_, Error>(ops::take(&x, &Tensor::from(ids), 0))
        };
        let (both, either) = (chosen(&both)?, chosen(&either)?);
        let occurs = ops::greater(&either, &ops::number_like(&either, 1e-9));
        let iou =
            ops::where_(&occurs, &(both / (either + EPSILON)), &ops::number_like(matrix, 0.0));
        let count = ops::cast(&ops::sum(&occurs, &[], false), DType::F32);
        Ok(ops::cast(&(ops::sum(&iou, &[], false) / (count + EPSILON)), DType::F32))
    }
}

macro_rules! iou {
    ($($type:ident($me:ident) { $($field:ident: $value:expr),* $(,)? } |$pred:ident| $decided:expr;)*) => {
        $(
            object!($type);

            impl $type {
                fn classes(&self) -> Classes<'_> {
                    let $me = self;
                    Classes { metric: &$me.name, dtype: $me.dtype, $($field: $value),* }
                }
            }

            impl Metric for $type {
                fn name(&self) -> &str {
                    &self.name
                }
                fn state(&self, _: &Spec, _: &Spec) -> Result<Vec<Array>> {
                    self.classes().state()
                }
                fn update(
                    &self,
                    state: &[Tensor],
                    y_true: &Tensor,
                    $pred: &Tensor,
                    sample_weight: Option<&Tensor>,
                ) -> Result<Vec<Tensor>> {
                    let $me = self;
                    $me.classes().update(state, y_true, &$decided, sample_weight)
                }
                fn result(&self, state: &[Tensor]) -> Result<Tensor> {
                    self.classes().result(state)
                }
            }
        )*
    };
}

metric! {
    /// Intersection over union (Jaccard's index) of classes: `hits / (hits + misses + false alarms)`, the mean over
    /// the target classes that occur in targets or predictions.
    ///
    /// Labels are integers; those outside `[0, num_classes)` do not count. The state's dtype is `int64` unless another is
    /// chosen: then a sample weight below 1 counts as 0, as in Keras.
    ///
    /// ```
    /// use cornu::{Array, metrics::{IoU, Tracker}};
    /// let mut iou = Tracker::new(IoU::new(2usize, [0]))?;
    /// let (t, p) = (Array::new(&[4], vec![0i32, 0, 1, 1])?, Array::new(&[4], vec![0i32, 1, 0, 1])?);
    /// iou.update_state(&t, &p, None)?;
    /// assert!((iou.result()?.item()? - 1.0 / 3.0).abs() < 1e-6);
    /// # Ok::<(), cornu::Error>(())
    /// ```
    IoU "io_u": CountDtype (
        /// The number of classes.
        num_classes: usize,
        /// The classes of which the mean is taken.
        target_class_ids: Vec<usize>,
    ) {
        /// A label that does not count where it is the target. Default: none.
        ignore_class: Option<i64> = None;
        /// Whether targets are integers; otherwise the largest along `axis` counts. Default: true.
        sparse_y_true: bool = true;
        /// Whether predictions are integers; otherwise the largest along `axis` counts. Default: true.
        sparse_y_pred: bool = true;
        /// The axis of the classes where labels are not integers. Default -1.
        axis: isize = -1;
    }
}

metric! {
    /// The mean intersection over union of all classes that occur; see [`IoU`].
    MeanIoU "mean_io_u": CountDtype (
        /// The number of classes.
        num_classes: usize,
    ) {
        /// A label that does not count where it is the target. Default: none.
        ignore_class: Option<i64> = None;
        /// Whether targets are integers; otherwise the largest along `axis` counts. Default: true.
        sparse_y_true: bool = true;
        /// Whether predictions are integers; otherwise the largest along `axis` counts. Default: true.
        sparse_y_pred: bool = true;
        /// The axis of the classes where labels are not integers. Default -1.
        axis: isize = -1;
    }
}

metric! {
    /// Intersection over union for one-hot targets; see [`IoU`].
    OneHotIoU "one_hot_io_u": CountDtype (
        /// The number of classes.
        num_classes: usize,
        /// The classes of which the mean is taken.
        target_class_ids: Vec<usize>,
    ) {
        /// A label that does not count where it is the target. Default: none.
        ignore_class: Option<i64> = None;
        /// Whether predictions are integers; otherwise the largest along `axis` counts. Default: false.
        sparse_y_pred: bool = false;
        /// The axis of the classes. Default -1.
        axis: isize = -1;
    }
}

metric! {
    /// The mean intersection over union of all classes that occur, for one-hot targets; see [`IoU`].
    OneHotMeanIoU "one_hot_mean_io_u": CountDtype (
        /// The number of classes.
        num_classes: usize,
    ) {
        /// A label that does not count where it is the target. Default: none.
        ignore_class: Option<i64> = None;
        /// Whether predictions are integers; otherwise the largest along `axis` counts. Default: false.
        sparse_y_pred: bool = false;
        /// The axis of the classes. Default -1.
        axis: isize = -1;
    }
}

metric! {
    /// Intersection over union for targets 0 and 1 and predictions in `[0, 1]`; see [`IoU`].
    BinaryIoU "binary_io_u": CountDtype {
        /// The classes of which the mean is taken: 0, 1 or both. Default: both.
        target_class_ids: Vec<usize> = vec![0, 1];
        /// From it on (included) a prediction counts as 1. Default 0.5.
        threshold: f64 = 0.5;
    }
}

iou! {
    IoU(me) {
        num_classes: me.num_classes, targets: Some(&me.target_class_ids), ignore_class: me.ignore_class,
        sparse_y_true: me.sparse_y_true, sparse_y_pred: me.sparse_y_pred, axis: me.axis,
    } |p| p;
    MeanIoU(me) {
        num_classes: me.num_classes, targets: None, ignore_class: me.ignore_class,
        sparse_y_true: me.sparse_y_true, sparse_y_pred: me.sparse_y_pred, axis: me.axis,
    } |p| p;
    OneHotIoU(me) {
        num_classes: me.num_classes, targets: Some(&me.target_class_ids), ignore_class: me.ignore_class,
        sparse_y_true: false, sparse_y_pred: me.sparse_y_pred, axis: me.axis,
    } |p| p;
    OneHotMeanIoU(me) {
        num_classes: me.num_classes, targets: None, ignore_class: me.ignore_class,
        sparse_y_true: false, sparse_y_pred: me.sparse_y_pred, axis: me.axis,
    } |p| p;
    BinaryIoU(me) {
        num_classes: 2, targets: Some(&me.target_class_ids), ignore_class: None,
        sparse_y_true: true, sparse_y_pred: true, axis: -1,
    } |p| {
        let p = ops::cast(p, DType::F32);
        ops::greater_equal(&p, &ops::number_like(&p, me.threshold))
    };
}
