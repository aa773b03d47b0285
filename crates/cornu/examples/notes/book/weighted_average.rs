//! The weighted average, and the plain one as a special case of it.

use cornu::stats::{frequency_mean, weighted_mean};
use cornu::{Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("Marks: 84 in the mid-term, 92 in the final, 91 for the homework; plainly, and at 30, 50 and 20 percent:");
    show!(page, weighted_mean(&[84.0, 92.0, 91.0], &[1.0, 1.0, 1.0])?);
    show!(page, weighted_mean(&[84.0, 92.0, 91.0], &[30.0, 50.0, 20.0])?);
    page.text("Two classes, of 50 pupils with a mean of 80 and of 60 with a mean of 82:");
    show!(page, weighted_mean(&[80.0, 82.0], &[1.0, 1.0])?);
    show!(page, frequency_mean(&[(80.0, 50), (82.0, 60)])?);
    page.text("To two digits, as the notes have it:");
    let cents = |mean: f64| -> Tensor { ops::round(&mean.into(), 2) };
    show!(page, cents(frequency_mean(&[(80.0, 50), (82.0, 60)])?));
    page.text("An expert gives 8 points, a teacher 7, a pupil 6; their words count 0.5, 0.3 and 0.2:");
    show!(page, weighted_mean(&[8.0, 7.0, 6.0], &[0.5, 0.3, 0.2])?);
    show!(page, weighted_mean(&[8.0, 7.0, 6.0], &[1.0, 1.0, 1.0])?);
    page.text("A test of 80 at 40 percent, a final of 90 at 60 percent:");
    show!(page, weighted_mean(&[80.0, 90.0], &[40.0, 60.0])?);
    page.text("Bowls of rice: x people eat three, y eat two, z eat one, (3x + 2y + z) / (x + y + z) each:");
    let bowls = |x: u64, y: u64, z: u64| frequency_mean(&[(3.0, x), (2.0, y), (1.0, z)]);
    show!(page, bowls(10, 20, 30)?);
    page.text("Ten shots: twice the 10, three times the 8, four times the 7, once the 9. The counts are the weights:");
    show!(page, frequency_mean(&[(10.0, 2), (8.0, 3), (7.0, 4), (9.0, 1)])?);
    page.text("Two tests, a mid-term and a final exam, at 10, 10, 30 and 50 percent:");
    show!(page, weighted_mean(&[88.0, 90.0, 92.0, 85.0], &[10.0, 10.0, 30.0, 50.0])?);
    page.text("A thousand shares at 10 and two thousand at 15:");
    show!(page, weighted_mean(&[10.0, 15.0], &[1.0, 1.0])?);
    show!(page, frequency_mean(&[(10.0, 1000), (15.0, 2000)])?);
    show!(page, cents(frequency_mean(&[(10.0, 1000), (15.0, 2000)])?));
    page.text("With equal weights it is the plain average:");
    show!(page, weighted_mean(&[3.0, 5.0], &[1.0, 1.0])?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_notes() {
        let (page, _) = Page::of("weighted-average");
        for (expression, value, tolerance) in [
            ("weighted_mean(&[84.0, 92.0, 91.0], &[1.0, 1.0, 1.0])?", 89.0, 1e-15),
            ("weighted_mean(&[84.0, 92.0, 91.0], &[30.0, 50.0, 20.0])?", 89.4, 1e-15),
            ("weighted_mean(&[80.0, 82.0], &[1.0, 1.0])?", 81.0, 1e-15),
            ("cents(frequency_mean(&[(80.0, 50), (82.0, 60)])?)", 81.09, 0.0),
            ("weighted_mean(&[8.0, 7.0, 6.0], &[0.5, 0.3, 0.2])?", 7.3, 1e-15),
            ("weighted_mean(&[8.0, 7.0, 6.0], &[1.0, 1.0, 1.0])?", 7.0, 1e-15),
            ("weighted_mean(&[80.0, 90.0], &[40.0, 60.0])?", 86.0, 1e-15),
            ("bowls(10, 20, 30)?", 100.0 / 60.0, 1e-15),
            ("frequency_mean(&[(10.0, 2), (8.0, 3), (7.0, 4), (9.0, 1)])?", 8.1, 1e-15),
            ("weighted_mean(&[88.0, 90.0, 92.0, 85.0], &[10.0, 10.0, 30.0, 50.0])?", 87.9, 1e-15),
            ("weighted_mean(&[10.0, 15.0], &[1.0, 1.0])?", 12.5, 1e-15),
            ("cents(frequency_mean(&[(10.0, 1000), (15.0, 2000)])?)", 13.33, 0.0),
            ("weighted_mean(&[3.0, 5.0], &[1.0, 1.0])?", 4.0, 1e-15),
        ] {
            page.assert(expression, &[value], tolerance);
        }
    }
}
