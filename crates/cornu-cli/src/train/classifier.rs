//! `cornu train classifier`.

use std::path::PathBuf;

use clap::Args;
use cornu::datasets::{Dataset, train_test_split};
use cornu::layers::{Conv2D, Dense, Dropout, Flatten, Input, LayerExt, MaxPooling2D};
use cornu::models::{Compile, Fit, Model};
use cornu::{Array, plot};

use super::pictures;
use super::run::{FolderArgs, Run};
use crate::arguments::{RunArgs, images};
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
    folder: FolderArgs,

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
        let parts = Parts::of(&data, self.run.seed)?;
        let classes = parts.classes;
        let model = network(parts.train.x.shape(), classes)?;
        let run = Run::open(&self.out, &self.folder, FILES, "backup")?;
        classes::write(&self.out, &data.class_names)?;
        model.compile(
            Compile::new("adam").loss("sparse_categorical_crossentropy").metrics(["accuracy"]),
        )?;
        output::line(format!(
            "Training on {} pictures of {}, validating on {}, testing on {}.",
            parts.train.count(),
            data.name,
            parts.validation.count(),
            parts.test.count()
        ));
        parts.warn(&data.class_names);
        let fit = Fit::new()
            .batch_size(self.batch_size)
            .validation_data(&parts.validation.x, &parts.validation.y);
        let rows = (&parts.train.x, &parts.train.y);
        let how = ("model.keras", Some(DIVERGED));
        let Some(history) = run.fit(&model, rows, fit, self.epochs, how)? else { return Ok(()) };
        let at = |name: &str| run.at(name);
        model.save(at("model.keras"))?;
        if !history.epochs.is_empty() {
            pictures::curves(&history, "loss", "Loss of the classifier", &at("loss.png"))?;
            let title = "Accuracy of the classifier";
            pictures::curves(&history, "accuracy", title, &at("accuracy.png"))?;
        }
        let test = &parts.test;
        let counts = self.confusion(&model, test, classes)?;
        report(&counts, classes, &data.class_names);
        let names: Vec<&str> = data.class_names.iter().map(String::as_str).collect();
        let counts = Array::new(&[classes, classes], counts).map_err(Failure::run)?;
        plot::confusion_matrix("What the classifier takes for what", &counts, &names)?
            .save(at("confusion.png"))?;
        run.wrote("model, history and pictures");
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

/// What a run writes.
const FILES: &[&str] =
    &["accuracy.png", "classes.txt", "confusion.png", "history.csv", "loss.png", "model.keras"];

/// The loss of guessing one of a thousand classes is 7.
const DIVERGED: f64 = 1e4;

/// The shares of the pictures that are held out where the data does not say which.
const HELD_OUT: f64 = 0.1;

/// Fewer pictures of a class than this say little of it.
const FEW: usize = 10;

/// Pictures to learn from, to choose an epoch by, and to judge the model by: no picture is in two of them.
struct Parts {
    train: Part,
    validation: Part,
    test: Part,
    classes: usize,
}

impl Part {
    fn new(x: &Array, y: &Array, name: &str) -> Result<Part, Failure> {
        let integer = y.dtype().is_integer() && y.ndim() == 1;
        if !integer || y.to_vec::<i64>().iter().any(|&l| !(0..1000).contains(&l)) {
            let message = format!("{name}: classes must be numbers from 0 to 999, one per picture");
            return Err(Failure::input(message));
        }
        Ok(Part { x: images(x, name)?, y: y.clone() })
    }

    fn count(&self) -> usize {
        self.x.shape()[0]
    }

    /// Two parts, each class with the same share in both, the second of a tenth.
    fn split(self, seed: u64) -> Result<(Part, Part), Failure> {
        let mut parts = train_test_split([&self.x, &self.y], HELD_OUT, Some(&self.y), seed)
            .map_err(Failure::input)?
            .into_iter();
        match (parts.next(), parts.next()) {
            (Some((x, x_out)), Some((y, y_out))) => {
                Ok((Part { x, y }, Part { x: x_out, y: y_out }))
            }
            _ => Err(Failure::run("the pictures could not be split")),
        }
    }
}

impl Parts {
    /// The data's own test part, or a tenth of each class; another tenth of what is left for validation.
    fn of(data: &Dataset, seed: u64) -> Result<Parts, Failure> {
        let Some(labels) = &data.y_train else {
            let message = format!("{}: a classifier needs classes, and there are none", data.name);
            return Err(Failure::input(message));
        };
        let all = Part::new(&data.x_train, labels, &data.name)?;
        if all.count() < 20 {
            let message = format!("{}: there are too few pictures ({})", data.name, all.count());
            return Err(Failure::input(message));
        }
        let (rest, test) = match &data.y_test {
            Some(y) if y.shape()[0] > 0 => (all, Part::new(&data.x_test, y, &data.name)?),
            _ => all.split(seed)?,
        };
        let (train, validation) = rest.split(seed)?;
        let labels = [&train, &validation, &test].map(|part| part.y.to_vec::<i64>());
        let classes = labels.iter().flatten().max().map_or(1, |&most| most as usize + 1);
        Ok(Parts { train, validation, test, classes })
    }

    /// Says which classes have too few pictures to be learnt or judged.
    fn warn(&self, names: &[String]) {
        let mut counts = vec![0; self.classes];
        self.train.y.to_vec::<i64>().into_iter().for_each(|class| counts[class as usize] += 1);
        let few = counts.iter().enumerate().filter(|(_, count)| **count < FEW);
        let shown: Vec<String> = few
            .map(|(class, count)| match names.get(class) {
                Some(name) => format!("{name} ({count})"),
                None => format!("{class} ({count})"),
            })
            .collect();
        if !shown.is_empty() {
            let shown = shown.join(", ");
            output::note(format!("fewer than {FEW} pictures to learn from: {shown}"));
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
