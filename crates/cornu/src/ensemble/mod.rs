//! Several models as one: weighted averages of what they predict, with weights found on validation data.
//!
//! ```
//! use cornu::{Array, ensemble};
//! let targets = Array::from([1.0f32, 2.0, 3.0]);
//! // One model is one too high, the other one too low.
//! let predictions = [Array::from([2.0f32, 3.0, 4.0]), Array::from([0.0f32, 1.0, 2.0])];
//! let found = ensemble::search_weights(&predictions, &targets, "mse")?;
//! assert!(found.loss < 1e-6 && (found.weights[0] - 0.5).abs() < 1e-3);
//! let together = ensemble::average(&predictions, &found.weights)?;
//! assert_eq!(together.shape(), [3]);
//! # Ok::<(), cornu::Error>(())
//! ```

mod average;
mod search;

pub use average::{Ensemble, average};
pub use search::{FoundWeights, search_weights};
