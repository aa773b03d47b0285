//! The decomposition `A = Q R`.

use cornu_graph::ops::{concatenate, matmul, slice_axis};
use cornu_graph::{Error, Result, Tensor};

use super::decomposition::{
    Decomposition, Outcome, Slopes, decompose, matrices, matrix, several, transposed, triangle,
};
use super::solve_triangular;

/// How many columns `Q` of a [`qr`] has, for matrices of `m` rows and `n` columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// `min(m, n)`.
    #[default]
    Reduced,
    /// `m`.
    Complete,
}

#[derive(Debug)]
struct Qr(Mode);

impl Decomposition for Qr {
    fn name(&self) -> &'static str {
        "qr"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        let [m, n] = sizes[0];
        let k = if self.0 == Mode::Complete { m } else { m.min(n) };
        vec![vec![m, k], vec![k, n]]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let [m, n] = sizes[0];
        let (q, r) = cornu_numeric::qr(inputs[0], m, n, self.0 == Mode::Complete);
        Ok(vec![q, r])
    }

    /// Walter and Lehmann, "Algorithmic differentiation of linear algebra functions" (arXiv:1001.1654), for
    /// `m >= n`; Roberts and Roberts, "QR and LQ decomposition matrix backpropagation algorithms"
    /// (arXiv:2009.10071), for `m < n`.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let (a, q, r) = (&s.inputs[0], &s.results[0], &s.results[1]);
        let (dq, dr) = (&s.slopes[0], &s.slopes[1]);
        let (m, n) = (a.shape()[a.ndim() - 2], a.shape()[a.ndim() - 1]);
        if self.0 == Mode::Complete && m > n {
            return Err(Error::NotDifferentiable {
                op: "qr".into(),
                reason: " in complete mode for matrices of more rows than columns".into(),
            });
        }
        if m >= n {
            return Ok(vec![Some(tall(q, r, dq, dr))]);
        }
        // The first m columns decide on Q; the others are Q times a part of R.
        let y = slice_axis(a, -1, m, n);
        let (u, du) = (slice_axis(r, -1, 0, m), slice_axis(dr, -1, 0, m));
        let dv = slice_axis(dr, -1, m, n);
        let dx = tall(q, &u, &(dq + matmul(&y, &transposed(&dv))), &du);
        Ok(vec![Some(concatenate(&[dx, matmul(q, &dv)], -1))])
    }
}

/// `(dQ + Q copyltu(R dRᵀ - dQᵀ Q)) R⁻ᵀ`, where `copyltu` copies the lower triangle over the upper one.
fn tall(q: &Tensor, r: &Tensor, dq: &Tensor, dr: &Tensor) -> Tensor {
    Tensor::compose(&[q, r, dq, dr], || {
        let n = r.shape()[r.ndim() - 1];
        let dr = dr * triangle(n, r.dtype(), false);
        let inner = matmul(r, &transposed(&dr)) - matmul(&transposed(dq), q);
        let below = matrix([n, n], r.dtype(), |i, j| f64::from(i > j));
        let lower = &inner * triangle(n, r.dtype(), true);
        let copied = lower + transposed(&(inner * below));
        let turned = dq + matmul(q, &copied);
        Ok(transposed(&solve_triangular(r, &transposed(&turned), false)))
    })
}

/// `(q, r)` with `a = q @ r`, where the columns of `q` are orthonormal and `r` is upper triangular.
///
/// For matrices `[..., m, n]`, `q` is `[..., m, k]` and `r` is `[..., k, n]`, where `k` is `min(m, n)`, or
/// `m` under [`Mode::Complete`]. Signs are LAPACK's. Not differentiable under [`Mode::Complete`] where `m > n`.
///
/// ```
/// use cornu::{Eval, Tensor, linalg};
/// let (_, r) = linalg::qr(&Tensor::from([[3.0, 1.0], [4.0, 2.0]]), linalg::Mode::Reduced);
/// assert!((r.array()?.to_vec::<f64>()[0] + 5.0).abs() < 1e-12);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn qr(a: &Tensor, mode: Mode) -> (Tensor, Tensor) {
    let [q, r] = several(&[a], || decompose(Qr(mode), &[&matrices("qr", a)?]));
    (q, r)
}
