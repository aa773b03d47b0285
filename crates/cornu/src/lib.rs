//! Keras, native in Rust.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod callbacks;
pub mod datasets;
mod error;
pub mod io;
pub mod plot;

pub use cornu_graph::{Array, DType, Data, Element};
pub use error::{Error, Result};
