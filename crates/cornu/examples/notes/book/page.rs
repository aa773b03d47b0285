//! A page: text, expressions with their values, pictures.

use std::fmt;
use std::path::{Path, PathBuf};
#[cfg(test)]
use std::sync::atomic::{AtomicUsize, Ordering};

use cornu::layers::KerasTensor;
use cornu::models::Model;
use cornu::plot::Image;
use cornu::stats::Normal;
use cornu::{Array, Eval, Result, Tensor};

use super::listing::{Listing, Statement};

/// The column at which short values stand, and the widest line that has one.
const COLUMN: usize = 60;
const WIDEST: usize = 116;
const MARGIN: &str = "    ";

/// What a section writes.
pub struct Page {
    folder: PathBuf,
    listing: Listing,
    entries: Vec<Entry>,
}

/// What a statement of the section left behind when it ran.
enum Entry {
    Text(String),
    Value(String),
    Picture(String),
}

impl Page {
    /// An empty page of the section with this source; its pictures go into `folder`.
    pub fn new(folder: &Path, source: &str) -> Page {
        Page { folder: folder.to_path_buf(), listing: Listing::of(source), entries: Vec::new() }
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: impl Into<String>) {
        self.entries.push(Entry::Text(text.into()));
    }

    /// Adds a value; `show!` calls it.
    pub fn value(&mut self, value: &(impl Show + ?Sized)) -> Result<()> {
        self.entries.push(Entry::Value(value.show()?));
        Ok(())
    }

    /// Writes a picture into the folder and says so.
    pub fn picture(&mut self, file: &str, about: &str, image: &Image) -> Result<()> {
        let path = self.folder.join(file);
        std::fs::create_dir_all(&self.folder).map_err(|e| cornu::Error::io(&self.folder, e))?;
        image.save(&path)?;
        self.entries.push(Entry::Picture(format!("{}: {about}", path.display())));
        Ok(())
    }
}

/// Text between blank lines; code with a margin, values behind `//`: lines that can be pasted into a program.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{MARGIN}// These lines go to the top of a program, the code below into its `fn main() -> Result<()>`."
        )?;
        writeln!(
            f,
            "{MARGIN}// Behind `//` stands the value: `println!(\"{{}}\", x.array()?)` prints that of a tensor (cornu::Eval)."
        )?;
        for line in &self.listing.uses {
            writeln!(f, "{MARGIN}{line}")?;
        }
        let mut entries = self.entries.iter();
        let mut above = Above::Text;
        for statement in &self.listing.statements {
            let silent = matches!(statement, Statement::Code(_) | Statement::Gap);
            let entry = if silent { None } else { entries.next() };
            match (statement, entry) {
                (_, Some(Entry::Text(text))) => {
                    if above != Above::Nothing {
                        writeln!(f)?;
                    }
                    writeln!(f, "{text}")?;
                    above = Above::Text;
                }
                (Statement::Gap, _) => {
                    if above != Above::Nothing {
                        writeln!(f)?;
                    }
                    above = Above::Nothing;
                }
                (Statement::Code(code) | Statement::Value(code) | Statement::Picture(code), _) => {
                    if above == Above::Text {
                        writeln!(f)?;
                    }
                    match entry {
                        Some(Entry::Value(value) | Entry::Picture(value)) => {
                            write_value(f, code, value)?
                        }
                        _ => write_lines(f, "", code)?,
                    }
                    above = Above::Code;
                }
                (Statement::Text, _) => {}
            }
        }
        Ok(())
    }
}

/// What the last line is.
#[derive(PartialEq)]
enum Above {
    Text,
    Code,
    Nothing,
}

/// Code and its value: beside it where there is room, else below.
fn write_value(f: &mut fmt::Formatter<'_>, code: &str, value: &str) -> fmt::Result {
    let fits = code.chars().count() <= COLUMN - 2 && COLUMN + value.chars().count() <= WIDEST;
    if fits && !code.contains('\n') && !value.contains('\n') {
        return writeln!(f, "{MARGIN}{code:<COLUMN$}// {value}");
    }
    write_lines(f, "", code)?;
    write_lines(f, "// ", value)
}

fn write_lines(f: &mut fmt::Formatter<'_>, start: &str, lines: &str) -> fmt::Result {
    lines
        .lines()
        .try_for_each(|line| writeln!(f, "{}", format!("{MARGIN}{start}{line}").trim_end()))
}

/// `show!(page, expression)` puts an expression and its value on the page; `show!(page, let name = expression)`
/// keeps the value too.
macro_rules! show {
    ($page:expr, let $name:ident = $value:expr) => {
        let $name = $value;
        $page.value(&$name)?;
    };
    ($page:expr, $value:expr) => {
        $page.value(&$value)?
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

/// As Python prints a list: every digit.
impl<const N: usize> Show for [f64; N] {
    fn show(&self) -> Result<String> {
        Ok(format!("{self:?}"))
    }
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

/// A folder for one test, removed with what is in it.
#[cfg(test)]
pub struct Folder(PathBuf);

#[cfg(test)]
impl Folder {
    pub fn join(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }
}

#[cfg(test)]
impl Drop for Folder {
    fn drop(&mut self) {
        // A page without pictures makes no folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
impl Page {
    /// The page that a section writes, and the folder of its pictures.
    pub fn of(section: &str) -> (Page, Folder) {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let name = format!("cornu-notes-{}-{call}", std::process::id());
        let folder = Folder(std::env::temp_dir().join(name));
        let section = super::find(section).expect("the section is listed");
        let page = section.work(&folder.0).expect("the section can be worked out");
        (page, folder)
    }

    /// Every shown piece of code, without `let` and semicolon, with its value as printed.
    ///
    /// Panics unless what ran is what is listed.
    pub fn values(&self) -> Vec<(String, &str)> {
        let listed = self.listing.statements.iter();
        let listed: Vec<_> =
            listed.filter(|s| !matches!(s, Statement::Code(_) | Statement::Gap)).collect();
        assert_eq!(
            listed.len(),
            self.entries.len(),
            "every text, value and picture is a statement of `write` itself"
        );
        let pairs = listed.into_iter().zip(&self.entries).filter_map(|pair| match pair {
            (Statement::Value(code), Entry::Value(value)) => {
                let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
                let code = code.trim_start_matches("let ").trim_end_matches(';');
                Some((code.to_string(), value.as_str()))
            }
            (Statement::Text, Entry::Text(_)) | (Statement::Picture(_), Entry::Picture(_)) => None,
            (statement, _) => panic!("{statement:?} ran as something else"),
        });
        pairs.collect()
    }

    /// The values beside an expression, as printed.
    pub fn all(&self, wanted: &str) -> Vec<&str> {
        self.values()
            .into_iter()
            .filter(|(code, _)| code == wanted)
            .map(|(_, value)| value)
            .collect()
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
