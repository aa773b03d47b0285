//! exp and log, to the base e, 2, 10 and any other.

use std::f64::consts::E;

use cornu::{Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("exp(x) is e to the power of x, with e = 2.718281828459045.");
    show!(page, ops::exp(&0.0.into()));
    show!(page, ops::exp(&1.0.into()));
    show!(page, ops::exp(&2.0.into()));
    page.text("log asks the other way round: to which power must e be raised?");
    show!(page, ops::log(&1.0.into()));
    show!(page, ops::log(&E.into()));
    show!(page, ops::log(&10.0.into()));
    show!(page, ops::log(&100.0.into()));
    page.text("The same of 10 and of 2:");
    show!(page, ops::log10(&Tensor::from([1., 10., 100., 1000.])));
    show!(page, ops::log2(&Tensor::from([1., 2., 4., 8., 16.])));
    page.text("To any other base n, log m / log n:");
    show!(page, ops::log(&4.0.into()) / ops::log(&4.0.into()));
    show!(page, ops::log(&4.0.into()) / ops::log(&3.0.into()));
    show!(page, ops::log(&4.0.into()) / ops::log(&2.0.into()));
    page.text("Near zero, expm1 and log1p keep the digits that 1 + x loses:");
    show!(page, ops::exp(&1e-12.into()) - 1.0);
    show!(page, ops::expm1(&1e-12.into()));
    show!(page, ops::log1p(&1e-12.into()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_notes() {
        let (page, _) = Page::of("exponentials");
        for (expression, printed) in [
            ("ops::exp(&0.0.into())", "1.0"),
            ("ops::exp(&1.0.into())", "2.718281828459045"),
            ("ops::exp(&2.0.into())", "7.38905609893065"),
            ("ops::log(&1.0.into())", "0.0"),
            ("ops::log(&E.into())", "1.0"),
            ("ops::log(&10.0.into())", "2.302585092994046"),
            ("ops::log(&100.0.into())", "4.605170185988092"),
            ("ops::log10(&Tensor::from([1., 10., 100., 1000.]))", "[0. 1. 2. 3.]"),
            ("ops::log2(&Tensor::from([1., 2., 4., 8., 16.]))", "[0. 1. 2. 3. 4.]"),
            ("ops::log(&4.0.into()) / ops::log(&4.0.into())", "1.0"),
            ("ops::log(&4.0.into()) / ops::log(&3.0.into())", "1.2618595071429148"),
            ("ops::log(&4.0.into()) / ops::log(&2.0.into())", "2.0"),
        ] {
            assert_eq!(page.printed(expression), printed, "{expression}");
        }
        page.assert("ops::expm1(&1e-12.into())", &[1.0000000000005e-12], 1e-15);
        page.assert("ops::log1p(&1e-12.into())", &[9.999999999995e-13], 1e-15);
    }
}
