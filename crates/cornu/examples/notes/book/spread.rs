//! Mean, variance and standard deviation.

use cornu::{Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("Two groups with the same mean need not be alike; variance and standard deviation say how far they scatter.");
    show!(page, let data = Tensor::from([[4., 0.], [5., 5.], [6., 10.]]));
    show!(page, ops::mean(&data, &[0], false));
    show!(page, ops::var(&data, &[0], 0, false));
    show!(page, ops::std(&data, &[0], 0, false));
    page.text(
        "The variance is the mean of the squared distances from the mean, the standard deviation its square root:",
    );
    show!(page, let away = &data - ops::mean(&data, &[0], true));
    show!(page, ops::mean(&ops::square(&away), &[0], false));
    show!(page, ops::sqrt(&ops::mean(&ops::square(&away), &[0], false)));
    page.text("Of a sample, dividing by n - 1 (ddof = 1) estimates the variance of what it was taken from:");
    show!(page, ops::var(&data, &[0], 1, false));
    page.text("No other number is as near to all of them in squares as the mean is:");
    let near = |x: f64| ops::sum(&ops::square(&(&data - x)), &[0], false);
    show!(page, near(5.0));
    show!(page, near(4.9));
    show!(page, near(5.1));
    page.text("Standardised data has mean 0 and standard deviation 1 in every column:");
    show!(page, let z = &away / ops::std(&data, &[0], 0, true));
    show!(page, ops::std(&z, &[0], 0, false));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numpys() {
        let (page, _) = Page::of("spread");
        page.assert("ops::mean(&data, &[0], false)", &[5., 5.], 0.0);
        let variance = [0.66666667, 16.66666667];
        let deviation = [0.81649658, 4.0824829];
        page.assert("ops::var(&data, &[0], 0, false)", &variance, 1e-8);
        page.assert("ops::mean(&ops::square(&away), &[0], false)", &variance, 1e-8);
        page.assert("ops::std(&data, &[0], 0, false)", &deviation, 1e-8);
        page.assert("ops::sqrt(&ops::mean(&ops::square(&away), &[0], false))", &deviation, 1e-8);
        page.assert("ops::var(&data, &[0], 1, false)", &[1., 25.], 0.0);
        page.assert("near(5.0)", &[2., 50.], 0.0);
        page.assert("near(4.9)", &[2.03, 50.03], 1e-8);
        page.assert("ops::std(&z, &[0], 0, false)", &[1., 1.], 1e-8);
    }
}
