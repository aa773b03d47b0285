//! What all optimizers can do beside their rule.

use cornu_graph::{Tensor, ops};

use crate::{Error, Result};

/// What every optimizer can do beside its rule; the fields are Keras's arguments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Common {
    /// Decoupled weight decay: `w -= w · weight_decay · learning_rate` before the update. Default: none.
    pub weight_decay: Option<f64>,
    /// Each gradient is scaled to at most this L2 norm. Default: none.
    pub clipnorm: Option<f64>,
    /// All gradients together are scaled to at most this L2 norm. Default: none.
    pub global_clipnorm: Option<f64>,
    /// Gradients are limited to `[-clipvalue, clipvalue]`. Default: none.
    pub clipvalue: Option<f64>,
    /// Whether an exponential moving average of the weights is kept. Default: false.
    pub use_ema: bool,
    /// Momentum of that average. Default 0.99.
    pub ema_momentum: f64,
    /// Every how many iterations the weights take their average's values, as they do at the end of `fit`.
    /// Default: only then.
    pub ema_overwrite_frequency: Option<u64>,
    /// The loss is multiplied by this and the gradients are divided by it. Default: none.
    pub loss_scale_factor: Option<f64>,
    /// How many batches' gradients are averaged for one update, at least 2. Default: none, each is an update.
    pub gradient_accumulation_steps: Option<u64>,
}

impl Default for Common {
    fn default() -> Self {
        Common {
            weight_decay: None,
            clipnorm: None,
            global_clipnorm: None,
            clipvalue: None,
            use_ema: false,
            ema_momentum: 0.99,
            ema_overwrite_frequency: None,
            loss_scale_factor: None,
            gradient_accumulation_steps: None,
        }
    }
}

impl Common {
    /// An error that names the argument of `class_name` that is out of its range.
    pub(super) fn check(&self, class_name: &str) -> Result<()> {
        let invalid = |name: &str, rule: &str, value: &dyn std::fmt::Display| {
            Err(Error::invalid(class_name, name, rule, value))
        };
        let clips = [
            ("clipnorm", self.clipnorm),
            ("global_clipnorm", self.global_clipnorm),
            ("clipvalue", self.clipvalue),
        ];
        let set: Vec<_> = clips.iter().filter_map(|(name, v)| v.map(|v| (*name, v))).collect();
        if set.len() > 1 {
            let names: Vec<&str> = set.iter().map(|(name, _)| *name).collect();
            let rule = "must be the only one of clipnorm, global_clipnorm, clipvalue";
            return invalid(names[0], rule, &names.join(", "));
        }
        let scale = self.loss_scale_factor.map(|v| ("loss_scale_factor", v));
        let positive = set.iter().chain(&scale).find(|(_, v)| v.is_nan() || *v <= 0.0);
        if let Some((name, value)) = positive {
            return invalid(name, "must be positive", value);
        }
        if self.use_ema && !(0.0..=1.0).contains(&self.ema_momentum) {
            return invalid("ema_momentum", "must be in [0, 1]", &self.ema_momentum);
        }
        if self.ema_overwrite_frequency == Some(0) {
            return invalid("ema_overwrite_frequency", "must be positive", &0);
        }
        match self.gradient_accumulation_steps {
            Some(steps) if steps < 2 => {
                invalid("gradient_accumulation_steps", "must be at least 2, or none", &steps)
            }
            _ => Ok(()),
        }
    }

    /// The gradients within their limits.
    pub(super) fn clip(&self, gradients: Vec<Tensor>) -> Vec<Tensor> {
        let square_sum = |g: &Tensor| ops::sum(&ops::square(g), &[], false);
        let shrink = |g: &Tensor, norm: &Tensor, limit: f64| {
            let limit = ops::number_like(norm, limit);
            g * (&limit / ops::maximum(norm, &limit))
        };
        if let Some(limit) = self.clipvalue {
            gradients.iter().map(|g| ops::clip(g, -limit, limit)).collect()
        } else if let Some(limit) = self.clipnorm {
            gradients.iter().map(|g| shrink(g, &ops::sqrt(&square_sum(g)), limit)).collect()
        } else if let Some(limit) = self.global_clipnorm {
            let total = gradients.iter().map(square_sum).reduce(|a, b| a + b);
            let Some(norm) = total.map(|t| ops::sqrt(&t)) else { return Vec::new() };
            gradients.iter().map(|g| shrink(g, &norm, limit)).collect()
        } else {
            gradients
        }
    }
}
