//! The graph under Cornu: lazy tensors, shapes, dtypes, ops, gradients and passes.
//!
//! A [`Tensor`] is a handle to a node: an op, its inputs, a shape and a dtype. Building one computes
//! nothing. [`Graph::trace`] turns tensors into a flat graph, the passes rewrite it, and a [`Backend`]
//! compiles it into something that runs.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod array;
mod autodiff;
mod backend;
mod dtype;
mod error;
mod graph;
mod operators;
pub mod ops;
pub mod passes;
mod print;
mod shape;
mod tensor;
pub mod testing;
mod variable;

/// Memory that is kept for later arrays.
pub mod memory {
    pub use crate::array::recycle::{kept_bytes, release, set_limit};
}

pub use array::{Array, Data, Element};
pub use autodiff::gradients;
pub use backend::{Backend, Executable, Interpreter};
pub use dtype::DType;
pub use error::{Error, Result};
pub use graph::{Graph, Node, NodeId, Update};
pub use shape::{broadcast_shapes, element_count, normalize_axes, normalize_axis, strides};
pub use tensor::{Spec, Tensor};
pub use variable::Variable;
