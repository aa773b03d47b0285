//! The decompositions that iterate. They may fail, and refuse what is not finite.

use faer::linalg::solvers::{SelfAdjointEigen, Svd};
use faer::{Mat, Side};

use crate::matrix::{row_major, view};

fn finite(a: &[f64]) -> Option<()> {
    a.iter().all(|x| x.is_finite()).then_some(())
}

/// Whether the first element of largest magnitude is negative; magnitudes within a millionth count as equal, so that
/// rounding does not decide between the elements of symmetric matrices.
fn points_down(mut vector: impl Iterator<Item = f64> + Clone) -> bool {
    let most = vector.clone().fold(0.0f64, |most, x| most.max(x.abs()));
    vector.find(|x| x.abs() >= most * (1.0 - 1e-6)).is_some_and(|x| x < 0.0)
}

fn negate<'a>(vector: impl Iterator<Item = &'a mut f64>) {
    vector.for_each(|x| *x = -*x);
}

/// The ascending eigenvalues, and the eigenvectors as columns, of a symmetric matrix of which the lower
/// triangle is read. The element of largest magnitude of each eigenvector is positive.
pub fn eigh(a: &[f64], n: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    finite(a)?;
    if n == 0 {
        return Some((Vec::new(), Vec::new()));
    }
    let found = SelfAdjointEigen::new(view(a, n, n), Side::Lower).ok()?;
    let values = found.S().column_vector();
    let mut vectors = row_major(found.U());
    for j in 0..n {
        if points_down(vectors.iter().skip(j).step_by(n).copied()) {
            negate(vectors.iter_mut().skip(j).step_by(n));
        }
    }
    Some(((0..n).map(|i| values[i]).collect(), vectors))
}

/// The ascending eigenvalues of a symmetric matrix of which the lower triangle is read.
pub fn eigvalsh(a: &[f64], n: usize) -> Option<Vec<f64>> {
    finite(a)?;
    if n == 0 {
        return Some(Vec::new());
    }
    view(a, n, n).self_adjoint_eigenvalues(Side::Lower).ok()
}

/// `(U, s, Vᵀ)` of `A = U diag(s) Vᵀ` with `s` descending: `U` is `m` by `m` and `Vᵀ` `n` by `n` if `full`,
/// else `m` by `k` and `k` by `n` with `k = min(m, n)`. The element of largest magnitude of each column of `U` is
/// positive, and of each row of `Vᵀ` that has no column of `U`.
pub fn svd(a: &[f64], m: usize, n: usize, full: bool) -> Option<(Vec<f64>, Vec<f64>, Vec<f64>)> {
    finite(a)?;
    let k = m.min(n);
    if k == 0 {
        let unit = |n: usize| row_major(Mat::identity(n, if full { n } else { 0 }).as_ref());
        return Some((unit(m), Vec::new(), unit(n)));
    }
    let a = view(a, m, n);
    let found = if full { Svd::new(a) } else { Svd::new_thin(a) }.ok()?;
    let values = found.S().column_vector();
    let values = (0..k).map(|i| values[i]).collect();
    let (mut u, mut vt) = (row_major(found.U()), row_major(found.V().transpose()));
    let (columns, rows) = (u.len() / m, vt.len() / n);
    for j in 0..columns.max(rows) {
        let down = if j < columns {
            points_down(u.iter().skip(j).step_by(columns).copied())
        } else {
            points_down(vt[j * n..(j + 1) * n].iter().copied())
        };
        if down && j < columns {
            negate(u.iter_mut().skip(j).step_by(columns));
        }
        // Beyond the singular values, columns of U and rows of Vᵀ do not belong together.
        if down && j < rows && (j < k || j >= columns) {
            negate(vt[j * n..(j + 1) * n].iter_mut());
        }
    }
    Some((u, values, vt))
}

/// The singular values, descending.
pub fn singular_values(a: &[f64], m: usize, n: usize) -> Option<Vec<f64>> {
    finite(a)?;
    if m == 0 || n == 0 {
        return Some(Vec::new());
    }
    view(a, m, n).singular_values().ok()
}
