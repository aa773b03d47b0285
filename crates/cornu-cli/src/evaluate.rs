//! `cornu evaluate`.

use std::path::PathBuf;

use clap::Args;

use crate::data::Data;
use crate::{Failure, arguments, output};

/// Compute loss and metrics of a compiled model
#[derive(Args)]
#[command(
    after_help = "Example:\n  cornu evaluate model.keras --data test.npz\n\nThe file holds the arrays x \
                        and y, or x_test and y_test; for a model with several inputs or outputs, an array \
                        under the name of each."
)]
pub struct Evaluate {
    /// The model: a .keras file
    model: PathBuf,

    /// The data: a .npz file with x and y, x_test and y_test, or an array for each input and output by its name
    #[arg(long, value_name = "FILE")]
    data: PathBuf,

    /// How many rows to compute at once
    #[arg(long, default_value_t = 32)]
    batch_size: usize,
}

impl Evaluate {
    pub fn run(self) -> Result<(), Failure> {
        let model = arguments::compiled_model(&self.model)?;
        let rows = Data::open(&self.data)?.rows(&model, &["", "_test"])?;
        let logs =
            model.evaluate(&rows.x, &rows.y, self.batch_size.max(1)).map_err(Failure::input)?;
        for (name, value) in logs.iter() {
            output::line(format!("{name}: {value:.6}"));
        }
        Ok(())
    }
}
