//! The variational autoencoder: its parts, its sampling, its two losses.

use cornu::layers::{Conv2D, Conv2DTranspose, Dense, Flatten, Input, Lambda, LayerExt, Reshape};
use cornu::models::Model;
use cornu::ops::Distribution;
use cornu::random::SeedGenerator;
use cornu::{Result, Tensor, losses, ops, stats};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    cornu::set_random_seed(0);
    page.text(
        "The encoder turns a picture into two vectors of shape (latent_dim,), the mean and the logarithm of the variance\n\
         of a normal distribution over the latent space:",
    );
    let latent_dim = 2;
    show!(page, let input_img = Input([28, 28, 1]));
    let x = Conv2D::new(32, 3).padding("same").activation("relu").apply(&input_img)?;
    let x = Conv2D::new(64, 3).padding("same").activation("relu").strides((2, 2)).apply(&x)?;
    let x = Conv2D::new(64, 3).padding("same").activation("relu").apply(&x)?;
    show!(page, let x = Conv2D::new(64, 3).padding("same").activation("relu").apply(&x)?);
    let x = Dense::new(32).activation("relu").apply(&Flatten::new().apply(&x)?)?;
    show!(page, let z_mean = Dense::new(latent_dim).apply(&x)?);
    show!(page, let z_log_var = Dense::new(latent_dim).apply(&x)?);
    page.text("A point z of that distribution is drawn, z = z_mean + exp(z_log_var) · epsilon:");
    let generator = SeedGenerator::new(Some(0));
    let sampling = Lambda::new("sampling", move |inputs, cx| {
        let (z_mean, z_log_var) = (&inputs[0], &inputs[1]);
        let epsilon = ops::random(Distribution::Normal, &generator.next(cx), z_mean.shape(), z_mean.dtype());
        Ok(vec![z_mean + ops::exp(z_log_var) * epsilon])
    });
    show!(page, let z = sampling.apply([&z_mean, &z_log_var])?);
    page.text("The decoder is a model of its own, from a point to a picture:");
    show!(page, let decoder_input = Input([latent_dim]));
    let x = Dense::new(14 * 14 * 64).activation("relu").apply(&decoder_input)?;
    show!(page, let x = Reshape::new([14, 14, 64]).apply(&x)?);
    show!(page, let x = Conv2DTranspose::new(32, 3).padding("same").activation("relu").strides((2, 2)).apply(&x)?);
    let x = Conv2D::new(1, 3).padding("same").activation("sigmoid").apply(&x)?;
    show!(page, let decoder = Model::new(&decoder_input, &x)?);
    show!(page, let z_decoded = decoder.apply(&z)?);
    page.text("Picture → encoder → z_mean and z_log_var → z → decoder → picture. The page \"custom-layer\" adds the loss.");
    show!(page, let vae = Model::new(&input_img, &z_decoded)?);

    page.text("The sampling with numbers, two points of two dimensions:");
    show!(page, let z_mean = Tensor::from([[0.5, -1.0], [0.0, 0.0]]));
    show!(page, let z_log_var = Tensor::from([[-2.0, -1.0], [0.0, 0.0]]));
    show!(page, let epsilon = Tensor::from([[1.0, -1.0], [0.3, 2.0]]));
    show!(page, &z_mean + ops::exp(&z_log_var) * &epsilon);

    page.text(
        "The regularization loss is small where the distribution is near the standard normal one, and 0 where it is\n\
         that one. The notes weigh it by 5e-4:",
    );
    let spread = 1.0 + &z_log_var - ops::square(&z_mean) - ops::exp(&z_log_var);
    show!(page, let kl_loss = -5e-4 * ops::mean(&spread, &[-1], false));
    page.text("Without that weight, and summed and halved, it is the Kullback-Leibler divergence:");
    show!(page, -0.5 * ops::sum(&spread, &[-1], false));
    show!(page, stats::kl_divergence(&z_mean, &z_log_var, None));

    page.text(
        "The reconstruction loss is the binary cross-entropy of the picture and what came out; the loss is the mean of\n\
         both together:",
    );
    show!(page, let x = Tensor::from([[0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]]));
    show!(page, let z_decoded = Tensor::from([[0.1, 0.8, 0.9, 0.1], [0.6, 0.7, 0.2, 0.1]]));
    show!(page, let xent_loss = losses::binary_crossentropy(&x, &z_decoded));
    show!(page, ops::mean(&(&xent_loss + &kl_loss), &[], false));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_those_of_the_notes() {
        let (page, _) = Page::of("vae");
        for (expression, shape) in [
            ("z_mean = Dense::new(latent_dim).apply(&x)?", "(None, 2)"),
            ("z_log_var = Dense::new(latent_dim).apply(&x)?", "(None, 2)"),
            ("z = sampling.apply([&z_mean, &z_log_var])?", "(None, 2)"),
            ("decoder_input = Input([latent_dim])", "(None, 2)"),
            ("z_decoded = decoder.apply(&z)?", "(None, 28, 28, 1)"),
        ] {
            assert_eq!(page.printed(expression), shape, "{expression}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_formulas() {
        let (page, _) = Page::of("vae");
        let (a, b) = ((-2f64).exp(), (-1f64).exp());
        page.assert("&z_mean + ops::exp(&z_log_var) * &epsilon", &[0.5 + a, -1.0 - b, 0.3, 2.0], 1e-7);
        let inner = (1.0 - 2.0 - 0.25 - a) + (1.0 - 1.0 - 1.0 - b);
        page.assert("kl_loss = -5e-4 * ops::mean(&spread, &[-1], false)", &[-5e-4 * inner / 2.0, 0.0], 1e-5);
        let divergence = [-0.5 * inner, 0.0];
        page.assert("-0.5 * ops::sum(&spread, &[-1], false)", &divergence, 1e-7);
        page.assert("stats::kl_divergence(&z_mean, &z_log_var, None)", &divergence, 1e-7);
        let entropy = |chances: [f64; 4]| -chances.map(f64::ln).iter().sum::<f64>() / 4.0;
        let xent = [entropy([0.9, 0.8, 0.9, 0.9]), entropy([0.6, 0.7, 0.8, 0.9])];
        page.assert("xent_loss = losses::binary_crossentropy(&x, &z_decoded)", &xent, 1e-6);
        let loss = (xent[0] + xent[1] - 5e-4 * inner / 2.0) / 2.0;
        page.assert("ops::mean(&(&xent_loss + &kl_loss), &[], false)", &[loss], 1e-6);
    }
}
