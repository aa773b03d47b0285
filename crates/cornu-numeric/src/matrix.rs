//! The decompositions that end after a known number of steps.

use faer::linalg::solvers::{Llt, PartialPivLu, Qr};
use faer::{Mat, MatRef, Side};

/// `P A = L U` of an `m` by `n` matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Lu {
    /// `U`, and below its diagonal `L` without its diagonal of ones.
    pub packed: Vec<f64>,
    /// Row `i` of `P A` is row `rows[i]` of `A`.
    pub rows: Vec<usize>,
}

impl Lu {
    /// The permutation as LAPACK gives it: row `i` was swapped with row `swaps[i]`, in this order.
    pub fn swaps(&self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let mut place: Vec<usize> = order.clone();
        let mut swaps = Vec::with_capacity(count);
        for (i, &row) in self.rows.iter().take(count).enumerate() {
            let from = place[row];
            swaps.push(from);
            order.swap(i, from);
            place[order[from]] = from;
            place[order[i]] = i;
        }
        swaps
    }

    /// Whether the permutation is an odd number of swaps.
    pub fn is_odd(&self) -> bool {
        let swaps = self.swaps(self.rows.len());
        swaps.iter().enumerate().filter(|&(i, &s)| i != s).count() % 2 == 1
    }
}

pub(crate) fn view(a: &[f64], m: usize, n: usize) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(a, m, n)
}

pub(crate) fn row_major(a: MatRef<'_, f64>) -> Vec<f64> {
    (0..a.nrows()).flat_map(|i| (0..a.ncols()).map(move |j| a[(i, j)])).collect()
}

/// The decomposition with partial pivoting: the largest element of each column in magnitude is the pivot.
pub fn lu(a: &[f64], m: usize, n: usize) -> Lu {
    if m == 0 || n == 0 {
        return Lu { packed: Vec::new(), rows: (0..m).collect() };
    }
    let factors = PartialPivLu::new(view(a, m, n));
    let (l, u) = (factors.L(), factors.U());
    let element = |i: usize, j: usize| if i > j { l[(i, j)] } else { u[(i, j)] };
    let packed = (0..m).flat_map(|i| (0..n).map(move |j| element(i, j))).collect();
    Lu { packed, rows: factors.P().arrays().0.to_vec() }
}

/// The lower triangle `L` of `A = L Lᵀ`; reads the lower triangle of `A`. `None` where `A` is not positive
/// definite.
pub fn cholesky(a: &[f64], n: usize) -> Option<Vec<f64>> {
    if n == 0 {
        return Some(Vec::new());
    }
    let factor = Llt::new(view(a, n, n), Side::Lower).ok()?;
    let l = row_major(factor.L());
    // NaN passes for a pivot in some libraries; LAPACK refuses it.
    (0..n).all(|i| l[i * n + i] > 0.0).then_some(l)
}

/// `A = Q R` by Householder reflections, with LAPACK's signs: `Q` is `m` by `k` and `R` `k` by `n`, where `k`
/// is `m` if `complete`, else `min(m, n)`.
pub fn qr(a: &[f64], m: usize, n: usize, complete: bool) -> (Vec<f64>, Vec<f64>) {
    let k = if complete { m } else { m.min(n) };
    if m == 0 || n == 0 {
        return (row_major(Mat::identity(m, k).as_ref()), Vec::new());
    }
    let factors = Qr::new(view(a, m, n));
    let q = if complete { factors.compute_Q() } else { factors.compute_thin_Q() };
    let r = factors.R();
    let r = (0..k).flat_map(|i| (0..n).map(move |j| if i > j { 0.0 } else { r[(i, j)] }));
    (row_major(q.as_ref()), r.collect())
}
