//! One row times a matrix, read once from beginning to end.

use crate::simd::{AnyIsa, Float, Isa, Kernel, Real, Vector};

/// `out[j] (+)= sum over k of x[k * x_step] * b[k * stride + j]`
pub(crate) struct RowTimesMatrix<'a, T> {
    pub x: &'a [T],
    pub x_step: usize,
    pub k: usize,
    /// The matrix, from the first of its columns that are wanted.
    pub b: &'a [T],
    pub stride: usize,
    pub out: &'a mut [T],
    /// Add to what is there instead of replacing it.
    pub add: bool,
}

impl<T: Real> RowTimesMatrix<'_, T> {
    /// Computes the product.
    pub fn compute(self, isa: AnyIsa) {
        isa.run(self);
    }
}

/// The columns that stay in the first-level cache while the rows of B pass by.
const BLOCK: usize = 1024;
/// The rows of B that are added in one go.
const ROWS: usize = 4;

impl<T: Real> Kernel for RowTimesMatrix<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        if self.out.len() <= T::Vec::<S>::LANES {
            return self.one_vector(s);
        }
        if !self.add {
            self.out.fill(T::default());
        }
        for (block, out) in self.out.chunks_mut(BLOCK).enumerate() {
            let first = block * BLOCK;
            let mut k = 0;
            while k < self.k {
                let count = ROWS.min(self.k - k);
                // Where fewer rows are left, the last entries are not used.
                let mut rows = [&self.b[..0]; ROWS];
                let mut x = [T::Vec::<S>::zero(s); ROWS];
                for i in 0..ROWS {
                    let start = (k + i.min(count - 1)) * self.stride + first;
                    rows[i] = &self.b[start..start + out.len()];
                    if i < count {
                        x[i] = T::Vec::<S>::splat(s, self.x[(k + i) * self.x_step]);
                    }
                }
                let lanes = T::Vec::<S>::LANES;
                for (j, out) in out.chunks_mut(lanes).enumerate() {
                    let mut sum = T::Vec::<S>::load_partial(s, out);
                    let end = j * lanes + out.len();
                    for i in 0..ROWS {
                        let b = T::Vec::<S>::load_partial(s, &rows[i][j * lanes..end]);
                        if i < count {
                            sum = x[i].mul_add(b, sum);
                        }
                    }
                    sum.store_partial(out);
                }
                k += count;
            }
        }
    }
}

impl<T: Real> RowTimesMatrix<'_, T> {
    /// A result of one vector at most: several sums, so that none waits for the one before.
    #[inline(always)]
    fn one_vector<S: Isa>(self, s: S) {
        let n = self.out.len();
        let mut sums = [T::Vec::<S>::zero(s); ROWS];
        for k in (0..self.k).step_by(ROWS) {
            for (i, sum) in sums.iter_mut().enumerate().take(self.k - k) {
                let x = T::Vec::<S>::splat(s, self.x[(k + i) * self.x_step]);
                let start = (k + i) * self.stride;
                *sum = x.mul_add(T::Vec::<S>::load_partial(s, &self.b[start..start + n]), *sum);
            }
        }
        let mut sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        if self.add {
            sum = sum + T::Vec::<S>::load_partial(s, self.out);
        }
        sum.store_partial(self.out);
    }
}
