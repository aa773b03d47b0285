//! The transforms in one dimension: polynomials as their values at the points 0, 1, -1, 2, -2 and infinity.
//!
//! A product of polynomials is the product of their values. `expand` gives the values of a polynomial
//! with few coefficients, `contract` is its transpose, and `data` the transpose of the interpolation, so that
//! `contract(expand(g) * SCALES * data(d))` is the correlation of six values `d` with a kernel `g`
//! (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016; the matrices are theirs).

use crate::simd::{Float, Isa, Real};

/// The number of points, and of values that a tile has along an axis.
pub(super) const POINTS: usize = 6;
/// The positions of a tile.
pub(super) const POSITIONS: usize = POINTS * POINTS;
/// What the interpolation divides by, for each point.
pub(super) const SCALES: [f64; POINTS] =
    [0.25, -1.0 / 6.0, -1.0 / 6.0, 1.0 / 24.0, 1.0 / 24.0, 1.0];

/// One vector of `T`.
pub(super) type V<S, T> = <T as Real>::Vec<S>;

/// `x` in every lane.
#[inline(always)]
pub(super) fn splat<S: Isa, T: Real>(s: S, x: f64) -> V<S, T> {
    crate::simd::Vector::splat(s, T::from_f64(x))
}

/// Six values of the data at the points.
#[inline(always)]
pub(super) fn data<S: Isa, T: Real>(s: S, d: [V<S, T>; POINTS]) -> [V<S, T>; POINTS] {
    let (two, four, five) = (splat::<S, T>(s, 2.0), splat::<S, T>(s, 4.0), splat::<S, T>(s, 5.0));
    let (even, odd) = (four.neg_mul_add(d[2], d[4]), four.neg_mul_add(d[1], d[3]));
    let (near, far) = (d[4] - d[2], d[3] - d[1]);
    [
        four.mul_add(d[0], five.neg_mul_add(d[2], d[4])),
        even + odd,
        even - odd,
        two.mul_add(far, near),
        two.neg_mul_add(far, near),
        four.mul_add(d[1], five.neg_mul_add(d[3], d[5])),
    ]
}

/// `N` coefficients at the points.
#[inline(always)]
pub(super) fn expand<S: Isa, T: Real, const N: usize>(s: S, y: [V<S, T>; N]) -> [V<S, T>; POINTS] {
    let zero = splat::<S, T>(s, 0.0);
    // Sums of the even and the odd coefficients, at 1 and at 2.
    let (mut at1, mut at2) = ([y[0], zero], [y[0], zero]);
    for i in 1..N {
        at1[i % 2] = at1[i % 2] + y[i];
        at2[i % 2] = splat::<S, T>(s, f64::from(1 << i)).mul_add(y[i], at2[i % 2]);
    }
    [y[0], at1[0] + at1[1], at1[0] - at1[1], at2[0] + at2[1], at2[0] - at2[1], y[N - 1]]
}

/// The transpose of [`expand`].
#[inline(always)]
pub(super) fn contract<S: Isa, T: Real, const N: usize>(
    s: S,
    w: [V<S, T>; POINTS],
) -> [V<S, T>; N] {
    let at1 = [w[1] + w[2], w[1] - w[2]];
    let at2 = [w[3] + w[4], w[3] - w[4]];
    let mut y = [w[0] + at1[0] + at2[0]; N];
    for i in 1..N {
        y[i] = splat::<S, T>(s, f64::from(1 << i)).mul_add(at2[i % 2], at1[i % 2]);
    }
    y[N - 1] = y[N - 1] + w[5];
    y
}

/// Two rows of points that are computed together, and what each row of a tile counts in them: rows of even
/// numbers add up to one sum, the others to another. Points 1 and -1, and 2 and -2, are the sum and the
/// difference of both; points 0 and infinity are the sums themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    /// The rows of points.
    pub points: [usize; 2],
    /// Whether sum and difference are taken.
    pub mixed: bool,
    data: [f64; POINTS],
    base: f64,
}

/// All rows of points. What the first pair gives counts for every row of the target.
pub(super) const PAIRS: [Pair; 3] = [
    Pair { points: [1, 2], mixed: true, data: [0.0, -4.0, -4.0, 1.0, 1.0, 0.0], base: 1.0 },
    Pair { points: [3, 4], mixed: true, data: [0.0, -2.0, -1.0, 2.0, 1.0, 0.0], base: 2.0 },
    Pair { points: [0, 5], mixed: false, data: [4.0, 4.0, -5.0, -5.0, 1.0, 1.0], base: 0.0 },
];

impl Pair {
    /// The factors of [`data`].
    pub fn data(&self) -> [f64; POINTS] {
        self.data
    }

    /// The factors of [`expand`] for `n` coefficients (an even number), and of [`contract`].
    pub fn expand(&self, n: usize) -> [f64; POINTS] {
        let factor = |i: usize| match (self.mixed, i) {
            (true, _) if i < n => self.base.powi(i as i32),
            (false, _) if i == 0 || i == n - 1 => 1.0,
            _ => 0.0,
        };
        std::array::from_fn(factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Scalar, Vector};

    type Lane = V<Scalar, f64>;

    fn lanes<const N: usize>(x: [f64; N]) -> [Lane; N] {
        x.map(|x| splat::<Scalar, f64>(Scalar, x))
    }

    fn value(x: Lane) -> f64 {
        let mut lanes = vec![0.0; Lane::LANES];
        x.store(&mut lanes);
        lanes[0]
    }

    /// The correlation of six values with `R` weights gives `M` values.
    fn correlates<const M: usize, const R: usize>() {
        let d = [1.0, -2.0, 3.5, 0.25, -7.0, 5.0];
        let g: [f64; R] = std::array::from_fn(|i| [2.0, -1.0, 0.5, 3.0, -4.0][i]);
        let (u, v) = (expand::<_, f64, R>(Scalar, lanes(g)), data::<_, f64>(Scalar, lanes(d)));
        let product: [Lane; POINTS] =
            std::array::from_fn(|i| u[i] * v[i] * splat::<Scalar, f64>(Scalar, SCALES[i]));
        for (i, y) in contract::<_, f64, M>(Scalar, product).into_iter().enumerate() {
            let want: f64 = (0..R).map(|k| d[i + k] * g[k]).sum();
            assert!((value(y) - want).abs() < 1e-12, "{M} {R} {i}: {} {want}", value(y));
        }
    }

    #[test]
    fn the_transforms_correlate() {
        correlates::<2, 5>();
        correlates::<3, 4>();
        correlates::<4, 3>();
        correlates::<5, 2>();
    }

    #[test]
    fn pairs_are_rows_of_the_transforms() {
        let d = [1.0, -2.0, 3.5, 0.25, -7.0, 5.0];
        let all = data::<_, f64>(Scalar, lanes(d));
        let (two, four) = ([3.0, -5.0], [3.0, -5.0, 7.0, 0.5]);
        let few = expand::<_, f64, 2>(Scalar, lanes(two));
        let more = expand::<_, f64, 4>(Scalar, lanes(four));
        for pair in PAIRS {
            let check = |factors: [f64; POINTS], x: &[f64], want: &[Lane; POINTS]| {
                let mut sums = [0.0; 2];
                for (i, x) in x.iter().enumerate() {
                    sums[i % 2] += factors[i] * x;
                }
                let [even, odd] = sums;
                let got = if pair.mixed { [even + odd, even - odd] } else { sums };
                assert_eq!(got, pair.points.map(|point| value(want[point])));
            };
            check(pair.data(), &d, &all);
            check(pair.expand(2), &two, &few);
            check(pair.expand(4), &four, &more);
        }
    }
}
