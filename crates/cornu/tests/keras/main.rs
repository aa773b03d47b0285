//! Golden numbers: every case of `tests/fixtures/keras` (made by `tools/keras`) through the public API.

mod losses;
mod metrics;
mod models;
mod optimizers;
mod small;
mod support;
mod training;
