//! The weights with the least loss.

use argmin::core::{CostFunction, Executor, State};
use argmin::solver::neldermead::NelderMead;
use cornu_graph::{Array, DType, Executable, Graph, Tensor, ops};

use super::average::{mix, stack};
use crate::config::Choice;
use crate::losses::Loss;
use crate::{Error, Result, backend};

/// What [`search_weights`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundWeights {
    /// One weight per prediction, at least 0; they add up to 1.
    pub weights: Vec<f64>,
    /// The loss of the average with these weights.
    pub loss: f64,
}

/// The weights, at least 0 and adding up to 1, for which the average of the predictions has the least loss.
///
/// The method of Nelder and Mead (1965) on softmax weights, from equal weights on and once more from what it found;
/// it takes no chance, so the same data give the same weights. The result is never worse than equal weights or than
/// the best prediction alone, which are tried as well. Weights found on data that the models were trained on favour
/// the model that overfits most: use data kept back for validation.
///
/// `predictions`: of each model, in one shape. `loss`: by name or as an object (a closure by
/// [`FunctionLoss`](crate::losses::FunctionLoss)).
///
/// # Errors
/// When the shapes do not fit each other, the loss is unknown, or the loss of equal weights is not a number.
pub fn search_weights(
    predictions: &[Array],
    targets: &Array,
    loss: impl Into<Choice<dyn Loss>>,
) -> Result<FoundWeights> {
    let objective = Objective::new(predictions, targets, &*loss.into().get()?)?;
    let count = predictions.len();
    let equal = vec![1.0 / count as f64; count];
    let mut best = objective.found(equal)?;
    if best.loss.is_nan() {
        let received = format!("{} for equal weights", best.loss);
        return Err(Error::invalid("search_weights", "loss", "must be a number", received));
    }
    if count == 1 {
        return Ok(best);
    }
    // A second start, from the first result, gets out of a simplex that collapsed too early.
    let mut logits = vec![0.0; count - 1];
    for size in [1.0, 0.25] {
        logits = nelder_mead(&objective, &logits, size)?;
        best.improve(objective.found(softmax(&logits))?);
    }
    for alone in 0..count {
        let weights = (0..count).map(|i| f64::from(u8::from(i == alone))).collect();
        best.improve(objective.found(weights)?);
    }
    Ok(best)
}

impl FoundWeights {
    fn improve(&mut self, other: FoundWeights) {
        if other.loss < self.loss {
            *self = other;
        }
    }
}

/// The loss as a function of the weights, compiled once.
struct Objective {
    loss: Box<dyn Executable>,
    dtype: DType,
}

impl Objective {
    fn new(predictions: &[Array], targets: &Array, loss: &dyn Loss) -> Result<Objective> {
        let stacked = stack("search_weights", predictions)?;
        let dtype = stacked.dtype();
        let weights = Tensor::input(&[predictions.len()], dtype);
        let average = mix(&Tensor::from(stacked), &weights);
        let value = loss.compute(&Tensor::from(targets.clone()), &average, None);
        // A loss without reduction gives one value per sample.
        let value = ops::mean(&value, &[], false);
        let graph = Graph::trace(std::slice::from_ref(&weights), &[value], &[])?;
        Ok(Objective { loss: backend()?.compile(&graph)?, dtype })
    }

    fn loss(&self, weights: &[f64]) -> Result<f64> {
        let values = self.loss.run(&[&Array::from(weights).cast(self.dtype)])?;
        Ok(values.first().map_or(Ok(f64::NAN), Array::item)?)
    }

    fn found(&self, weights: Vec<f64>) -> Result<FoundWeights> {
        let loss = self.loss(&weights)?;
        Ok(FoundWeights { weights, loss })
    }
}

/// The weights of logits; that of the first model is 0, so that weights and logits are one to one.
fn softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(0.0, f64::max);
    let all = std::iter::once(&0.0).chain(logits);
    let powers: Vec<f64> = all.map(|v| (v - top).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|p| p / sum).collect()
}

impl CostFunction for &Objective {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, logits: &Vec<f64>) -> std::result::Result<f64, argmin::core::Error> {
        let loss = self.loss(&softmax(logits))?;
        // The method compares losses: one that is no number must lose.
        Ok(if loss.is_nan() { f64::INFINITY } else { loss })
    }
}

/// The best logits from a simplex of the given size at `start`.
fn nelder_mead(objective: &Objective, start: &[f64], size: f64) -> Result<Vec<f64>> {
    let mut simplex = vec![start.to_vec()];
    for i in 0..start.len() {
        let mut corner = start.to_vec();
        corner[i] += size;
        simplex.push(corner);
    }
    let failed = |error: argmin::core::Error| Error::format("search_weights", error);
    let solver = NelderMead::new(simplex).with_sd_tolerance(1e-12).map_err(failed)?;
    let steps = 200 * (start.len() as u64 + 1);
    let result = Executor::new(objective, solver)
        .configure(|state| state.max_iters(steps))
        .run()
        .map_err(failed)?;
    Ok(result.state().get_best_param().cloned().unwrap_or_else(|| start.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::FunctionLoss;

    /// Predictions whose errors are orthogonal with mean squares 1, 4 and 9 against zero targets.
    fn orthogonal() -> ([Array; 3], Array) {
        let signs = [[1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]];
        let rows = [1.0, 2.0, 3.0].into_iter().zip(signs);
        let predictions: Vec<Array> =
            rows.map(|(size, row)| Array::from(row.map(|s| size * s))).collect();
        (predictions.try_into().unwrap(), Array::from([0.0; 4]))
    }

    #[test]
    fn weights_are_the_inverse_variances() {
        let (predictions, targets) = orthogonal();
        let found = search_weights(&predictions, &targets, "mse").unwrap();
        // 1 : 1/4 : 1/9.
        for (got, want) in found.weights.iter().zip([36.0 / 49.0, 9.0 / 49.0, 4.0 / 49.0]) {
            assert!((got - want).abs() < 1e-4, "{found:?}");
        }
        assert!((found.loss - 36.0 / 49.0).abs() < 1e-7);
        assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(search_weights(&predictions, &targets, "mse").unwrap(), found);
    }

    #[test]
    fn a_perfect_model_is_used_alone() {
        let y = Array::from([1.0, -2.0, 3.0]);
        let off = |d: f64| Array::from(y.to_vec::<f64>().iter().map(|v| v + d).collect::<Vec<_>>());
        let found = search_weights(&[off(1.0), y.clone(), off(2.0)], &y, "mae").unwrap();
        assert!(found.loss < 1e-12 && found.weights[1] > 1.0 - 1e-12, "{found:?}");
        let one = search_weights(&[off(1.0)], &y, "mae").unwrap();
        assert_eq!(one.weights, [1.0]);
    }

    #[test]
    fn any_loss_will_do() {
        let (predictions, targets) = orthogonal();
        let fourth = FunctionLoss::new("fourth", |t, p| {
            ops::mean(&ops::square(&ops::square(&(t - p))), &[-1], false)
        });
        let objective = Objective::new(&predictions, &targets, &fourth).unwrap();
        let at = |w: &[f64]| objective.loss(w).unwrap();
        let fourth = || {
            FunctionLoss::new("fourth", |t, p| {
                ops::mean(&ops::square(&ops::square(&(t - p))), &[-1], false)
            })
        };
        let found = search_weights(&predictions, &targets, fourth()).unwrap();
        assert!(found.loss <= at(&[1.0 / 3.0; 3]) && found.loss <= at(&[1.0, 0.0, 0.0]));
        // No better point on a grid of the simplex.
        for i in 0..=40 {
            for j in 0..=40 - i {
                let (a, b) = (f64::from(i) / 40.0, f64::from(j) / 40.0);
                assert!(found.loss <= at(&[a, b, 1.0 - a - b]) + 1e-9);
            }
        }
    }

    #[test]
    fn bad_input_is_refused() {
        let y = Array::from([1.0, 2.0]);
        let says = |result: Result<FoundWeights>, part: &str| {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        says(search_weights(&[], &y, "mse"), "`predictions` must not be empty");
        says(
            search_weights(&[y.clone(), Array::from([1.0])], &y, "mse"),
            "`predictions` must all have shape [2]",
        );
        says(search_weights(std::slice::from_ref(&y), &y, "nothing"), "must be one of");
        says(search_weights(&[Array::from([f64::NAN, 1.0])], &y, "mse"), "`loss` must be a number");
    }
}
