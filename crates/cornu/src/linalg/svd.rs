//! The singular value decomposition.

use cornu_graph::ops::{expand_dims, matmul, square};
use cornu_graph::{Error, Result, Tensor};

use super::decomposition::{
    Decomposition, Outcome, Slopes, decompose, decompose_one, identity, matrices, safe_reciprocal,
    several, transposed,
};

pub(super) const FINITE: &str = "must be finite, so that its singular values can be found";

#[derive(Debug)]
struct Svd {
    full_matrices: bool,
}

impl Decomposition for Svd {
    fn name(&self) -> &'static str {
        "svd"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        let [m, n] = sizes[0];
        let k = m.min(n);
        if self.full_matrices {
            vec![vec![m, m], vec![k], vec![n, n]]
        } else {
            vec![vec![m, k], vec![k], vec![k, n]]
        }
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let [m, n] = sizes[0];
        let (u, s, vt) = cornu_numeric::svd(inputs[0], m, n, self.full_matrices).ok_or(FINITE)?;
        Ok(vec![u, s, vt])
    }

    /// Townsend, "Differentiating the singular value decomposition" (2016), equations 21 to 31.
    fn gradient(&self, slopes: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let [u, s, vt] = &slopes.results[..] else { return Ok(vec![None]) };
        let [du, ds, dvt] = &slopes.slopes[..] else { return Ok(vec![None]) };
        let (m, k, n) =
            (u.shape()[u.ndim() - 2], s.shape()[s.ndim() - 1], vt.shape()[vt.ndim() - 1]);
        if self.full_matrices && m != n {
            return Err(Error::NotDifferentiable {
                op: "svd".into(),
                reason: " with full_matrices for matrices that are not square".into(),
            });
        }
        let (ut, v, dv) = (transposed(u), transposed(vt), transposed(dvt));
        let (row, column) = (expand_dims(s, -2), expand_dims(s, -1));
        let gaps = safe_reciprocal(&(square(&row) - square(&column)));
        let turn = |q: &Tensor, dq: &Tensor| {
            let product = matmul(&transposed(q), dq);
            &gaps * (&product - transposed(&product))
        };
        let diagonal = expand_dims(ds, -1) * identity(k, s.dtype());
        let inner = turn(u, du) * &row + turn(&v, &dv) * &column + diagonal;
        let mut da = matmul(&matmul(u, &inner), vt);
        let inverse = safe_reciprocal(&row);
        if m > k {
            let outside = du - matmul(u, &matmul(&ut, du));
            da = da + matmul(&(outside * &inverse), vt);
        }
        if n > k {
            let outside = &dv - matmul(&v, &matmul(vt, &dv));
            da = da + matmul(u, &transposed(&(outside * &inverse)));
        }
        Ok(vec![Some(da)])
    }
}

/// `(u, s, vt)` with `a = u @ diag(s) @ vt`: orthonormal columns of `u` and rows of `vt`, and the singular values
/// `s` in descending order.
///
/// For matrices `[..., m, n]` and `k = min(m, n)`, the shapes are `[..., m, m]`, `[..., k]`, `[..., n, n]` if
/// `full_matrices`, else `[..., m, k]`, `[..., k]`, `[..., k, n]`. NaN and infinities are an error when the tensors
/// are evaluated. Not differentiable with `full_matrices` where `m != n`. See [`svdvals`] for `s` alone.
pub fn svd(a: &Tensor, full_matrices: bool) -> (Tensor, Tensor, Tensor) {
    let [u, s, vt] = several(&[a], || decompose(Svd { full_matrices }, &[&matrices("svd", a)?]));
    (u, s, vt)
}

#[derive(Debug)]
struct SingularValues;

impl Decomposition for SingularValues {
    fn name(&self) -> &'static str {
        "svdvals"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        vec![vec![sizes[0][0].min(sizes[0][1])]]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let [m, n] = sizes[0];
        Ok(vec![cornu_numeric::singular_values(inputs[0], m, n).ok_or(FINITE)?])
    }

    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let (u, _, vt) = svd(&s.inputs[0], false);
        Ok(vec![Some(matmul(&(u * expand_dims(&s.slopes[0], -2)), &vt))])
    }
}

/// The singular values of matrices in descending order: [`svd`] without vectors (`compute_uv=False` in NumPy).
pub fn svdvals(a: &Tensor) -> Tensor {
    Tensor::compose(&[a], || decompose_one(SingularValues, &[&matrices("svdvals", a)?]))
}
