//! The same elements in another place: transposition, slices, padding, joining, broadcasting, lookups.
//!
//! All but lookups are one [`Movement`]: elements walked by strides on both sides (`strided.rs`). Lookups
//! by index and their reverse are in `index.rs`.

mod index;
mod strided;

pub use index::{Index, Lookup};
pub use strided::Movement;
