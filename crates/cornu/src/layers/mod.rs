//! Layers by Keras's names, and the trait behind them.

mod arguments;
mod axes;
mod context;
mod layer_ref;
mod registry;
mod spatial;
mod symbolic;
mod traits;
mod weights;

mod activation;
mod convolution;
mod core;
mod normalization;

pub use activation::*;
pub use axes::Axes;
pub use context::Context;
pub use convolution::*;
pub use core::*;
pub use layer_ref::{LayerBuilder, LayerRef};
pub use normalization::*;
pub use registry::{class_names, from_config, register};
pub(crate) use symbolic::{CallNode, input_from};
pub use symbolic::{Input, Inputs, KerasTensor, input_with_dtype};
pub(crate) use traits::show;
pub use traits::{Layer, LayerExt, Shape, axis_size, one};
pub use weights::{Weight, WeightArgs, Weights};
