//! Matrix decompositions and Fourier transforms of plain `f64` slices.
//!
//! The libraries behind them (`faer`, `rustfft`) are generic code that is slow to compile: here it is compiled
//! once, for `f64` alone. Matrices are row-major slices of `rows * columns` elements.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod eigen;
mod fourier;
mod matrix;
mod triangular;

pub use eigen::{eigh, eigvalsh, singular_values, svd};
pub use fourier::{Direction, fourier};
pub use matrix::{Lu, cholesky, lu, qr};
pub use triangular::{Triangle, solve_triangular};
