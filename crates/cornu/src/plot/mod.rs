//! Pictures of training: learning curves, latent spaces, confusion matrices, sheets of samples.
//!
//! Every function returns an [`Image`], which saves itself as PNG. The same input gives the same
//! picture; a computer without fonts or a screen draws it too.

mod axis;
mod canvas;
mod chart;
mod confusion;
mod font;
mod grid;
mod histogram;
mod image;
mod lines;
mod scatter;

pub use confusion::confusion_matrix;
pub use grid::image_grid;
pub(crate) use histogram::buckets;
pub use histogram::{counts, histogram};
pub use image::Image;
pub use lines::{Series, curve, lines, semilogy};
pub use scatter::{Points, scatter};
