//! Kernels bound to shapes: one file per family, each a [`Kernel`](crate::plan::Kernel).

mod copy;
mod reference;

pub(crate) use copy::Copy;
pub(crate) use reference::Reference;
