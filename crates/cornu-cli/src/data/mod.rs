//! Data from wherever it is, as a model's inputs and targets.

mod args;
mod pictures;
mod shapes;
mod tables;
mod targets;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use cornu::datasets::{Dataset, Options};
use cornu::io::{Kind as FileKind, npy, npz};
use cornu::models::Model;
use cornu::{Array, DType};

pub use args::{DataArgs, PictureArgs, load};
pub use shapes::inputs as model_inputs;

use crate::{Failure, arguments, output};
use shapes::Form;

/// Inputs and targets in the model's order; a model whose layers add the loss needs no targets.
pub struct Rows {
    pub x: Vec<Array>,
    pub y: Vec<Array>,
}

impl Rows {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.x.first().and_then(|x| x.shape().first().copied()).unwrap_or(0)
    }
}

/// Which rows of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Those to train on.
    Train,
    /// Those to look at after each epoch.
    Validation,
    /// Those to judge a trained model by: the test part, or all where there is none.
    Test,
}

impl Part {
    /// What the names of arrays end in.
    fn ends(self) -> &'static [&'static str] {
        match self {
            Part::Train => &["", "_train"],
            Part::Validation => &["_val"],
            Part::Test => &["", "_test"],
        }
    }
}

/// Data from a file, a folder, or by the name of a data set.
pub struct Data {
    what: String,
    kind: Kind,
    scale: Option<(f32, f32)>,
    /// The model's classes, where they are known.
    classes: Vec<String>,
    said: RefCell<Vec<String>>,
}

enum Kind {
    /// Arrays that go in as they are, by name.
    Arrays(BTreeMap<String, Array>),
    /// What a data set, a table or pictures hold.
    Set(Box<Dataset>),
}

impl Data {
    /// Data with its targets for a model: the last column of a table, unless the options say otherwise.
    pub fn open(source: &str, args: &DataArgs, model: &Model) -> Result<Data, Failure> {
        Data::with(source, args, args.options(), model)
    }

    /// Data to predict from: all columns of a table, unless the options say otherwise.
    pub fn open_inputs(source: &str, args: &DataArgs, model: &Model) -> Result<Data, Failure> {
        let mut options = args.options();
        options.target.get_or_insert_default();
        Data::with(source, args, options, model)
    }

    fn with(
        source: &str,
        args: &DataArgs,
        mut options: Options,
        model: &Model,
    ) -> Result<Data, Failure> {
        let path = Path::new(source);
        if path.is_dir() && options.image_size.is_none() {
            options.image_size = pictures::size(&shapes::inputs(model));
        }
        let kind = match FileKind::of(path) {
            Ok(FileKind::Npz) if !args::is_name(source) => {
                Kind::Arrays(npz::read(path).map_err(Failure::input)?)
            }
            Ok(FileKind::Npy) if !args::is_name(source) => {
                let array = npy::read(path).map_err(Failure::input)?;
                Kind::Arrays(BTreeMap::from([("x".to_string(), array)]))
            }
            _ => Kind::Set(Box::new(load(source, &options)?)),
        };
        let data = Data {
            what: source.into(),
            kind,
            scale: args.scale,
            classes: Vec::new(),
            said: RefCell::default(),
        };
        if let (Kind::Set(set), Some((h, w))) = (&data.kind, options.image_size)
            && !set.files.is_empty()
        {
            data.say(vec![format!(
                "{source}: pictures of another size are resized to {w}x{h} pixels"
            )]);
        }
        if let Kind::Set(set) = &data.kind
            && !set.dropped.is_empty()
        {
            data.say(vec![format!(
                "{source}: {} rows with missing cells are left out, {} stay",
                set.dropped.len(),
                set.x_train.shape()[0]
            )]);
        }
        Ok(data)
    }

    /// With the names of the model's classes, to which those of the data are matched; empty where they are not known.
    pub fn classes(mut self, names: &[String]) -> Data {
        self.classes = names.to_vec();
        self
    }

    /// The names of the classes: the model's if they are known, else the data's.
    pub fn class_names(&self) -> &[String] {
        match &self.kind {
            Kind::Set(set) if self.classes.is_empty() => &set.class_names,
            _ => &self.classes,
        }
    }

    /// Whether there are rows of a part for a model.
    pub fn has(&self, model: &Model, part: Part) -> bool {
        match &self.kind {
            Kind::Set(set) => part != Part::Validation || set.x_test.shape()[0] > 0,
            Kind::Arrays(arrays) => part.ends().iter().any(|end| has(arrays, model, end)),
        }
    }

    /// The inputs and targets of a part.
    pub fn rows(&self, model: &Model, part: Part) -> Result<Rows, Failure> {
        let x = self.inputs(model, part)?;
        let y = match &self.kind {
            Kind::Arrays(arrays) => {
                let end = end(arrays, model, part);
                let outputs = model.output_names();
                let none = |name: &str| !arrays.contains_key(&format!("{name}{end}"));
                if none("y") && outputs.iter().all(|name| none(name)) {
                    Vec::new()
                } else {
                    self.take(arrays, "y", &outputs, end)?
                }
            }
            Kind::Set(set) => {
                let mut notes = Vec::new();
                let y = match (of_part(set, part).1, &set.class_names[..]) {
                    (Some(y), names) => {
                        let y = self.matched(y, names)?;
                        let classes = if self.classes.is_empty() || names.is_empty() {
                            names
                        } else {
                            &self.classes
                        };
                        let names = targets::Names { classes, columns: &set.target_names };
                        targets::fit(&self.what, &y, names, &x, model, &mut notes)?
                    }
                    (None, _) => Vec::new(),
                };
                self.say(notes);
                y
            }
        };
        Ok(Rows { x, y })
    }

    /// The inputs of a part.
    pub fn inputs(&self, model: &Model, part: Part) -> Result<Vec<Array>, Failure> {
        self.fitted(model, &model.input_names(), &shapes::inputs(model), part)
    }

    /// One of a model's inputs, by its place.
    pub fn input(&self, model: &Model, place: usize, part: Part) -> Result<Array, Failure> {
        let (names, forms) = (model.input_names(), shapes::inputs(model));
        let only = |count: usize| place.min(count)..(place + 1).min(count);
        let found =
            self.fitted(model, &names[only(names.len())], &forms[only(forms.len())], part)?;
        found.into_iter().next().ok_or_else(|| Failure::input(format!("{}: no input", self.what)))
    }

    fn fitted(
        &self,
        model: &Model,
        names: &[String],
        forms: &[Form],
        part: Part,
    ) -> Result<Vec<Array>, Failure> {
        let mut notes = Vec::new();
        let x = match &self.kind {
            Kind::Arrays(arrays) => {
                let x = match (names, arrays.len()) {
                    ([_], 1) => arrays.values().cloned().collect(),
                    _ => self.take(arrays, "x", names, end(arrays, model, part))?,
                };
                let scaled = |(x, name): (Array, &String)| self.scaled(x, name, &mut notes);
                x.into_iter().zip(names).map(scaled).collect::<Result<_, _>>()?
            }
            Kind::Set(set) => {
                let x = of_part(set, part).0;
                match (forms, x.dtype(), x.ndim()) {
                    ([form], DType::U8, 3 | 4) => {
                        let (white, scale) = (arguments::white(&set.name), self.scale);
                        let what = pictures::Source { what: &self.what, white, scale };
                        vec![pictures::fit(what, x, model, form, &mut notes)?]
                    }
                    (_, _, 2) => {
                        tables::fit(&self.what, x, &set.feature_names, names, forms, &mut notes)?
                    }
                    _ => vec![x.clone()],
                }
            }
        };
        self.say(notes);
        Ok(x)
    }

    /// What the rows of a part are called: the names of pictures' files; empty for other data.
    pub fn row_names(&self, part: Part) -> Vec<String> {
        let Kind::Set(set) = &self.kind else {
            return Vec::new();
        };
        let (train, count) = (set.x_train.shape()[0], of_part(set, part).0.shape()[0]);
        let first = if std::ptr::eq(of_part(set, part).0, &set.x_test) { train } else { 0 };
        let name = |path: &std::path::PathBuf| {
            path.strip_prefix(&self.what)
                .ok()
                .filter(|p| p.file_name().is_some())
                .unwrap_or(path)
                .display()
                .to_string()
        };
        set.files.iter().skip(first).take(count).map(name).collect()
    }

    /// Labels by the model's classes, where both sides have names.
    fn matched(&self, y: &Array, names: &[String]) -> Result<Array, Failure> {
        if self.classes.is_empty() || names.is_empty() || names == self.classes {
            return Ok(y.clone());
        }
        let place = |name: &String| {
            let found = self.classes.iter().position(|class| class == name);
            found.map(|place| place as i32).ok_or_else(|| {
                let message =
                    format!("{}: the model has no class {:?}", self.what, targets::short(name));
                Failure::input(message)
                    .hint(format!("the model's classes: {}", targets::some(&self.classes)))
            })
        };
        let places: Vec<i32> = names.iter().map(place).collect::<Result<_, _>>()?;
        let labels = y.to_vec::<i64>().into_iter();
        let labels =
            labels.map(|label| places.get(label as usize).copied().unwrap_or(-1)).collect();
        Array::new(y.shape(), labels).map_err(Failure::input)
    }

    /// Pictures among arrays, which go in as they are unless `--scale` is given.
    fn scaled(&self, x: Array, name: &str, notes: &mut Vec<String>) -> Result<Array, Failure> {
        if x.dtype() != DType::U8 || x.ndim() < 3 {
            return Ok(x);
        }
        let Some((black, white)) = self.scale else {
            notes.push(format!(
                "{}: {name} goes in as it is, 0 to 255 (--scale 0:1 says otherwise)",
                self.what
            ));
            return Ok(x);
        };
        let values = x.to_vec::<f32>().into_iter().map(|v| black + v / 255.0 * (white - black));
        Array::new(x.shape(), values.collect()).map_err(Failure::input)
    }

    fn take(
        &self,
        arrays: &BTreeMap<String, Array>,
        short: &str,
        names: &[String],
        end: &str,
    ) -> Result<Vec<Array>, Failure> {
        let find = |name: &str| arrays.get(&format!("{name}{end}")).cloned();
        if let (&[_], Some(only)) = (names, find(short)) {
            return Ok(vec![only]);
        }
        let array = |name: &String| {
            find(name).ok_or_else(|| {
                let held: Vec<String> = arrays.keys().cloned().collect();
                let message = format!("{}: there is no array {name}{end}", self.what);
                let wanted = if names.len() == 1 {
                    format!("{short} or {}", names[0])
                } else {
                    names.join(", ")
                };
                let held = if held.is_empty() { "nothing".into() } else { targets::some(&held) };
                Failure::input(message)
                    .hint(format!("the model needs {wanted}; the file has {held}"))
            })
        };
        names.iter().map(array).collect()
    }

    /// Says what was done to the data, each thing once.
    fn say(&self, notes: Vec<String>) {
        for note in notes {
            let mut said = self.said.borrow_mut();
            if !said.contains(&note) {
                output::note(&note);
                said.push(note);
            }
        }
    }
}

/// Inputs and targets of a part.
fn of_part(set: &Dataset, part: Part) -> (&Array, Option<&Array>) {
    let tested = set.x_test.shape()[0] > 0;
    match part {
        Part::Validation => (&set.x_test, set.y_test.as_ref()),
        Part::Test if tested => (&set.x_test, set.y_test.as_ref()),
        Part::Train | Part::Test => (&set.x_train, set.y_train.as_ref()),
    }
}

fn has(arrays: &BTreeMap<String, Array>, model: &Model, end: &str) -> bool {
    let with_end = |name: &str| arrays.contains_key(&format!("{name}{end}"));
    with_end("x") || model.input_names().iter().any(|name| with_end(name))
}

/// The first of a part's endings that the arrays have.
fn end(arrays: &BTreeMap<String, Array>, model: &Model, part: Part) -> &'static str {
    let ends = part.ends();
    ends.iter().copied().find(|end| has(arrays, model, end)).unwrap_or(ends[0])
}
