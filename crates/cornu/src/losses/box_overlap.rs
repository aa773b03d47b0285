//! The loss of boxes.

use super::define::loss;
use crate::boxes::{BoxFormat, Overlap};

loss! {
    /// `1 - overlap` of two boxes, for targets and predictions of the shape `[..., 4]`: one value per box.
    ///
    /// Not one of Keras's losses: a saved model has it as a registered class.
    BoxOverlap "box_overlap" {
        /// How the overlap is measured. Default: [`Overlap::Giou`].
        overlap: Overlap = Overlap::Giou;
        /// What the four numbers are. Default: left, top, right, bottom.
        format: BoxFormat = BoxFormat::Xyxy;
    } |me, t, p| 1.0 - me.overlap.pairs(t, p, me.format)
}
