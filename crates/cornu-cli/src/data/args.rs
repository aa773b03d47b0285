//! How data is read.

use clap::{Args, ValueEnum};
use cornu::datasets::{Dataset, Options, list, load_with};
use cornu::io::table::Missing;

use crate::{Failure, suggest};

/// What the options say about pictures.
#[derive(Args, Clone, Debug, Default)]
pub struct PictureArgs {
    /// Resize the pictures of a folder: to N x N, or to HEIGHTxWIDTH
    #[arg(long, value_name = "N|HxW", value_parser = size)]
    pub image_size: Option<(usize, usize)>,
}

/// What the options say about tables.
#[derive(Args, Clone, Debug, Default)]
pub struct TableArgs {
    /// Of a table: a column to predict, by name, or from 1 on without a header; give it once for each [default: the
    /// last column, but none for `predict`]
    #[arg(long, value_name = "COLUMN")]
    pub target: Vec<String>,

    /// Of a table: a column to leave out; give it once for each
    #[arg(long, value_name = "COLUMN")]
    pub drop: Vec<String>,

    /// Of a table: whether the first row names the columns [default: if it looks like it]
    #[arg(long, value_name = "yes|no")]
    header: Option<YesNo>,

    /// Of a table: what becomes of rows with missing cells: error, drop (leave them out), or a number for the cells
    #[arg(long, value_name = "error|drop|N", default_value = "error", value_parser = missing)]
    missing: Rule,
}

/// What the options say about all data.
#[derive(Args, Clone, Debug, Default)]
pub struct DataArgs {
    #[command(flatten)]
    pub table: TableArgs,

    #[command(flatten)]
    pub pictures: PictureArgs,

    /// What black and white of pictures are for the model [default: 0:1, or 0:255 for a model that begins by
    /// rescaling or normalising]
    #[arg(long, value_name = "BLACK:WHITE", value_parser = scale, allow_hyphen_values = true)]
    pub scale: Option<(f32, f32)>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum YesNo {
    Yes,
    No,
}

/// [`Missing`] as an argument with a default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rule(Missing);

fn missing(text: &str) -> Result<Rule, String> {
    match text {
        "error" => Ok(Rule(Missing::Refuse)),
        "drop" => Ok(Rule(Missing::Drop)),
        number => match number.parse() {
            Ok(number) if f64::is_finite(number) => Ok(Rule(Missing::Fill(number))),
            _ => Err("must be error, drop or a number".into()),
        },
    }
}

fn size(text: &str) -> Result<(usize, usize), String> {
    let (height, width) = text.split_once(['x', 'X', '×']).unwrap_or((text, text));
    match (height.trim().parse(), width.trim().parse()) {
        (Ok(height), Ok(width)) if height > 0 && width > 0 => Ok((height, width)),
        _ => Err("must be a number of pixels, or two as in 96x128 (height x width)".into()),
    }
}

fn scale(text: &str) -> Result<(f32, f32), String> {
    let numbers = text.split_once(':').map(|(low, high)| (low.parse(), high.parse()));
    match numbers {
        Some((Ok(low), Ok(high))) if f32::is_finite(low) && f32::is_finite(high) && low != high => {
            Ok((low, high))
        }
        _ => Err("must be two numbers, as in 0:1, -1:1 or 0:255".into()),
    }
}

impl DataArgs {
    /// As the library wants them.
    pub fn options(&self) -> Options {
        let table = &self.table;
        Options {
            image_size: self.pictures.image_size,
            target: (!table.target.is_empty()).then(|| table.target.clone()),
            drop: table.drop.clone(),
            header: table.header.map(|header| header == YesNo::Yes),
            missing: table.missing.0,
        }
    }
}

impl PictureArgs {
    /// As the library wants them.
    pub fn options(&self) -> Options {
        Options { image_size: self.image_size, ..Options::default() }
    }
}

/// A data set by name or path.
pub fn load(source: &str, options: &Options) -> Result<Dataset, Failure> {
    if !is_name(source) && !std::path::Path::new(source).exists() {
        let names = list().iter().map(|info| info.name);
        let meant = suggest::nearest(source, names).map(|n| format!(". Did you mean {n:?}?"));
        let message = format!(
            "{source:?} is no file or folder, and no data set's name{}",
            meant.unwrap_or_default()
        );
        return Err(Failure::input(message)
            .hint("`cornu datasets` lists the names and the kinds of files that can be read"));
    }
    load_with(source, options).map_err(|e| {
        let said = e.to_string();
        let failure = Failure::input(e);
        if said.contains("images must have one size") {
            failure.hint("--image-size 64 makes them all 64x64 pixels")
        } else if said.contains(" is no number, but ") {
            failure.hint("--drop COLUMN leaves a column out, --target COLUMN names one to predict")
        } else if said.ends_with(" is missing") {
            failure.hint("--missing drop leaves such rows out, --missing 0 takes 0 for the cell")
        } else {
            failure
        }
    })
}

/// Whether this is the name of a data set.
pub fn is_name(source: &str) -> bool {
    let name = source.to_lowercase().replace('_', "-");
    name == "mnist" || list().iter().any(|info| info.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_scales_and_rules_are_read() {
        assert_eq!(size("28"), Ok((28, 28)));
        assert_eq!(size("96x128"), Ok((96, 128)));
        assert!(["", "x", "0", "3x0", "-4", "a"].iter().all(|text| size(text).is_err()));
        assert_eq!(scale("-1:1"), Ok((-1.0, 1.0)));
        assert!(["", "1", "1:1", "0:nan", "0:x"].iter().all(|text| scale(text).is_err()));
        assert_eq!(missing("drop"), Ok(Rule(Missing::Drop)));
        assert_eq!(missing("-1.5"), Ok(Rule(Missing::Fill(-1.5))));
        assert!(missing("nan").is_err() && missing("mean").is_err());
        assert!(is_name("MNIST") && is_name("boston_housing") && !is_name("mnits"));
    }
}
