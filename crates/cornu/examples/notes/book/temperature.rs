//! Sampling with a softmax temperature.

use cornu::sampling::{Sampler, reweight_distribution};
use cornu::{Eval, Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "A model gives probabilities; always taking the likeliest outcome repeats itself, drawing one of them surprises.\n\
         The temperature says how much. It divides the logarithms; what comes out is made to sum to 1 again:",
    );
    show!(page, let p = Tensor::from([0.1, 0.2, 0.3, 0.4]));
    show!(page, reweight_distribution(&p, 1.0));
    show!(page, reweight_distribution(&p, 0.5));
    show!(page, reweight_distribution(&p, 0.1));
    show!(page, reweight_distribution(&p, 2.0));
    show!(page, reweight_distribution(&p, 100.0));
    page.text("Below 1 the likely becomes likelier, above 1 all become alike. The entropy says how much is open, in nats:");
    let entropy = |p: &Tensor| -ops::sum(&(p * ops::log(p)), &[], false);
    show!(page, entropy(&reweight_distribution(&p, 0.5)));
    show!(page, entropy(&p));
    show!(page, entropy(&reweight_distribution(&p, 2.0)));
    page.text("Ten draws each, from the logarithms of the probabilities, greedy and at three temperatures:");
    let logits = ops::tile(&ops::log(&p), &[10, 1]).array()?;
    let at = |temperature: f64| Sampler::new().temperature(temperature).seed(0).sample(&logits);
    show!(page, Sampler::greedy().sample(&logits)?);
    show!(page, at(0.2)?);
    show!(page, at(1.0)?);
    show!(page, at(5.0)?);
    page.text("Only the two likeliest, or only as many as make up half of all probability:");
    show!(page, Sampler::new().seed(0).top_k(2).probabilities(&ops::log(&p).array()?)?);
    show!(page, Sampler::new().seed(0).top_p(0.5).probabilities(&ops::log(&p).array()?)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperature_sharpens_and_flattens() {
        let (page, _) = Page::of("temperature");
        page.assert("reweight_distribution(&p, 1.0)", &[0.1, 0.2, 0.3, 0.4], 1e-7);
        // Squares over their sum.
        let squares = [1.0, 4.0, 9.0, 16.0].map(|v| v / 30.0);
        page.assert("reweight_distribution(&p, 0.5)", &squares, 1e-7);
        let total: f64 = [1.0, 2.0, 3.0, 4.0f64].map(f64::sqrt).iter().sum();
        let roots = [1.0, 2.0, 3.0, 4.0f64].map(|v| v.sqrt() / total);
        page.assert("reweight_distribution(&p, 2.0)", &roots, 1e-7);
        let entropy: f64 = -[0.1, 0.2, 0.3, 0.4f64].map(|p| p * p.ln()).iter().sum::<f64>();
        page.assert("entropy(&p)", &[entropy], 1e-12);
        page.assert("Sampler::greedy().sample(&logits)?", &[3.0; 10], 0.0);
        let two = "Sampler::new().seed(0).top_k(2).probabilities(&ops::log(&p).array()?)?";
        page.assert(two, &[0.0, 0.0, 3.0 / 7.0, 4.0 / 7.0], 1e-7);
        let half = "Sampler::new().seed(0).top_p(0.5).probabilities(&ops::log(&p).array()?)?";
        page.assert(half, &[0.0, 0.0, 3.0 / 7.0, 4.0 / 7.0], 1e-7);
    }
}
