//! Functions on images by the names of `keras.ops.nn`, and the arguments that they share with layers.
//!
//! Images are `(batch, spatial…, channels)` with any number of spatial axes, or `(batch, channels, spatial…)`
//! under [`DataFormat::ChannelsFirst`].

mod arguments;
mod conv;
mod pool;
mod resize;

pub(crate) use arguments::channels_last;
pub use arguments::{DataFormat, Interpolation, Padding, Sides, Size, Spatial};
pub use conv::{conv, conv_transpose, depthwise_conv};
pub use pool::{average_pool, max_pool};
pub use resize::{repeat, resize_bilinear};
