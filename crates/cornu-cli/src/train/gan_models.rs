//! The two networks of the notes that learn from each other, and a step of their training.

use cornu::layers::{
    Conv2D, Conv2DTranspose, Dense, Dropout, Flatten, Input, LayerExt, LeakyReLU, Reshape,
};
use cornu::models::{Compile, Model};
use cornu::optimizers::{RMSprop, schedules::InverseTimeDecay};
use cornu::{Array, DType, Eval, random};

use crate::Failure;

/// The three models: the gan is generator and discriminator, one after the other.
pub struct Models {
    pub generator: Model,
    pub discriminator: Model,
    pub gan: Model,
}

impl Models {
    /// The networks of the notes. The discriminator is compiled before it is frozen inside the gan: alone it
    /// learns, inside it does not.
    pub fn build(latent_dim: usize) -> Result<Models, Failure> {
        let leaky = |t| LeakyReLU::new().apply(&t);
        let noise = Input([latent_dim]);
        let h = leaky(Dense::new(128 * 16 * 16).apply(&noise)?)?;
        let h = Reshape::new([16, 16, 128]).apply(&h)?;
        let same = |filters: usize, size: usize| Conv2D::new(filters, size).padding("same");
        let h = leaky(same(256, 5).apply(&h)?)?;
        let h = leaky(Conv2DTranspose::new(256, 4).strides(2).padding("same").apply(&h)?)?;
        let h = leaky(same(256, 5).apply(&h)?)?;
        let h = leaky(same(256, 5).apply(&h)?)?;
        let h = same(3, 7).activation("tanh").apply(&h)?;
        let generator = Model::named("generator", &noise, &h)?;

        let picture = Input([32, 32, 3]);
        let mut h = leaky(Conv2D::new(128, 3).apply(&picture)?)?;
        for _ in 0..3 {
            h = leaky(Conv2D::new(128, 4).strides(2).apply(&h)?)?;
        }
        let h = Dropout::new(0.4).apply(&Flatten::new().apply(&h)?)?;
        let y = Dense::new(1).activation("sigmoid").apply(&h)?;
        let discriminator = Model::named("discriminator", &picture, &y)?;
        let compile = |model: &Model, rate: f64| {
            let optimizer = RMSprop::new(InverseTimeDecay::decay(rate, 1e-8)).clipvalue(1.0);
            model.compile(Compile::new(optimizer).loss("binary_crossentropy"))
        };
        compile(&discriminator, 0.0008)?;
        discriminator.set_trainable(false);
        let noise = Input([latent_dim]);
        let gan = Model::named("gan", &noise, discriminator.apply(&generator.apply(&noise)?)?)?;
        compile(&gan, 0.0004)?;
        Ok(Models { generator, discriminator, gan })
    }

    /// One step with a batch of real pictures: the discriminator sees generated pictures (label 1) beside the
    /// real ones (0), with noise on the labels; then the generator is trained to have its pictures taken for
    /// real. Gives both losses.
    pub fn step(&self, real: &Array, draw: &Draw) -> Result<[f64; 2], Failure> {
        let n = real.shape()[0];
        let fakes = self.generator.predict_on_batch(&draw.noise(0)?)?.swap_remove(0);
        // Pictures go from 0..1 to the generator's -1..1.
        let mut pixels = fakes.to_vec::<f32>();
        pixels.extend(real.to_vec::<f32>().into_iter().map(|v| v * 2.0 - 1.0));
        let both = Array::new(&[2 * n, 32, 32, 3], pixels).map_err(Failure::run)?;
        let doubt = random::uniform(&[2 * n, 1], 0.0, 0.05, DType::F32, draw.seed(1)).array()?;
        let labels: Vec<f32> = doubt
            .to_vec::<f32>()
            .into_iter()
            .enumerate()
            .map(|(i, d)| if i < n { 1.0 + d } else { d })
            .collect();
        let labels = Array::new(&[2 * n, 1], labels).map_err(Failure::run)?;
        self.discriminator.reset_metrics()?;
        let d = self.discriminator.train_on_batch(&both, &labels)?.loss();
        self.gan.reset_metrics()?;
        let misleading = Array::zeros(&[n, 1], DType::F32).map_err(Failure::run)?;
        let g = self.gan.train_on_batch(&draw.noise(2)?, &misleading)?.loss();
        if !d.is_finite() || !g.is_finite() {
            return Err(Failure::run(format!(
                "step {}: the losses are no numbers any more ({d}, {g})",
                draw.step
            )));
        }
        Ok([d, g])
    }
}

/// The random numbers of a step.
pub struct Draw {
    pub seed: u64,
    pub step: usize,
    /// The shape of the generator's input.
    pub shape: [usize; 2],
}

impl Draw {
    /// A seed of its own for each use in each step: a resumed run draws what an unbroken one would.
    pub fn seed(&self, stream: u64) -> u64 {
        (self.seed << 40) ^ ((self.step as u64) << 4) ^ stream
    }

    fn noise(&self, stream: u64) -> Result<Array, Failure> {
        Ok(random::normal(&self.shape, 0.0, 1.0, DType::F32, self.seed(stream)).array()?)
    }
}
