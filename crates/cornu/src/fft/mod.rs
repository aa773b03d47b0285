//! Fourier transforms by the names of `numpy.fft` and `keras.ops`.
//!
//! A complex tensor is a pair of tensors, as in Keras: its real and its imaginary part. Any length is fast, and every
//! transform is differentiable. Integers become `float32`; results are computed in double precision and rounded to
//! the input's type.

mod op;
mod short_time;
#[cfg(test)]
mod tests;
mod transforms;

pub use short_time::{Frames, Window, istft, stft};
pub use transforms::{Norm, Transform, fft, fft2, ifft, ifft2, irfft, rfft};
