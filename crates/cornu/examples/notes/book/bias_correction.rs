//! What the first steps of an exponentially weighted moving average lack, and how to give it back.

use cornu::stats::Ewma;
use cornu::{Result, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("The average starts at v_0 = 0. With β = 0.9 and gradients g_1 = 2, g_2 = 4 that pulls the first steps down:");
    let (g1, g2) = (2.0, 4.0);
    let digits = |x: f64| ops::round(&x.into(), 12);
    let mut v = Ewma::new(0.9)?;
    show!(page, let v1 = digits(v.update(g1)));
    show!(page, digits(0.9 * 0.0 + (1.0 - 0.9) * g1));
    show!(page, digits(0.1 * g1));
    let first = v.corrected();
    show!(page, let v2 = digits(v.update(g2)));
    show!(page, digits(0.9 * 0.1 * g1 + 0.1 * g2));
    show!(page, digits(0.09 * g1 + 0.1 * g2));
    page.text("Both are far below g_1 and g_2, as the weights add up to 0.1 and to 0.19. Divided by 1 - β^t they add up to 1:");
    show!(page, digits(first));
    show!(page, digits(v.corrected()));
    show!(page, digits((0.09 * g1 + 0.1 * g2) / (1.0 - 0.9f64.powi(2))));
    page.text("β^t soon vanishes, and the correction with it. The factor 1 / (1 - β^t) at t = 1, 2, 10, 50, 100:");
    show!(page, [1, 2, 10, 50, 100].map(|t| 1.0 / (1.0 - 0.9f64.powi(t))).to_vec());
    page.text("Adam corrects its two averages like this; momentum and RMSprop do not.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_notes() {
        let (page, _) = Page::of("bias-correction");
        for expression in ["v1 = digits(v.update(g1))", "digits(0.9 * 0.0 + (1.0 - 0.9) * g1)", "digits(0.1 * g1)"] {
            assert_eq!(page.printed(expression), "0.2", "{expression}");
        }
        for expression in ["v2 = digits(v.update(g2))", "digits(0.9 * 0.1 * g1 + 0.1 * g2)", "digits(0.09 * g1 + 0.1 * g2)"] {
            assert_eq!(page.printed(expression), "0.58", "{expression}");
        }
        assert_eq!(page.printed("digits(first)"), "2.0");
        let corrected = 0.58 / 0.19;
        page.assert("digits(v.corrected())", &[corrected], 1e-12);
        page.assert("digits((0.09 * g1 + 0.1 * g2) / (1.0 - 0.9f64.powi(2)))", &[corrected], 1e-12);
        let factors = "[1, 2, 10, 50, 100].map(|t| 1.0 / (1.0 - 0.9f64.powi(t))).to_vec()";
        page.assert(factors, &[10.0, 5.26315789, 1.53533993, 1.00518047, 1.00002656], 1e-7);
    }
}
