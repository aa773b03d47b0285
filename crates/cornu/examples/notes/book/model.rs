//! The functional `Model`: from an input to an output, used like a layer.

use cornu::layers::{Dense, Input, LayerExt, LeakyReLU};
use cornu::models::{Compile, Fit, Model};
use cornu::optimizers::RMSprop;
use cornu::{Array, DType, Eval, Result, ops, random};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    cornu::set_random_seed(0);
    page.text("Model::new(input, output) makes a model of every layer between the two.");
    show!(page, let input = Input([8]));
    show!(page, let h = Dense::new(16).activation("relu").apply(&input)?);
    show!(page, let output = Dense::new(1).apply(&h)?);
    show!(page, let model = Model::new(&input, &output)?);

    page.text("It is trained by fit: here on 200 rows whose target is the sum of their eight numbers, with 50 rows held out.");
    let x = random::normal(&[250, 8], 0.0, 1.0, DType::F32, None).array()?;
    let y = ops::sum(&(&x).into(), &[1], true).array()?;
    let (x_train, y_train) = (x.rows(0, 200)?, y.rows(0, 200)?);
    let (x_test, y_test) = (x.rows(200, 250)?, y.rows(200, 250)?);
    let batch_size = 16;
    model.compile(Compile::new(RMSprop::new(0.01)).loss("mse"))?;
    let fit = Fit::new().shuffle(true).epochs(10).batch_size(batch_size).validation_data(&x_test, &y_test).verbose(0);
    let history = model.fit(&x_train, &y_train, fit)?;
    show!(page, history.get("loss").to_vec());
    show!(page, history.get("val_loss").to_vec());
    page.text("output = model(input): given real data, it answers with real data.");
    show!(page, model.predict(&x_test, batch_size)?.swap_remove(0).shape().to_vec());

    page.text("Two models, the first of which makes what the second judges:");
    show!(page, let noise = Input([32]));
    show!(page, let h = LeakyReLU::new().apply(&Dense::new(64).apply(&noise)?)?);
    show!(page, let picture = Dense::new(48).activation("tanh").apply(&h)?);
    show!(page, let generator = Model::named("generator", &noise, &picture)?);
    show!(page, let input = Input([48]));
    show!(page, let h = LeakyReLU::new().apply(&Dense::new(24).apply(&input)?)?);
    show!(page, let judgement = Dense::new(1).activation("sigmoid").apply(&h)?);
    show!(page, let discriminator = Model::named("discriminator", &input, &judgement)?);
    page.text("They nest like layers, output = model2(model1(input)): what the first one gives is what the second one takes.");
    show!(page, let gan_input = Input([32]));
    show!(page, let gan_output = discriminator.apply(&generator.apply(&gan_input)?)?);
    show!(page, let gan = Model::named("gan", &gan_input, &gan_output)?);

    page.text(
        "What compile sees is what counts: the discriminator is compiled first and keeps learning; the same one, frozen\n\
         before the gan is compiled, does not learn inside of it.",
    );
    discriminator.compile(Compile::new("rmsprop").loss("binary_crossentropy"))?;
    discriminator.set_trainable(false);
    gan.compile(Compile::new("rmsprop").loss("binary_crossentropy"))?;
    show!(page, gan.as_layer().trainable_weights().len());
    page.text("One step of the gan changes the generator alone; one step of the discriminator changes it:");
    let first_weight = |model: &Model| ops::sum(&(&model.get_weights()[0]).into(), &[], false).array();
    let z = random::normal(&[20, 32], 0.0, 1.0, DType::F32, None).array()?;
    let (real, ones) = (Array::full(&[20, 48], 0.5f32)?, Array::full(&[20, 1], 1f32)?);
    let before = [first_weight(&generator)?, first_weight(&discriminator)?];
    gan.train_on_batch(&z, &ones)?;
    show!(page, first_weight(&generator)? != before[0]);
    show!(page, first_weight(&discriminator)? != before[1]);
    discriminator.train_on_batch(&real, &ones)?;
    show!(page, first_weight(&discriminator)? != before[1]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fit_learns_and_validates() {
        let (page, _) = Page::of("model");
        for name in ["loss", "val_loss"] {
            let printed = page.printed(&format!("history.get(\"{name}\").to_vec()"));
            let losses: Vec<f64> =
                printed.trim_matches(['[', ']']).split_whitespace().map(|w| w.parse().unwrap()).collect();
            assert!(losses.len() == 10 && losses[9] < losses[0] / 2.0, "{losses:?}");
        }
        let answer = page.printed("model.predict(&x_test, batch_size)?.swap_remove(0).shape().to_vec()");
        assert_eq!(answer, "(50, 1)");
    }

    #[test]
    fn models_nest_and_freezing_holds_for_the_gan_alone() {
        let (page, _) = Page::of("model");
        let generator = page.printed("generator = Model::named(\"generator\", &noise, &picture)?");
        assert_eq!(generator, "(None, 32) -> (None, 48), 5232 parameters, 4 weights that learn");
        let gan = page.printed("gan = Model::named(\"gan\", &gan_input, &gan_output)?");
        assert_eq!(gan, "(None, 32) -> (None, 1), 6433 parameters, 8 weights that learn");
        assert_eq!(page.printed("gan.as_layer().trainable_weights().len()"), "4");
        assert_eq!(page.printed("first_weight(&generator)? != before[0]"), "True");
        let discriminator: Vec<&str> = page.all("first_weight(&discriminator)? != before[1]");
        assert_eq!(discriminator, ["False", "True"]);
    }
}
