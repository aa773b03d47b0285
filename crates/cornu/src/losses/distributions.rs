//! Losses that compare distributions and rates.

use cornu_graph::{Tensor, ops};

use super::{EPSILON, align, define::loss};

loss! {
    /// `mean(p - t · ln p)` over the last axis: the negative log-likelihood of counts, less a constant.
    Poisson "poisson" {} |_me, t, p| poisson(t, p)

    /// `Σ t · ln(t / p)` over the last axis (Kullback and Leibler, 1951).
    KLDivergence "kl_divergence" {} |_me, t, p| kl_divergence(t, p)
}

/// `mean(p - t · ln p)` over the last axis.
pub fn poisson(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    ops::mean(&(&p - t * ops::log(&(&p + EPSILON))), &[-1], false)
}

/// `Σ t · ln(t / p)` over the last axis; both are kept in `[1e-7, 1]`.
pub fn kl_divergence(y_true: &Tensor, y_pred: &Tensor) -> Tensor {
    let (t, p) = align(y_true, y_pred);
    let (t, p) = (ops::clip(&t, EPSILON, 1.0), ops::clip(&p, EPSILON, 1.0));
    ops::sum(&(&t * ops::log(&(&t / p))), &[-1], false)
}
