//! Layers by Keras's names, and the trait behind them.

mod arguments;
mod axes;
pub(crate) mod budget;
mod context;
mod dtype_policy;
mod layer_ref;
mod registry;
mod spatial;
mod symbolic;
mod traits;
mod weights;

mod activation;
mod convolution;
mod core;
mod merging;
mod normalization;
mod pooling;
mod preprocessing;
mod regularization;
mod reshaping;

pub use activation::*;
pub use axes::Axes;
pub(crate) use context::Call;
pub use context::Context;
pub use convolution::*;
pub(crate) use core::lambda_is_known;
pub use core::*;
pub(crate) use dtype_policy::DTypePolicy;
pub use layer_ref::{LayerBuilder, LayerRef};
pub use merging::*;
pub use normalization::*;
pub use pooling::{
    AveragePooling1D, AveragePooling2D, AveragePooling3D, GlobalAveragePooling1D,
    GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D,
    GlobalMaxPooling3D, GlobalPooling, MaxPooling1D, MaxPooling2D, MaxPooling3D, Pooling,
};
pub use preprocessing::{Normalization, Numbers, Rescaling};
pub(crate) use registry::{Common, is_known};
pub use registry::{class_names, from_config, register};
pub use regularization::*;
pub use reshaping::*;
pub(crate) use symbolic::{CallNode, input_from};
pub use symbolic::{Input, Inputs, KerasTensor, input_with_dtype};
pub(crate) use traits::show;
pub use traits::{Layer, LayerExt, Shape, axis_size, one};
pub use weights::{Weight, WeightArgs, Weights};
