//! `cornu evaluate`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Number, Value, json};

use crate::arguments::{self, ThreadArgs};
use crate::data::{Data, DataArgs, Part};
use crate::{Failure, classes, output};

/// Compute loss and metrics of a model
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu evaluate runs/classifier/model.keras --data digits\n  cornu evaluate houses.keras \
                  --data houses.csv --target price --loss mse --metrics mae\n\nA .npz file holds the arrays x and y, or \
                  x_test and y_test; for a model with several inputs or outputs, an array under the name of each. Of \
                  data with a test part, that is taken.\n\n--json prints: model, data, rows, and results (loss and \
                  metrics by name; null where one is not finite)."
)]
pub struct Evaluate {
    /// The model: a .keras or .h5 file, or the folder of an unzipped .keras file
    model: PathBuf,

    /// The data: a table (.csv), a folder of pictures by class, a .npz file, or the name of a data set (see `cornu
    /// datasets`)
    #[arg(long, value_name = "NAME|PATH")]
    data: String,

    #[command(flatten)]
    compile: arguments::CompileArgs,

    #[command(flatten)]
    how: DataArgs,

    /// How many rows to compute at once
    #[arg(long, value_name = "N", default_value_t = 32)]
    batch_size: usize,

    #[command(flatten)]
    threads: ThreadArgs,

    /// Print a JSON document
    #[arg(long)]
    json: bool,
}

impl Evaluate {
    pub fn run(self) -> Result<(), Failure> {
        self.threads.apply()?;
        let model = self.compile.open(&self.model)?;
        let names = classes::beside(&self.model)?;
        let data = Data::open(&self.data, &self.how, &model)?.classes(&names);
        let rows = data.rows(&model, Part::Test)?;
        let logs =
            model.evaluate(&rows.x, &rows.y, self.batch_size.max(1)).map_err(Failure::input)?;
        if self.json {
            let number = |value: f64| Number::from_f64(value).map_or(Value::Null, Value::Number);
            let results: Map<String, Value> =
                logs.iter().map(|(name, value)| (name.to_string(), number(value))).collect();
            let document = json!({
                "model": self.model.display().to_string(),
                "data": self.data,
                "rows": rows.count(),
                "results": results,
            });
            output::line(format!("{document:#}"));
        } else {
            output::note(format!("{}: {} rows", self.data, rows.count()));
            for (name, value) in logs.iter() {
                output::line(format!("{name}: {value:.6}"));
            }
        }
        Ok(())
    }
}
