//! An optimizer at work: its variables, and the update of all weights as one piece of graph.

use std::sync::Arc;

use cornu_graph::{Array, DType, Spec, Tensor, Variable, ops};

use super::{Common, LearningRate, Optimizer, Step};
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
}

impl State {
    /// The state at the start of training.
    ///
    /// # Errors
    /// When the optimizer's arguments are out of range.
    pub fn new(optimizer: Arc<dyn Optimizer>, weights: Vec<Weight>) -> Result<State> {
        check(optimizer.class_name(), optimizer.common())?;
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
        let average = |w: &Weight| {
            let v = &w.variable;
            Ok(Variable::new(format!("{}_average", v.name()), Array::zeros(v.shape(), v.dtype())?))
        };
        let averages = if optimizer.common().use_ema {
            weights.iter().map(average).collect::<Result<Vec<_>>>()?
        } else {
            Vec::new()
        };
        Ok(State {
            iterations: Variable::new("iteration", Array::scalar(0i64)),
            learning_rate: Variable::new("learning_rate", Array::scalar(rate as f32)),
            globals: optimizer.globals().into_iter().map(|(n, v)| Variable::new(n, v)).collect(),
            optimizer,
            weights,
            slots,
            averages,
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
    /// gives it), averages, slots, globals.
    pub fn variables(&self) -> Vec<Variable> {
        let mut all = vec![self.iterations.clone()];
        if let LearningRate::Constant(_) = self.optimizer.learning_rate() {
            all.push(self.learning_rate.clone());
        }
        all.extend(self.averages.iter().cloned());
        let together = self.optimizer.slots_together();
        for slots in &self.slots {
            all.extend(slots.iter().take(together).cloned());
        }
        let most = self.slots.iter().map(Vec::len).max().unwrap_or(0);
        for i in together..most {
            all.extend(self.slots.iter().filter_map(|slots| slots.get(i)).cloned());
        }
        all.extend(self.globals.iter().cloned());
        all
    }

    /// Adds the update of all weights to a step: clip, decay, the rule, average, constrain, count.
    ///
    /// # Errors
    /// When an argument of the optimizer is out of its range.
    pub fn apply(&self, gradients: &[Tensor], cx: &mut Context) -> Result<()> {
        let common = self.optimizer.common();
        let gradients = clip(common, gradients);
        let iterations = cx.read(&self.iterations);
        let iteration = ops::cast(&iterations, DType::F32);
        let rate = match self.optimizer.learning_rate() {
            LearningRate::Constant(_) => cx.read(&self.learning_rate),
            LearningRate::Schedule(schedule) => schedule.get()?.call(&iteration),
        };
        let globals: Vec<Tensor> = self.globals.iter().map(|g| cx.read(g)).collect();
        let globals = self.optimizer.advance(&globals, &iteration);
        for (variable, value) in self.globals.iter().zip(&globals) {
            cx.update(variable, value.clone());
        }
        for (i, (weight, gradient)) in self.weights.iter().zip(&gradients).enumerate() {
            let dtype = weight.variable.dtype();
            let (rate, iteration) = (ops::cast(&rate, dtype), ops::cast(&iteration, dtype));
            let mut variable = cx.read(&weight.variable);
            if let Some(decay) = common.weight_decay {
                variable = &variable - &variable * &rate * decay;
            }
            let slots: Vec<Tensor> = self.slots[i].iter().map(|s| cx.read(s)).collect();
            let step = Step {
                variable: &variable,
                gradient,
                slots: &slots,
                globals: &globals,
                learning_rate: &rate,
                iteration: &iteration,
            };
            let (mut next, next_slots) = self.optimizer.step(step)?;
            for (slot, value) in self.slots[i].iter().zip(&next_slots) {
                cx.update(slot, value.clone());
            }
            if let Some(average) = self.averages.get(i) {
                next = self.average(average, next, &iterations, cx);
            }
            if let Some(constraint) = &weight.constraint {
                next = constraint.call(&next);
            }
            cx.update(&weight.variable, next);
        }
        cx.update(&self.iterations, iterations + 1.0);
        Ok(())
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
        let overwrite = self.optimizer.common().ema_overwrite_frequency.is_none();
        for (weight, average) in self.weights.iter().zip(&self.averages).filter(|_| overwrite) {
            weight.variable.assign(average.value())?;
        }
        Ok(())
    }
}

fn check(class_name: &str, common: &Common) -> Result<()> {
    let clips = [
        ("clipnorm", common.clipnorm),
        ("global_clipnorm", common.global_clipnorm),
        ("clipvalue", common.clipvalue),
    ];
    let set: Vec<_> = clips.iter().filter_map(|(name, v)| v.map(|v| (*name, v))).collect();
    if set.len() > 1 {
        let names: Vec<&str> = set.iter().map(|(name, _)| *name).collect();
        let rule = "must be the only one of clipnorm, global_clipnorm, clipvalue";
        return Err(Error::invalid(class_name, names[0], rule, names.join(", ")));
    }
    if let Some((name, value)) = set.first().filter(|(_, v)| v.is_nan() || *v <= 0.0) {
        return Err(Error::invalid(class_name, *name, "must be positive", value));
    }
    if common.use_ema && !(0.0..=1.0).contains(&common.ema_momentum) {
        let rule = "must be in [0, 1]";
        return Err(Error::invalid(class_name, "ema_momentum", rule, common.ema_momentum));
    }
    if common.ema_overwrite_frequency == Some(0) {
        return Err(Error::invalid(class_name, "ema_overwrite_frequency", "must be positive", 0));
    }
    if let Some(factor) = common.loss_scale_factor {
        let rule = "must be none: losses are not scaled";
        return Err(Error::invalid(class_name, "loss_scale_factor", rule, factor));
    }
    if let Some(steps) = common.gradient_accumulation_steps.filter(|steps| *steps != 1) {
        let rule = "must be none: every batch is an update";
        return Err(Error::invalid(class_name, "gradient_accumulation_steps", rule, steps));
    }
    Ok(())
}

fn clip(common: &Common, gradients: &[Tensor]) -> Vec<Tensor> {
    let square_sum = |g: &Tensor| ops::sum(&ops::square(g), &[], false);
    let shrink = |g: &Tensor, norm: &Tensor, limit: f64| {
        let limit = ops::number_like(norm, limit);
        g * (&limit / ops::maximum(norm, &limit))
    };
    if let Some(limit) = common.clipvalue {
        gradients.iter().map(|g| ops::clip(g, -limit, limit)).collect()
    } else if let Some(limit) = common.clipnorm {
        gradients.iter().map(|g| shrink(g, &ops::sqrt(&square_sum(g)), limit)).collect()
    } else if let Some(limit) = common.global_clipnorm {
        let total = gradients.iter().map(square_sum).reduce(|a, b| a + b);
        let Some(norm) = total.map(|t| ops::sqrt(&t)) else { return Vec::new() };
        gradients.iter().map(|g| shrink(g, &norm, limit)).collect()
    } else {
        gradients.to_vec()
    }
}
