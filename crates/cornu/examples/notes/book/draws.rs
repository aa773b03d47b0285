//! Draws from the binomial and the multinomial distribution, and their means.

use cornu::random::numpy::{default_rng, random_state};
use cornu::stats::{Binomial, Distribution};
use cornu::{Array, DType, Result, Tensor, ops, plot};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "Binomial: how many of n tries succeed, each with probability p. The generators give NumPy's numbers: these are\n\
         the ones of np.random.RandomState(0).",
    );
    let mut rng = random_state(0)?;
    show!(page, rng.binomial(10, 0.7, 1));
    show!(page, let a = rng.binomial(10, 0.7, 10)?);
    show!(page, mean(&a));
    show!(page, mean(&rng.binomial(10, 0.7, 10)?));
    show!(page, let a = rng.binomial(10, 0.1, 20)?);
    show!(page, mean(&a));
    show!(page, mean(&rng.binomial(10, 0.1, 20)?));
    page.text("Every value lies from 0 to n, and the mean near n p:");
    show!(page, Binomial::new(10, 0.7)?.mean());
    let many = rng.binomial(10, 0.7, 10_000)?;
    show!(page, mean(&many));
    let title = "10,000 draws, n = 10, p = 0.7";
    let picture = plot::histogram(title, "successes", &many.to_vec::<f64>(), 11)?;
    page.picture("binomial.png", "most often 7 of 10 succeed, fewer and more ever less often", &picture)?;

    page.text("Multinomial: how n tries fall on several outcomes. Each row sums to n:");
    let mut rng = random_state(0)?;
    show!(page, rng.multinomial(10, [0.2, 0.4, 0.4], 1));
    show!(page, rng.multinomial(20, [0.3, 0.3, 0.4], 2));
    show!(page, rng.multinomial(20, [1.0 / 6.0; 6], 1));
    page.text("A thousand of them have a mean near n times the probabilities:");
    let a = rng.multinomial(10, [0.2, 0.4, 0.4], 1000)?;
    show!(page, a.shape());
    show!(page, ops::mean(&floats(&a), &[0], false));
    show!(page, ops::mean(&floats(&rng.multinomial(10, [0.2, 0.4, 0.4], 1000)?), &[0], false));
    page.text("NumPy's newer generators are there, too:");
    show!(page, default_rng(0).binomial(10, 0.7, 10));
    Ok(())
}

/// Counts as numbers that can be averaged.
fn floats(counts: &Array) -> Tensor {
    ops::cast(&counts.into(), DType::F64)
}

fn mean(counts: &Array) -> Tensor {
    ops::mean(&floats(counts), &[], false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_numpys() {
        let (page, folder) = Page::of("draws");
        // np.random.RandomState(0): the same calls in the same order.
        assert_eq!(page.printed("rng.binomial(10, 0.7, 1)"), "[7]");
        let a = page.printed("a = rng.binomial(10, 0.7, 10)?");
        assert_eq!(a, "[6 7 7 7 7 7 5 4 7 6]");
        assert_eq!(page.all("mean(&a)"), ["6.3", "1.15"]);
        assert_eq!(page.printed("mean(&rng.binomial(10, 0.7, 10)?)"), "6.8");
        assert_eq!(page.printed("mean(&rng.binomial(10, 0.1, 20)?)"), "0.65");
        assert_eq!(page.printed("rng.multinomial(10, [0.2, 0.4, 0.4], 1)"), "[[2 5 3]]");
        let two = page.printed("rng.multinomial(20, [0.3, 0.3, 0.4], 2)");
        assert_eq!(two, "[[6 6 8]\n [6 7 7]]");
        let dice = page.printed("rng.multinomial(20, [1.0 / 6.0; 6], 1)");
        assert_eq!(dice, "[[3 5 6 2 3 1]]");
        assert_eq!(page.printed("a.shape()"), "(1000, 3)");
        page.assert("ops::mean(&floats(&a), &[0], false)", &[2.019, 4.005, 3.976], 1e-12);
        let again = "ops::mean(&floats(&rng.multinomial(10, [0.2, 0.4, 0.4], 1000)?), &[0], false)";
        page.assert(again, &[1.966, 4.014, 4.02], 1e-12);
        // np.random.default_rng(0)
        let new = page.printed("default_rng(0).binomial(10, 0.7, 10)");
        assert_eq!(new, "[ 7  8  9 10  6  5  7  6  7  5]");
        assert!(folder.join("binomial.png").exists());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
