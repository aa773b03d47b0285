//! Linear algebra by the names of `numpy.linalg` and `keras.ops`.
//!
//! Matrices are the last two axes; leading axes are a batch, and broadcast where two tensors meet. Integers become
//! `float32` first. Results are computed in double precision and rounded to the input's type, one matrix after
//! the other, so that they do not depend on threads. What has no answer, such as the inverse of a singular
//! matrix, is an error when the tensor is evaluated.
//!
//! All functions but [`lu_factor`] and [`matrix_rank`] are differentiable. Signs are LAPACK's where it defines
//! them (the diagonals of [`cholesky`] and [`qr`]). Where NumPy leaves them open, the element of largest magnitude is
//! positive in each eigenvector and each left singular vector. Vectors of values that coincide are known up to a
//! rotation: there the gradient leaves the undefined part out.

mod cholesky;
mod decomposition;
mod det;
mod eigh;
mod lu;
mod norm;
mod pinv;
mod qr;
mod solve;
mod svd;
#[cfg(test)]
mod tests;

pub use cholesky::{cholesky, cholesky_inverse};
pub use det::{det, slogdet};
pub use eigh::{eigh, eigvalsh};
pub use lu::lu_factor;
pub use norm::{Order, norm};
pub use pinv::{LeastSquares, lstsq, matrix_rank, pinv};
pub use qr::{Mode, qr};
pub use solve::{inv, matrix_power, solve, solve_triangular};
pub use svd::{svd, svdvals};
