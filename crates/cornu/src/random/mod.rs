//! Random numbers: Keras's stateless functions, the seeds that layers carry, and NumPy's streams.
//!
//! Keras's functions describe tensors: the values are computed when they are asked for, as part of whatever graph they are in.
//! They are counter-based ([`ops::Random`](crate::ops::Random)): each value follows from the seed and its place, whatever the number
//! of threads. [`numpy`] has NumPy's generators instead.
//!
//! ```
//! use cornu::{DType, Eval, random};
//! let x = random::binomial(&[10], 1, 0.5, DType::F32, 7).array()?;
//! assert!(x.to_vec::<f32>().iter().all(|&v| v == 0.0 || v == 1.0));
//! assert_eq!(x, random::binomial(&[10], 1, 0.5, DType::F32, 7).array()?);
//! # Ok::<(), cornu::Error>(())
//! ```

mod arguments;
mod continuous;
mod discrete;
pub mod numpy;
mod order;
mod seed;
#[cfg(test)]
mod tests;

pub use continuous::{beta, gamma, normal, truncated_normal, uniform};
pub use discrete::{binomial, categorical, randint};
pub use order::{dropout, permutation, shuffle};
pub use seed::{Seed, SeedGenerator, key};
