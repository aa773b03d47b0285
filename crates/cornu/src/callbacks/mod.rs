//! What happens around and during training, besides training.

pub mod tensorboard;
