//! Pictures of training: learning curves, latent spaces, confusion matrices, sheets of samples.
//!
//! Every function returns an [`Image`], which saves itself as PNG. The same input gives the same
//! picture; a computer without fonts or a screen draws it too.

mod grid;
mod image;

pub use grid::image_grid;
pub use image::Image;
