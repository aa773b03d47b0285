//! The graph under Cornu: lazy tensors, shapes, dtypes, ops, gradients and passes.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod array;
mod dtype;
mod error;
mod shape;

pub use array::{Array, Data, Element};
pub use dtype::DType;
pub use error::{Error, Result};
pub use shape::{broadcast_shapes, element_count, normalize_axes, normalize_axis, strides};
