//! Choosing classes (tokens, characters) from what a model predicts.
//!
//! ```
//! use cornu::{Array, sampling::Sampler};
//! let logits = Array::from([[2.0, 1.0, 0.1, -3.0]]);
//! let mut sampler = Sampler::new().temperature(0.7).top_k(40).top_p(0.9).seed(1);
//! let token = sampler.sample(&logits)?;
//! assert_eq!(token.shape(), [1]);
//! assert!(token.as_slice::<i64>()?[0] < 2);
//! # Ok::<(), cornu::Error>(())
//! ```

mod reweight;
mod sampler;

pub use reweight::reweight_distribution;
pub use sampler::Sampler;
