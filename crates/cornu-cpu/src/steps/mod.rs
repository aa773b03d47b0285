//! Kernels bound to shapes: one file per family, each a [`Kernel`](crate::plan::Kernel).

/// Runs a generic call for the type that holds a dtype's elements.
macro_rules! for_dtype {
    ($dtype:expr, $T:ident => $call:expr) => {
        match $dtype {
            cornu_graph::DType::Bool | cornu_graph::DType::U8 => {
                type $T = u8;
                $call
            }
            cornu_graph::DType::I32 => {
                type $T = i32;
                $call
            }
            cornu_graph::DType::I64 => {
                type $T = i64;
                $call
            }
            cornu_graph::DType::F32 => {
                type $T = f32;
                $call
            }
            cornu_graph::DType::F64 => {
                type $T = f64;
                $call
            }
        }
    };
}

mod conv;
mod copy;
mod cumulative;
mod descent;
pub(crate) mod map;
mod matmul;
mod movement;
mod pooling;
mod random;
mod reduce;
mod reference;
mod slices;
mod sort;
mod together;

pub(crate) use conv::{Convolution, Direction};
pub(crate) use copy::Copy;
pub(crate) use cumulative::Cumulating;
pub(crate) use descent::Descent;
pub(crate) use matmul::Product;
pub(crate) use movement::{Indexing, Moving};
pub(crate) use pooling::Pooling;
pub(crate) use random::Filling;
pub(crate) use reduce::{ArgReducing, Reducing};
pub(crate) use reference::Reference;
pub(crate) use slices::{Base, Operand, Slices, Stage, Sum};
pub(crate) use sort::Ordering;
pub(crate) use together::Together;
