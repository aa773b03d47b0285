//! The loss of sequences whose alignment is not known.

use cornu_graph::{DType, Error, Tensor, ops};

use super::define::loss;

/// The logarithm of the probability of what cannot be, `ln 1e-307`: TensorFlow's, so that targets too long for
/// the predictions have its large, finite loss.
const IMPOSSIBLE: f64 = -706.893_623_549_172;

loss! {
    /// Connectionist temporal classification: `-ln p` of the target sequence, summed over all ways to stretch it
    /// over the time steps with blanks between (Graves et al., 2006).
    ///
    /// Targets: integers of shape `(batch, labels)`, where 0 is the blank and pads what is shorter. Predictions:
    /// logits of shape `(batch, steps, classes)`.
    ///
    /// The steps follow one another, so the graph grows with their number.
    CTC "ctc" {} |_me, t, p| ctc(t, p)
}

fn ctc(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    Tensor::compose(&[y_true, y_pred], || {
        let invalid = |name: &str, rule: &str, value: &Tensor| {
            Err(Error::invalid("CTC", name, rule, format!("shape={:?}", value.shape())))
        };
        let [batch, steps, _] = *y_pred.shape() else {
            return invalid("y_pred", "must have shape (batch, steps, classes)", y_pred);
        };
        if steps == 0 {
            return invalid("y_pred", "must have at least one step", y_pred);
        }
        let [rows, length] = *y_true.shape() else {
            return invalid("y_true", "must have shape (batch, labels)", y_true);
        };
        if rows != batch {
            return invalid("y_true", &format!("must have {batch} rows"), y_true);
        }
        let labels = ops::cast(y_true, DType::I32);
        let blank = ops::zeros_like(&labels);
        let lengths = ops::cast(&ops::not_equal(&labels, &blank), DType::I32);
        let lengths = ops::sum(&lengths, &[1], true);

        // A blank before, between and after the labels.
        let states = 2 * length + 1;
        let pairs = ops::reshape(&ops::stack(&[blank, labels], -1), &[batch, 2 * length]);
        let path = ops::pad(&pairs, &[(0, 0), (0, 1)], 0.0);
        let log = ops::log_softmax(y_pred, &[-1]);
        let everywhere = ops::broadcast_to(&ops::expand_dims(&path, 1), &[batch, steps, states]);
        let emitted = ops::take_along_axis(&log, &everywhere, -1);
        let number = |n: f64| ops::number_like(&emitted, n);
        let at = |t: usize| ops::squeeze(&ops::slice_axis(&emitted, 1, t, t + 1), &[1]);

        let later = |x: &Tensor, by: usize| {
            let moved = ops::pad(x, &[(0, 0), (by.min(states), 0)], IMPOSSIBLE);
            ops::slice_axis(&moved, 1, 0, states)
        };
        let place = ops::iota(&[batch, states], 1, DType::I32);
        let first = ops::less(&place, &Tensor::scalar(2i32));
        let (possible, impossible) = (number(0.0), number(IMPOSSIBLE));
        // Only from one label to a different one may the blank between be left out.
        let before = ops::pad(&path, &[(0, 0), (2, 0)], 0.0);
        let equal = ops::equal(&path, &ops::slice_axis(&before, 1, 0, states));
        let skip = ops::where_(&ops::logical_or(&first, &equal), &impossible, &possible);
        let mut forward = ops::where_(&first, &possible, &impossible) + at(0);
        for t in 1..steps {
            let ways = [forward.clone(), later(&forward, 1), later(&forward, 2) + &skip];
            forward = ops::logsumexp(&ops::stack(&ways, -1), &[-1], false) + at(t);
        }

        // The end is the last label or the blank after it.
        let last = &lengths + &lengths;
        let label_before = ops::equal(&(&place + 1.0), &last);
        let ends = ops::logical_or(&ops::equal(&place, &last), &label_before);
        let ways = ops::where_(&ends, &forward, &number(f64::NEG_INFINITY));
        Ok(-ops::logsumexp(&ways, &[1], false))
    })
}
