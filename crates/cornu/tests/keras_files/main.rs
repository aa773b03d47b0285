//! Files that Keras wrote, made by tools/interop/fixtures.py and eras.py, and files that nobody should have written.

mod compilation;
mod hostile;
mod reading;
mod support;
mod writing;
