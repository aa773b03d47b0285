//! Draws from the binomial and the multinomial distribution, and their means.

use cornu::random::numpy::{default_rng, random_state};
use cornu::stats::{Binomial, Distribution};
use cornu::{Array, DType, Result, ops, plot};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "Binomial: how many of n tries succeed, each with probability p. The notes drew without a seed: no two runs give\n\
         the same numbers. Here are the notes' own draws of numpy.random.binomial(n=10, p=0.7, size=1), of the same with\n\
         size=10, and of n=10, p=0.1, size=20, with their means:",
    );
    let mean = |counts: &Array| ops::mean(&ops::cast(&counts.into(), DType::F64), &[], false);
    show!(page, let one = Array::from([7]));
    show!(page, let a = Array::from([8, 7, 5, 7, 6, 7, 5, 7, 5, 8]));
    show!(page, mean(&a));
    show!(page, let a = Array::from([1, 1, 0, 2, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 2, 0, 1]));
    show!(page, mean(&a));
    page.text(
        "With a seed, everybody draws the same. The generators give NumPy's numbers: these are the ones of\n\
         np.random.RandomState(0).",
    );
    let mut rng = random_state(0)?;
    show!(page, rng.binomial(10, 0.7, 1)?);
    show!(page, let a = rng.binomial(10, 0.7, 10)?);
    show!(page, mean(&a));
    show!(page, mean(&rng.binomial(10, 0.7, 10)?));
    show!(page, let a = rng.binomial(10, 0.1, 20)?);
    show!(page, mean(&a));
    show!(page, mean(&rng.binomial(10, 0.1, 20)?));
    page.text("Every value lies from 0 to n, and the mean near n p, which is 7 for p = 0.7 and 1 for p = 0.1:");
    show!(page, Binomial::new(10, 0.7)?.mean());
    show!(page, Binomial::new(10, 0.1)?.mean());
    show!(page, let many = rng.binomial(10, 0.1, 100)?);
    show!(page, many.shape());
    show!(page, mean(&many));
    let many = rng.binomial(10, 0.7, 10_000)?;
    show!(page, mean(&many));
    let title = "10,000 draws, n = 10, p = 0.7";
    let picture = plot::counts(title, "successes", &many.to_vec::<i64>())?;
    page.picture("binomial.png", "most often 7 of 10 succeed, fewer and more ever less often", &picture)?;

    page.text(
        "Multinomial: how n tries fall on several outcomes. Each row sums to n. The notes' draws, again without a seed,\n\
         of n=10, pvals=[0.2, 0.4, 0.4], of n=20, pvals=[0.3, 0.3, 0.4], and of a die, n=20, pvals=[1/6.]*6:",
    );
    let total = |rows: &Array| ops::sum(&rows.into(), &[-1], false);
    show!(page, [1.0 / 6.0; 6]);
    show!(page, total(&Array::from([[1, 4, 5]])));
    show!(page, total(&Array::from([[9, 4, 7], [6, 6, 8]])));
    show!(page, total(&Array::from([[3, 3, 3, 4, 1, 6]])));
    page.text("The first and the last three of the notes' thousand:");
    show!(page, total(&Array::from([[1, 7, 2], [1, 3, 6], [2, 5, 3], [0, 4, 6], [3, 4, 3], [2, 3, 5]])));
    page.text("With a seed, np.random.RandomState(0) again:");
    let mut rng = random_state(0)?;
    show!(page, rng.multinomial(10, [0.2, 0.4, 0.4], 1)?);
    show!(page, rng.multinomial(20, [0.3, 0.3, 0.4], 2)?);
    show!(page, rng.multinomial(20, [1.0 / 6.0; 6], 1)?);
    page.text("A thousand of them have a mean near n times the probabilities, [2, 4, 4]:");
    let means = |rows: &Array| ops::mean(&ops::cast(&rows.into(), DType::F64), &[0], false);
    let a = rng.multinomial(10, [0.2, 0.4, 0.4], 1000)?;
    show!(page, a.shape());
    show!(page, means(&a));
    show!(page, means(&rng.multinomial(10, [0.2, 0.4, 0.4], 1000)?));
    page.text("NumPy's newer generators are there, too:");
    show!(page, default_rng(0).binomial(10, 0.7, 10)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_numpys() {
        let (page, folder) = Page::of("draws");
        // np.random.RandomState(0): the same calls in the same order.
        assert_eq!(page.printed("rng.binomial(10, 0.7, 1)?"), "[7]");
        let a = page.printed("a = rng.binomial(10, 0.7, 10)?");
        assert_eq!(a, "[6 7 7 7 7 7 5 4 7 6]");
        // The first two are the means that the notes give of their own draws.
        assert_eq!(page.all("mean(&a)"), ["6.5", "0.55", "6.3", "1.15"]);
        assert_eq!(page.printed("total(&Array::from([[1, 4, 5]]))"), "[10]");
        assert_eq!(page.printed("total(&Array::from([[9, 4, 7], [6, 6, 8]]))"), "[20 20]");
        assert_eq!(page.printed("total(&Array::from([[3, 3, 3, 4, 1, 6]]))"), "[20]");
        let sixth = "0.16666666666666666";
        assert_eq!(page.printed("[1.0 / 6.0; 6]"), format!("[{}]", [sixth; 6].join(", ")));
        assert_eq!(page.printed("many.shape()"), "(100,)");
        assert_eq!(page.printed("mean(&rng.binomial(10, 0.7, 10)?)"), "6.8");
        assert_eq!(page.printed("mean(&rng.binomial(10, 0.1, 20)?)"), "0.65");
        assert_eq!(page.printed("rng.multinomial(10, [0.2, 0.4, 0.4], 1)?"), "[[2 5 3]]");
        let two = page.printed("rng.multinomial(20, [0.3, 0.3, 0.4], 2)?");
        assert_eq!(two, "[[6 6 8]\n [6 7 7]]");
        let dice = page.printed("rng.multinomial(20, [1.0 / 6.0; 6], 1)?");
        assert_eq!(dice, "[[3 5 6 2 3 1]]");
        assert_eq!(page.printed("a.shape()"), "(1000, 3)");
        page.assert("means(&a)", &[2.019, 4.005, 3.976], 1e-12);
        let again = "means(&rng.multinomial(10, [0.2, 0.4, 0.4], 1000)?)";
        page.assert(again, &[1.966, 4.014, 4.02], 1e-12);
        // np.random.default_rng(0)
        let new = page.printed("default_rng(0).binomial(10, 0.7, 10)?");
        assert_eq!(new, "[ 7  8  9 10  6  5  7  6  7  5]");
        assert!(folder.join("binomial.png").exists());
    }
}
