//! The exponentially weighted moving average, its window and the correction of its bias.

use cornu::plot::{self, Series};
use cornu::random::numpy::random_state;
use cornu::stats::Ewma;
use cornu::Result;

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "v_t = β v_{t-1} + (1 - β) x_t. The further back a value lies, the less it weighs; about 1 / (1 - β) of them\n\
         still count:",
    );
    show!(page, Ewma::new(0.95)?.window());
    show!(page, Ewma::new(0.9)?.window());
    show!(page, Ewma::new(0.5)?.window());
    page.text("A value that lies that many steps back weighs about 1 / e of the newest:");
    show!(page, 0.95f64.powi(20));
    show!(page, 0.9f64.powi(10));

    page.text("A sine with noise, and what is left of the noise with each of them:");
    let mut rng = random_state(0)?;
    let noise = rng.normal(0.0, 0.4, 200)?.to_vec::<f64>();
    let times: Vec<f64> = (0..200).map(f64::from).collect();
    let x: Vec<f64> = times.iter().zip(&noise).map(|(t, e)| (t / 30.0).sin() + e).collect();
    let averaged = |beta: f64| -> Result<Series> {
        let mut v = Ewma::new(beta)?;
        let ys: Vec<f64> = x.iter().map(|&x| v.update(x)).collect();
        Ok(Series::new(format!("β = {beta}"), &times, &ys))
    };
    let series = [Series::new("x", &times, &x), averaged(0.5)?, averaged(0.9)?, averaged(0.95)?];
    let picture = plot::lines("Exponentially weighted moving averages", "t", "v", &series)?;
    page.picture("ewma.png", "the larger β, the smoother the line, and the later it is", &picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_of_the_notes() {
        let (page, folder) = Page::of("ewma");
        page.assert("Ewma::new(0.95)?.window()", &[20.0], 1e-14);
        page.assert("Ewma::new(0.9)?.window()", &[10.0], 1e-14);
        page.assert("Ewma::new(0.5)?.window()", &[2.0], 1e-14);
        page.assert("0.95f64.powi(20)", &[(-1f64).exp()], 0.03);
        page.assert("0.9f64.powi(10)", &[(-1f64).exp()], 0.06);
        assert!(folder.join("ewma.png").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
