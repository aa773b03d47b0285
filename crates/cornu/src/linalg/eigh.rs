//! Eigenvalues of symmetric matrices.

use cornu_graph::ops::{expand_dims, matmul};
use cornu_graph::{Result, Tensor};

use super::decomposition::{
    Decomposition, Outcome, Slopes, decompose, decompose_one, identity, lower_gradient,
    safe_reciprocal, several, square_matrices, transposed,
};

const FINITE: &str = "must be finite, so that its eigenvalues can be found";

#[derive(Debug)]
struct Eigh;

impl Decomposition for Eigh {
    fn name(&self) -> &'static str {
        "eigh"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        let [n, _] = sizes[0];
        vec![vec![n], vec![n, n]]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let (values, vectors) = cornu_numeric::eigh(inputs[0], sizes[0][0]).ok_or(FINITE)?;
        Ok(vec![values, vectors])
    }

    /// Giles (2008), section 3.1, for orthogonal eigenvectors.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let (w, v) = (&s.results[0], &s.results[1]);
        let (dw, dv) = (&s.slopes[0], &s.slopes[1]);
        let gaps = expand_dims(w, -2) - expand_dims(w, -1);
        let turn = safe_reciprocal(&gaps) * matmul(&transposed(v), dv);
        let diagonal = expand_dims(dw, -1) * identity(v.shape()[v.ndim() - 1], v.dtype());
        let inner = turn + diagonal;
        let full = matmul(&matmul(v, &inner), &transposed(v));
        Ok(vec![Some(lower_gradient(&full))])
    }
}

/// The ascending eigenvalues `[..., n]` of symmetric matrices `[..., n, n]`, and their orthonormal eigenvectors
/// as columns.
///
/// Only the lower triangle is read. NaN and infinities are an error when the tensors are evaluated.
pub fn eigh(a: &Tensor) -> (Tensor, Tensor) {
    let [values, vectors] = several(&[a], || decompose(Eigh, &[&square_matrices("eigh", a)?]));
    (values, vectors)
}

#[derive(Debug)]
struct Eigvalsh;

impl Decomposition for Eigvalsh {
    fn name(&self) -> &'static str {
        "eigvalsh"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        vec![vec![sizes[0][0]]]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        Ok(vec![cornu_numeric::eigvalsh(inputs[0], sizes[0][0]).ok_or(FINITE)?])
    }

    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let (_, v) = eigh(&s.inputs[0]);
        let weighted = &v * expand_dims(&s.slopes[0], -2);
        Ok(vec![Some(lower_gradient(&matmul(&weighted, &transposed(&v))))])
    }
}

/// The ascending eigenvalues of symmetric matrices, of which only the lower triangle is read: [`eigh`]
/// without eigenvectors.
pub fn eigvalsh(a: &Tensor) -> Tensor {
    Tensor::compose(&[a], || decompose_one(Eigvalsh, &[&square_matrices("eigvalsh", a)?]))
}
