//! Transforms along an axis.

use cornu_graph::ops::{cast, concatenate, flip, pad, slice_axis, transpose, zeros_like};
use cornu_graph::{Error, Result, Tensor, normalize_axis};
use cornu_numeric::Direction;

use super::op::transform;

/// Where the division by the length `n` goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Norm {
    /// Into the inverse transform.
    #[default]
    Backward,
    /// A division by the root of `n` into both.
    Ortho,
    /// Into the forward transform.
    Forward,
}

impl Norm {
    fn scale(self, n: usize, direction: Direction) -> f64 {
        match (self, direction) {
            (Norm::Ortho, _) => 1.0 / (n as f64).sqrt(),
            (Norm::Backward, Direction::Inverse) | (Norm::Forward, Direction::Forward) => {
                1.0 / n as f64
            }
            _ => 1.0,
        }
    }
}

/// How a transform is taken; the default is Keras's: the whole last axis, `norm="backward"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transform {
    /// The length of the transform (of the real side for [`rfft`] and [`irfft`]): the axis is cut or filled with zeros.
    /// By default that of the axis; `2 (m - 1)` for [`irfft`] of `m` values.
    pub length: Option<usize>,
    /// The axis; the last by default.
    pub axis: isize,
    /// Where the division by the length goes.
    pub norm: Norm,
}

impl Default for Transform {
    fn default() -> Self {
        Transform { length: None, axis: -1, norm: Norm::Backward }
    }
}

/// The two parts of a body that may fail; its error becomes theirs.
pub(super) fn pair(
    inputs: &[&Tensor],
    body: impl FnOnce() -> Result<(Tensor, Tensor)>,
) -> (Tensor, Tensor) {
    let failed = inputs.iter().find_map(|t| t.check().err());
    failed.map_or_else(body, Err).unwrap_or_else(|error| {
        let failed = Tensor::error(error);
        (failed.clone(), failed)
    })
}

/// A complex tensor whose parts have one shape, in their common floating-point type.
fn complex(name: &str, real: &Tensor, imag: &Tensor) -> Result<(Tensor, Tensor)> {
    if real.shape() != imag.shape() {
        let rule = format!("must have the shape {:?} of the real part", real.shape());
        return Err(Error::invalid(name, "imag", rule, imag.spec()));
    }
    let dtype = real.dtype().promote(imag.dtype()).to_float();
    Ok((cast(real, dtype), cast(imag, dtype)))
}

/// `x` with `axis` exchanged with the last one.
fn swapped(x: &Tensor, axis: usize) -> Tensor {
    if axis + 1 == x.ndim() {
        return x.clone();
    }
    let mut order: Vec<isize> = (0..x.ndim() as isize).collect();
    order.swap(axis, x.ndim() - 1);
    transpose(x, &order)
}

/// `x` with its last axis cut or filled with zeros to `n`.
fn resized(x: &Tensor, n: usize) -> Tensor {
    let size = x.shape()[x.ndim() - 1];
    if n <= size {
        return if n == size { x.clone() } else { slice_axis(x, -1, 0, n) };
    }
    let mut padding = vec![(0, 0); x.ndim()];
    padding[x.ndim() - 1].1 = n - size;
    pad(x, &padding, 0.0)
}

fn check_length(name: &str, n: usize) -> Result<usize> {
    match n {
        0 => Err(Error::invalid(name, "length", "must be at least 1", n)),
        _ => Ok(n),
    }
}

fn complex_transform(
    name: &str,
    (real, imag): (&Tensor, &Tensor),
    options: &Transform,
    direction: Direction,
) -> (Tensor, Tensor) {
    pair(&[real, imag], || {
        let (real, imag) = complex(name, real, imag)?;
        let axis = normalize_axis(name, options.axis, real.ndim())?;
        let n = check_length(name, options.length.unwrap_or(real.shape()[axis]))?;
        let last = |t: &Tensor| resized(&swapped(t, axis), n);
        let scale = options.norm.scale(n, direction);
        let (real, imag) = transform(&last(&real), &last(&imag), direction, scale);
        real.check()?;
        Ok((swapped(&real, axis), swapped(&imag, axis)))
    })
}

/// The discrete Fourier transform `y[k] = sum(x[j] exp(-2πi jk / n))` along an axis: its real and imaginary parts.
///
/// ```
/// use cornu::{Eval, Tensor, fft};
/// let x = Tensor::from([1.0, 2.0, 4.0]);
/// let (real, imag) = fft::fft(&x, &(&x * 0.0), &fft::Transform::default());
/// assert_eq!(real.array()?.to_vec::<f64>()[0], 7.0);
/// let (back, _) = fft::ifft(&real, &imag, &fft::Transform::default());
/// assert!((back.array()?.to_vec::<f64>()[2] - 4.0).abs() < 1e-12);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn fft(real: &Tensor, imag: &Tensor, options: &Transform) -> (Tensor, Tensor) {
    complex_transform("fft", (real, imag), options, Direction::Forward)
}

/// The inverse of [`fft`].
pub fn ifft(real: &Tensor, imag: &Tensor, options: &Transform) -> (Tensor, Tensor) {
    complex_transform("ifft", (real, imag), options, Direction::Inverse)
}

fn transform2(
    name: &str,
    (real, imag): (&Tensor, &Tensor),
    norm: Norm,
    direction: Direction,
) -> (Tensor, Tensor) {
    let along = |axis| Transform { length: None, axis, norm };
    let (real, imag) = complex_transform(name, (real, imag), &along(-1), direction);
    complex_transform(name, (&real, &imag), &along(-2), direction)
}

/// The discrete Fourier transform along the last two axes.
pub fn fft2(real: &Tensor, imag: &Tensor, norm: Norm) -> (Tensor, Tensor) {
    transform2("fft2", (real, imag), norm, Direction::Forward)
}

/// The inverse of [`fft2`].
pub fn ifft2(real: &Tensor, imag: &Tensor, norm: Norm) -> (Tensor, Tensor) {
    transform2("ifft2", (real, imag), norm, Direction::Inverse)
}

/// The first `n / 2 + 1` values of the transform of a real `x` of length `n`; the others are their conjugates.
pub fn rfft(x: &Tensor, options: &Transform) -> (Tensor, Tensor) {
    pair(&[x], || {
        let axis = normalize_axis("rfft", options.axis, x.ndim())?;
        let n = check_length("rfft", options.length.unwrap_or(x.shape()[axis]))?;
        let (real, imag) = fft(x, &zeros_like(x), options);
        real.check()?;
        let half = |t: &Tensor| slice_axis(t, axis as isize, 0, n / 2 + 1);
        Ok((half(&real), half(&imag)))
    })
}

/// The inverse of [`rfft`]: a real tensor.
///
/// Without a `length`, `2 (m - 1)` values come of `m`: an odd length must be given. The imaginary part of the
/// first value does not count, nor that of the last one of an even length.
pub fn irfft(real: &Tensor, imag: &Tensor, options: &Transform) -> Tensor {
    Tensor::compose(&[real, imag], || {
        let (real, imag) = complex("irfft", real, imag)?;
        let axis = normalize_axis("irfft", options.axis, real.ndim())?;
        let m = real.shape()[axis];
        let n = check_length("irfft", options.length.unwrap_or(2 * m.saturating_sub(1)))?;
        let kept = n / 2 + 1;
        // The second half mirrors the first, without its first value and, for even lengths, its last.
        let whole = |t: &Tensor, sign: f64| {
            let half = resized(&swapped(t, axis), kept);
            if n == kept {
                return half;
            }
            let mirrored = flip(&slice_axis(&half, -1, 1, n - kept + 1), &[-1]) * sign;
            concatenate(&[half, mirrored], -1)
        };
        let scale = options.norm.scale(n, Direction::Inverse);
        let (y, _) = transform(&whole(&real, 1.0), &whole(&imag, -1.0), Direction::Inverse, scale);
        y.check()?;
        Ok(swapped(&y, axis))
    })
}
