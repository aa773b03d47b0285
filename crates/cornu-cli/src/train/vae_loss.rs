//! The loss of a variational autoencoder.

use cornu::config::Config;
use cornu::layers::{Context, Layer};
use cornu::losses::binary_crossentropy;
use cornu::{Error, Result, Tensor, ops};

/// Adds how far the picture is from its reconstruction, and how far the latent distribution is from the
/// standard normal one; gives the reconstruction on. Inputs: picture, reconstruction, mean, log of variance.
pub struct VaeLoss;

impl Layer for VaeLoss {
    fn class_name(&self) -> &str {
        "VaeLoss"
    }

    fn config(&self) -> Result<Config> {
        Ok(Config::new())
    }

    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let [x, decoded, mean, log_var] = inputs else {
            let rule = "must be picture, reconstruction, mean and log of variance";
            return Err(Error::invalid("VaeLoss", "inputs", rule, inputs.len()));
        };
        let flat = |t: &Tensor| ops::reshape(t, &[t.count()]);
        let reconstruction = binary_crossentropy(&flat(x), &flat(decoded));
        let spread = log_var + 1.0 - ops::square(mean) - ops::exp(log_var);
        let divergence = ops::mean(&spread, &[-1], false) * -5e-4;
        cx.add_loss(ops::mean(&(reconstruction + divergence), &[], false));
        Ok(vec![decoded.clone()])
    }
}
