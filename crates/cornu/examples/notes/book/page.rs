//! A page: text, expressions with their values, pictures.

use std::fmt;
use std::path::{Path, PathBuf};

use cornu::layers::KerasTensor;
use cornu::models::Model;
use cornu::plot::Image;
use cornu::stats::Normal;
use cornu::{Array, Eval, Result, Tensor};

/// The column at which short values stand.
const COLUMN: usize = 64;
const MARGIN: &str = "    ";

/// What a section writes.
pub struct Page {
    folder: PathBuf,
    entries: Vec<Entry>,
}

enum Entry {
    Text(String),
    Value { expression: String, value: String },
    Picture { path: PathBuf, about: String },
}

impl Page {
    /// An empty page whose pictures go into `folder`.
    pub fn new(folder: &Path) -> Page {
        Page { folder: folder.to_path_buf(), entries: Vec::new() }
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: impl Into<String>) {
        self.entries.push(Entry::Text(text.into()));
    }

    /// Adds an expression and its value; `show!` calls it.
    pub fn value(&mut self, expression: &str, value: &(impl Show + ?Sized)) -> Result<()> {
        // `stringify!` breaks long expressions where rustc sees fit.
        let expression = expression.split_whitespace().collect::<Vec<_>>().join(" ");
        self.entries.push(Entry::Value { expression, value: value.show()? });
        Ok(())
    }

    /// Writes a picture into the folder and says so.
    pub fn picture(&mut self, file: &str, about: &str, image: &Image) -> Result<()> {
        let path = self.folder.join(file);
        std::fs::create_dir_all(&self.folder).map_err(|e| cornu::Error::io(&self.folder, e))?;
        image.save(&path)?;
        self.entries.push(Entry::Picture { path, about: about.into() });
        Ok(())
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut after_value = false;
        for (i, entry) in self.entries.iter().enumerate() {
            let is_value = matches!(entry, Entry::Value { .. });
            if i > 0 && !(after_value && is_value) {
                writeln!(f)?;
            }
            after_value = is_value;
            match entry {
                Entry::Text(text) => writeln!(f, "{text}")?,
                Entry::Picture { path, about } => {
                    writeln!(f, "{MARGIN}{}: {about}", path.display())?
                }
                Entry::Value { expression, value } => {
                    if value.contains('\n') || expression.chars().count() + 6 > COLUMN {
                        writeln!(f, "{MARGIN}{expression}")?;
                        for line in value.lines() {
                            writeln!(f, "{MARGIN}{MARGIN}{line}")?;
                        }
                    } else {
                        writeln!(f, "{MARGIN}{expression:<width$}{value}", width = COLUMN - 4)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// `show!(page, expression)` puts an expression and its value on the page; `show!(page, let name = expression)`
/// keeps the value too.
macro_rules! show {
    ($page:expr, let $name:ident = $value:expr) => {
        let $name = $value;
        $page.value(concat!(stringify!($name), " = ", stringify!($value)), &$name)?;
    };
    ($page:expr, $value:expr) => {
        $page.value(stringify!($value), &$value)?
    };
}
pub(crate) use show;

/// What can stand beside an expression.
pub trait Show {
    /// The value as text, in NumPy's form.
    fn show(&self) -> Result<String>;
}

impl Show for Tensor {
    fn show(&self) -> Result<String> {
        Ok(self.array()?.to_string())
    }
}

/// A symbolic tensor is its shape, as Keras's `int_shape` has it.
impl Show for KerasTensor {
    fn show(&self) -> Result<String> {
        self.shape().show()
    }
}

/// A model is what goes in, what comes out, and what it has to learn.
impl Show for Model {
    fn show(&self) -> Result<String> {
        let ends = |tensors: Vec<KerasTensor>| -> Result<String> {
            Ok(tensors.iter().map(Show::show).collect::<Result<Vec<_>>>()?.join(", "))
        };
        let (inputs, outputs) = (ends(self.inputs())?, ends(self.outputs())?);
        let learn = self.as_layer().trainable_weights().len();
        Ok(format!(
            "{inputs} -> {outputs}, {} parameters, {learn} weights that learn",
            self.count_params()
        ))
    }
}

impl<T: Show + ?Sized> Show for &T {
    fn show(&self) -> Result<String> {
        (*self).show()
    }
}

impl<T: Show> Show for Result<T> {
    fn show(&self) -> Result<String> {
        match self {
            Ok(value) => value.show(),
            Err(error) => Err(cornu::Error::format("notes", error.to_string())),
        }
    }
}

macro_rules! show_by {
    ($form:expr; $($t:ty),* $(,)?) => {
        $(impl Show for $t {
            fn show(&self) -> Result<String> {
                let form: fn(&$t) -> String = $form;
                Ok(form(self))
            }
        })*
    };
}

show_by!(|x| Array::from(*x).to_string(); f64, f32, i64, i32, bool);
show_by!(|x| Array::from(x.clone()).to_string(); Vec<f64>, Vec<f32>, Vec<i64>, Vec<i32>);
show_by!(ToString::to_string; Array, usize, String);
show_by!(|law| format!("{law:?}"); Normal);
show_by!(|shape| tuple(shape.iter().map(|d| d.map_or("None".into(), |d| d.to_string()))); [Option<usize>]);
show_by!(|shape| tuple(shape.iter().map(ToString::to_string)); Vec<usize>, [usize]);

/// A shape as Keras prints it.
fn tuple(sizes: impl Iterator<Item = String>) -> String {
    let sizes: Vec<String> = sizes.collect();
    match sizes.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", sizes.join(", ")),
    }
}

#[cfg(test)]
impl Page {
    /// The page that a section writes, and the folder of its pictures.
    pub fn of(section: &str) -> (Page, PathBuf) {
        let folder =
            std::env::temp_dir().join(format!("cornu-notes-{}-{section}", std::process::id()));
        let mut page = Page::new(&folder);
        let section = super::find(section).expect("the section is listed");
        (section.write)(&mut page).expect("the section can be worked out");
        (page, folder)
    }

    /// The values beside an expression, as printed.
    pub fn all(&self, wanted: &str) -> Vec<&str> {
        let found = self.entries.iter().filter_map(|entry| match entry {
            Entry::Value { expression, value } if expression == wanted => Some(value.as_str()),
            _ => None,
        });
        found.collect()
    }

    /// The value beside the first such expression.
    pub fn printed(&self, wanted: &str) -> &str {
        self.all(wanted).first().unwrap_or_else(|| panic!("no {wanted:?} on the page:\n{self}"))
    }

    /// Asserts that the numbers beside an expression are these, to a relative error.
    pub fn assert(&self, wanted: &str, numbers: &[f64], tolerance: f64) {
        let printed = self.printed(wanted);
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let parsed: Vec<f64> =
            printed.split(|c| !is_part(c)).filter_map(|word| word.parse().ok()).collect();
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance * b.abs().max(1e-300);
        assert!(
            parsed.len() == numbers.len() && parsed.iter().zip(numbers).all(near),
            "{wanted} is {printed}, the notes have {numbers:?}"
        );
    }
}
