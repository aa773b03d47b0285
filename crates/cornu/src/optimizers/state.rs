//! An optimizer at work: its variables, and the update of all weights as one piece of graph.

use std::sync::Arc;

use cornu_graph::{Array, DType, Spec, Tensor, Variable, ops};

use super::{LearningRate, Optimizer, Step};
use crate::layers::{Context, Weight};
use crate::{Error, Result};

/// An optimizer with what it remembers of the weights that it updates.
pub struct State {
    optimizer: Arc<dyn Optimizer>,
    weights: Vec<Weight>,
    iterations: Variable,
    learning_rate: Variable,
    globals: Vec<Variable>,
    slots: Vec<Vec<Variable>>,
    averages: Vec<Variable>,
    accumulated: Vec<Variable>,
}

impl State {
    /// The state at the start of training.
    ///
    /// # Errors
    /// When the optimizer's arguments are out of range.
    pub fn new(optimizer: Arc<dyn Optimizer>, weights: Vec<Weight>) -> Result<State> {
        let common = optimizer.common();
        common.check(optimizer.class_name())?;
        let rate = match optimizer.learning_rate() {
            LearningRate::Constant(rate) => *rate,
            LearningRate::Schedule(schedule) => {
                schedule.get()?;
                0.0
            }
        };
        let variable = |w: &Weight| w.variable.clone();
        let spec = |v: &Variable| Spec::new(v.shape(), v.dtype());
        let slots = weights.iter().map(variable).map(|v| {
            let slots = optimizer.slots(&spec(&v))?.into_iter();
            let name = |slot| format!("{}_{slot}", v.name());
            Ok(slots.map(|(slot, value)| Variable::new(name(slot), value)).collect())
        });
        let slots = slots.collect::<Result<Vec<_>>>()?;
        let beside = |wanted: bool, name: &str| -> Result<Vec<Variable>> {
            let zeros = |v: Variable| {
                let start = Array::zeros(v.shape(), v.dtype())?;
                Ok(Variable::new(format!("{}_{name}", v.name()), start))
            };
            weights.iter().filter(|_| wanted).map(variable).map(zeros).collect()
        };
        let averages = beside(common.use_ema, "average")?;
        let accumulated =
            beside(common.gradient_accumulation_steps.is_some(), "gradient_accumulator")?;
        Ok(State {
            iterations: Variable::new("iteration", Array::scalar(0i64)),
            learning_rate: Variable::new("learning_rate", Array::scalar(rate as f32)),
            globals: optimizer.globals().into_iter().map(|(n, v)| Variable::new(n, v)).collect(),
            optimizer,
            weights,
            slots,
            averages,
            accumulated,
        })
    }

    /// The rule.
    pub fn optimizer(&self) -> &Arc<dyn Optimizer> {
        &self.optimizer
    }

    /// The weights that are updated.
    pub fn weights(&self) -> &[Weight] {
        &self.weights
    }

    /// How many updates there were.
    pub fn iterations(&self) -> &Variable {
        &self.iterations
    }

    /// The learning rate that the next update uses.
    ///
    /// # Errors
    /// When a schedule cannot be computed.
    pub fn learning_rate(&self) -> Result<f64> {
        use crate::Eval;
        match self.optimizer.learning_rate() {
            LearningRate::Constant(_) => Ok(self.learning_rate.value().item()?),
            LearningRate::Schedule(schedule) => {
                let iteration = Tensor::from(self.iterations.value().cast(DType::F32));
                Ok(schedule.get()?.call(&iteration).array()?.item()?)
            }
        }
    }

    /// Sets a constant learning rate, as callbacks do.
    ///
    /// # Errors
    /// When the optimizer follows a schedule.
    pub fn set_learning_rate(&self, rate: f64) -> Result<()> {
        if let LearningRate::Schedule(_) = self.optimizer.learning_rate() {
            return Err(Error::invalid(
                self.optimizer.class_name(),
                "learning_rate",
                "can only be set when it is no schedule",
                rate,
            ));
        }
        Ok(self.learning_rate.assign(Array::scalar(rate as f32))?)
    }

    /// All variables, in the order in which Keras saves them: iteration, learning rate (unless a schedule
    /// gives it), averages, accumulated gradients, slots, globals.
    pub fn variables(&self) -> Vec<Variable> {
        self.entries().into_iter().map(|(_, variable)| variable.clone()).collect()
    }

    /// What Keras calls [`variables`](State::variables): `iteration`, `dense_kernel_momentum`; `weight` gives the name of
    /// the weight that a variable is for, `dense_kernel`.
    pub fn names(&self, weight: impl Fn(&Variable) -> String) -> Vec<String> {
        let name = |(of, variable): (Option<&Weight>, &Variable)| match of {
            None => variable.name().to_string(),
            Some(of) => {
                let own = of.variable.name();
                let slot = variable.name().strip_prefix(own).unwrap_or(variable.name());
                format!("{}{slot}", weight(&of.variable))
            }
        };
        self.entries().into_iter().map(name).collect()
    }

    /// All variables in Keras's order, with the weights that they are for.
    fn entries(&self) -> Vec<(Option<&Weight>, &Variable)> {
        let mut all = vec![(None, &self.iterations)];
        if let LearningRate::Constant(_) = self.optimizer.learning_rate() {
            all.push((None, &self.learning_rate));
        }
        let weights = || self.weights.iter().map(Some);
        all.extend(weights().zip(&self.averages));
        all.extend(weights().zip(&self.accumulated));
        let together = self.optimizer.slots_together();
        for (weight, slots) in weights().zip(&self.slots) {
            all.extend(slots.iter().take(together).map(|slot| (weight, slot)));
        }
        let most = self.slots.iter().map(Vec::len).max().unwrap_or(0);
        for i in together..most {
            let slot = weights().zip(&self.slots).filter_map(|(w, slots)| Some((w, slots.get(i)?)));
            all.extend(slot);
        }
        all.extend(self.globals.iter().map(|variable| (None, variable)));
        all
    }

    /// The loss of which `apply` takes the gradients.
    pub fn scale_loss(&self, loss: &Tensor) -> Tensor {
        match self.optimizer.common().loss_scale_factor {
            Some(factor) => loss * factor,
            None => loss.clone(),
        }
    }

    /// Adds the update of all weights to a step: accumulate, clip, decay, the rule, average, constrain, count.
    ///
    /// # Errors
    /// When an argument of the optimizer is out of its range.
    pub fn apply(&self, gradients: &[Tensor], cx: &mut Context) -> Result<()> {
        let common = self.optimizer.common();
        let batches = cx.read(&self.iterations);
        let rate = match self.optimizer.learning_rate() {
            LearningRate::Constant(_) => cx.read(&self.learning_rate),
            LearningRate::Schedule(schedule) => {
                schedule.get()?.call(&ops::cast(&batches, DType::F32))
            }
        };
        let unscaled = gradients.iter().map(|g| match common.loss_scale_factor {
            Some(factor) => g / factor,
            None => g.clone(),
        });
        let (gradients, turn) = self.accumulate(unscaled.collect(), &batches, cx);
        let gradients = common.clip(gradients);
        // Between two updates everything keeps its value.
        let at_turn = |next: Tensor, now: &Tensor| match &turn {
            Some(turn) => ops::where_(turn, &next, now),
            None => next,
        };
        let iterations = match common.gradient_accumulation_steps {
            Some(steps) => ops::floor_divide(&batches, &ops::number_like(&batches, steps as f64)),
            None => batches.clone(),
        };
        let iteration = ops::cast(&iterations, DType::F32);
        let before: Vec<Tensor> = self.globals.iter().map(|g| cx.read(g)).collect();
        let globals = self.optimizer.advance(&before, &iteration);
        for ((variable, value), now) in self.globals.iter().zip(&globals).zip(&before) {
            cx.update(variable, at_turn(value.clone(), now));
        }
        for (i, (weight, gradient)) in self.weights.iter().zip(&gradients).enumerate() {
            let dtype = weight.variable.dtype();
            let (rate, iteration) = (ops::cast(&rate, dtype), ops::cast(&iteration, dtype));
            let now = cx.read(&weight.variable);
            let variable = match common.weight_decay {
                Some(decay) => &now - &now * &rate * decay,
                None => now.clone(),
            };
            let old: Vec<Tensor> = self.slots[i].iter().map(|s| cx.read(s)).collect();
            let slots: Vec<Tensor> = old.iter().cloned().map(settle).collect();
            let step = Step {
                variable: &variable,
                gradient,
                slots: &slots,
                globals: &globals,
                learning_rate: &rate,
                iteration: &iteration,
            };
            let (next, next_slots) = self.optimizer.step(step)?;
            for ((slot, value), now) in self.slots[i].iter().zip(next_slots).zip(&old) {
                cx.update(slot, at_turn(value, now));
            }
            let mut next = at_turn(next, &now);
            if let Some(average) = self.averages.get(i) {
                next = self.average(average, next, &iterations, cx);
            }
            if let Some(constraint) = &weight.constraint {
                next = constraint.call(&next);
            }
            cx.update(&weight.variable, next);
        }
        cx.update(&self.iterations, batches + 1.0);
        Ok(())
    }

    /// The mean gradients of the batches since the last update, and whether this batch is an update.
    fn accumulate(
        &self,
        gradients: Vec<Tensor>,
        batches: &Tensor,
        cx: &mut Context,
    ) -> (Vec<Tensor>, Option<Tensor>) {
        let Some(steps) = self.optimizer.common().gradient_accumulation_steps else {
            return (gradients, None);
        };
        let rest = ops::mod_(&(batches + 1.0), &ops::number_like(batches, steps as f64));
        let turn = ops::equal(&rest, &ops::zeros_like(&rest));
        let mean = |(variable, gradient): (&Variable, Tensor)| {
            let sum = cx.read(variable) + gradient;
            cx.update(variable, ops::where_(&turn, &ops::zeros_like(&sum), &sum));
            sum / steps as f64
        };
        let means = self.accumulated.iter().zip(gradients).map(mean).collect();
        (means, Some(turn))
    }

    /// Updates an average (the first update copies the weight) and gives the weight that follows.
    fn average(
        &self,
        average: &Variable,
        weight: Tensor,
        iterations: &Tensor,
        cx: &mut Context,
    ) -> Tensor {
        let common = self.optimizer.common();
        let first = ops::equal(iterations, &ops::zeros_like(iterations));
        let momentum = common.ema_momentum;
        let moved = cx.read(average) * momentum + &weight * (1.0 - momentum);
        let next = ops::where_(&first, &weight, &moved);
        cx.update(average, next.clone());
        match common.ema_overwrite_frequency {
            Some(every) => {
                let count = iterations + 1.0;
                let rest = ops::mod_(&count, &ops::number_like(&count, every as f64));
                ops::where_(&ops::equal(&rest, &ops::zeros_like(&rest)), &next, &weight)
            }
            None => weight,
        }
    }

    /// Gives the weights their averages' values, as Keras does at the end of `fit`.
    ///
    /// # Errors
    /// When a variable refuses its value.
    pub fn finalize(&self) -> Result<()> {
        for (weight, average) in self.weights.iter().zip(&self.averages) {
            weight.variable.assign(average.value())?;
        }
        Ok(())
    }
}

/// Zero in the place of what is too small for a normal number, as TensorFlow's kernels have it.
///
/// Moving averages of gradients that are zero from some step on would stay among such numbers for good, and
/// processors take a hundred times as long for each.
fn settle(value: Tensor) -> Tensor {
    let least = match value.dtype() {
        DType::F32 => f64::from(f32::MIN_POSITIVE),
        DType::F64 => f64::MIN_POSITIVE,
        _ => return value,
    };
    let small = ops::less(&ops::abs(&value), &ops::number_like(&value, least));
    ops::where_(&small, &ops::zeros_like(&value), &value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;

    #[test]
    fn what_is_too_small_becomes_zero() {
        let least = f32::MIN_POSITIVE;
        let values = [least, -least, least / 2.0, -f32::from_bits(1), 0.0, f32::INFINITY, 1.0];
        let x = Tensor::from(Array::new(&[7], values.to_vec()).unwrap());
        let settled = settle(x).array().unwrap();
        let want = [least, -least, 0.0, 0.0, 0.0, f32::INFINITY, 1.0];
        assert_eq!(settled.as_slice::<f32>().unwrap(), want);
        let nan = settle(Tensor::from(Array::scalar(f64::NAN))).array().unwrap();
        assert!(nan.as_slice::<f64>().unwrap()[0].is_nan());
    }
}
