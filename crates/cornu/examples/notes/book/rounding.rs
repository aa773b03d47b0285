//! Floor, ceiling, and rounding to the nearest.

use cornu::{Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "⌊x⌋, the floor, is the greatest whole number that is not above x; ⌈x⌉, the ceiling, the least that is not below.",
    );
    show!(page, ops::floor(&(59.0 / 60.0).into()));
    show!(page, ops::ceil(&(59.0 / 60.0).into()));
    show!(page, ops::floor(&(-59.0 / 60.0).into()));
    show!(page, ops::ceil(&(-59.0 / 60.0).into()));
    show!(page, ops::floor(&(1.0 / 2.0).into()));
    show!(page, ops::floor(&(-1.0 / 2.0).into()));
    show!(page, ops::floor(&4.9.into()));
    show!(page, ops::ceil(&4.9.into()));
    page.text("Rounding takes the nearest whole number, and of two equally near ones the even one:");
    show!(page, ops::round(&Tensor::from([4.4, 4.9, 0.5, 1.5, 2.5, -0.5]), 0));
    page.text("Dividing into batches takes a ceiling: 9000 digits in batches of 128 are");
    show!(page, ops::ceil(&(9000.0 / 128.0).into()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_notes() {
        let (page, _) = Page::of("rounding");
        for (expression, value) in [
            ("ops::floor(&(59.0 / 60.0).into())", 0.0),
            ("ops::ceil(&(59.0 / 60.0).into())", 1.0),
            ("ops::floor(&(-59.0 / 60.0).into())", -1.0),
            ("ops::ceil(&(-59.0 / 60.0).into())", 0.0),
            ("ops::floor(&(1.0 / 2.0).into())", 0.0),
            ("ops::floor(&(-1.0 / 2.0).into())", -1.0),
            ("ops::floor(&4.9.into())", 4.0),
            ("ops::ceil(&4.9.into())", 5.0),
            ("ops::ceil(&(9000.0 / 128.0).into())", 71.0),
        ] {
            page.assert(expression, &[value], 0.0);
        }
        let rounded = "ops::round(&Tensor::from([4.4, 4.9, 0.5, 1.5, 2.5, -0.5]), 0)";
        page.assert(rounded, &[4., 5., 0., 2., 2., 0.], 0.0);
    }
}
