//! The basic layers.

mod dense;
mod embedding;
mod identity;
mod input_layer;
mod lambda;

pub use dense::Dense;
pub use embedding::Embedding;
pub use identity::Identity;
pub use input_layer::InputLayer;
pub(crate) use lambda::lambda_is_known;
pub use lambda::{Lambda, register_lambda};
