//! Pooling.

mod global_pooling;
mod window_pooling;

pub use global_pooling::{
    GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D,
    GlobalMaxPooling2D, GlobalMaxPooling3D, GlobalPooling,
};
pub use window_pooling::{
    AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D,
    Pooling,
};

/// What is taken of a window: [`Max`] or [`Average`].
pub trait PoolingKind:
    sealed::Sealed + Default + Clone + std::fmt::Debug + Send + Sync + 'static
{
    /// Whether it is the largest value.
    const MAX: bool;
}

/// The largest value.
#[derive(Debug, Clone, Default)]
pub struct Max;

/// The mean.
#[derive(Debug, Clone, Default)]
pub struct Average;

impl PoolingKind for Max {
    const MAX: bool = true;
}

impl PoolingKind for Average {
    const MAX: bool = false;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Max {}
    impl Sealed for super::Average {}
}
