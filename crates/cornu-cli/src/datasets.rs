//! `cornu datasets`.

use clap::Args;
use serde_json::{Value, json};

use crate::{Failure, output};

/// List the data sets by name, and what else can be read
#[derive(Args)]
#[command(
    after_help = "--json prints a list of: name, train, test (numbers of rows), sample_shape, classes (0 where numbers \
                  are predicted), description, origin, licence, ships."
)]
pub struct Datasets {
    /// Print a JSON document
    #[arg(long)]
    json: bool,
}

impl Datasets {
    pub fn run(self) -> Result<(), Failure> {
        if self.json {
            let set = |info: &cornu::datasets::Info| {
                json!({
                    "name": info.name,
                    "train": info.train,
                    "test": info.test,
                    "sample_shape": info.sample_shape,
                    "classes": info.classes,
                    "description": info.description,
                    "origin": info.origin,
                    "licence": info.licence,
                    "ships": info.ships,
                })
            };
            let sets: Vec<Value> = cornu::datasets::list().iter().map(set).collect();
            output::line(format!("{:#}", Value::Array(sets)));
            return Ok(());
        }
        let right = |number: &dyn std::fmt::Display| format!("{number:>6}");
        let head = ["name", "train", "test", "sample", "licence", ""];
        let head = head.map(|title| {
            if title.starts_with("te") || title == "train" { right(&title) } else { title.into() }
        });
        let row = |info: &cornu::datasets::Info| {
            let sample: Vec<String> = info.sample_shape.iter().map(ToString::to_string).collect();
            let ships = if info.ships { "" } else { " (not shipped)" };
            [
                info.name.to_string(),
                right(&info.train),
                right(&info.test),
                sample.join("x"),
                info.licence.to_string(),
                format!("{}{ships}", info.description),
            ]
        };
        let rows = std::iter::once(head).chain(cornu::datasets::list().iter().map(row));
        output::table(&rows.collect::<Vec<_>>(), 6);
        output::line("");
        output::paragraph(
            "--data also takes tables (.csv, .tsv), folders of PNG or JPEG pictures with one folder per class (or \
             train/ and test/ with these), .npz (x_train, y_train, x_test, y_test), .npy, folders of IDX files \
             (MNIST's names) and of CIFAR-10's binary batches. mnist is another name for digits.",
        );
        Ok(())
    }
}
