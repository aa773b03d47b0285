//! A loss of embeddings.

use cornu_graph::{DType, Error, Tensor, ops};

use super::{define::loss, labels};

/// Stands for minus infinity: what is not a pair has no weight, and no gradient that is not a number.
const NOTHING: f64 = -1e30;

loss! {
    /// Pulls embeddings of one class together and pushes those of others apart (Sun et al., 2020); for integer
    /// targets and embeddings of length 1, as [`UnitNormalization`](crate::layers::UnitNormalization) makes them.
    ///
    /// With the distances `d = 1 - x·y` between the rows, and `m` the margin:
    /// `ln(1 + Σₙ exp(γ [1 + m - d]₊ (1 - m - d)) · Σₚ exp(-γ [m + d]₊ (m - d)))` over the rows `n` of other classes
    /// and `p` of the same. Rows whose loss is 0 do not count in the mean.
    Circle "circle" {
        /// The scale of the similarities. Default 80.
        gamma: f64 = 80.0;
        /// The distance between what is near and what is far. Default 0.4.
        margin: f64 = 0.4;
        /// Whether a row is no pair with itself. Default: true.
        remove_diagonal: bool = true;
    } |me, t, p| circle(me, t, p); mask {
        let values = circle(me, t, p);
        Some(ops::greater(&values, &ops::zeros_like(&values)))
    }
}

fn circle(me: &Circle, y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    Tensor::compose(&[y_true, y_pred], || {
        let [rows, _] = *y_pred.shape() else {
            let received = format!("shape={:?}", y_pred.shape());
            return Err(Error::invalid("Circle", "y_pred", "must be rows of embeddings", received));
        };
        let distances = 1.0 - ops::matmul(y_pred, &ops::transpose(y_pred, &[1, 0]));
        let zero = ops::zeros_like(&distances);
        let distances = ops::maximum(&distances, &zero);
        let classes = ops::reshape(&labels(y_true, y_pred), &[rows, 1]);
        let same = ops::equal(&classes, &ops::transpose(&classes, &[1, 0]));
        let place = |axis| ops::iota(&[rows, rows], axis, DType::I32);
        let pair = match me.remove_diagonal {
            true => ops::logical_and(&same, &ops::not_equal(&place(0), &place(1))),
            false => same.clone(),
        };
        let near = &distances + me.margin;
        let far = ops::maximum(&(1.0 + me.margin - &distances), &zero);
        let pull = near * (&distances - me.margin) * me.gamma;
        let push = far * (1.0 - me.margin - &distances) * me.gamma;
        let nothing = ops::number_like(&distances, NOTHING);
        let pull = ops::logsumexp(&ops::where_(&pair, &pull, &nothing), &[1], false);
        let push = ops::logsumexp(&ops::where_(&same, &nothing, &push), &[1], false);
        Ok(ops::softplus(&(pull + push)))
    })
}
