//! What singular values say of matrices without an inverse: pseudo-inverse, rank, least squares.

use cornu_graph::ops::{
    cast, expand_dims, greater, matmul, max, number_like, square, squeeze, sum, zeros,
};
use cornu_graph::{DType, Error, Result, Tensor};

use super::decomposition::{
    Decomposition, Outcome, Slopes, decompose_one, matrices, together, transposed,
};
use super::svd::{FINITE, svdvals};

/// The part of the largest singular value below which another counts as 0: that of the type's rounding errors.
fn default_rcond(a: &Tensor) -> f64 {
    let epsilon = if a.dtype() == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let size = a.shape().iter().rev().take(2).max().copied().unwrap_or(0);
    size as f64 * epsilon
}

#[derive(Debug)]
struct Pinv {
    rcond: f64,
}

impl Decomposition for Pinv {
    fn name(&self) -> &'static str {
        "pinv"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        let [m, n] = sizes[0];
        vec![vec![n, m]]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let [m, n] = sizes[0];
        let k = m.min(n);
        let (u, s, vt) = cornu_numeric::svd(inputs[0], m, n, false).ok_or(FINITE)?;
        let least = s.first().copied().unwrap_or(0.0) * self.rcond;
        let mut out = vec![0.0; n * m];
        for l in (0..k).filter(|&l| s[l] > least) {
            for j in 0..n {
                let factor = vt[l * n + j] / s[l];
                for i in 0..m {
                    out[j * m + i] += factor * u[i * k + l];
                }
            }
        }
        Ok(vec![out])
    }

    /// Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    /// variables separate" (1973), equation 4.12, for changes that keep the rank.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let (a, p, dp) = (&s.inputs[0], &s.results[0], &s.slopes[0]);
        let (pt, dpt) = (transposed(p), transposed(dp));
        let through = matmul(&matmul(&pt, dp), &pt);
        let rows = matmul(&matmul(&dpt, p), &pt);
        let columns = matmul(&matmul(&pt, p), &dpt);
        let rows = &rows - matmul(a, &matmul(p, &rows));
        let columns = &columns - matmul(&matmul(&columns, p), a);
        Ok(vec![Some(rows + columns - through)])
    }
}

/// The pseudo-inverses (Moore and Penrose) `[..., n, m]` of matrices `[..., m, n]`.
///
/// Singular values up to `rcond` times the largest count as 0; by default `max(m, n)` times the rounding error of
/// the type.
pub fn pinv(a: &Tensor, rcond: Option<f64>) -> Tensor {
    Tensor::compose(&[a], || {
        let a = matrices("pinv", a)?;
        let rcond = check_rcond("pinv", rcond)?.unwrap_or_else(|| default_rcond(&a));
        decompose_one(Pinv { rcond }, &[&a])
    })
}

fn check_rcond(name: &str, rcond: Option<f64>) -> Result<Option<f64>> {
    match rcond {
        Some(r) if r.is_nan() || r < 0.0 => {
            Err(Error::invalid(name, "rcond", "must not be negative", r))
        }
        _ => Ok(rcond),
    }
}

/// How many singular values (`int32`) are larger than `tol`, for each matrix.
///
/// By default `tol` is the largest singular value, times `max(m, n)`, times the rounding error of the type.
pub fn matrix_rank(a: &Tensor, tol: Option<f64>) -> Tensor {
    Tensor::compose(&[a], || {
        let a = matrices("matrix_rank", a)?;
        let s = svdvals(&a);
        if s.shape().contains(&0) {
            return Ok(zeros(&s.shape()[..s.ndim() - 1], DType::I32));
        }
        let least = match tol {
            Some(tol) => number_like(&s, tol),
            None => max(&s, &[-1], true) * default_rcond(&a),
        };
        Ok(sum(&cast(&greater(&s, &least), DType::I32), &[-1], false))
    })
}

/// What [`lstsq`] finds.
#[derive(Debug, Clone)]
pub struct LeastSquares {
    /// The solutions, `[n]` or `[n, k]`.
    pub x: Tensor,
    /// The sum of squares of `b - a @ x` for each right side, `[k]` (`[1]` for a vector); empty where `m <= n`.
    /// NumPy also leaves it empty where the rank is less than `n`.
    pub residuals: Tensor,
    /// The rank of `a` (`int32`).
    pub rank: Tensor,
    /// The singular values of `a`.
    pub s: Tensor,
}

/// The `x` that minimize the length of `b - a @ x`, of those the shortest.
///
/// # Arguments
/// - `a`: a matrix `[m, n]`.
/// - `b`: one right side `[m]`, or several as columns `[m, k]`.
/// - `rcond`: singular values up to `rcond` times the largest count as 0; by default `max(m, n)` times the rounding
///   error of the type.
///
/// By the pseudo-inverse. Keras's `lstsq` is the field `x`.
pub fn lstsq(a: &Tensor, b: &Tensor, rcond: Option<f64>) -> LeastSquares {
    let parts = || -> Result<LeastSquares> {
        a.check()?;
        b.check()?;
        if a.ndim() != 2 || !matches!(b.ndim(), 1 | 2) || a.shape()[0] != b.shape()[0] {
            let rule = "must be a matrix and right sides with as many rows";
            let received = format!("{} and {}", a.spec(), b.spec());
            return Err(Error::invalid("lstsq", "a, b", rule, received));
        }
        let columns = if b.ndim() == 1 { expand_dims(b, -1) } else { b.clone() };
        let (a, columns) = together("lstsq", &matrices("lstsq", a)?, &columns)?;
        let rcond = check_rcond("lstsq", rcond)?.unwrap_or_else(|| default_rcond(&a));
        let (m, n) = (a.shape()[0], a.shape()[1]);
        let x = matmul(&pinv(&a, Some(rcond)), &columns);
        let residuals = if m > n {
            sum(&square(&(&columns - matmul(&a, &x))), &[0], false)
        } else {
            zeros(&[0], a.dtype())
        };
        let s = svdvals(&a);
        let rank = if s.count() == 0 {
            zeros(&[], DType::I32)
        } else {
            sum(&cast(&greater(&s, &(max(&s, &[-1], true) * rcond)), DType::I32), &[], false)
        };
        let x = if b.ndim() == 1 { squeeze(&x, &[-1]) } else { x };
        Ok(LeastSquares { x, residuals, rank, s })
    };
    parts().unwrap_or_else(|error| {
        let failed = Tensor::error(error);
        let [x, residuals, rank, s] = std::array::from_fn(|_| failed.clone());
        LeastSquares { x, residuals, rank, s }
    })
}
