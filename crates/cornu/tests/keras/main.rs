//! Golden numbers: every case of `tests/fixtures/keras` (made by `tools/keras`) through the public API.

mod activations;
mod boxes;
mod callbacks;
mod golden;
mod layers;
mod losses;
mod metrics;
mod optimizers;
mod progress;
mod small;
mod summary;
mod training;
