//! `cornu summary`.

use std::path::PathBuf;

use clap::Args;
use cornu::layers::Weight;
use cornu::models::{LayerRow, Model};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::weights::{self, Held};
use crate::{Failure, output};

/// Print the layers of a model as Keras does, or a list of weights
#[derive(Args)]
#[command(
    after_help = "Example:\n  cornu summary runs/vae/decoder.keras\n\n--json prints: name, layers (name, class, depth, \
                  output_shapes, params, trainable, connected_to), and total_params, trainable_params, \
                  non_trainable_params and optimizer_params. A size that is open is null. Of weights alone: weights \
                  (path, shape, dtype, params) and total_params."
)]
pub struct Summary {
    /// The model: a .keras or .h5 file, or the folder of an unzipped .keras file; or weights alone: .weights.h5,
    /// .weights.json, .npz or .safetensors
    model: PathBuf,

    /// List the layers of the models inside, too
    #[arg(long)]
    expand_nested: bool,

    /// Say which layers are trained
    #[arg(long)]
    show_trainable: bool,

    /// Print a JSON document
    #[arg(long)]
    json: bool,
}

impl Summary {
    pub fn run(self) -> Result<(), Failure> {
        let model = match Held::open(&self.model)? {
            Held::Model(model) => model,
            Held::Weights(contents) if self.json => {
                output::line(format!("{:#}", weights::document(&contents)));
                return Ok(());
            }
            Held::Weights(contents) => {
                weights::print(&self.model, &contents);
                return Ok(());
            }
        };
        if self.json {
            output::line(format!("{:#}", self.document(&model)));
            return Ok(());
        }
        let options = cornu::models::Summary {
            expand_nested: self.expand_nested,
            show_trainable: self.show_trainable,
            ..Default::default()
        };
        let table = model.summary_with(options);
        let wide = table.lines().map(|line| line.width()).max().unwrap_or(0);
        output::print(match output::terminal_width() {
            Some(width) if width < wide => {
                model.summary_with(cornu::models::Summary { line_length: Some(width), ..options })
            }
            _ => table,
        });
        Ok(())
    }

    fn document(&self, model: &Model) -> Value {
        let layer = |row: LayerRow| {
            json!({
                "name": row.name,
                "class": row.class_name,
                "depth": row.depth,
                "output_shapes": row.output_shapes,
                "params": row.params,
                "trainable": row.trainable,
                "connected_to": row.connected_to,
            })
        };
        let rows = model.layer_rows(self.expand_nested).into_iter();
        let count =
            |weights: Vec<Weight>| weights.iter().map(|w| w.variable.count()).sum::<usize>();
        let trainable = count(model.as_layer().trainable_weights());
        let fixed = count(model.as_layer().non_trainable_weights());
        let optimizer = model.optimizer_params();
        json!({
            "name": model.name(),
            "layers": rows.map(layer).collect::<Vec<_>>(),
            "total_params": trainable + fixed + optimizer.unwrap_or(0),
            "trainable_params": trainable,
            "non_trainable_params": fixed,
            "optimizer_params": optimizer,
        })
    }
}
