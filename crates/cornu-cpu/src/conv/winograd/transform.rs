//! The transforms in one dimension: polynomials as their values at the points 0, 1, -1, 2, -2 and infinity, or at
//! four of them, without 2 and -2.
//!
//! A product of polynomials is the product of their values. `expand` gives the values of a polynomial
//! with few coefficients, `contract` is its transpose, and `data` the transpose of the interpolation, so that
//! `contract(expand(g) * scales * data(d))` is the correlation of as many values `d` as there are points with a
//! kernel `g` (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016; the matrices are theirs).

use crate::simd::{Float, Isa, Real};

/// The most points, and values that a tile has along an axis.
const MOST: usize = 6;

/// What the interpolation divides by, for each of `P` points.
pub(super) fn scales<const P: usize>() -> [f64; P] {
    let scales: &[f64] = match P {
        4 => &[1.0, 0.5, 0.5, 1.0],
        _ => &[0.25, -1.0 / 6.0, -1.0 / 6.0, 1.0 / 24.0, 1.0 / 24.0, 1.0],
    };
    std::array::from_fn(|i| scales[i])
}

/// One vector of `T`.
pub(super) type V<S, T> = <T as Real>::Vec<S>;

/// `x` in every lane.
#[inline(always)]
pub(super) fn splat<S: Isa, T: Real>(s: S, x: f64) -> V<S, T> {
    crate::simd::Vector::splat(s, T::from_f64(x))
}

/// Values of the data at the `P` points.
#[inline(always)]
pub(super) fn data<S: Isa, T: Real, const P: usize>(s: S, d: [V<S, T>; P]) -> [V<S, T>; P] {
    let mut at = d;
    if P == 4 {
        at[0] = d[0] - d[2];
        (at[1], at[2]) = (d[2] + d[1], d[2] - d[1]);
        at[3] = d[3] - d[1];
        return at;
    }
    let (two, four, five) = (splat::<S, T>(s, 2.0), splat::<S, T>(s, 4.0), splat::<S, T>(s, 5.0));
    let (even, odd) = (four.neg_mul_add(d[2], d[4]), four.neg_mul_add(d[1], d[3]));
    let (near, far) = (d[4] - d[2], d[3] - d[1]);
    at[0] = four.mul_add(d[0], five.neg_mul_add(d[2], d[4]));
    (at[1], at[2]) = (even + odd, even - odd);
    (at[3], at[4]) = (two.mul_add(far, near), two.neg_mul_add(far, near));
    at[5] = four.mul_add(d[1], five.neg_mul_add(d[3], d[5]));
    at
}

/// `N` coefficients at the `P` points.
#[inline(always)]
pub(super) fn expand<S: Isa, T: Real, const N: usize, const P: usize>(
    s: S,
    y: [V<S, T>; N],
) -> [V<S, T>; P] {
    let zero = splat::<S, T>(s, 0.0);
    // Sums of the even and the odd coefficients, at 1 and at 2.
    let (mut at1, mut at2) = ([y[0], zero], [y[0], zero]);
    for i in 1..N {
        at1[i % 2] = at1[i % 2] + y[i];
        at2[i % 2] = splat::<S, T>(s, f64::from(1 << i)).mul_add(y[i], at2[i % 2]);
    }
    let mut at = [y[0]; P];
    (at[1], at[2]) = (at1[0] + at1[1], at1[0] - at1[1]);
    if P == 6 {
        (at[3], at[4]) = (at2[0] + at2[1], at2[0] - at2[1]);
    }
    at[P - 1] = y[N - 1];
    at
}

/// The transpose of [`expand`].
#[inline(always)]
pub(super) fn contract<S: Isa, T: Real, const N: usize, const P: usize>(
    s: S,
    w: [V<S, T>; P],
) -> [V<S, T>; N] {
    let at1 = [w[1] + w[2], w[1] - w[2]];
    let mut y = [w[0] + at1[0]; N];
    for i in 1..N {
        y[i] = at1[i % 2];
    }
    if P == 6 {
        let at2 = [w[3] + w[4], w[3] - w[4]];
        for i in 0..N {
            y[i] = splat::<S, T>(s, f64::from(1 << i)).mul_add(at2[i % 2], y[i]);
        }
    }
    y[N - 1] = y[N - 1] + w[P - 1];
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
    data: [f64; MOST],
    base: f64,
}

const OF_FOUR: [Pair; 2] = [
    Pair { points: [1, 2], mixed: true, data: [0.0, 1.0, 1.0, 0.0, 0.0, 0.0], base: 1.0 },
    Pair { points: [0, 3], mixed: false, data: [1.0, -1.0, -1.0, 1.0, 0.0, 0.0], base: 0.0 },
];

const OF_SIX: [Pair; 3] = [
    Pair { points: [1, 2], mixed: true, data: [0.0, -4.0, -4.0, 1.0, 1.0, 0.0], base: 1.0 },
    Pair { points: [3, 4], mixed: true, data: [0.0, -2.0, -1.0, 2.0, 1.0, 0.0], base: 2.0 },
    Pair { points: [0, 5], mixed: false, data: [4.0, 4.0, -5.0, -5.0, 1.0, 1.0], base: 0.0 },
];

impl Pair {
    /// All rows of four or six points. What the first pair gives counts for every row of the target.
    pub fn all(points: usize) -> &'static [Pair] {
        if points == 4 { &OF_FOUR } else { &OF_SIX }
    }

    /// The factors of [`data`] at `P` points.
    pub fn data<const P: usize>(&self) -> [f64; P] {
        std::array::from_fn(|i| self.data[i])
    }

    /// The factors of [`expand`] for `N` coefficients, and of [`contract`].
    pub fn expand<const N: usize>(&self) -> [f64; N] {
        let factor = |i: usize| match self.mixed {
            true => self.base.powi(i as i32),
            false if i == 0 || i == N - 1 => 1.0,
            false => 0.0,
        };
        std::array::from_fn(factor)
    }

    /// Whether row `i` of `N` counts in the second sum. (The value at infinity is that of the last row.)
    #[inline(always)]
    pub fn second<const N: usize>(&self, i: usize) -> bool {
        match N % 2 == 1 && i == N - 1 {
            true => !self.mixed,
            false => i % 2 == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Scalar, Vector};

    type Lane = V<Scalar, f64>;

    const D: [f64; MOST] = [1.0, -2.0, 3.5, 0.25, -7.0, 5.0];
    const G: [f64; MOST] = [3.0, -5.0, 7.0, 0.5, -4.0, 2.0];

    fn lanes<const N: usize>(x: [f64; MOST]) -> [Lane; N] {
        std::array::from_fn(|i| splat::<Scalar, f64>(Scalar, x[i]))
    }

    fn value(x: Lane) -> f64 {
        let mut lanes = vec![0.0; Lane::LANES];
        x.store(&mut lanes);
        lanes[0]
    }

    /// The correlation of `P` values with `R` weights gives `M` values.
    fn correlates<const P: usize, const M: usize, const R: usize>() {
        let u: [Lane; P] = expand::<_, f64, R, P>(Scalar, lanes(G));
        let (v, scales) = (data::<_, f64, P>(Scalar, lanes(D)), scales::<P>());
        let product: [Lane; P] =
            std::array::from_fn(|i| u[i] * v[i] * splat::<Scalar, f64>(Scalar, scales[i]));
        for (i, y) in contract::<_, f64, M, P>(Scalar, product).into_iter().enumerate() {
            let want: f64 = (0..R).map(|k| D[i + k] * G[k]).sum();
            assert!((value(y) - want).abs() < 1e-12, "{P} {M} {R} {i}: {} {want}", value(y));
        }
    }

    #[test]
    fn the_transforms_correlate() {
        correlates::<6, 2, 5>();
        correlates::<6, 3, 4>();
        correlates::<6, 4, 3>();
        correlates::<6, 5, 2>();
        correlates::<4, 2, 3>();
        correlates::<4, 3, 2>();
    }

    /// Sums of `N` values are those of `want`, the values at all points.
    fn sums<const N: usize>(pair: &Pair, factors: [f64; N], x: [f64; MOST], want: &[Lane]) {
        let mut sums = [0.0; 2];
        for i in 0..N {
            sums[usize::from(pair.second::<N>(i))] += factors[i] * x[i];
        }
        let [even, odd] = sums;
        let got = if pair.mixed { [even + odd, even - odd] } else { sums };
        assert_eq!(got, pair.points.map(|point| value(want[point])), "{pair:?} of {N}");
    }

    fn rows<const P: usize, const N: usize>() {
        for pair in Pair::all(P) {
            sums(pair, pair.data::<P>(), D, &data::<_, f64, P>(Scalar, lanes(D)));
            sums(pair, pair.expand::<N>(), G, &expand::<_, f64, N, P>(Scalar, lanes(G)));
        }
    }

    #[test]
    fn pairs_are_rows_of_the_transforms() {
        rows::<6, 2>();
        rows::<6, 4>();
        rows::<4, 2>();
        rows::<4, 3>();
    }
}
