//! The moving averages: simple, weighted, exponential.

use cornu::stats::{Ewm, Rolling};
use cornu::{Array, Result};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("Six values, one after the other:");
    show!(page, let x = Array::from([1.0, 2.0, 3.0, 6.0, 2.0, 8.0]));
    page.text("Simple: the mean of the last n values, as pandas's rolling(3).mean() has it.");
    show!(page, Rolling::new(3)?.mean(&x, 0)?);
    page.text("Weighted: the newest counts n times, the one before it n - 1 times, and so on.");
    show!(page, Rolling::new(3)?.weighted_mean(&x, 0)?);
    page.text("Exponential: every value counts, each (1 - α) times as much as the one after it. pandas's ewm(alpha=0.5).mean():");
    show!(page, Ewm::alpha(0.5)?.mean(&x, 0)?);
    page.text("The same without the correction of the first steps, ewm(alpha=0.5, adjust=False).mean():");
    show!(page, Ewm::alpha(0.5)?.adjust(false).mean(&x, 0)?);
    page.text("α can be given by the span, the centre of mass or the half-life; a span of 3, a centre at 1 and a half-life of 1 are α = 0.5:");
    show!(page, Ewm::span(3.0)?.mean(&x, 0)?);
    show!(page, Ewm::com(1.0)?.mean(&x, 0)?);
    show!(page, Ewm::halflife(1.0)?.mean(&x, 0)?);
    page.text("Value by value, as they come:");
    let mut stream = Ewm::alpha(0.5)?.stream();
    show!(page, [1.0, 2.0, 3.0].map(|x| stream.update(x)).to_vec());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_pandas() {
        let (page, _) = Page::of("moving-averages");
        let nan = [f64::NAN; 2];
        let numbers = |expression: &str| {
            let printed = page.printed(expression).replace(['[', ']'], "");
            printed.split_whitespace().map(|w| w.parse::<f64>().unwrap()).collect::<Vec<_>>()
        };
        let simple = numbers("Rolling::new(3)?.mean(&x, 0)?");
        assert!(simple[..2].iter().zip(nan).all(|(a, b)| a.is_nan() && b.is_nan()), "{simple:?}");
        let near = |got: &[f64], wanted: &[f64]| {
            assert!(got.len() == wanted.len(), "{got:?}");
            assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-7), "{got:?}");
        };
        near(&simple[2..], &[2.0, 3.66666667, 3.66666667, 5.33333333]);
        near(&numbers("Rolling::new(3)?.weighted_mean(&x, 0)?")[2..], &[14. / 6., 26. / 6., 21. / 6., 34. / 6.]);
        // pandas.Series([1, 2, 3, 6, 2, 8.]).ewm(alpha=0.5).mean()
        let adjusted = [1.0, 1.66666667, 2.42857143, 4.33333333, 3.12903226, 5.6031746];
        for expression in [
            "Ewm::alpha(0.5)?.mean(&x, 0)?",
            "Ewm::span(3.0)?.mean(&x, 0)?",
            "Ewm::com(1.0)?.mean(&x, 0)?",
            "Ewm::halflife(1.0)?.mean(&x, 0)?",
        ] {
            near(&numbers(expression), &adjusted);
        }
        let plain = [1.0, 1.5, 2.25, 4.125, 3.0625, 5.53125];
        near(&numbers("Ewm::alpha(0.5)?.adjust(false).mean(&x, 0)?"), &plain);
        near(&numbers("[1.0, 2.0, 3.0].map(|x| stream.update(x)).to_vec()"), &adjusted[..3]);
    }
}
