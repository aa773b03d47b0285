//! Activation functions as layers.

#[allow(clippy::module_inception)]
mod activation;
mod elu;
mod leaky_re_lu;
mod p_re_lu;
mod re_lu;
mod softmax;

pub use activation::Activation;
pub use elu::ELU;
pub use leaky_re_lu::LeakyReLU;
pub use p_re_lu::PReLU;
pub use re_lu::ReLU;
pub use softmax::Softmax;
