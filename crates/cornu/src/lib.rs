//! Keras, native in Rust.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod activations;
mod backend;
pub mod boxes;
pub mod callbacks;
pub mod config;
pub mod constraints;
pub mod datasets;
pub mod ensemble;
mod error;
pub mod fft;
pub mod initializers;
pub mod io;
pub mod layers;
pub mod linalg;
pub mod losses;
pub mod metrics;
pub mod models;
pub mod nn;
pub mod ops;
pub mod optimizers;
pub mod plot;
pub mod random;
pub mod regularizers;
pub mod sampling;
pub mod saving;
mod session;
pub mod stats;
pub mod testing;

pub use backend::{Eval, backend, evaluate, set_backend};
pub use cornu_graph::{Array, DType, Data, Element, Tensor, Variable, gradients, memory};
pub use error::{Error, Result};
pub use session::{
    clear_session, next_seed, random_state, set_random_seed, set_random_state, snake_case,
};
