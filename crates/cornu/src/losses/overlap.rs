//! Losses of overlapping regions.

use cornu_graph::{Tensor, ops};

use super::{EPSILON, align, define::loss};

loss! {
    /// `1 - 2 · |t ∩ p| / (|t| + |p|)`.
    Dice "dice" {
        /// The axes of one region. Default: all, so that there is one value for the batch.
        axis: Option<Vec<isize>> = None;
    } |me, t, p| {
        let (t, p) = align(t, p);
        let total = |x: &Tensor| ops::sum(x, me.axis.as_deref().unwrap_or(&[]), false);
        let both = total(&(&t * &p)) * 2.0;
        1.0 - both / (total(&t) + total(&p) + EPSILON)
    }

    /// `1 - |t ∩ p| / (|t ∩ p| + alpha · |t \ p| + beta · |p \ t|)` (Salehi et al., 2017).
    Tversky "tversky" {
        /// The weight of what is missed. Default 0.5.
        alpha: f64 = 0.5;
        /// The weight of what is too much. Default 0.5.
        beta: f64 = 0.5;
        /// The axes of one region. Default: all, so that there is one value for the batch.
        axis: Option<Vec<isize>> = None;
    } |me, t, p| {
        let (t, p) = align(t, p);
        let total = |x: &Tensor| ops::sum(x, me.axis.as_deref().unwrap_or(&[]), false);
        let both = total(&(&t * &p));
        let missed = total(&(&t * (1.0 - &p)));
        let excess = total(&(&p * (1.0 - &t)));
        1.0 - &both / (&both + missed * me.alpha + excess * me.beta + EPSILON)
    }
}
