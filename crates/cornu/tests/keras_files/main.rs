//! Files that Keras wrote, made by tools/interop/fixtures.py, eras.py and former_layers.py, and files that nobody should have written.

mod compilation;
mod eras;
mod former_layers;
mod hostile;
mod reading;
mod support;
mod writing;
