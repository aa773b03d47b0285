//! Transforms of short pieces of a signal.

use cornu_graph::ops::{Op, ScatterAdd, cast, iota, slice_axis, take};
use cornu_graph::{Array, DType, Error, Result, Tensor, element_count};

use super::transforms::{Transform, irfft, pair, rfft};

/// The weights of the samples of a frame: SciPy's periodic windows. (Under TensorFlow, Keras takes symmetric ones for
/// odd lengths.)
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Window {
    /// Ones.
    Rectangular,
    /// `0.5 - 0.5 cos(2πi / n)`.
    #[default]
    Hann,
    /// `0.54 - 0.46 cos(2πi / n)`.
    Hamming,
    /// These, one for each sample of a frame.
    Weights(Vec<f64>),
}

/// How a signal is cut into frames: the arguments that [`stft`] and [`istft`] share.
#[derive(Debug, Clone, PartialEq)]
pub struct Frames {
    /// The samples of a frame.
    pub sequence_length: usize,
    /// The samples between the starts of two frames.
    pub sequence_stride: usize,
    /// The length of the transforms, at least `sequence_length`: frames are filled with zeros on both sides.
    pub fft_length: usize,
    /// The weights of a frame's samples; [`Window::Hann`] by default.
    pub window: Window,
    /// Whether frames are centred on their samples, with half of `fft_length` mirrored samples before the signal
    /// and after it; true by default.
    pub center: bool,
}

impl Frames {
    /// Frames with the default window, centred.
    pub fn new(sequence_length: usize, sequence_stride: usize, fft_length: usize) -> Frames {
        Frames { sequence_length, sequence_stride, fft_length, window: Window::Hann, center: true }
    }

    /// The weights of `fft_length` samples.
    fn weights(&self, name: &str) -> Result<Vec<f64>> {
        let n = self.sequence_length;
        if n == 0 || self.sequence_stride == 0 {
            let received = format!("{n} and {}", self.sequence_stride);
            let argument = "sequence_length, sequence_stride";
            return Err(Error::invalid(name, argument, "must be at least 1", received));
        }
        if self.fft_length < n {
            let rule = format!("must be at least the sequence length {n}");
            return Err(Error::invalid(name, "fft_length", rule, self.fft_length));
        }
        element_count(name, &[self.fft_length])?;
        let cosine = |a: f64, b: f64| -> Vec<f64> {
            let turn = std::f64::consts::TAU / n as f64;
            (0..n).map(|i| if n == 1 { 1.0 } else { a - b * (turn * i as f64).cos() }).collect()
        };
        let inner = match &self.window {
            Window::Rectangular => return Ok(vec![1.0; self.fft_length]),
            Window::Hann => cosine(0.5, 0.5),
            Window::Hamming => cosine(0.54, 0.46),
            Window::Weights(weights) if weights.len() == n => weights.clone(),
            Window::Weights(weights) => {
                let rule = format!("must have one weight for each of {n} samples");
                return Err(Error::invalid(name, "window", rule, weights.len()));
            }
        };
        let before = (self.fft_length - n) / 2;
        let mut weights = vec![0.0; self.fft_length];
        weights[before..before + n].copy_from_slice(&inner);
        Ok(weights)
    }

    fn margin(&self) -> usize {
        if self.center { self.fft_length / 2 } else { 0 }
    }

    /// The place of each sample of each frame, the first frame starting at 0.
    fn places(&self, count: usize) -> Tensor {
        let shape = [count, self.fft_length];
        iota(&shape, 0, DType::I64) * self.sequence_stride as f64 + iota(&shape, 1, DType::I64)
    }

    fn transform(&self) -> Transform {
        Transform { length: Some(self.fft_length), ..Transform::default() }
    }
}

/// The places of the samples of a signal of `n`, mirrored at its ends without repeating them, from `margin` before
/// the signal to `margin` after it.
fn mirrored(n: usize, margin: usize) -> Vec<i64> {
    let period = 2 * (n - 1).max(1);
    let place = |i: usize| {
        // `margin % period` samples before the start, counted from a whole number of periods.
        let at = (i + period - margin % period) % period;
        if at < n { at } else { period - at }
    };
    (0..n + 2 * margin).map(|i| if n == 1 { 0 } else { place(i) as i64 }).collect()
}

/// The short-time Fourier transform of signals `[..., samples]`: the real and imaginary parts, of shape
/// `[..., frames, fft_length / 2 + 1]`.
///
/// Samples that do not fill a frame at the end are left out.
///
/// ```
/// use cornu::{Eval, fft::{self, Frames}, ops};
/// let x = ops::sin(&ops::iota(&[64], 0, cornu::DType::F64));
/// let frames = Frames::new(16, 4, 16);
/// let (real, imag) = fft::stft(&x, &frames);
/// assert_eq!(real.shape(), [17, 9]);
/// let back = fft::istft(&real, &imag, &frames, None).array()?;
/// assert!((back.to_vec::<f64>()[10] - 10f64.sin()).abs() < 1e-12);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn stft(x: &Tensor, frames: &Frames) -> (Tensor, Tensor) {
    pair(&[x], || {
        let weights = frames.weights("stft")?;
        let Some(&samples) = x.shape().last().filter(|&&n| n > 0) else {
            return Err(Error::invalid("stft", "x", "must have an axis of samples", x.spec()));
        };
        let x = cast(x, x.dtype().to_float());
        let margin = frames.margin();
        let padded = element_count("stft", &[samples])? + 2 * margin;
        if padded < frames.fft_length {
            let rule = format!("must have samples for a frame of {}", frames.fft_length);
            return Err(Error::invalid("stft", "x", rule, x.spec()));
        }
        let count = (padded - frames.fft_length) / frames.sequence_stride + 1;
        let signal = Tensor::from(mirrored(samples, margin));
        let taken = take(&x, &take(&signal, &frames.places(count), 0), -1);
        let weights = Tensor::from(Array::from(weights).cast(x.dtype()));
        let (real, imag) = rfft(&(taken * weights), &frames.transform());
        real.check()?;
        Ok((real, imag))
    })
}

/// The signals of which [`stft`] with the same `frames` gives these parts: exact where frames overlap enough for
/// the squares of the window to cover each sample.
///
/// `length` is the number of samples; by default what the frames cover, without the margins if they are centred.
/// Frames are weighted and added, and divided by the sum of the squares of the weights. Unlike Keras, this holds for
/// [`Window::Rectangular`] as well, where Keras divides by the stride.
pub fn istft(real: &Tensor, imag: &Tensor, frames: &Frames, length: Option<usize>) -> Tensor {
    Tensor::compose(&[real, imag], || {
        let weights = frames.weights("istft")?;
        let rank = real.ndim();
        if rank < 2 || real.shape()[rank - 2] == 0 {
            let rule = "must have axes of frames and of frequencies";
            return Err(Error::invalid("istft", "real", rule, real.spec()));
        }
        let count = real.shape()[rank - 2];
        let span = (count - 1).saturating_mul(frames.sequence_stride);
        let covered = element_count("istft", &[span.saturating_add(frames.fft_length)])?;
        let start = frames.margin();
        let end = match length {
            Some(length) => covered.min(start.saturating_add(length)),
            None => covered.saturating_sub(start).max(start),
        };
        let mut squares = vec![0.0; covered];
        for frame in 0..count {
            let at = frame * frames.sequence_stride;
            squares[at..at + weights.len()].iter_mut().zip(&weights).for_each(|(s, w)| *s += w * w);
        }
        // Where no weight reaches, there is nothing to divide.
        let shares = squares.into_iter().map(|s| if s > 1e-10 { 1.0 / s } else { 1.0 });
        let shares = Array::from(shares.collect::<Vec<f64>>());

        let pieces = irfft(real, imag, &frames.transform());
        let weights = Tensor::from(Array::from(weights).cast(pieces.dtype()));
        let add = Op::from(ScatterAdd { axis: rank - 2, size: covered });
        let added = Tensor::apply(add, &[&(&pieces * weights), &frames.places(count)]);
        let signal = added * Tensor::from(shares.cast(pieces.dtype()));
        Ok(slice_axis(&signal, -1, start.min(end), end))
    })
}
