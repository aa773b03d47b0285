//! The CPU engine under Cornu: plans, kernels, threads and SIMD.
#![warn(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]

pub mod gemm;
pub mod runtime;
mod scratch;
pub mod simd;
