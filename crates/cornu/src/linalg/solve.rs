//! Systems of linear equations.

use cornu_graph::ops::{broadcast_to, expand_dims, matmul, squeeze};
use cornu_graph::{Result, Tensor};
use cornu_numeric::Triangle;

use super::decomposition::{
    Decomposition, Outcome, Slopes, decompose_one, identity, square_matrices, together, transposed,
    triangle,
};

/// The solution of systems with square matrices (first input) and right sides as columns (second input).
#[derive(Debug)]
struct Solve {
    name: &'static str,
}

impl Decomposition for Solve {
    fn name(&self) -> &'static str {
        self.name
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        vec![sizes[1].to_vec()]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let [n, columns] = sizes[1];
        let lu = cornu_numeric::lu(inputs[0], n, n);
        if (0..n).any(|i| lu.packed[i * n + i] == 0.0) {
            return Err("must not be singular");
        }
        let permuted: Vec<f64> = lu
            .rows
            .iter()
            .flat_map(|&r| &inputs[1][r * columns..(r + 1) * columns])
            .copied()
            .collect();
        let y =
            cornu_numeric::solve_triangular(&lu.packed, &permuted, n, columns, Triangle::UnitLower);
        Ok(vec![cornu_numeric::solve_triangular(&lu.packed, &y, n, columns, Triangle::Upper)])
    }

    /// Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
    /// (2008), section 2.3.1.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let db =
            decompose_one(Solve { name: self.name }, &[&transposed(&s.inputs[0]), &s.slopes[0]])?;
        let da = -matmul(&db, &transposed(&s.results[0]));
        Ok(vec![Some(da), Some(db)])
    }
}

/// The `x` with `a @ x = b`.
///
/// # Arguments
/// - `a`: square matrices `[..., n, n]`.
/// - `b`: one vector `[n]`, or matrices `[..., n, k]` of right sides as columns.
///
/// The result has the shape of `b`, under the batch of both. A matrix that is singular (its elimination meets a
/// pivot that is 0) is an error when the tensor is evaluated.
///
/// ```
/// use cornu::{Eval, Tensor, linalg};
/// let x = linalg::solve(&Tensor::from([[3.0, 1.0], [1.0, 2.0]]), &Tensor::from([9.0, 8.0])).array()?;
/// assert_eq!(x.to_vec::<f64>(), [2.0, 3.0]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn solve(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::compose(&[a, b], || {
        let vector = b.ndim() == 1;
        let solve = |a: &Tensor, b: &Tensor| decompose_one(Solve { name: "solve" }, &[a, b]);
        with_columns("solve", a, b, vector, solve)
    })
}

/// Solves for the columns of `b`, a vector of which is one column.
fn with_columns(
    name: &'static str,
    a: &Tensor,
    b: &Tensor,
    vector: bool,
    solve: impl FnOnce(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let a = square_matrices(name, a)?;
    let columns = if vector { expand_dims(b, -1) } else { b.clone() };
    let n = a.shape()[a.ndim() - 1];
    if columns.ndim() < 2 || columns.shape()[columns.ndim() - 2] != n {
        let rule = format!("must be right sides of {n} rows for `a` of {}", a.spec());
        return Err(cornu_graph::Error::invalid(name, "b", rule, b.spec()));
    }
    let (a, columns) = together(name, &a, &columns)?;
    let x = solve(&a, &columns)?;
    Ok(if vector { squeeze(&x, &[-1]) } else { x })
}

/// The inverses of square matrices. A singular matrix is an error when the tensor is evaluated.
pub fn inv(a: &Tensor) -> Tensor {
    Tensor::compose(&[a], || {
        let a = square_matrices("inv", a)?;
        let unit = broadcast_to(&identity(a.shape()[a.ndim() - 1], a.dtype()), a.shape());
        decompose_one(Solve { name: "inv" }, &[&a, &unit])
    })
}

/// The product of `n` copies of square matrices, of the inverses if `n` is negative, the identity if it is 0.
///
/// Integers stay integers unless `n` is negative.
pub fn matrix_power(a: &Tensor, n: i32) -> Tensor {
    Tensor::compose(&[a], || {
        square_matrices("matrix_power", a)?;
        let mut base = if n < 0 { inv(a) } else { a.clone() };
        let mut power: Option<Tensor> = None;
        let mut left = n.unsigned_abs();
        while left > 0 {
            if left & 1 == 1 {
                power = Some(power.map_or_else(|| base.clone(), |p| matmul(&p, &base)));
            }
            left >>= 1;
            if left > 0 {
                base = matmul(&base, &base);
            }
        }
        let unit = || broadcast_to(&identity(a.shape()[a.ndim() - 1], a.dtype()), a.shape());
        Ok(power.unwrap_or_else(unit))
    })
}

/// The solution of systems with triangular matrices.
#[derive(Debug)]
struct SolveTriangular {
    lower: bool,
}

impl Decomposition for SolveTriangular {
    fn name(&self) -> &'static str {
        "solve_triangular"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        vec![sizes[1].to_vec()]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let [n, columns] = sizes[1];
        if (0..n).any(|i| inputs[0][i * n + i] == 0.0) {
            return Err("must not be singular");
        }
        let part = if self.lower { Triangle::Lower } else { Triangle::Upper };
        Ok(vec![cornu_numeric::solve_triangular(inputs[0], inputs[1], n, columns, part)])
    }

    /// As for [`Solve`], where only the triangle is read.
    fn gradient(&self, s: &Slopes) -> Result<Vec<Option<Tensor>>> {
        let a = &s.inputs[0];
        let op = SolveTriangular { lower: !self.lower };
        let db = decompose_one(op, &[&transposed(a), &s.slopes[0]])?;
        let read = triangle(a.shape()[a.ndim() - 1], a.dtype(), self.lower);
        let da = -matmul(&db, &transposed(&s.results[0])) * read;
        Ok(vec![Some(da), Some(db)])
    }
}

/// The `x` with `a @ x = b`, where only the upper triangle of `a` is read, or the lower one if `lower`.
///
/// `b` holds right sides as columns `[..., n, k]`, or with one axis less than `a` one right side for each matrix.
/// A 0 on the diagonal is an error when the tensor is evaluated.
pub fn solve_triangular(a: &Tensor, b: &Tensor, lower: bool) -> Tensor {
    Tensor::compose(&[a, b], || {
        let vector = b.ndim() + 1 == a.ndim();
        let solve = |a: &Tensor, b: &Tensor| decompose_one(SolveTriangular { lower }, &[a, b]);
        with_columns("solve_triangular", a, b, vector, solve)
    })
}
