//! Jaccard's index, also called intersection over union.

use cornu::boxes::{BoxFormat, Overlap, jaccard, mask_jaccard};
use cornu::{Result, Tensor};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("How much two sets have in common: the size of their intersection over that of their union.");
    show!(page, jaccard([1, 2, 3, 4], [3, 4, 5, 6]));
    show!(page, jaccard([1, 2], [1, 2]));
    show!(page, jaccard([1, 2], [3, 4]));
    page.text("Of a picture's true and predicted mask:");
    show!(page, let truth = Tensor::from([[1, 1, 0], [1, 1, 0], [0, 0, 0]]));
    show!(page, let found = Tensor::from([[0, 1, 1], [0, 1, 1], [0, 0, 0]]));
    show!(page, mask_jaccard(&truth, &found, &[]));
    page.text("Of two boxes, by their corners (x, y, x, y):");
    show!(page, let a = Tensor::from([[0.0, 0.0, 2.0, 2.0]]));
    show!(page, let b = Tensor::from([[1.0, 0.0, 3.0, 2.0], [0.0, 0.0, 2.0, 2.0], [5.0, 5.0, 6.0, 6.0]]));
    show!(page, Overlap::Iou.matrix(&a, &b, BoxFormat::Xyxy));
    page.text("Generalised, it also says how far apart two boxes are that do not touch:");
    show!(page, Overlap::Giou.matrix(&a, &b, BoxFormat::Xyxy));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_right() {
        let (page, _) = Page::of("jaccard");
        page.assert("jaccard([1, 2, 3, 4], [3, 4, 5, 6])", &[1.0 / 3.0], 1e-15);
        page.assert("jaccard([1, 2], [1, 2])", &[1.0], 0.0);
        page.assert("jaccard([1, 2], [3, 4])", &[0.0], 0.0);
        page.assert("mask_jaccard(&truth, &found, &[])", &[1.0 / 3.0], 1e-6);
        page.assert("Overlap::Iou.matrix(&a, &b, BoxFormat::Xyxy)", &[1.0 / 3.0, 1.0, 0.0], 1e-7);
        // The smallest box around the first and the last has 36 units, of which they fill 5.
        let generalised = [1.0 / 3.0, 1.0, -31.0 / 36.0];
        page.assert("Overlap::Giou.matrix(&a, &b, BoxFormat::Xyxy)", &generalised, 1e-7);
    }
}
