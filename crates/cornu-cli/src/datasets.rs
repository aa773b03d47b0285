//! `cornu datasets`.

use clap::Args;

use crate::{Failure, output};

/// List the data sets by name, and what else can be read
#[derive(Args)]
pub struct Datasets {}

impl Datasets {
    pub fn run(self) -> Result<(), Failure> {
        let mut rows = vec![["name", "train", "test", "sample", "licence", ""].map(String::from)];
        for info in cornu::datasets::list() {
            let sample: Vec<String> = info.sample_shape.iter().map(ToString::to_string).collect();
            let ships = if info.ships { "" } else { " (not shipped)" };
            rows.push([
                info.name.to_string(),
                info.train.to_string(),
                info.test.to_string(),
                sample.join("x"),
                info.licence.to_string(),
                format!("{}{ships}", info.description),
            ]);
        }
        let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..5).map(width).collect();
        for row in &rows {
            let cell = |i: usize| {
                let (text, width) = (&row[i], widths[i]);
                if (1..3).contains(&i) {
                    format!("{text:>width$}")
                } else {
                    format!("{text:<width$}")
                }
            };
            let cells: Vec<String> = (0..5).map(cell).collect();
            output::line(format!("{}  {}", cells.join("  "), row[5]).trim_end());
        }
        output::line(
            "\n--data also takes a folder of IDX files (MNIST's names), of PNG images in one folder per class, or of \
             CIFAR-10's\nbinary batches, and .npz (x_train, y_train, x_test, y_test), .npy and .csv files.",
        );
        Ok(())
    }
}
