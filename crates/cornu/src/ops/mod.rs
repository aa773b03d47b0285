//! Tensor operations by NumPy's and Keras's names: the ops of the graph, and functions that count, search and
//! compare values.
//!
//! Functions whose result has a shape that depends on the data ([`bincount`], [`nonzero`], [`unique`]) compute at once and
//! return a `Result` with arrays; all others describe a tensor.

mod bincount;
mod diff;
mod histogram;
mod nonzero;
mod search;
mod unique;

pub use bincount::{bincount, bincount_of_length};
pub use cornu_graph::ops::*;
pub use diff::diff;
pub use histogram::{Bins, histogram};
pub use nonzero::{argwhere, compress, extract, flatnonzero, nonzero};
pub use search::{Side, digitize, isin, searchsorted};
pub use unique::{Unique, unique};
