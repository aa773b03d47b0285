//! The variational autoencoder's sampling, its two losses, and the grid of its picture.

use cornu::layers::{Conv2D, Conv2DTranspose, Dense, Input, LayerExt, Reshape};
use cornu::models::Model;
use cornu::stats::{self, Distribution, Normal};
use cornu::{Array, DType, Eval, Result, Tensor, losses, ops, plot};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "The encoder gives a mean and the logarithm of a variance for each picture: a normal distribution over the\n\
         latent space. A point of it is drawn, z = mean + exp(log_var) ε with a standard normal ε:",
    );
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

    page.text("The decoder is a model of its own, from a point to a picture:");
    cornu::set_random_seed(0);
    show!(page, let decoder_input = Input([2]));
    let h = Dense::new(14 * 14 * 64).activation("relu").apply(&decoder_input)?;
    let h = Reshape::new([14, 14, 64]).apply(&h)?;
    let enlarge = Conv2DTranspose::new(32, 3).strides(2).padding("same").activation("relu");
    show!(page, let h = enlarge.apply(&h)?);
    show!(page, let x = Conv2D::new(1, 3).padding("same").activation("sigmoid").apply(&h)?);
    show!(page, let decoder = Model::new(&decoder_input, &x)?);

    page.text(
        "Its picture of the latent space is painted over a grid that is even in probability, not in distance: the\n\
         quantiles of the normal distribution.",
    );
    show!(page, let p = ops::linspace(0.05, 0.95, 15, true));
    show!(page, let grid = Normal::new(0.0, 1.0)?.each(&p.array()?, Normal::ppf));
    page.text("At each of the 15 x 15 places stands one point; decoded, they are pictures of 28 x 28:");
    show!(page, let z_sample = ops::tile(&Tensor::from([[grid_at(&grid, 0), grid_at(&grid, 14)]]), &[16, 1]));
    let places = ops::meshgrid(&[Tensor::from(&grid), Tensor::from(&grid)], ops::Indexing::Xy);
    let points = ops::reshape(&ops::stack(&places, -1), &[225, 2]);
    let points = ops::cast(&points, DType::F32).array()?;
    let decoded = decoder.predict(&points, 16)?.swap_remove(0);
    show!(page, decoded.shape());
    let figure = plot::image_grid(&decoded, 15, 0)?.to_array()?;
    show!(page, &figure.shape()[..2]);
    page.text("`cornu train vae` trains it, and paints the picture with digits in it.");
    Ok(())
}

fn grid_at(grid: &Array, i: usize) -> f64 {
    grid.to_vec::<f64>().get(i).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_notes() {
        let (page, _) = Page::of("vae");
        let (a, b) = ((-2f64).exp(), (-1f64).exp());
        page.assert("&z_mean + ops::exp(&z_log_var) * &epsilon", &[0.5 + a, -1.0 - b, 0.3, 2.0], 1e-7);
        let inner = (1.0 - 2.0 - 0.25 - a) + (1.0 - 1.0 - 1.0 - b);
        page.assert("kl_loss = -5e-4 * ops::mean(&spread, &[-1], false)", &[-5e-4 * inner / 2.0, 0.0], 1e-5);
        let divergence = [-0.5 * inner, 0.0];
        page.assert("-0.5 * ops::sum(&spread, &[-1], false)", &divergence, 1e-7);
        page.assert("stats::kl_divergence(&z_mean, &z_log_var, None)", &divergence, 1e-7);
        assert_eq!(page.printed("h = enlarge.apply(&h)?"), "(None, 28, 28, 32)");
        let p = page.printed("p = ops::linspace(0.05, 0.95, 15, true)");
        assert!(p.starts_with("[0.05       0.11428571 0.17857143 0.24285714 0.30714286"), "{p}");
        // As the notes print it, digit by digit.
        let grid = page.printed("grid = Normal::new(0.0, 1.0)?.each(&p.array()?, Normal::ppf)");
        let notes = "[-1.64485363e+00 -1.20404696e+00 -9.20822976e-01 -6.97141435e-01 -5.03965367e-01 \
                     -3.28072108e-01 -1.61844167e-01 -1.39145821e-16 1.61844167e-01 3.28072108e-01 5.03965367e-01 \
                     6.97141435e-01 9.20822976e-01 1.20404696e+00 1.64485363e+00]";
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(grid), words(notes));
        assert_eq!(page.printed("decoded.shape()"), "(225, 28, 28, 1)");
        assert_eq!(page.printed("&figure.shape()[..2]"), "(420, 420)");
    }
}
