//! `cornu evaluate`.

use std::path::PathBuf;

use clap::Args;
use cornu::io::npz;

use crate::{Failure, arguments, output};

/// Compute loss and metrics of a compiled model
#[derive(Args)]
#[command(
    after_help = "Example:\n  cornu evaluate model.keras --data test.npz\n\nThe file holds the arrays x \
                        and y, or x_test and y_test."
)]
pub struct Evaluate {
    /// The model: a .keras file
    model: PathBuf,

    /// The data: a .npz file with x and y, or x_test and y_test
    #[arg(long, value_name = "FILE")]
    data: PathBuf,

    /// How many rows to compute at once
    #[arg(long, default_value_t = 32)]
    batch_size: usize,
}

impl Evaluate {
    pub fn run(self) -> Result<(), Failure> {
        let model = arguments::model(&self.model)?;
        if model.compiled().is_none() {
            let message = format!("{}: the model was saved without a loss", self.model.display());
            return Err(Failure::input(message).hint("compile it before it is saved"));
        }
        let mut arrays = npz::read(&self.data).map_err(Failure::input)?;
        let mut take =
            |name: &str| arrays.remove(name).or_else(|| arrays.remove(&format!("{name}_test")));
        let (x, y) = (take("x"), take("y"));
        let Some(x) = x else {
            let message = format!("{}: there is no array x or x_test", self.data.display());
            return Err(Failure::input(message));
        };
        let targets = y.map_or_else(Vec::new, |y| vec![y]);
        let logs = model.evaluate(&x, &targets, self.batch_size.max(1)).map_err(Failure::input)?;
        for (name, value) in logs.iter() {
            output::line(format!("{name}: {value:.6}"));
        }
        Ok(())
    }
}
