//! Activation functions by Keras's names: as plain functions, and as what layers take by name.
//!
//! A function with arguments beyond the input has a second form that ends in `_with`:
//! `elu(&x)` is `elu_with(&x, 1.0)`.

mod activation;
mod exponentials;
mod from_layer;
mod gates;
mod rectifiers;
mod sigmoids;
mod softmax;

pub use activation::{Activation, register};
pub use exponentials::*;
pub use gates::*;
pub use rectifiers::*;
pub use sigmoids::*;
pub use softmax::*;

use cornu_graph::Tensor;

/// A function and its name.
type Named = (&'static str, fn(&Tensor) -> Tensor);

/// The built-in functions with their default arguments.
const BUILTIN: &[Named] = &[
    ("celu", celu),
    ("elu", elu),
    ("exponential", exponential),
    ("gelu", gelu),
    ("glu", glu),
    ("hard_shrink", hard_shrink),
    ("hard_sigmoid", hard_sigmoid),
    ("hard_silu", hard_silu),
    ("hard_tanh", hard_tanh),
    ("leaky_relu", leaky_relu),
    ("linear", linear),
    ("log_sigmoid", log_sigmoid),
    ("log_softmax", log_softmax),
    ("mish", mish),
    ("relu", relu),
    ("relu6", relu6),
    ("selu", selu),
    ("sigmoid", sigmoid),
    ("silu", silu),
    ("soft_shrink", soft_shrink),
    ("softmax", softmax),
    ("softplus", softplus),
    ("softsign", softsign),
    ("sparse_plus", sparse_plus),
    ("sparse_sigmoid", sparse_sigmoid),
    ("sparsemax", sparsemax),
    ("squareplus", squareplus),
    ("tanh", tanh),
    ("tanh_shrink", tanh_shrink),
];

/// Other names, which are saved as the first.
const ALIASES: &[(&str, &str)] = &[("swish", "silu"), ("hard_swish", "hard_silu")];

/// The input itself.
pub fn linear(x: &Tensor) -> Tensor {
    x.clone()
}
