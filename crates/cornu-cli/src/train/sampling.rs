//! A random point of a normal distribution that a network describes.

use cornu::config::{Config, from_config, to_config};
use cornu::layers::{Context, Layer, Shape, Weights};
use cornu::ops::{self, Distribution};
use cornu::random::SeedGenerator;
use cornu::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// `z = mean + exp(log_var) · ε` with a standard normal ε, as the notes have it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    seed: Option<u64>,
    #[serde(skip)]
    generator: Option<SeedGenerator>,
}

impl Sampling {
    pub fn from_config(config: Config) -> Result<Sampling> {
        from_config("Sampling", config)
    }
}

impl Layer for Sampling {
    fn class_name(&self) -> &str {
        "Sampling"
    }

    fn config(&self) -> Result<Config> {
        to_config("Sampling", self)
    }

    fn build(&mut self, _: &[Shape], weights: &mut Weights) -> Result<()> {
        self.generator = Some(weights.seed_generator(self.seed));
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let ([mean, log_var], Some(generator)) = (inputs, &self.generator) else {
            let rule = "must be the mean and the logarithm of the variance";
            return Err(Error::invalid("Sampling", "inputs", rule, inputs.len()));
        };
        let key = generator.next(cx);
        let noise = ops::random(Distribution::Normal, &key, mean.shape(), mean.dtype());
        Ok(vec![mean + ops::exp(log_var) * noise])
    }
}
