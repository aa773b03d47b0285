//! `cornu train classifier`.

use std::path::PathBuf;

use clap::Args;
use cornu::callbacks::{CSVLogger, Interrupt, ModelCheckpoint};
use cornu::datasets::Dataset;
use cornu::layers::{Conv2D, Dense, Dropout, Flatten, Input, LayerExt, MaxPooling2D};
use cornu::models::{Compile, Fit, Model};
use cornu::{Array, plot};

use super::pictures;
use crate::arguments::{RunArgs, images, make_folder};
use crate::data::{PictureArgs, load};
use crate::{Failure, classes, output};

/// Train a small convolutional network to name what pictures show
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu train classifier\n  cornu train classifier --data my-pictures/   one \
                        folder of PNG or JPEG files per class\n\nWrites into the folder --out: model.keras, classes.txt, \
                        history.csv, loss.png, accuracy.png, confusion.png."
)]
pub struct Classifier {
    /// The pictures: digits (of MNIST, ship with the program), the name of another data set, or a path (see `cornu
    /// datasets`)
    #[arg(long, default_value = "digits", value_name = "NAME|PATH")]
    data: String,

    #[command(flatten)]
    pictures: PictureArgs,

    /// How often to go through all training pictures
    #[arg(long, default_value_t = 5)]
    epochs: usize,

    /// Pictures per training step
    #[arg(long, default_value_t = 128)]
    batch_size: usize,

    /// The folder to write into
    #[arg(long, default_value = "runs/classifier", value_name = "FOLDER")]
    out: PathBuf,

    #[command(flatten)]
    run: RunArgs,
}

/// Pictures with their classes.
struct Part {
    x: Array,
    y: Array,
}

impl Classifier {
    pub fn run(self) -> Result<(), Failure> {
        if self.batch_size == 0 {
            return Err(Failure::input("--batch-size must be at least 1"));
        }
        self.run.apply()?;
        let data = load(&self.data, &self.pictures.options())?;
        let (train, test) = parts(&data)?;
        let classes = train.y.to_vec::<i64>().into_iter().chain(test.y.to_vec()).max().unwrap_or(0)
            as usize
            + 1;
        make_folder(&self.out)?;
        classes::write(&self.out, &data.class_names)?;
        let model = network(train.x.shape(), classes)?;
        model.compile(
            Compile::new("adam").loss("sparse_categorical_crossentropy").metrics(["accuracy"]),
        )?;
        output::line(format!(
            "Training on {} pictures of {}, testing on {}.",
            train.x.shape()[0],
            data.name,
            test.x.shape()[0]
        ));
        let at = |name: &str| self.out.join(name);
        let args = Fit::new()
            .epochs(self.epochs)
            .batch_size(self.batch_size)
            .validation_data(&test.x, &test.y)
            .callback(CSVLogger::new(at("history.csv")))
            .callback(ModelCheckpoint::new(at("model.keras")))
            .callback(Interrupt::new()?);
        let history = model.fit(&train.x, &train.y, args)?;
        model.save(at("model.keras"))?;
        if !history.epochs.is_empty() {
            pictures::curves(&history, "loss", "Loss of the classifier", &at("loss.png"))?;
            pictures::curves(
                &history,
                "accuracy",
                "Accuracy of the classifier",
                &at("accuracy.png"),
            )?;
        }
        let counts = self.confusion(&model, &test, classes)?;
        report(&counts, classes, &data.class_names);
        let names: Vec<&str> = data.class_names.iter().map(String::as_str).collect();
        let counts = Array::new(&[classes, classes], counts).map_err(Failure::run)?;
        plot::confusion_matrix("What the classifier takes for what", &counts, &names)?
            .save(at("confusion.png"))?;
        output::line(format!("Wrote model, history and pictures into {}.", self.out.display()));
        Ok(())
    }

    /// How often each class (row) was taken for each class (column).
    fn confusion(&self, model: &Model, test: &Part, classes: usize) -> Result<Vec<i64>, Failure> {
        let scores = model.predict(&test.x, self.batch_size)?.swap_remove(0).to_vec::<f32>();
        let best = |row: &[f32]| (1..row.len()).fold(0, |b, i| if row[i] > row[b] { i } else { b });
        let mut counts = vec![0i64; classes * classes];
        for (row, label) in scores.chunks(classes).zip(test.y.to_vec::<i64>()) {
            counts[label as usize * classes + best(row)] += 1;
        }
        Ok(counts)
    }
}

/// Training and test pictures; without a test part, the last tenth of the training part is held out.
fn parts(data: &Dataset) -> Result<(Part, Part), Failure> {
    let Some(labels) = &data.y_train else {
        let message = format!("{}: a classifier needs classes, and there are none", data.name);
        return Err(Failure::input(message));
    };
    let check = |y: &Array| {
        let integer = y.dtype().is_integer() && y.ndim() == 1;
        if !integer || y.to_vec::<i64>().iter().any(|&l| !(0..1000).contains(&l)) {
            let message =
                format!("{}: classes must be numbers from 0 to 999, one per picture", data.name);
            return Err(Failure::input(message));
        }
        Ok(())
    };
    check(labels)?;
    let (x, y) = (images(&data.x_train, &data.name)?, labels.clone());
    match &data.y_test {
        Some(test) if test.shape()[0] > 0 => {
            check(test)?;
            Ok((Part { x, y }, Part { x: images(&data.x_test, &data.name)?, y: test.clone() }))
        }
        _ => {
            let n = x.shape()[0];
            let at = n - n / 10;
            if n < 20 {
                return Err(Failure::input(format!(
                    "{}: there are too few pictures ({n})",
                    data.name
                )));
            }
            let part = |from, to| -> Result<Part, Failure> {
                Ok(Part {
                    x: x.rows(from, to).map_err(Failure::run)?,
                    y: y.rows(from, to).map_err(Failure::run)?,
                })
            };
            Ok((part(0, at)?, part(at, n)?))
        }
    }
}

/// A small convolutional network for pictures of a shape `(n, height, width, channels)`.
pub fn network(shape: &[usize], classes: usize) -> Result<Model, Failure> {
    let x = Input(&shape[1..]);
    let h = Conv2D::new(32, 3).activation("relu").apply(&x)?;
    let h = MaxPooling2D::new(2).apply(&h)?;
    let h = Conv2D::new(64, 3).activation("relu").apply(&h)?;
    let h = MaxPooling2D::new(2).apply(&h)?;
    let h = Dropout::new(0.5).apply(&Flatten::new().apply(&h)?)?;
    let y = Dense::new(classes).activation("softmax").apply(&h)?;
    Model::named("classifier", &x, &y).map_err(|e| {
        Failure::input(e).hint("the pictures must have at least 10 pixels on each side")
    })
}

/// A table of how well each class is found.
fn report(counts: &[i64], classes: usize, names: &[String]) {
    let name = |i: usize| names.get(i).cloned().unwrap_or_else(|| i.to_string());
    let ratio = |hits: i64, of: i64| if of == 0 { f64::NAN } else { hits as f64 / of as f64 };
    // Where nothing is of a class, or nothing was taken for it, there is nothing to say.
    let part = |hits, of| if of == 0 { "-".into() } else { format!("{:.3}", ratio(hits, of)) };
    let mut rows = vec![["class", "pictures", "precision", "recall"].map(String::from)];
    let mut right = 0;
    for class in 0..classes {
        let row: i64 = counts[class * classes..(class + 1) * classes].iter().sum();
        let column: i64 = (0..classes).map(|r| counts[r * classes + class]).sum();
        let hits = counts[class * classes + class];
        right += hits;
        rows.push([name(class), row.to_string(), part(hits, column), part(hits, row)]);
    }
    output::line("");
    output::table(&rows, 1);
    let total: i64 = counts.iter().sum();
    output::line(format!("accuracy: {:.4} ({right} of {total})\n", ratio(right, total)));
}
