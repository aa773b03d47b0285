//! The Cholesky decomposition.

use cornu_graph::ops::{broadcast_to, matmul};
use cornu_graph::{Result, Tensor};

use super::decomposition::{
    Decomposition, Outcome, Slopes, decompose_one, identity, lower_gradient, matrix,
    square_matrices, transposed, triangle,
};
use super::solve_triangular;

#[derive(Debug)]
struct Cholesky;

impl Decomposition for Cholesky {
    fn name(&self) -> &'static str {
        "cholesky"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        vec![sizes[0].to_vec()]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let lower = cornu_numeric::cholesky(inputs[0], sizes[0][0]);
        Ok(vec![lower.ok_or("must be positive definite")?])
    }

    /// Murray, "Differentiation of the Cholesky decomposition" (arXiv:1602.07527), equation 10.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let l = &s.results[0];
        let n = l.shape()[l.ndim() - 1];
        let slope = &s.slopes[0] * triangle(n, l.dtype(), true);
        let half = matrix([n, n], l.dtype(), |i, j| if i == j { 0.5 } else { f64::from(i > j) });
        let phi = matmul(&transposed(l), &slope) * half;
        let upper = transposed(l);
        let left = solve_triangular(&upper, &phi, false);
        let both = solve_triangular(&upper, &transposed(&left), false);
        Ok(vec![Some(lower_gradient(&both))])
    }
}

/// The lower triangles `L` with `a = L Lᵀ`, of symmetric positive definite matrices; the upper ones `U` with
/// `a = Uᵀ U` if `upper`.
///
/// Only the triangle of `a` that corresponds to the result is read, and the other gets no gradient. A matrix that is not positive
/// definite is an error when the tensor is evaluated.
///
/// ```
/// use cornu::{Array, Eval, Tensor, linalg};
/// let l = linalg::cholesky(&Tensor::from([[4.0, 2.0], [2.0, 5.0]]), false);
/// assert_eq!(l.array()?, Array::from([[2.0, 0.0], [1.0, 2.0]]));
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn cholesky(a: &Tensor, upper: bool) -> Tensor {
    Tensor::compose(&[a], || {
        let a = square_matrices("cholesky", a)?;
        let turned = |t: Tensor| if upper { transposed(&t) } else { t };
        Ok(turned(decompose_one(Cholesky, &[&turned(a)])?))
    })
}

/// The inverses of symmetric matrices whose Cholesky decompositions `x` are given: lower triangles, or upper
/// ones if `upper`.
pub fn cholesky_inverse(x: &Tensor, upper: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let x = square_matrices("cholesky_inverse", x)?;
        let lower = if upper { transposed(&x) } else { x };
        let n = lower.shape()[lower.ndim() - 1];
        let unit = broadcast_to(&identity(n, lower.dtype()), lower.shape());
        let inverse = solve_triangular(&lower, &unit, true);
        Ok(matmul(&transposed(&inverse), &inverse))
    })
}
