//! Activation functions as layers.

mod re_lu;

pub use re_lu::ReLU;
