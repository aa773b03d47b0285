//! The functional `Model`: from an input to an output, used like a layer.

use cornu::layers::{Dense, Input, LayerExt, LeakyReLU};
use cornu::models::{Compile, Model};
use cornu::optimizers::{RMSprop, schedules::InverseTimeDecay};
use cornu::{Array, DType, Eval, Result, ops, random};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    cornu::set_random_seed(0);
    page.text("Model::new(input, output) makes a model of every layer between the two.");
    show!(page, let noise = Input([32]));
    show!(page, let h = Dense::new(64).apply(&noise)?);
    show!(page, let picture = Dense::new(48).activation("tanh").apply(&LeakyReLU::new().apply(&h)?)?);
    show!(page, let generator = Model::named("generator", &noise, &picture)?);

    page.text("A second one, which judges what the first one makes:");
    show!(page, let input = Input([48]));
    show!(page, let h = LeakyReLU::new().apply(&Dense::new(24).apply(&input)?)?);
    show!(page, let judgement = Dense::new(1).activation("sigmoid").apply(&h)?);
    show!(page, let discriminator = Model::named("discriminator", &input, &judgement)?);

    page.text("A model given real data, 20 points of the latent space, answers with real data, 20 pictures:");
    let z = random_points(20)?;
    show!(page, generator.predict(&z, 20)?.swap_remove(0).shape().to_vec());

    page.text(
        "Models nest like layers. The discriminator is compiled first and keeps learning; the same one, frozen inside the\n\
         gan, does not. The notes' RMSprop has clipvalue and lr / (1 + decay t):",
    );
    let optimizer = |rate: f64| {
        RMSprop::new(InverseTimeDecay::decay(rate, 1e-8)).clipvalue(1.0)
    };
    discriminator.compile(Compile::new(optimizer(0.0008)).loss("binary_crossentropy"))?;
    discriminator.set_trainable(false);
    show!(page, let gan_input = Input([32]));
    show!(page, let gan_output = discriminator.apply(&generator.apply(&gan_input)?)?);
    show!(page, let gan = Model::named("gan", &gan_input, &gan_output)?);
    gan.compile(Compile::new(optimizer(0.0004)).loss("binary_crossentropy"))?;

    page.text("One step of the gan changes the generator alone; one step of the discriminator changes it:");
    let (real, ones) = (Array::full(&[20, 48], 0.5f32)?, Array::full(&[20, 1], 1f32)?);
    let before = [first_weight(&generator)?, first_weight(&discriminator)?];
    gan.train_on_batch(&z, &ones)?;
    show!(page, first_weight(&generator)? != before[0]);
    show!(page, first_weight(&discriminator)? != before[1]);
    discriminator.train_on_batch(&real, &ones)?;
    show!(page, first_weight(&discriminator)? != before[1]);
    Ok(())
}

/// Points of the latent space.
fn random_points(rows: usize) -> Result<Array> {
    random::normal(&[rows, 32], 0.0, 1.0, DType::F32, None).array()
}

/// The sum of a model's first weight: changes when the model learns.
fn first_weight(model: &Model) -> Result<f64> {
    Ok(ops::sum(&(&model.get_weights()[0]).into(), &[], false).array()?.item()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_nest_and_freezing_holds_for_the_gan_alone() {
        let (page, _) = Page::of("model");
        let generator = page.printed("generator = Model::named(\"generator\", &noise, &picture)?");
        assert_eq!(generator, "(None, 32) -> (None, 48), 5232 parameters, 4 weights that learn");
        let gan = page.printed("gan = Model::named(\"gan\", &gan_input, &gan_output)?");
        assert_eq!(gan, "(None, 32) -> (None, 1), 6433 parameters, 4 weights that learn");
        let shape = page.printed("generator.predict(&z, 20)?.swap_remove(0).shape().to_vec()");
        assert_eq!(shape, "(20, 48)");
        assert_eq!(page.printed("first_weight(&generator)? != before[0]"), "True");
        let discriminator: Vec<&str> = page.all("first_weight(&discriminator)? != before[1]");
        assert_eq!(discriminator, ["False", "True"]);
    }
}
