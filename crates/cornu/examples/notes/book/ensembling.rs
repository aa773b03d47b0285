//! Weighted averages of what several models predict.

use cornu::ensemble::{average, search_weights};
use cornu::losses::mean_squared_error;
use cornu::random::numpy::random_state;
use cornu::{Array, Result, Tensor};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text("Three models predict the same; their average is often better than each of them, as their errors differ:");
    show!(page, let first = Array::from([0.2, 0.9, 0.4]));
    show!(page, let second = Array::from([0.4, 0.7, 0.6]));
    show!(page, let third = Array::from([0.9, 0.2, 0.5]));
    let predictions = [first, second, third];
    show!(page, average(&predictions, &[1.0, 1.0, 1.0])?);
    page.text("Better models get larger weights, as the notes' weighted average has it:");
    show!(page, average(&predictions, &[0.5, 0.3, 0.2])?);

    page.text(
        "The weights are found on data that no model was trained on. Here are 500 targets, two good models with errors of\n\
         their own, and a bad one:",
    );
    let mut rng = random_state(0)?;
    let targets = rng.normal(0.0, 1.0, 500)?;
    let mut guess = |error: f64| -> Result<Array> {
        let noise = rng.normal(0.0, error, 500)?.to_vec::<f64>();
        let values = targets.to_vec::<f64>().iter().zip(noise).map(|(t, e)| t + e).collect::<Vec<_>>();
        Ok(Array::from(values))
    };
    let models = [guess(0.5)?, guess(0.5)?, guess(2.0)?];
    let loss = |p: &Array| mean_squared_error(&Tensor::from(&targets), &Tensor::from(p));
    show!(page, loss(&models[0]));
    show!(page, loss(&models[1]));
    show!(page, loss(&models[2]));
    show!(page, loss(&average(&models, &[1.0, 1.0, 1.0])?));
    let found = search_weights(&models, &targets, "mean_squared_error")?;
    show!(page, let weights = found.weights);
    show!(page, weights.iter().sum::<f64>());
    show!(page, loss(&average(&models, &weights)?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_weights_beat_every_model_and_the_plain_average() {
        let (page, _) = Page::of("ensembling");
        page.assert("average(&predictions, &[1.0, 1.0, 1.0])?", &[0.5, 0.6, 0.5], 1e-7);
        page.assert("average(&predictions, &[0.5, 0.3, 0.2])?", &[0.4, 0.7, 0.48], 1e-7);
        page.assert("weights.iter().sum::<f64>()", &[1.0], 1e-12);
        let number = |expression: &str| page.printed(expression).parse::<f64>().unwrap();
        let found = number("loss(&average(&models, &weights)?)");
        for other in ["loss(&models[0])", "loss(&models[1])", "loss(&average(&models, &[1.0, 1.0, 1.0])?)"] {
            assert!(found < number(other), "{found} must be less than {other}");
        }
        // The error of the best mix of independent errors: 1 / Σ 1 / σ².
        assert!((found - 1.0 / (4.0 + 4.0 + 0.25)).abs() < 0.02, "{found}");
    }
}
