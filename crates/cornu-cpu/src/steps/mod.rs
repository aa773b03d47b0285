//! Kernels bound to shapes: one file per family, each a [`Kernel`](crate::plan::Kernel).

mod conv;
mod copy;
pub(crate) mod map;
mod matmul;
mod pooling;
mod reduce;
mod reference;

pub(crate) use conv::{Convolution, Direction};
pub(crate) use copy::Copy;
pub(crate) use matmul::Product;
pub(crate) use pooling::Pooling;
pub(crate) use reduce::{ArgReducing, Reducing};
pub(crate) use reference::Reference;
