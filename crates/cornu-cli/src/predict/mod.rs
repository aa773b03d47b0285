//! `cornu predict`.

mod table;
mod write;

use std::path::PathBuf;

use clap::Args;
use cornu::Array;
use cornu::models::Model;
use serde_json::{Value, json};

use crate::arguments::{self, ThreadArgs};
use crate::classes;
use crate::data::{Data, DataArgs, Part};
use crate::{Failure, output};
use write::Form;

/// Run a model on tables, pictures or arrays
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cornu predict runs/classifier/model.keras --input photo.jpg\n  cornu predict \
                  houses.keras --input new.csv --drop price --output prices.csv\n  cornu predict two.keras --input \
                  left=a.npy --input right=b.npy --output y.npz\n\nPictures are fitted to the model: their size, grey \
                  or colour, and the scale of their pixels. What was done is said on standard error. Class names \
                  stand in classes.txt beside the model, one a line (or in labels.txt, as Teachable Machine writes it; \
                  its models want --scale -1:1).\n\n--json prints, and a .json file holds: model, \
                  rows, outputs (by name, one list per row), and names (the pictures' files) and classes where they \
                  are known. Numbers that are not finite are null."
)]
pub struct Predict {
    /// The model: a .keras or .h5 file, or the folder of an unzipped .keras file
    model: PathBuf,

    /// The input: a table (.csv), a PNG or JPEG file or a folder of them, a .npy or .npz file, or the name of a data
    /// set, whose test rows are taken; NAME=DATA for each of several inputs
    #[arg(long, required = true, value_name = "[NAME=]DATA")]
    input: Vec<String>,

    /// Where to write all rows: .csv, .json, .npy, or .npz for several outputs [default: the first ones are printed]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print a JSON document
    #[arg(long, conflicts_with = "output")]
    json: bool,

    #[command(flatten)]
    how: DataArgs,

    /// How many rows to compute at once
    #[arg(long, value_name = "N", default_value_t = 32)]
    batch_size: usize,

    #[command(flatten)]
    threads: ThreadArgs,
}

/// What a model gives, row by row.
pub struct Predictions {
    /// The outputs by name; the first axis counts the rows.
    outputs: Vec<(String, Array)>,
    /// What the rows are called: the files of pictures; empty where they have no names.
    rows: Vec<String>,
    /// What the classes are called; empty where that is not known.
    classes: Vec<String>,
}

impl Predict {
    pub fn run(self) -> Result<(), Failure> {
        self.threads.apply()?;
        let form = self.output.as_deref().map(Form::of).transpose()?;
        let model = arguments::model(&self.model)?;
        let (inputs, rows) = self.inputs(&model)?;
        let outputs = model.predict(&inputs, self.batch_size.max(1)).map_err(Failure::input)?;
        let predictions = Predictions {
            outputs: model.output_names().into_iter().zip(outputs).collect(),
            rows,
            classes: classes::beside(&self.model)?,
        };
        match (form, &self.output) {
            (Some(form), Some(path)) => {
                form.write(path, &predictions, &self.model)?;
                let shape = |(_, a): &(String, Array)| format!("{:?}", a.shape());
                let shapes: Vec<String> = predictions.outputs.iter().map(shape).collect();
                output::line(format!("{}: {}", path.display(), shapes.join(", ")));
            }
            _ if self.json => output::line(predictions.document(&self.model).to_string()),
            _ => predictions.print(),
        }
        Ok(())
    }

    /// The arrays in the model's order, and what the rows are called.
    fn inputs(&self, model: &Model) -> Result<(Vec<Array>, Vec<String>), Failure> {
        let names = model.input_names();
        let refuse = |message: String| {
            let hint =
                format!("the inputs are {}: give each as --input NAME=DATA", names.join(", "));
            Err(Failure::input(message).hint(hint))
        };
        let split = |given: &String| -> (Option<usize>, String) {
            // A file's name may have an equals sign, too.
            let named = given.split_once('=').and_then(|(name, rest)| {
                Some((names.iter().position(|n| n == name)?, rest.to_string()))
            });
            match named {
                Some((place, rest)) => (Some(place), rest),
                None => (None, given.clone()),
            }
        };
        let unknown = |given: &&String| {
            let named = given.contains('=') && split(given).0.is_none();
            named && !std::path::Path::new(given).exists()
        };
        if let Some(given) = self.input.iter().find(unknown) {
            return refuse(format!("--input {given}: the model has no such input"));
        }
        if let [only] = &self.input[..]
            && let (None, source) = split(only)
        {
            let data = Data::open_inputs(&source, &self.how, model)?;
            return Ok((data.inputs(model, Part::Test)?, data.row_names(Part::Test)));
        }
        let mut sources: Vec<Option<String>> = vec![None; names.len()];
        for (i, given) in self.input.iter().enumerate() {
            let (place, source) = split(given);
            let Some(slot) = sources.get_mut(place.unwrap_or(i)) else {
                return refuse(format!("--input {given}: the model has no such input"));
            };
            if slot.replace(source).is_some() {
                return refuse(format!("--input {given}: this input is given twice"));
            }
        }
        if let Some(missing) = sources.iter().position(Option::is_none) {
            return refuse(format!("the input {} is missing", names[missing]));
        }
        let array = |(place, source): (usize, &String)| {
            Data::open_inputs(source, &self.how, model)?.input(model, place, Part::Test)
        };
        let arrays = sources.iter().flatten().enumerate().map(array).collect::<Result<_, _>>()?;
        Ok((arrays, Vec::new()))
    }
}

impl Predictions {
    fn count(&self) -> usize {
        self.outputs.first().and_then(|(_, a)| a.shape().first().copied()).unwrap_or(0)
    }

    /// The names of the classes that the only output tells apart.
    fn class_names(&self) -> Option<&[String]> {
        match &self.outputs[..] {
            [(_, only)] if matches!(*only.shape(), [_, n] if n == self.classes.len()) => {
                Some(&self.classes)
            }
            _ => None,
        }
    }

    /// What `--json` prints and a .json file holds.
    fn document(&self, model: &std::path::Path) -> Value {
        let outputs: serde_json::Map<String, Value> =
            self.outputs.iter().map(|(name, array)| (name.clone(), write::nested(array))).collect();
        let mut document = json!({
            "model": model.display().to_string(),
            "rows": self.count(),
            "outputs": outputs,
        });
        if !self.rows.is_empty() {
            document["names"] = json!(self.rows);
        }
        if let Some(names) = self.class_names() {
            document["classes"] = json!(names);
        }
        document
    }
}
