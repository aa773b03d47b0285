//! Determinants.

use cornu_graph::ops::{expand_dims, matmul, sum};
use cornu_graph::{Result, Tensor};

use super::decomposition::{
    Decomposition, Outcome, Slopes, decompose, decompose_one, several, square_matrices, transposed,
};
use super::inv;

/// Scalars as matrices of one element.
fn spread(t: &Tensor) -> Tensor {
    expand_dims(&expand_dims(t, -1), -1)
}

/// The sign of the determinant, and the logarithm of its magnitude.
fn sign_and_log(a: &[f64], n: usize) -> (f64, f64) {
    let lu = cornu_numeric::lu(a, n, n);
    let start = if lu.is_odd() { -1.0 } else { 1.0 };
    (0..n).map(|i| lu.packed[i * n + i]).fold((start, 0.0), |(sign, log), pivot| {
        let factor = if pivot == 0.0 { 0.0 } else { pivot.signum() };
        (sign * factor, log + pivot.abs().ln())
    })
}

#[derive(Debug)]
struct Det;

impl Decomposition for Det {
    fn name(&self) -> &'static str {
        "det"
    }

    fn results(&self, _: &[[usize; 2]]) -> Vec<Vec<usize>> {
        vec![vec![]]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let n = sizes[0][0];
        let lu = cornu_numeric::lu(inputs[0], n, n);
        let start = if lu.is_odd() { -1.0 } else { 1.0 };
        Ok(vec![vec![(0..n).fold(start, |product, i| product * lu.packed[i * n + i])]])
    }

    /// Jacobi's formula: the slope is the matrix of cofactors, which singular matrices have too.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let cofactors = decompose_one(Cofactors, &[&s.inputs[0]])?;
        Ok(vec![Some(spread(&s.slopes[0]) * cofactors)])
    }
}

/// The matrix of cofactors, the slope of the determinant.
#[derive(Debug)]
struct Cofactors;

impl Decomposition for Cofactors {
    fn name(&self) -> &'static str {
        "cofactors"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        vec![sizes[0].to_vec()]
    }

    /// With `A = U S Vᵀ` the cofactors are `det(U) det(V) U C Vᵀ`, where `C` holds the products of the other
    /// singular values.
    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let n = sizes[0][0];
        let (u, s, vt) = cornu_numeric::svd(inputs[0], n, n, true).ok_or("must be finite")?;
        let sign = sign_and_log(&u, n).0 * sign_and_log(&vt, n).0;
        let others: Vec<f64> = (0..n)
            .map(|k| s.iter().enumerate().filter(|&(i, _)| i != k).map(|(_, s)| s).product())
            .collect();
        let mut out = vec![0.0; n * n];
        for i in 0..n {
            for k in 0..n {
                let factor = sign * u[i * n + k] * others[k];
                for j in 0..n {
                    out[i * n + j] += factor * vt[k * n + j];
                }
            }
        }
        Ok(vec![out])
    }

    /// Of `det(A) A⁻ᵀ`, so only for matrices that are not singular.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let (a, dy) = (&s.inputs[0], &s.slopes[0]);
        let m = transposed(&inv(a));
        let along = sum(&(dy * &m), &[-2, -1], true);
        let across = matmul(&matmul(&m, &transposed(dy)), &m);
        Ok(vec![Some(spread(&det(a)) * (&m * along - across))])
    }
}

/// The determinants of square matrices `[..., n, n]`, of shape `[...]`; 1 for matrices without elements.
pub fn det(a: &Tensor) -> Tensor {
    Tensor::compose(&[a], || decompose_one(Det, &[&square_matrices("det", a)?]))
}

#[derive(Debug)]
struct SlogDet;

impl Decomposition for SlogDet {
    fn name(&self) -> &'static str {
        "slogdet"
    }

    fn results(&self, _: &[[usize; 2]]) -> Vec<Vec<usize>> {
        vec![vec![], vec![]]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let (sign, log) = sign_and_log(inputs[0], sizes[0][0]);
        Ok(vec![vec![sign], vec![log]])
    }

    /// Giles (2008), section 2.2.4; the sign is constant.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(spread(&s.slopes[1]) * transposed(&inv(&s.inputs[0])))])
    }
}

/// The signs of the determinants of square matrices and the natural logarithms of their magnitudes.
///
/// Both of shape `[...]` for `[..., n, n]`; 0 and negative infinity for singular matrices.
pub fn slogdet(a: &Tensor) -> (Tensor, Tensor) {
    let [sign, log] = several(&[a], || decompose(SlogDet, &[&square_matrices("slogdet", a)?]));
    (sign, log)
}
