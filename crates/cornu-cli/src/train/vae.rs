//! `cornu train vae`.

use std::path::PathBuf;

use clap::Args;
use cornu::datasets::Dataset;
use cornu::layers::{Conv2D, Conv2DTranspose, Dense, Flatten, Input, LayerExt, Reshape};
use cornu::models::{Compile, Fit, History, Model};
use cornu::plot::{self, Points};
use cornu::stats::{Distribution, Normal};
use cornu::{Array, DType, Eval, ops};

use super::pictures;
use super::run::{FolderArgs, Run};
use super::sampling::Sampling;
use super::vae_loss::VaeLoss;
use crate::arguments::{RunArgs, images};
use crate::data::{PictureArgs, load};
use crate::{Failure, output};

/// Train a variational autoencoder on pictures
///
/// An encoder turns a picture into a point of a small space, a decoder turns the point back into a
/// picture. After training, the decoder paints a new picture at every point of that space.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu train vae\n  cornu train vae --data fashion-mnist --epochs 20 --out \
                        runs/fashion\n  cornu train vae --resume --epochs 30     go on to epoch 30\n\nWrites \
                        into the folder --out: encoder.keras, decoder.keras, vae.keras, history.csv, loss.png,\n\
                        manifold.png, latent.png (where there are labels), reconstructions.png."
)]
pub struct Vae {
    /// The pictures: digits (of MNIST, ship with the program), the name of another data set, or a path (see `cornu
    /// datasets`)
    #[arg(long, default_value = "digits", value_name = "NAME|PATH")]
    data: String,

    #[command(flatten)]
    pictures: PictureArgs,

    /// How often to go through all training pictures
    #[arg(long, default_value_t = 10)]
    epochs: usize,

    /// Pictures per training step
    #[arg(long, default_value_t = 16)]
    batch_size: usize,

    /// The number of dimensions of the latent space
    #[arg(long, default_value_t = 2)]
    latent_dim: usize,

    /// The folder to write into
    #[arg(long, default_value = "runs/vae", value_name = "FOLDER")]
    out: PathBuf,

    #[command(flatten)]
    folder: FolderArgs,

    #[command(flatten)]
    run: RunArgs,
}

/// The three models: they share their layers.
pub struct Models {
    pub encoder: Model,
    pub decoder: Model,
    pub vae: Model,
}

impl Models {
    /// The autoencoder of the notes, for pictures of a shape `(n, height, width, channels)`.
    pub fn build(shape: &[usize], latent_dim: usize) -> Result<Models, Failure> {
        let &[_, height, width, channels] = shape else {
            return Err(Failure::input("the data must be pictures"));
        };
        if height % 2 != 0 || width % 2 != 0 || shape[0] == 0 {
            let message =
                format!("pictures need even sides, and there must be some. Received: {shape:?}");
            return Err(Failure::input(message));
        }
        let x = Input([height, width, channels]);
        let conv = |filters: usize| Conv2D::new(filters, 3).padding("same").activation("relu");
        let h = conv(32).apply(&x)?;
        let h = conv(64).strides(2).apply(&h)?;
        let h = conv(64).apply(&h)?;
        let h = conv(64).apply(&h)?;
        let h = Dense::new(32).activation("relu").apply(&Flatten::new().apply(&h)?)?;
        let mean = Dense::new(latent_dim).name("z_mean").apply(&h)?;
        let log_var = Dense::new(latent_dim).name("z_log_var").apply(&h)?;
        let encoder = Model::named("encoder", &x, [&mean, &log_var])?;

        let point = Input([latent_dim]);
        let (rows, columns) = (height / 2, width / 2);
        let h = Dense::new(rows * columns * 64).activation("relu").apply(&point)?;
        let h = Reshape::new([rows as i64, columns as i64, 64]).apply(&h)?;
        let h =
            Conv2DTranspose::new(32, 3).strides(2).padding("same").activation("relu").apply(&h)?;
        let h = Conv2D::new(channels, 3).padding("same").activation("sigmoid").apply(&h)?;
        let decoder = Model::named("decoder", &point, &h)?;

        let z = Sampling::default().apply([&mean, &log_var])?;
        let decoded = decoder.apply(&z)?;
        let y = VaeLoss.apply([&x, &decoded, &mean, &log_var])?;
        let vae = Model::named("vae", &x, &y)?;
        vae.compile(Compile::new("rmsprop"))?;
        Ok(Models { encoder, decoder, vae })
    }
}

/// What a run writes.
const FILES: &[&str] = &[
    "decoder.keras",
    "encoder.keras",
    "history.csv",
    "latent.png",
    "loss.png",
    "manifold.png",
    "reconstructions.png",
    "vae.keras",
];

/// Losses of pictures are below 1, also at the start.
const DIVERGED: f64 = 1e4;

impl Vae {
    pub fn run(self) -> Result<(), Failure> {
        if self.batch_size == 0 || self.latent_dim == 0 {
            return Err(Failure::input("--batch-size and --latent-dim must be at least 1"));
        }
        self.run.apply()?;
        let data = load(&self.data, &self.pictures.options())?;
        let train = images(&data.x_train, &data.name)?;
        let test = images(&data.x_test, &data.name)?;
        let run = Run::open(&self.out, &self.folder, FILES, "backup")?;
        let models = Models::build(train.shape(), self.latent_dim)?;
        output::line(format!(
            "Training on {} pictures of {}, testing on {}.",
            train.shape()[0],
            data.name,
            test.shape()[0]
        ));
        let mut fit = Fit::new().batch_size(self.batch_size);
        if test.shape()[0] > 0 {
            fit = fit.validation_data(&test, ());
        }
        let trained =
            run.fit(&models.vae, (&train, ()), fit, self.epochs, ("vae.keras", Some(DIVERGED)))?;
        match trained {
            Some(history) => self.save(&run, &models, &history, &data, &test, &train),
            None => Ok(()),
        }
    }

    fn save(
        &self,
        run: &Run,
        models: &Models,
        history: &History,
        data: &Dataset,
        test: &Array,
        train: &Array,
    ) -> Result<(), Failure> {
        let at = |name: &str| run.at(name);
        models.encoder.save(at("encoder.keras"))?;
        models.decoder.save(at("decoder.keras"))?;
        models.vae.save(at("vae.keras"))?;
        if !history.epochs.is_empty() {
            pictures::curves(
                history,
                "loss",
                "Loss of the variational autoencoder",
                &at("loss.png"),
            )?;
        }
        manifold(&models.decoder, self.latent_dim, 15)?.save(at("manifold.png"))?;
        let pictures = if test.shape()[0] > 0 { test } else { train };
        let count = pictures.shape()[0].min(20);
        let some = pictures.rows(0, count).map_err(Failure::run)?;
        let means = models.encoder.predict(&some, self.batch_size)?.swap_remove(0);
        let copies = models.decoder.predict(&means, self.batch_size)?.swap_remove(0);
        let sheet = pictures::pairs(&some, &copies, 10.min(count))?;
        plot::image_grid(&sheet, 10.min(count), 1)?.enlarge(2)?.save(at("reconstructions.png"))?;
        let labels = if test.shape()[0] > 0 { &data.y_test } else { &data.y_train };
        if let (Some(labels), true) = (labels, self.latent_dim >= 2) {
            self.latent(models, pictures, labels, data)?;
        }
        run.wrote(if history.epochs.is_empty() {
            "untrained models"
        } else {
            "models, history and pictures"
        });
        Ok(())
    }

    /// The pictures as points of the first two latent dimensions, coloured by label.
    fn latent(&self, models: &Models, x: &Array, y: &Array, data: &Dataset) -> Result<(), Failure> {
        let means = models.encoder.predict(x, self.batch_size)?.swap_remove(0).to_vec::<f64>();
        let column =
            |i: usize| means.iter().skip(i).step_by(self.latent_dim).copied().collect::<Vec<_>>();
        let names: Vec<&str> = data.class_names.iter().map(String::as_str).collect();
        let labels = y.to_vec::<i32>();
        let (xs, ys) = (column(0), column(1));
        let points = Points { xs: &xs, ys: &ys, labels: Some(&labels), class_names: &names };
        let title = "Test pictures in the latent space";
        plot::scatter(title, "first dimension", "second dimension", &points)?
            .save(self.out.join("latent.png"))?;
        Ok(())
    }
}

/// The decoder's pictures at the points of a grid that is even in probability.
fn manifold(decoder: &Model, latent_dim: usize, side: usize) -> Result<plot::Image, Failure> {
    let shares = ops::linspace(0.05, 0.95, side, true).array()?;
    let grid = Normal::default().each(&shares, Normal::ppf).to_vec::<f32>();
    let mut points = vec![0f32; side * side * latent_dim];
    for (i, yi) in grid.iter().enumerate() {
        for (j, xi) in grid.iter().enumerate() {
            let point = &mut points[(i * side + j) * latent_dim..][..latent_dim];
            point[0] = *xi;
            if let Some(second) = point.get_mut(1) {
                *second = *yi;
            }
        }
    }
    let points = Array::new(&[side * side, latent_dim], points).map_err(Failure::run)?;
    let decoded = decoder.predict(&points, side * side)?.swap_remove(0).cast(DType::F32);
    Ok(plot::image_grid(&decoded, side, 0)?)
}
