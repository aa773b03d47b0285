//! Floor, ceiling, and rounding to the nearest.

use cornu::{DType, Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "⌊x⌋, the floor, is the greatest whole number that is not above x; ⌈x⌉, the ceiling, the least that is not below.",
    );
    let whole = |x: Tensor| ops::cast(&x, DType::I64);
    show!(page, whole(ops::floor(&(59.0 / 60.0).into())));
    show!(page, whole(ops::ceil(&(59.0 / 60.0).into())));
    show!(page, whole(ops::floor(&(-59.0 / 60.0).into())));
    show!(page, whole(ops::ceil(&(-59.0 / 60.0).into())));
    show!(page, whole(ops::floor(&(1.0 / 2.0).into())));
    show!(page, whole(ops::floor(&(-1.0 / 2.0).into())));
    show!(page, whole(ops::floor(&4.9.into())));
    show!(page, whole(ops::ceil(&4.9.into())));
    page.text("As long as it is a floating-point number, a zero from below keeps its sign, as in NumPy:");
    show!(page, ops::ceil(&(-59.0 / 60.0).into()));
    page.text(
        "Rounding takes the nearest whole number. Of two equally near ones, the rule of schools (四舍五入) takes the upper\n\
         one: add a half, then take the floor. The rule of NumPy, Keras and banks takes the even one, so that many\n\
         roundings do not add up to a drift:",
    );
    show!(page, let x = Tensor::from([4.4, 4.9, 0.5, 1.5, 2.5, 3.5]));
    show!(page, ops::floor(&(&x + 0.5)));
    show!(page, ops::round(&x, 0));
    show!(page, ops::mean(&x, &[], false));
    show!(page, ops::mean(&ops::floor(&(&x + 0.5)), &[], false));
    show!(page, ops::mean(&ops::round(&x, 0), &[], false));
    page.text("Dividing into batches takes a ceiling: 9000 digits in batches of 128 are");
    show!(page, whole(ops::ceil(&(9000.0 / 128.0).into())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_notes() {
        let (page, _) = Page::of("rounding");
        for (expression, printed) in [
            ("whole(ops::floor(&(59.0 / 60.0).into()))", "0"),
            ("whole(ops::ceil(&(59.0 / 60.0).into()))", "1"),
            ("whole(ops::floor(&(-59.0 / 60.0).into()))", "-1"),
            ("whole(ops::ceil(&(-59.0 / 60.0).into()))", "0"),
            ("whole(ops::floor(&(1.0 / 2.0).into()))", "0"),
            ("whole(ops::floor(&(-1.0 / 2.0).into()))", "-1"),
            ("whole(ops::floor(&4.9.into()))", "4"),
            ("whole(ops::ceil(&4.9.into()))", "5"),
            ("ops::ceil(&(-59.0 / 60.0).into())", "-0.0"),
            ("ops::floor(&(&x + 0.5))", "[4. 5. 1. 2. 3. 4.]"),
            ("ops::round(&x, 0)", "[4. 5. 0. 2. 2. 4.]"),
            ("whole(ops::ceil(&(9000.0 / 128.0).into()))", "71"),
        ] {
            assert_eq!(page.printed(expression), printed, "{expression}");
        }
    }
}
