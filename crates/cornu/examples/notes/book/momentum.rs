//! Momentum: gradient descent with averages of gradients that are several times as large.

use cornu::optimizers::{Optimizer, SGD, Step};
use cornu::plot::{self, Series};
use cornu::stats::Ewma;
use cornu::{Eval, Result, Tensor, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "Momentum remembers its last step: v_t = γ v_{t-1} + η g_t, and the weights move by -v_t. Written as\n\
         v_t = γ v_{t-1} + (1 - γ) · η g_t / (1 - γ), it is an exponentially weighted moving average: of the last\n\
         1 / (1 - γ) gradients, each 1 / (1 - γ) times as large. So momentum is mini-batch gradient descent with a\n\
         special gradient: with γ = 0.5 it averages the last 2 time steps, and takes 2 times that; with γ = 0.9 the\n\
         last 10 time steps, 10 times.",
    );
    let times = |gamma: f64| ops::round(&(1.0 / (1.0 - gamma)).into(), 12);
    show!(page, times(0.5));
    show!(page, times(0.9));
    page.text("Gradients of eight mini-batches, and a learning rate η of 0.1. The steps of momentum:");
    let gradients = [4.0, 2.0, 5.0, 3.0, 4.0, 1.0, 3.0, 2.0];
    let steps = |gamma: f64, gradients: &[f64]| -> Vec<f64> {
        let mut v = 0.0;
        let step = |g: &f64| {
            v = gamma * v + 0.1 * g;
            v
        };
        gradients.iter().map(step).collect()
    };
    show!(page, steps(0.5, &gradients));
    show!(page, steps(0.9, &gradients));
    page.text("The same from averages: η times the moving average of the gradients, times 2 and times 10:");
    let averages = |gamma: f64| -> Result<Vec<f64>> {
        let mut average = Ewma::new(gamma)?;
        Ok(gradients.iter().map(|g| 0.1 * average.update(*g) / (1.0 - gamma)).collect())
    };
    show!(page, averages(0.5)?);
    show!(page, averages(0.9)?);
    page.text("And from the optimizer: SGD with momentum moves a weight from 0 by these steps, one after the other.");
    let descend = |gamma: f64| -> Result<Vec<f64>> {
        let optimizer = SGD::new(0.1).momentum(gamma);
        let (mut weight, mut velocity) = (Tensor::from(0.0), Tensor::from(0.0));
        let mut moves = Vec::new();
        for g in gradients {
            let (next, slots) = optimizer.step(Step {
                variable: &weight,
                gradient: &g.into(),
                slots: &[velocity],
                globals: &[],
                learning_rate: &0.1.into(),
                iteration: &0.0.into(),
            })?;
            moves.push((&weight - &next).array()?.item()?);
            (weight, velocity) = (next, slots[0].clone());
        }
        Ok(moves)
    };
    show!(page, descend(0.5)?);
    show!(page, descend(0.9)?);
    page.text(
        "A gradient that stays 1 shows the factor. Without momentum each step is η = 0.1; with it the steps grow to 2\n\
         times and to 10 times as much, after about 2 and 10 time steps:",
    );
    let ones = [1.0; 100];
    show!(page, ops::round(&(Tensor::from(steps(0.5, &ones)[99]) / 0.1), 3));
    show!(page, ops::round(&(Tensor::from(steps(0.9, &ones)[99]) / 0.1), 3));
    let axis: Vec<f64> = (1..=50).map(f64::from).collect();
    let line = |gamma: f64| Series::new(format!("γ = {gamma}"), &axis, &steps(gamma, &ones[..50]));
    let picture = plot::lines("Steps with momentum, gradient 1, η = 0.1", "time step", "step", &[line(0.0), line(0.5), line(0.9)])?;
    page.picture("momentum.png", "steps of 0.1, 0.2 and 1.0 in the end", &picture)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn momentum_is_descent_with_averages_of_larger_gradients() {
        let (page, folder) = Page::of("momentum");
        assert_eq!(page.printed("times(0.5)"), "2.0");
        assert_eq!(page.printed("times(0.9)"), "10.0");
        // By hand: 0.4, then half of that and 0.2, …
        let half = [0.4, 0.4, 0.7, 0.65, 0.725, 0.4625, 0.53125, 0.465625];
        let long = [0.4, 0.56, 1.004, 1.2036, 1.48324, 1.434916, 1.5914244, 1.63228196];
        for form in ["steps(GAMMA, &gradients)", "averages(GAMMA)?", "descend(GAMMA)?"] {
            page.assert(&form.replace("GAMMA", "0.5"), &half, 1e-7);
            page.assert(&form.replace("GAMMA", "0.9"), &long, 1e-7);
        }
        assert_eq!(page.printed("ops::round(&(Tensor::from(steps(0.5, &ones)[99]) / 0.1), 3)"), "2.0");
        assert_eq!(page.printed("ops::round(&(Tensor::from(steps(0.9, &ones)[99]) / 0.1), 3)"), "10.0");
        assert!(folder.join("momentum.png").exists());
    }
}
