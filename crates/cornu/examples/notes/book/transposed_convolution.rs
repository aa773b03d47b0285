//! Transposed convolution: what makes a picture larger.

use cornu::layers::{Conv2DTranspose, Input, LayerExt, UpSampling2D};
use cornu::models::Model;
use cornu::plot::image_grid;
use cornu::{DType, Eval, Result, Tensor, datasets, initializers, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "A transposed convolution spreads every pixel over its surroundings. With strides of 2 and padding \"same\" it\n\
         doubles height and width. The two of the notes, in the decoder of the autoencoder and in the generator:",
    );
    show!(page, let x = Input([14, 14, 64]));
    show!(page, let y = Conv2DTranspose::new(32, 3).padding("same").activation("relu").strides((2, 2)).apply(&x)?);
    show!(page, let x = Input([16, 16, 256]));
    show!(page, let y = Conv2DTranspose::new(256, 4).strides(2).padding("same").apply(&x)?);

    page.text(
        "Its kernel can start as bilinear interpolation: then it enlarges pictures before it has learnt anything. A\n\
         kernel of size 4, for a factor of 2:",
    );
    let bilinear: &dyn initializers::Initializer = &initializers::Bilinear {};
    let kernel = Tensor::from(bilinear.call(&[4, 4, 1, 1], DType::F64)?);
    show!(page, ops::reshape(&kernel, &[4, 4]));

    page.text("One of the shipped emoji, enlarged by such a layer, and by bilinear upsampling:");
    let x = Input([32, 32, 3]);
    let layer = Conv2DTranspose::new(3, 4).strides(2).padding("same").use_bias(false);
    let enlarged = layer.kernel_initializer("Bilinear").apply(&x)?;
    let upsampled = UpSampling2D::new(2).interpolation("bilinear").apply(&x)?;
    let model = Model::new(&x, [&enlarged, &upsampled])?;
    let emoji = datasets::emoji()?.x_train.rows(0, 1)?;
    let picture = (ops::cast(&Tensor::from(emoji), DType::F32) / 255.0).array()?;
    let outputs = model.predict(&picture, 1)?;
    let (enlarged, upsampled) = (Tensor::from(&outputs[0]), Tensor::from(&outputs[1]));
    show!(page, picture.shape());
    show!(page, enlarged.shape());
    page.text("Away from the border, beyond which the layer sees zeros, the two differ by rounding at most:");
    let inside = |t: &Tensor| ops::slice(t, &[0, 1, 1, 0], &[1, 63, 63, 3], &[1, 1, 1, 1]);
    let difference = ops::abs(&(inside(&enlarged) - inside(&upsampled)));
    show!(page, ops::max(&difference, &[], false));

    let original = image_grid(&picture, 1, 0)?.enlarge(6)?;
    page.picture("emoji.png", "32x32 pixels, each drawn as 6x6", &original)?;
    let larger = image_grid(&ops::clip(&enlarged, 0.0, 1.0).array()?, 1, 0)?.enlarge(3)?;
    page.picture("emoji-enlarged.png", "64x64 pixels, each drawn as 3x3", &larger)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu::io::image::read_png;

    #[test]
    fn shapes_double_and_the_layer_interpolates() {
        let (page, folder) = Page::of("transposed-convolution");
        let y = "y = Conv2DTranspose::new(32, 3).padding(\"same\").activation(\"relu\").strides((2, 2)).apply(&x)?";
        assert_eq!(page.printed(y), "(None, 28, 28, 32)");
        let y = "y = Conv2DTranspose::new(256, 4).strides(2).padding(\"same\").apply(&x)?";
        assert_eq!(page.printed(y), "(None, 32, 32, 256)");
        assert_eq!(page.printed("enlarged.shape()"), "(1, 64, 64, 3)");
        let taps = [0.25, 0.75, 0.75, 0.25];
        let kernel: Vec<f64> = taps.iter().flat_map(|a| taps.map(|b| a * b)).collect();
        page.assert("ops::reshape(&kernel, &[4, 4])", &kernel, 0.0);
        let difference: f64 = page.printed("ops::max(&difference, &[], false)").parse().unwrap();
        assert!(difference < 1e-6, "{difference}");
        let larger = read_png(folder.join("emoji-enlarged.png")).unwrap();
        assert_eq!(larger.shape(), [192, 192, 3]);
    }
}
