//! Boxes in images, and how much boxes, masks and sets have in common.
//!
//! A tensor of boxes has the shape `[..., 4]`; a [`BoxFormat`] says what the four numbers are. [`Overlap`] compares boxes
//! (and is a loss: [`losses::BoxOverlap`](crate::losses::BoxOverlap)), [`NonMaxSuppression`] picks the best of boxes that
//! overlap, [`jaccard`] and [`dice`] compare sets, [`mask_jaccard`] and [`mask_dice`] masks.
//!
//! Degenerate boxes: one without width or height has the area 0, and so has an inverted one, which counts as empty at its
//! first corner. Two boxes whose union is empty have the overlap 0.

mod format;
mod overlap;
mod sets;
mod suppression;

pub use format::{BoxFormat, convert_format};
pub use overlap::Overlap;
pub use sets::{dice, jaccard, mask_dice, mask_jaccard};
pub use suppression::{NonMaxSuppression, Selection};
