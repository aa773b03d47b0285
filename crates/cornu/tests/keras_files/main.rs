//! Files that Keras wrote, made by tools/interop/fixtures.py, and files that nobody should have written.

mod hostile;
mod reading;
mod support;
mod writing;
