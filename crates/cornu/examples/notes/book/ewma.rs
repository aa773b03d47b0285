//! The exponentially weighted moving average and its window.

use cornu::plot::{self, Series};
use cornu::random::numpy::random_state;
use cornu::stats::Ewma;
use cornu::{Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "y_t = γ y_{t-1} + (1 - γ) x_t. The further back a value lies, the less it weighs; about 1 / (1 - γ) of them\n\
         still count: 20 for γ = 0.95, 10 for 0.9, 2 for 0.5.",
    );
    let window = |gamma: f64| -> Result<Tensor> { Ok(ops::round(&Ewma::new(gamma)?.window().into(), 12)) };
    show!(page, window(0.95)?);
    show!(page, window(0.9)?);
    show!(page, window(0.5)?);
    page.text(
        "Rounded to 12 digits, that is, as no double is 0.95, and 1 - 0.95 is a little more than 0.05. Unrounded:",
    );
    show!(page, Ewma::new(0.95)?.window());
    show!(page, 1.0 / (1.0 - 0.9));
    page.text("The weights, the newest first. A value that lies 1 / (1 - γ) steps back weighs about 1 / e of the newest:");
    let weights = |gamma: f64| [0, 1, 2, 10, 20].map(|steps| gamma.powi(steps)).to_vec();
    show!(page, weights(0.95));
    show!(page, weights(0.9));
    show!(page, weights(0.5));
    show!(page, (-1f64).exp());

    page.text("A sine with noise, and what is left of the noise with each of them:");
    let noise = random_state(0)?.normal(0.0, 0.4, 200)?.to_vec::<f64>();
    let times: Vec<f64> = (0..200).map(f64::from).collect();
    let x: Vec<f64> = times.iter().zip(&noise).map(|(t, e)| (t / 30.0).sin() + e).collect();
    let averaged = |gamma: f64| -> Result<Series> {
        let mut y = Ewma::new(gamma)?;
        let ys: Vec<f64> = x.iter().map(|&x| y.update(x)).collect();
        Ok(Series::new(format!("γ = {gamma}"), &times, &ys))
    };
    let series = [Series::new("x", &times, &x), averaged(0.5)?, averaged(0.9)?, averaged(0.95)?];
    let picture = plot::lines("Exponentially weighted moving averages", "t", "y", &series)?;
    page.picture("ewma.png", "the larger γ, the smoother the line, and the later it is", &picture)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_of_the_notes() {
        let (page, folder) = Page::of("ewma");
        assert_eq!(page.printed("window(0.95)?"), "20.0");
        assert_eq!(page.printed("window(0.9)?"), "10.0");
        assert_eq!(page.printed("window(0.5)?"), "2.0");
        page.assert("Ewma::new(0.95)?.window()", &[20.0], 1e-14);
        page.assert("1.0 / (1.0 - 0.9)", &[10.0], 1e-14);
        page.assert("weights(0.95)", &[1.0, 0.95, 0.9025, 0.59873694, 0.35848592], 1e-7);
        page.assert("weights(0.5)", &[1.0, 0.5, 0.25, 1.0 / 1024.0, 1.0 / 1048576.0], 1e-7);
        assert!(folder.join("ewma.png").exists());
    }
}
