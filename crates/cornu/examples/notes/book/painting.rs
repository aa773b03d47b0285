//! The picture of the latent space, painted digit by digit.

use cornu::layers::{Conv2D, Conv2DTranspose, Dense, Input, LayerExt, Reshape};
use cornu::models::Model;
use cornu::stats::{Distribution, Normal};
use cornu::{Array, DType, Eval, Result, Tensor, ops, plot};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "The decoder turns any point of the latent space into a picture. This one is not trained; `cornu train vae`\n\
         trains one and saves it, to be read by `cornu::saving::load_model(\"runs/vae/decoder.keras\")`.",
    );
    cornu::set_random_seed(0);
    let decoder_input = Input([2]);
    let x = Dense::new(14 * 14 * 64).activation("relu").apply(&decoder_input)?;
    let x = Reshape::new([14, 14, 64]).apply(&x)?;
    let x = Conv2DTranspose::new(32, 3).padding("same").activation("relu").strides((2, 2)).apply(&x)?;
    let x = Conv2D::new(1, 3).padding("same").activation("sigmoid").apply(&x)?;
    show!(page, let decoder = Model::new(&decoder_input, &x)?);

    page.text("The figure is 15 × 15 digits of 28 × 28 pixels, black at first:");
    let (n, digit_size, batch_size) = (15, 28, 16);
    show!(page, let figure = Array::zeros(&[digit_size * n, digit_size * n], DType::F64)?);
    show!(page, figure.shape());
    page.text(
        "The points form a grid that is even in probability, not in distance: the quantiles (ppf) of the normal\n\
         distribution, which the latent points follow.",
    );
    show!(page, let p = ops::linspace(0.05, 0.95, n, true));
    show!(page, p.shape());
    show!(page, let grid_x = Normal::new(0.0, 1.0)?.each(&p.array()?, Normal::ppf));
    show!(page, let grid_y = Normal::new(0.0, 1.0)?.each(&p.array()?, Normal::ppf));
    show!(page, grid_x.shape());
    show!(page, grid_y.shape());

    page.text("The first place, i = 0 and j = 0: its point, sixteen times, as the notes decode a whole batch,");
    let (grid_x, grid_y) = (grid_x.to_vec::<f64>(), grid_y.to_vec::<f64>());
    let (i, j) = (0, 0);
    let (yi, xi) = (grid_x[i], grid_y[j]);
    show!(page, let z_sample = Tensor::from([[xi, yi]]));
    show!(page, z_sample.shape());
    show!(page, let z_sample = ops::reshape(&ops::tile(&z_sample, &[1, batch_size]), &[batch_size as i64, 2]));
    show!(page, z_sample.shape());
    page.text("the pictures that the decoder makes of it, and the first of them without its channel:");
    let z_sample = ops::cast(&z_sample, DType::F32).array()?;
    let x_decoded = decoder.predict(&z_sample, batch_size)?.swap_remove(0);
    show!(page, x_decoded.shape());
    let digit = x_decoded.rows(0, 1)?.reshape(&[digit_size, digit_size])?;
    show!(page, digit.shape());
    page.text("figure[i * 28 : (i + 1) * 28, j * 28 : (j + 1) * 28] = digit puts it into its place:");
    let place = [i * digit_size, j * digit_size];
    show!(page, ops::slice_update(&Tensor::from(&figure), &place, &Tensor::from(&digit)).shape());

    page.text("The whole loop: a row of digits for each yi, a digit for each xi.");
    let mut figure = figure;
    let pixels = figure.as_slice_mut::<f64>()?;
    for (i, yi) in grid_x.iter().enumerate() {
        for (j, xi) in grid_y.iter().enumerate() {
            let z_sample = Array::new(&[1, 2], vec![*xi as f32, *yi as f32])?;
            let digit = decoder.predict(&z_sample, 1)?.swap_remove(0).to_vec::<f64>();
            for (row, line) in digit.chunks(digit_size).enumerate() {
                let start = (i * digit_size + row) * digit_size * n + j * digit_size;
                pixels[start..start + digit_size].copy_from_slice(line);
            }
        }
    }
    show!(page, figure.shape());
    page.text("All points in one batch give the same picture, faster, and plot::image_grid lays the digits out:");
    let points = grid_x.iter().flat_map(|yi| grid_y.iter().flat_map(|xi| [*xi as f32, *yi as f32])).collect();
    let decoded = decoder.predict(&Array::new::<f32>(&[n * n, 2], points)?, n * n)?.swap_remove(0);
    show!(page, decoded.shape());
    let sheet = plot::image_grid(&decoded, n, 0)?.to_array()?;
    show!(page, &sheet.shape()[..2]);
    // The sheet has whole grey levels.
    let difference = 255.0 * Tensor::from(&figure) - ops::cast(&ops::squeeze(&Tensor::from(&sheet), &[-1]), DType::F64);
    show!(page, ops::less(&ops::max(&ops::abs(&difference), &[], false), &0.501.into()));
    page.text("`cornu train vae` saves it as manifold.png, with digits, as its decoder has seen some.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_notes() {
        let (page, _) = Page::of("painting");
        let p = page.printed("p = ops::linspace(0.05, 0.95, n, true)");
        assert!(p.starts_with("[0.05       0.11428571 0.17857143 0.24285714 0.30714286"), "{p}");
        // As the notes print it, digit by digit.
        let notes = "[-1.64485363e+00 -1.20404696e+00 -9.20822976e-01 -6.97141435e-01 -5.03965367e-01 \
                     -3.28072108e-01 -1.61844167e-01 -1.39145821e-16 1.61844167e-01 3.28072108e-01 5.03965367e-01 \
                     6.97141435e-01 9.20822976e-01 1.20404696e+00 1.64485363e+00]";
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for axis in ["x", "y"] {
            let grid = page.printed(&format!("grid_{axis} = Normal::new(0.0, 1.0)?.each(&p.array()?, Normal::ppf)"));
            assert_eq!(words(grid), words(notes));
            assert_eq!(page.printed(&format!("grid_{axis}.shape()")), "(15,)");
        }
        assert_eq!(page.printed("p.shape()"), "(15,)");
        assert_eq!(page.all("z_sample.shape()"), ["(1, 2)", "(16, 2)"]);
        assert_eq!(page.printed("x_decoded.shape()"), "(16, 28, 28, 1)");
        assert_eq!(page.printed("digit.shape()"), "(28, 28)");
        assert_eq!(page.all("figure.shape()"), ["(420, 420)", "(420, 420)"]);
        assert_eq!(page.printed("decoded.shape()"), "(225, 28, 28, 1)");
        assert_eq!(page.printed("&sheet.shape()[..2]"), "(420, 420)");
        assert_eq!(page.printed("ops::less(&ops::max(&ops::abs(&difference), &[], false), &0.501.into())"), "True");
    }
}
