//! Kernels bound to shapes: one file per family, each a [`Kernel`](crate::plan::Kernel).

mod copy;
pub(crate) mod map;
mod matmul;
mod reference;

pub(crate) use copy::Copy;
pub(crate) use matmul::Product;
pub(crate) use reference::Reference;
