//! The normal distribution.

use cornu::plot::{self, Series};
use cornu::stats::{Continuous, Distribution, Normal};
use cornu::{Result, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("The bell curve: most values lie near the mean, and the standard deviation says how near.");
    show!(page, let standard = Normal::new(0.0, 1.0)?);
    show!(page, standard.pdf(0.0));
    show!(page, standard.cdf(0.0));
    page.text("The share of values within one, two and three standard deviations of the mean:");
    let within = |k: f64| standard.cdf(k) - standard.cdf(-k);
    show!(page, within(1.0));
    show!(page, within(2.0));
    show!(page, within(3.0));
    page.text("ppf, the quantile, asks the other way round: below which point does a share of all values lie?");
    show!(page, standard.ppf(0.975));
    show!(page, standard.ppf(0.05));
    page.text("Far out, sf keeps the digits that 1 - cdf loses:");
    show!(page, 1.0 - standard.cdf(10.0));
    show!(page, standard.sf(10.0));
    page.text("Samples follow it: a hundred thousand have nearly its mean and its standard deviation.");
    let sample = Normal::new(5.0, 2.0)?.sample(&[100_000], Some(0))?;
    show!(page, ops::mean(&(&sample).into(), &[], false));
    show!(page, ops::std(&(&sample).into(), &[], 0, false));

    let xs: Vec<f64> = (-500..=500).map(|i| f64::from(i) / 100.0).collect();
    let curve = |mean: f64, std: f64| -> Result<Series> {
        let normal = Normal::new(mean, std)?;
        let ys: Vec<f64> = xs.iter().map(|&x| normal.pdf(x)).collect();
        Ok(Series::new(format!("mean {mean}, standard deviation {std}"), &xs, &ys))
    };
    let curves = [curve(0.0, 1.0)?, curve(0.0, 2.0)?, curve(-2.0, 0.5)?];
    let picture = plot::lines("The normal distribution", "x", "density", &curves)?;
    page.picture("normal.png", "three of them: the mean moves the bell, the deviation widens it", &picture)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scipys() {
        let (page, folder) = Page::of("normal");
        page.assert("standard.pdf(0.0)", &[0.3989422804014327], 1e-15);
        page.assert("standard.cdf(0.0)", &[0.5], 0.0);
        page.assert("within(1.0)", &[0.6826894921370859], 1e-14);
        page.assert("within(2.0)", &[0.9544997361036416], 1e-14);
        page.assert("within(3.0)", &[0.9973002039367398], 1e-14);
        page.assert("standard.ppf(0.975)", &[1.959963984540054], 1e-14);
        page.assert("standard.ppf(0.05)", &[-1.6448536269514729], 1e-14);
        page.assert("1.0 - standard.cdf(10.0)", &[0.0], 0.0);
        page.assert("standard.sf(10.0)", &[7.61985302416047e-24], 1e-13);
        page.assert("ops::mean(&(&sample).into(), &[], false)", &[5.0], 0.01);
        page.assert("ops::std(&(&sample).into(), &[], 0, false)", &[2.0], 0.01);
        assert!(folder.join("normal.png").exists());
    }
}
