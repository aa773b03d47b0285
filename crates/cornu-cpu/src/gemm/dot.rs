//! Products with a narrow result: up to four columns, each a row of dot products along `k`.

use super::tile::Segment;
use crate::simd::{AnyIsa, Float, Isa, Kernel, MAX_LANES, Real, Vector};

/// The most columns that a [`Dots`] can have.
pub(crate) const MAX_DOTS: usize = 4;

/// `out[i][j] (+)= dot(row i of A, row j of Bᵀ)` for a few `j`.
pub(crate) struct Dots<'a, T> {
    /// Where each row of A starts; values follow each other along `k` within a segment.
    pub rows: &'a [*const T],
    /// The runs of `k`.
    pub segments: &'a [Segment],
    /// Where each row of the result starts.
    pub outs: &'a [*mut T],
    /// The elements from one column of the result to the next.
    pub out_step: usize,
    /// `columns` rows, one after another, each as long as the segments together.
    pub b: &'a [T],
    /// The number of columns, 1 to [`MAX_DOTS`].
    pub columns: usize,
    /// Add to what is there instead of replacing it.
    pub add: bool,
}

impl<T: Real> Dots<'_, T> {
    /// Computes the products.
    ///
    /// # Safety
    /// - `outs` must be as long as `rows`; every row of A must be readable over every segment.
    /// - Every row of the result must be valid for `columns` values at `out_step` (read as well if `add`),
    ///   which nobody else may use meanwhile.
    pub unsafe fn compute(self, isa: AnyIsa) {
        debug_assert_eq!(self.rows.len(), self.outs.len());
        isa.run(Run(self));
    }
}

/// Made only by [`Dots::compute`], whose caller makes its promises.
struct Run<'a, T>(Dots<'a, T>);

impl<T: Real> Kernel for Run<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let dots = self.0;
        let k: usize = dots.segments.iter().map(|segment| segment.len).sum();
        assert!(dots.b.len() >= k * dots.columns, "B is shorter than the segments say");
        // SAFETY: the caller of `Dots::compute` promised what `sweep` needs.
        unsafe {
            match dots.columns {
                // As many sums as there are lanes fold into one vector.
                1 if S::REGISTERS >= 32 => sweep::<S, T, 16, 1>(s, &dots, k),
                1 => sweep::<S, T, 8, 1>(s, &dots, k),
                2 => sweep::<S, T, 5, 2>(s, &dots, k),
                3 => sweep::<S, T, 4, 3>(s, &dots, k),
                4 => sweep::<S, T, 3, 4>(s, &dots, k),
                _ => unreachable!("there are 1 to {MAX_DOTS} columns"),
            }
        }
    }
}

/// # Safety
/// The promises of [`Dots::compute`]; B has `NR * k` values.
#[inline(always)]
unsafe fn sweep<S: Isa, T: Real, const MR: usize, const NR: usize>(s: S, dots: &Dots<T>, k: usize) {
    // SAFETY: each tile is a part of the whole.
    unsafe {
        for i in (0..dots.rows.len()).step_by(MR) {
            tile::<S, T, MR, NR>(s, dots, i, k);
        }
    }
}

/// # Safety
/// As for [`sweep`]; row `i` exists. Where fewer than `MR` follow, the last one stands in.
#[inline(always)]
unsafe fn tile<S: Isa, T: Real, const MR: usize, const NR: usize>(
    s: S,
    dots: &Dots<T>,
    i: usize,
    k: usize,
) {
    let lanes = T::Vec::<S>::LANES;
    let mut acc = [[T::Vec::<S>::zero(s); NR]; MR];
    let mut rows = [std::ptr::null(); MR];
    for r in 0..MR {
        rows[r] = dots.rows[(i + r).min(dots.rows.len() - 1)];
    }
    let mut start = 0;
    for segment in dots.segments {
        let whole = segment.len - segment.len % lanes;
        // SAFETY: the rows are readable over the segment, and B over all segments.
        unsafe {
            for kk in (0..whole).step_by(lanes) {
                let mut a = [T::Vec::<S>::zero(s); MR];
                for r in 0..MR {
                    a[r] = T::Vec::<S>::load_ptr(s, rows[r].add(segment.offset + kk));
                }
                for j in 0..NR {
                    let b = dots.b.as_ptr().add(j * k + start + kk);
                    let b = T::Vec::<S>::load_ptr(s, b);
                    for r in 0..MR {
                        acc[r][j] = a[r].mul_add(b, acc[r][j]);
                    }
                }
            }
            let rest = segment.len - whole;
            if rest > 0 {
                let mut a = [T::Vec::<S>::zero(s); MR];
                for r in 0..MR {
                    let tail = rows[r].add(segment.offset + whole);
                    a[r] = T::Vec::<S>::load_partial(s, std::slice::from_raw_parts(tail, rest));
                }
                for j in 0..NR {
                    let tail = j * k + start + whole;
                    let b = T::Vec::<S>::load_partial(s, &dots.b[tail..tail + rest]);
                    for r in 0..MR {
                        acc[r][j] = a[r].mul_add(b, acc[r][j]);
                    }
                }
            }
        }
        start += segment.len;
    }
    let mut sums = [T::Vec::<S>::zero(s); MAX_LANES];
    for r in 0..MR {
        for j in 0..NR {
            sums[r * NR + j] = acc[r][j];
        }
    }
    let sums = add_lanes::<S, T>(s, sums);
    for r in 0..MR.min(dots.rows.len() - i) {
        for j in 0..NR {
            let sum = sums[r * NR + j];
            // SAFETY: the row of the result has NR values, which nobody else uses now.
            unsafe {
                let out = dots.outs[i + r].add(j * dots.out_step);
                *out = if dots.add { *out + sum } else { sum };
            }
        }
    }
}

/// The sum of the lanes of every vector. Interleaving two vectors and adding the results makes one vector of
/// twice as many, half as long, sums: all are folded together, down to one vector with a sum in each lane.
#[inline(always)]
fn add_lanes<S: Isa, T: Real>(s: S, vectors: [T::Vec<S>; MAX_LANES]) -> [T; MAX_LANES] {
    let lanes = T::Vec::<S>::LANES;
    let mut out = [T::default(); MAX_LANES];
    for first in (0..MAX_LANES).step_by(lanes) {
        let mut sums = [T::Vec::<S>::zero(s); MAX_LANES];
        sums[..lanes].copy_from_slice(&vectors[first..first + lanes]);
        let mut half = lanes / 2;
        while half > 0 {
            for i in 0..half {
                let (low, high) = sums[i].zip(sums[i + half]);
                sums[i] = low + high;
            }
            half /= 2;
        }
        sums[0].store(&mut out[first..]);
    }
    out
}
