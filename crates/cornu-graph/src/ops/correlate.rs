//! Correlation and convolution of sequences.

use crate::ops::{
    ConvParams, add, atleast_1d, cast, conv, expand_dims, flip, iota, matmul, pad, reshape, take,
};
use crate::{DType, Error, Result, Tensor};

/// At which places a sequence meets a shorter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Overlap {
    /// Where it lies inside: `n - m + 1` places for lengths `n >= m`.
    #[default]
    Valid,
    /// As many places as the longer sequence has, with the borders beyond it shared out to both sides.
    Same,
    /// Wherever they touch: `n + m - 1` places.
    Full,
}

/// The sums of products of `short` with the part of `long` at every place.
fn slide(long: &Tensor, short: &Tensor, mode: Overlap) -> Tensor {
    let (n, m) = (long.count(), short.count());
    let ends = match mode {
        Overlap::Valid => (0, 0),
        Overlap::Same => (m / 2, m - m / 2 - 1),
        Overlap::Full => (m - 1, m - 1),
    };
    let dtype = long.dtype().promote(short.dtype());
    let (long, short) = (cast(long, dtype), cast(short, dtype));
    if dtype.is_float() {
        let params =
            ConvParams { strides: vec![1], padding: vec![ends], dilation: vec![1], groups: 1 };
        return reshape(
            &conv(&reshape(&long, &[1, n, 1]), &reshape(&short, &[m, 1, 1]), &params),
            &[-1],
        );
    }
    // Convolutions are of floating-point numbers: integers stay exact as a product with a matrix of all parts.
    let places = n + ends.0 + ends.1 - m + 1;
    let at = |shape: &[usize]| iota(shape, 0, DType::I64);
    let index = add(&expand_dims(&at(&[places]), -1), &at(&[m]));
    matmul(&take(&pad(&long, &[ends], 0.0), &index, 0), &short)
}

fn vectors(function: &str, a: &Tensor, v: &Tensor) -> Result<()> {
    if a.ndim() == 1 && v.ndim() == 1 && a.count() > 0 && v.count() > 0 {
        return Ok(());
    }
    let received = format!("{} and {}", a.spec(), v.spec());
    Err(Error::invalid(function, "a, v", "must have one axis that is not empty", received))
}

/// The cross-correlation of two sequences: cₖ = Σₙ aₙ₊ₖ vₙ, with `v` at every place `k` of `a` that `mode` names.
///
/// `mode` is `Overlap::Valid` in NumPy by default. Where `v` is longer, `a` moves along `v`, and the result is
/// reversed. Dtypes promote; of `bool`: whether any pair is true. Integers take memory for a matrix of both lengths.
///
/// ```
/// use cornu_graph::{Tensor, ops::{self, Overlap}, testing::value};
/// let (a, v) = (Tensor::from([1, 2, 3]), Tensor::from([0, 1, 5]));
/// assert_eq!(value(&ops::correlate(&a, &v, Overlap::Full))?, [5, 11, 17, 3, 0].into());
/// assert_eq!(value(&ops::convolve(&a, &v, Overlap::Same))?, [1, 7, 13].into());
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// Errors when a tensor is empty or has not one axis.
pub fn correlate(a: &Tensor, v: &Tensor, mode: Overlap) -> Tensor {
    Tensor::compose(&[a, v], || {
        vectors("correlate", a, v)?;
        Ok(match a.count() < v.count() {
            true => flip(&slide(v, a, mode), &[0]),
            false => slide(a, v, mode),
        })
    })
}

/// The discrete convolution of two sequences: cₖ = Σₙ aₙ vₖ₋ₙ, at the places that `mode` names.
///
/// `mode` is `Overlap::Full` in NumPy by default; the order of the sequences does not matter. A scalar counts as a
/// sequence of one. Dtypes promote as in [`correlate`].
///
/// Errors when a tensor is empty or has more than one axis.
pub fn convolve(a: &Tensor, v: &Tensor, mode: Overlap) -> Tensor {
    Tensor::compose(&[a, v], || {
        let (a, v) = (atleast_1d(a), atleast_1d(v));
        vectors("convolve", &a, &v)?;
        let (long, short) = if a.count() < v.count() { (v, a) } else { (a, v) };
        Ok(slide(&long, &flip(&short, &[0]), mode))
    })
}
