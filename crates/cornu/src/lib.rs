//! Keras, native in Rust.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod error;
pub mod io;

pub use cornu_graph::{Array, DType, Data, Element};
pub use error::{Error, Result};
