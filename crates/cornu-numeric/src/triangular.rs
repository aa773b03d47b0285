//! Triangular systems.

use faer::{Mat, linalg::triangular_solve as solve};

use crate::matrix::{row_major, view};

/// The part of a matrix that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Triangle {
    /// The diagonal and below.
    Lower,
    /// The diagonal and above.
    Upper,
    /// Below the diagonal, which counts as ones.
    UnitLower,
}

/// The `n` by `columns` matrix `X` with `A X = B`, where `A` is a triangle of `a`.
pub fn solve_triangular(
    a: &[f64],
    b: &[f64],
    n: usize,
    columns: usize,
    triangle: Triangle,
) -> Vec<f64> {
    if n == 0 || columns == 0 {
        return Vec::new();
    }
    let a = view(a, n, n);
    let mut x = Mat::from_fn(n, columns, |i, j| b[i * columns + j]);
    let par = faer::Par::Seq;
    match triangle {
        Triangle::Lower => solve::solve_lower_triangular_in_place(a, x.as_mut(), par),
        Triangle::Upper => solve::solve_upper_triangular_in_place(a, x.as_mut(), par),
        Triangle::UnitLower => solve::solve_unit_lower_triangular_in_place(a, x.as_mut(), par),
    }
    row_major(x.as_ref())
}
