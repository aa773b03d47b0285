//! The CPU engine under Cornu: plans, kernels, threads and SIMD.
#![warn(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]

pub mod conv;
mod cpu;
pub mod cumulative;
mod descent;
mod fuse;
pub mod gemm;
mod lower;
pub mod map;
pub mod math;
pub mod movement;
mod plan;
pub mod pool2d;
pub mod profile;
pub mod random;
pub mod reduce;
pub mod roofline;
pub mod runtime;
mod scratch;
pub mod simd;
mod slices;
pub mod sort;
mod steps;
#[cfg(test)]
mod testing;
mod updates;

pub use cpu::Cpu;
