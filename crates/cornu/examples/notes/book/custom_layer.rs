//! A layer that Keras does not have.

use cornu::config::Config;
use cornu::layers::{Context, Dense, Input, Layer, LayerExt, Shape, WeightArgs, Weights, axis_size, one};
use cornu::losses::binary_crossentropy;
use cornu::models::{Compile, Model};
use cornu::optimizers::SGD;
use cornu::{Array, Error, Result, Tensor, Variable, ops};

use super::{Page, show};

pub fn write(page: &mut Page) -> Result<()> {
    page.text(
        "class MyLayer(keras.layers.Layer) with a method call(self, inputs) is a struct with the trait Layer: its class's\n\
         name, the arguments that make it again (config), and call. This one squares what it gets:",
    );
    struct Square;

    impl Layer for Square {
        fn class_name(&self) -> &str {
            "Square"
        }

        fn config(&self) -> Result<Config> {
            Ok(Config::new())
        }

        fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
            Ok(vec![ops::square(one("Square", inputs)?)])
        }
    }

    page.text("output = MyLayer()(inputs):");
    show!(page, let input = Input([3]));
    show!(page, let output = Square.apply(&input)?);
    let model = Model::new(&input, &output)?;
    show!(page, let x = Array::new(&[1, 3], vec![1f32, 2.0, 3.0])?);
    show!(page, model.predict(&x, 1)?.swap_remove(0));

    page.text("A layer with weights makes them in build, once the shape of its input is known. One learnt factor per feature:");
    #[derive(Default)]
    struct Scale {
        factor: Option<Variable>,
    }

    impl Layer for Scale {
        fn class_name(&self) -> &str {
            "Scale"
        }

        fn config(&self) -> Result<Config> {
            Ok(Config::new())
        }

        fn build(&mut self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
            let features = axis_size("Scale", &inputs[0], -1)?;
            self.factor = Some(weights.add("factor", &[features], WeightArgs::new("ones"))?);
            Ok(())
        }

        fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
            Ok(vec![one("Scale", inputs)? * cx.weight(&self.factor)?])
        }
    }

    let model = Model::new(&input, &Scale::default().apply(&input)?)?;
    show!(page, model.count_params());
    model.compile(Compile::new(SGD::new(0.1)).loss("mse"))?;
    let twice = Array::new(&[1, 3], vec![2f32, 4.0, 6.0])?;
    for _ in 0..200 {
        model.train_on_batch(&x, &twice)?;
    }
    page.text("Shown often enough that twice the input is wanted, it has learnt the factor 2:");
    show!(page, model.get_weights().swap_remove(0));

    page.text(
        "The layer of the notes' autoencoder is there for the loss that it adds. Nobody uses its output, but a layer must\n\
         return something:",
    );
    struct CustomVariationalLayer;

    impl Layer for CustomVariationalLayer {
        fn class_name(&self) -> &str {
            "CustomVariationalLayer"
        }

        fn config(&self) -> Result<Config> {
            Ok(Config::new())
        }

        fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
            let [x, z_decoded, z_mean, z_log_var] = inputs else {
                let rule = "must be x, z_decoded, z_mean and z_log_var";
                return Err(Error::invalid("CustomVariationalLayer", "inputs", rule, inputs.len()));
            };
            let xent_loss = binary_crossentropy(x, z_decoded);
            let spread = 1.0 + z_log_var - ops::square(z_mean) - ops::exp(z_log_var);
            let kl_loss = -5e-4 * ops::mean(&spread, &[-1], false);
            cx.add_loss(ops::mean(&(xent_loss + kl_loss), &[], false));
            Ok(vec![x.clone()])
        }
    }

    let x = Input([4]);
    let z_mean = Dense::new(2).kernel_initializer("zeros").apply(&x)?;
    let z_log_var = Dense::new(2).kernel_initializer("zeros").apply(&x)?;
    let z_decoded = Dense::new(4).kernel_initializer("zeros").activation("sigmoid").apply(&z_mean)?;
    show!(page, let y = CustomVariationalLayer.apply([&x, &z_decoded, &z_mean, &z_log_var])?);
    show!(page, let vae = Model::new(&x, &y)?);
    page.text("A model with it needs no loss and no targets. With weights of zero every pixel is 0.5, the loss ln 2:");
    vae.compile(Compile::new("rmsprop"))?;
    let pictures = Array::new(&[2, 4], vec![0f32, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0])?;
    show!(page, vae.train_on_batch(&pictures, ())?.loss());
    show!(page, ops::log(&2.0.into()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_layers_compute_learn_and_add_losses() {
        let (page, _) = Page::of("custom-layer");
        assert_eq!(page.printed("output = Square.apply(&input)?"), "(None, 3)");
        page.assert("model.predict(&x, 1)?.swap_remove(0)", &[1.0, 4.0, 9.0], 0.0);
        assert_eq!(page.printed("model.count_params()"), "3");
        page.assert("model.get_weights().swap_remove(0)", &[2.0; 3], 1e-4);
        page.assert("vae.train_on_batch(&pictures, ())?.loss()", &[2f64.ln()], 1e-6);
    }
}
