//! The generative adversarial network of the notes.

use cornu::layers::{Conv2D, Conv2DTranspose, Dense, Dropout, Flatten, Input, LayerExt, LeakyReLU, Reshape};
use cornu::models::{Compile, Model};
use cornu::optimizers::{RMSprop, schedules::InverseTimeDecay};
use cornu::{DType, Eval, Result, random};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    cornu::set_random_seed(0);
    page.text(
        "The generator maps a random vector of shape (latent_dim,), a point of the latent space, to a picture of shape\n\
         (32, 32, 3):",
    );
    let (latent_dim, height, width, channels) = (32, 32, 32, 3);
    show!(page, let generator_input = Input([latent_dim]));
    show!(page, let x = Dense::new(128 * 16 * 16).apply(&generator_input)?);
    let x = LeakyReLU::new().apply(&x)?;
    show!(page, let x = Reshape::new([16, 16, 128]).apply(&x)?);
    let x = LeakyReLU::new().apply(&Conv2D::new(256, 5).padding("same").apply(&x)?)?;
    page.text("The transposed convolution makes 32 × 32 of 16 × 16:");
    show!(page, let x = Conv2DTranspose::new(256, 4).strides(2).padding("same").apply(&x)?);
    let x = LeakyReLU::new().apply(&x)?;
    let x = LeakyReLU::new().apply(&Conv2D::new(256, 5).padding("same").apply(&x)?)?;
    let x = LeakyReLU::new().apply(&Conv2D::new(256, 5).padding("same").apply(&x)?)?;
    show!(page, let x = Conv2D::new(channels, 7).activation("tanh").padding("same").apply(&x)?);
    let generator = Model::named("generator", &generator_input, &x)?;
    show!(page, generator.summary());
    page.text("Untrained, it makes a picture of noise of a random point:");
    let point = random::normal(&[1, latent_dim], 0.0, 1.0, DType::F32, None).array()?;
    show!(page, generator.predict(&point, 1)?.swap_remove(0).shape().to_vec());

    page.text("The discriminator maps a picture to a decision, real or generated:");
    show!(page, let discriminator_input = Input([height, width, channels]));
    show!(page, let x = Conv2D::new(128, 3).apply(&discriminator_input)?);
    let x = LeakyReLU::new().apply(&x)?;
    let x = LeakyReLU::new().apply(&Conv2D::new(128, 4).strides(2).apply(&x)?)?;
    let x = LeakyReLU::new().apply(&Conv2D::new(128, 4).strides(2).apply(&x)?)?;
    let x = LeakyReLU::new().apply(&Conv2D::new(128, 4).strides(2).apply(&x)?)?;
    let x = Dropout::new(0.4).apply(&Flatten::new().apply(&x)?)?;
    show!(page, let x = Dense::new(1).activation("sigmoid").apply(&x)?);
    let discriminator = Model::named("discriminator", &discriminator_input, &x)?;
    show!(page, discriminator.summary());
    page.text(
        "Its optimizer limits every gradient to [-1, 1] (clipvalue), and lets the learning rate fall a little with every\n\
         step t, to 0.0008 / (1 + 1e-8 t) (decay), for steady training:",
    );
    let discriminator_optimizer = RMSprop::new(InverseTimeDecay::decay(0.0008, 1e-8)).clipvalue(1.0);
    discriminator.compile(Compile::new(discriminator_optimizer).loss("binary_crossentropy"))?;
    show!(page, discriminator.with_optimizer(|o| Ok(o.optimizer().common().clipvalue.unwrap_or(f64::NAN)))?);
    show!(page, discriminator.with_optimizer(|o| o.learning_rate())? as f32);
    page.text("Its rate after a million steps:");
    show!(page, 0.0008 / (1.0 + 1e-8 * 1e6));

    page.text(
        "Both as one model: the generator makes a picture, the discriminator judges it. Frozen, the discriminator does\n\
         not learn here: otherwise it would learn to say \"real\" to everything.",
    );
    discriminator.set_trainable(false);
    show!(page, let gan_input = Input([latent_dim]));
    show!(page, let gan_output = discriminator.apply(&generator.apply(&gan_input)?)?);
    let gan = Model::named("gan", &gan_input, &gan_output)?;
    let gan_optimizer = RMSprop::new(InverseTimeDecay::decay(0.0004, 1e-8)).clipvalue(1.0);
    gan.compile(Compile::new(gan_optimizer).loss("binary_crossentropy"))?;
    show!(page, gan.with_optimizer(|o| o.learning_rate())? as f32);
    show!(page, gan.summary());
    page.text("`cornu train gan` trains them in turns; the page \"model\" shows on small networks who learns when.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_optimizers_are_those_of_the_notes() {
        let (page, _) = Page::of("gan");
        let shapes: Vec<&str> = page.values().iter().filter(|(code, _)| code.starts_with("x = ")).map(|v| v.1).collect();
        let wanted = [
            "(None, 32768)",
            "(None, 16, 16, 128)",
            "(None, 32, 32, 256)",
            "(None, 32, 32, 3)",
            "(None, 30, 30, 128)",
            "(None, 1)",
        ];
        assert_eq!(shapes, wanted);
        assert_eq!(page.printed("generator.predict(&point, 1)?.swap_remove(0).shape().to_vec()"), "(1, 32, 32, 3)");
        // Dense 33·32768; convolutions 25·128·256 + 256, 16·256·256 + 256, twice 25·256·256 + 256, 49·256·3 + 3.
        let generator = page.printed("generator.summary()");
        assert!(generator.contains("Total params: 6,264,579"), "{generator}");
        // 9·3·128 + 128, three times 16·128·128 + 128, and 2·2·128 + 1.
        let discriminator = page.printed("discriminator.summary()");
        assert!(discriminator.contains("Total params: 790,913"), "{discriminator}");
        let gan = page.printed("gan.summary()");
        assert!(gan.contains("Trainable params: 6,264,579") && gan.contains("Non-trainable params: 790,913"), "{gan}");
        let rate = |model: &str| page.printed(&format!("{model}.with_optimizer(|o| o.learning_rate())? as f32"));
        assert_eq!([rate("discriminator"), rate("gan")], ["0.0008", "0.0004"]);
        let clip = "discriminator.with_optimizer(|o| Ok(o.optimizer().common().clipvalue.unwrap_or(f64::NAN)))?";
        assert_eq!(page.printed(clip), "1.0");
        page.assert("0.0008 / (1.0 + 1e-8 * 1e6)", &[0.0008 / 1.01], 1e-15);
    }
}
