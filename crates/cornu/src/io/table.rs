//! Tables in CSV files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use cornu_graph::Array;

use crate::{Error, Result};

/// A table of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The columns' names; empty where the file has no header.
    pub columns: Vec<String>,
    /// The values, `float64`, of shape `[rows, columns]`.
    pub values: Array,
}

impl Table {
    /// The columns `start..end` of all rows, of shape `[rows, end - start]`.
    ///
    /// # Errors
    /// When the range leaves the table.
    pub fn columns(&self, start: usize, end: usize) -> Result<Array> {
        let &[rows, width] = self.values.shape() else {
            return Err(Error::invalid(
                "Table::columns",
                "values",
                "must have two axes",
                format!("shape={:?}", self.values.shape()),
            ));
        };
        if start > end || end > width {
            return Err(Error::invalid(
                "Table::columns",
                "range",
                format!("must lie in 0..{width}"),
                format!("{start}..{end}"),
            ));
        }
        let all = self.values.as_slice::<f64>()?;
        let mut out = Vec::with_capacity(rows * (end - start));
        for row in 0..rows {
            out.extend_from_slice(&all[row * width + start..row * width + end]);
        }
        Ok(Array::new(&[rows, end - start], out)?)
    }
}

/// Reads a CSV file of numbers.
///
/// The file is as [`Csv`] describes it; `nan` and `inf` are numbers.
///
/// # Errors
/// When the file cannot be read, has no row of numbers, a row has more or fewer cells than the first, or
/// a cell below the header is not a number.
///
/// ```
/// let path = std::env::temp_dir().join("cornu-doc.csv");
/// std::fs::write(&path, "height,weight\n1.5,50\n1.8,80\n").unwrap();
/// let table = cornu::io::table::read(&path)?;
/// assert_eq!(table.columns, ["height", "weight"]);
/// assert_eq!(table.values.as_slice::<f64>()?, [1.5, 50.0, 1.8, 80.0]);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<Table> {
    numbers(Csv::open(path, None)?)
}

/// Reads CSV text from a reader; `what` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn read_from(what: &str, mut reader: impl Read) -> Result<Table> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|e| super::read_error(what, e))?;
    numbers(Csv::from_bytes(what, bytes, None)?)
}

fn numbers(csv: Csv) -> Result<Table> {
    let all: Vec<usize> = (0..csv.width).collect();
    let values = csv.select(&all, None, Missing::Keep)?.numbers;
    Ok(Table { columns: csv.columns, values })
}

/// A table as text: numbers, and columns of words.
///
/// - **Separator**: a tab, semicolon or comma, the first of these that cuts all lines at the start of the file into the
///   same number of cells. In files with semicolons, `1,5` is one and a half.
/// - **Header**: the first row, where it holds no number, or a word over a column of numbers. Otherwise there is none.
/// - **Cells** may stand in double quotes; spaces around them do not count.
/// - **Encoding**: UTF-8, with or without a byte order mark.
///
/// ```
/// use cornu::io::table::{Csv, Missing};
/// let text = "height;species\n1,5;cat\n0,5;mouse\n1,2;cat\n";
/// let csv = Csv::from_bytes("pets.csv", text.into(), None)?;
/// let cells = csv.select(&[csv.find("height")?], Some(csv.find("species")?), Missing::Refuse)?;
/// assert_eq!(cells.numbers.to_vec::<f64>(), [1.5, 0.5, 1.2]);
/// assert_eq!(cells.classes, ["cat", "mouse"]);
/// assert_eq!(cells.labels, [0, 1, 0]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Csv {
    what: String,
    text: Vec<u8>,
    separator: u8,
    columns: Vec<String>,
    width: usize,
    /// Whether all cells of a column, but the missing ones, are numbers.
    numeric: Vec<bool>,
}

/// What becomes of rows with a missing cell: an empty one, `NA`, `N/A`, `#N/A`, `null`, `?` or `nan`. In a column of words
/// only an empty cell is missing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Missing {
    /// An error that names the row and the column.
    #[default]
    Refuse,
    /// The row is left out.
    Drop,
    /// The cell counts as this number.
    Fill(f64),
    /// `nan` is a number like others; other missing cells are an error.
    Keep,
}

/// The cells of some columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// `float64` of shape `[rows, columns]`.
    pub numbers: Array,
    /// The different words of the column of words, sorted; empty without one.
    pub classes: Vec<String>,
    /// The place of each row's word in `classes`; empty without a column of words.
    pub labels: Vec<i32>,
    /// The lines that were left out, counted from 1.
    pub dropped: Vec<u64>,
}

impl Csv {
    /// Opens a file. `header`: whether the first row is one; default: what it looks like.
    ///
    /// # Errors
    /// When the file cannot be read, is not UTF-8, has no row below the header, or a row has more or fewer cells than the
    /// first.
    pub fn open(path: impl AsRef<Path>, header: Option<bool>) -> Result<Csv> {
        let path = path.as_ref();
        Csv::from_bytes(&path.display().to_string(), super::read_all(path)?, header)
    }

    /// Text that is in memory; `what` names it in errors.
    ///
    /// # Errors
    /// As [`open`](Csv::open).
    pub fn from_bytes(what: &str, mut text: Vec<u8>, header: Option<bool>) -> Result<Csv> {
        if text.starts_with(b"\xef\xbb\xbf") {
            text.drain(..3);
        }
        if let Some(name) = foreign(&text) {
            return Err(Error::format(what, format!("is not a table of UTF-8 text: it {name}")));
        }
        let separator = separator(&text);
        let mut csv = Csv {
            what: what.into(),
            text,
            separator,
            columns: Vec::new(),
            width: 0,
            numeric: Vec::new(),
        };
        csv.look(header)?;
        Ok(csv)
    }

    /// Finds header, width, and the columns of numbers.
    fn look(&mut self, header: Option<bool>) -> Result<()> {
        let mut first: Vec<String> = Vec::new();
        let (mut numeric, mut empty, mut rows) = (Vec::new(), Vec::new(), 0usize);
        for record in self.reader().records() {
            let record = record.map_err(|e| failure(&self.what, e))?;
            rows += 1;
            if rows == 1 {
                first = record.iter().map(str::to_string).collect();
                (numeric, empty) = (vec![true; first.len()], vec![true; first.len()]);
                continue;
            }
            for (column, cell) in record.iter().enumerate() {
                let missing = is_missing(cell);
                empty[column] &= missing;
                numeric[column] &= missing || self.number(cell).is_some();
            }
        }
        let is_number = |cell: &String| self.number(cell).is_some();
        let word_over_numbers =
            |i: usize| !is_number(&first[i]) && !is_missing(&first[i]) && numeric[i] && !empty[i];
        let header = header.unwrap_or_else(|| {
            !first.iter().any(is_number) || (0..first.len()).any(word_over_numbers)
        });
        if !header {
            for (numeric, cell) in numeric.iter_mut().zip(&first) {
                *numeric &= is_missing(cell) || self.number(cell).is_some();
            }
        }
        if rows <= usize::from(header) {
            let what = if rows == 0 { "is empty" } else { "holds no row below its header" };
            return Err(Error::format(&*self.what, what));
        }
        self.width = first.len();
        self.numeric = numeric;
        if header {
            self.columns = first;
        }
        Ok(())
    }

    /// The columns' names; empty where the file has no header.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether all cells of a column, but the missing ones, are numbers.
    pub fn is_numeric(&self, column: usize) -> bool {
        self.numeric.get(column).copied().unwrap_or(false)
    }

    /// The place of the column with a name; without a header, names are numbers from 1 on.
    ///
    /// # Errors
    /// When there is no such column, or several.
    pub fn find(&self, name: &str) -> Result<usize> {
        if self.columns.is_empty() {
            let place = name.parse().ok().and_then(|n: usize| n.checked_sub(1));
            return place.filter(|&p| p < self.width).ok_or_else(|| {
                let rule = format!("has no header: its columns are called 1 to {}", self.width);
                Error::format(&*self.what, format!("{rule}. Received: {name:?}"))
            });
        }
        let mut found = (0..self.width).filter(|&i| self.columns[i] == name);
        match (found.next(), found.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => Err(Error::format(
                &*self.what,
                format!("has several columns called {}", quoted(name, 30)),
            )),
            (None, _) => {
                let mut known: Vec<String> =
                    self.columns.iter().take(8).map(|c| quoted(c, 30)).collect();
                if self.width > known.len() {
                    known.push(format!("{} more", self.width - known.len()));
                }
                let reason =
                    format!("has no column {}, but {}", quoted(name, 30), known.join(", "));
                Err(Error::format(&*self.what, reason))
            }
        }
    }

    /// The cells of columns of numbers, and of one column of words.
    ///
    /// # Errors
    /// When a cell of a column of numbers is none, a cell is missing where `missing` refuses that, a missing word is to be
    /// filled with a number, or no row is left.
    pub fn select(
        &self,
        numbers: &[usize],
        words: Option<usize>,
        missing: Missing,
    ) -> Result<Cells> {
        if let Some(&bad) = numbers.iter().chain(&words).find(|&&column| column >= self.width) {
            let rule = format!("must be below {}", self.width);
            return Err(Error::invalid("Csv::select", "columns", rule, bad));
        }
        let mut values = Vec::new();
        let mut dropped = Vec::new();
        // Numbered as they come, and put in order at the end.
        let mut places: BTreeMap<String, i32> = BTreeMap::new();
        let mut labels: Vec<i32> = Vec::new();
        let mut rows = 0;
        'rows: for record in self.reader().records().skip(usize::from(!self.columns.is_empty())) {
            let record = record.map_err(|e| failure(&self.what, e))?;
            let line = record.position().map_or(0, csv::Position::line);
            let start = values.len();
            for &column in numbers {
                let cell = record.get(column).unwrap_or_default();
                let number = self.number(cell);
                if is_missing(cell) && !(missing == Missing::Keep && number.is_some()) {
                    match missing {
                        Missing::Fill(value) => values.push(value),
                        Missing::Drop => {
                            values.truncate(start);
                            dropped.push(line);
                            continue 'rows;
                        }
                        Missing::Refuse | Missing::Keep => {
                            return Err(self.cell(line, column, "is missing"));
                        }
                    }
                } else if let Some(number) = number {
                    values.push(number);
                } else {
                    return Err(self.cell(
                        line,
                        column,
                        &format!("is no number, but {}", quoted(cell, 40)),
                    ));
                }
            }
            if let Some(column) = words {
                let word = record.get(column).unwrap_or_default();
                if word.is_empty() {
                    if missing == Missing::Drop {
                        values.truncate(start);
                        dropped.push(line);
                        continue;
                    }
                    return Err(self.cell(line, column, "is missing"));
                }
                let next = places.len() as i32;
                labels.push(match places.get(word) {
                    Some(&place) => place,
                    None => *places.entry(word.to_string()).or_insert(next),
                });
            }
            rows += 1;
        }
        if rows == 0 {
            return Err(Error::format(&*self.what, "has no row without a missing cell"));
        }
        let mut order = vec![0; places.len()];
        for (sorted, (_, &place)) in places.iter().enumerate() {
            order[place as usize] = sorted as i32;
        }
        labels.iter_mut().for_each(|label| *label = order[*label as usize]);
        Ok(Cells {
            numbers: Array::new(&[rows, numbers.len()], values)?,
            classes: places.into_keys().collect(),
            labels,
            dropped,
        })
    }

    /// What is wrong with a cell.
    fn cell(&self, line: u64, column: usize, what: &str) -> Error {
        let name = self.columns.get(column).map(|name| format!(" ({})", quoted(name, 40)));
        let at = format!("line {line}, column {}{}", column + 1, name.unwrap_or_default());
        Error::format(&*self.what, format!("{at} {what}"))
    }

    fn number(&self, cell: &str) -> Option<f64> {
        if let Ok(number) = cell.parse() {
            return Some(number);
        }
        let decimal = self.separator == b';' && cell.matches(',').count() == 1;
        if decimal && !cell.contains('.') { cell.replace(',', ".").parse().ok() } else { None }
    }

    fn reader(&self) -> csv::Reader<&[u8]> {
        reader(&self.text, self.separator, false)
    }
}

fn reader(text: &[u8], separator: u8, flexible: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator)
        .flexible(flexible)
        .trim(csv::Trim::All)
        .from_reader(text)
}

/// A text in quotes, cut off where it is long.
fn quoted(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

fn is_missing(cell: &str) -> bool {
    const MISSING: [&str; 7] = ["", "na", "n/a", "#n/a", "null", "?", "nan"];
    MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing))
}

/// What text is instead of UTF-8 lines, where that shows.
fn foreign(text: &[u8]) -> Option<&'static str> {
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Some("is UTF-16; save it as UTF-8");
    }
    let start = &text[..text.len().min(4096)];
    start.contains(&0).then_some("holds bytes that are no text")
}

/// The separator of the lines at the start of a text.
fn separator(text: &[u8]) -> u8 {
    let cuts = |&separator: &u8| {
        let records = reader(text, separator, true).into_byte_records().take(50);
        let widths: BTreeSet<usize> = records.flatten().map(|record| record.len()).collect();
        widths.len() == 1 && widths.first() > Some(&1)
    };
    b"\t;,".iter().copied().find(cuts).unwrap_or(b',')
}

fn failure(what: &str, e: csv::Error) -> Error {
    match e.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => Error::format(
            what,
            format!(
                "line {} has {len} cells, but the first row has {expected_len}",
                pos.as_ref().map_or(0, csv::Position::line)
            ),
        ),
        csv::ErrorKind::Utf8 { pos, .. } => Error::format(
            what,
            format!(
                "line {} is not UTF-8 text; save the file as UTF-8",
                pos.as_ref().map_or(0, csv::Position::line)
            ),
        ),
        _ => match e.into_kind() {
            csv::ErrorKind::Io(e) => super::read_error(what, e),
            kind => Error::format(what, format!("is not a readable table: {kind:?}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Table> {
        read_from("f.csv", text.as_bytes())
    }

    fn csv(text: &str) -> Csv {
        Csv::from_bytes("f.csv", text.into(), None).unwrap()
    }

    #[test]
    fn a_header_is_optional() {
        let bare = parse("1,2\n-3.5e2, nan \n").unwrap();
        assert!(bare.columns.is_empty());
        assert_eq!(bare.values.shape(), [2, 2]);
        let v = bare.values.as_slice::<f64>().unwrap();
        assert_eq!(v[..3], [1.0, 2.0, -350.0]);
        assert!(v[3].is_nan());
        // A first row with some numbers is still a header.
        let named = parse("1,b\r\n3,4\r\n").unwrap();
        assert_eq!(named.columns, ["1", "b"]);
        assert_eq!(named.values, Array::new(&[1, 2], vec![3.0, 4.0]).unwrap());
    }

    #[test]
    fn a_word_is_a_header_only_over_numbers() {
        // As the UCI repository has them: no header, and the class at the end.
        let bare = csv("5.1,3.5,setosa\n6.2,2.9,virginica\n5.0,3.4,setosa\n");
        assert!(bare.columns().is_empty());
        assert_eq!([0, 1, 2].map(|c| bare.is_numeric(c)), [true, true, false]);
        let cells = bare.select(&[1, 0], Some(bare.find("3").unwrap()), Missing::Refuse).unwrap();
        assert_eq!(cells.numbers.to_vec::<f64>(), [3.5, 5.1, 2.9, 6.2, 3.4, 5.0]);
        assert_eq!((cells.classes.len(), cells.labels), (2, vec![0, 1, 0]));
        assert_eq!(csv("width,species\n1,cat\n").columns(), ["width", "species"]);
        assert_eq!(csv("名字,种类\n小花,猫\n").columns(), ["名字", "种类"]);
        // One may insist: years as names, or words as the first row.
        let years = Csv::from_bytes("f.csv", "2019,2020\n1,2\n".into(), Some(true)).unwrap();
        assert_eq!(years.columns(), ["2019", "2020"]);
        let words = Csv::from_bytes("f.csv", "cat,dog\nowl,cow\n".into(), Some(false)).unwrap();
        assert_eq!(words.select(&[], Some(0), Missing::Refuse).unwrap().classes, ["cat", "owl"]);
    }

    #[test]
    fn separators_quotes_and_marks_are_understood() {
        let expected = Array::new(&[2, 2], vec![1.5, 2.0, 3.0, -4.25]).unwrap();
        for text in [
            "a,b\n1.5,2\n3,-4.25\n",
            "a;b\n1.5;2\n3;-4.25\n",
            "a;b\n1,5;2,0\n3;-4,25\n",
            "a\tb\r\n1.5\t2\r\n3\t-4.25\r\n",
            "\u{feff}\"a\",\"b\"\n\"1.5\",2\n3,\"-4.25\"",
            "a, b\n 1.5 , 2\n3,-4.25\n\n",
        ] {
            let table = parse(text).unwrap();
            assert_eq!(
                (table.columns, table.values),
                (vec!["a".into(), "b".into()], expected.clone()),
                "{text:?}"
            );
        }
        let quoted = csv("\"a; \"\"b\"\"\",c\n\"x\ny\",1\n");
        assert_eq!(quoted.columns(), ["a; \"b\"", "c"]);
        assert_eq!(quoted.select(&[1], Some(0), Missing::Refuse).unwrap().classes, ["x\ny"]);
        assert_eq!(parse("7\n8\n").unwrap().values.shape(), [2, 1]);
    }

    #[test]
    fn missing_cells_are_refused_dropped_or_filled() {
        let t = csv("age,city\n3,Bonn\n,Köln\n5,\nNA,Bonn\n nan ,Köln\n6,NA\n");
        assert!(t.is_numeric(0) && !t.is_numeric(1));
        let select = |numbers: &[usize], words, missing| t.select(numbers, words, missing);
        let e = select(&[0], Some(1), Missing::Refuse).unwrap_err().to_string();
        assert_eq!(e, "f.csv: line 3, column 1 (\"age\") is missing");
        let e = select(&[], Some(1), Missing::Fill(0.0)).unwrap_err().to_string();
        assert_eq!(e, "f.csv: line 4, column 2 (\"city\") is missing");
        let cells = select(&[0], Some(1), Missing::Drop).unwrap();
        assert_eq!(cells.numbers.to_vec::<f64>(), [3.0, 6.0]);
        // A word may be what stands for a missing number: Namibia's code.
        assert_eq!(cells.classes, ["Bonn", "NA"]);
        assert_eq!((cells.labels, cells.dropped), (vec![0, 1], vec![3, 4, 5, 6]));
        let cells = select(&[0], None, Missing::Fill(-1.0)).unwrap();
        assert_eq!(cells.numbers.to_vec::<f64>(), [3.0, -1.0, 5.0, -1.0, -1.0, 6.0]);
        let e = csv("a\nNA\n?\n").select(&[0], None, Missing::Drop).unwrap_err().to_string();
        assert!(e.contains("no row without a missing cell"), "{e}");
    }

    #[test]
    fn damage_anywhere_is_an_error_or_a_table_and_never_a_panic() {
        let good = "\u{feff}\"a\";b;名\n1,5;;猫\n\"2\";NA;\"狗;\"\n".as_bytes();
        for at in 0..good.len() {
            for byte in [0, b'\n', b'"', b';', b',', b'9', 0x80, 0xff] {
                let mut bytes = good.to_vec();
                bytes[at] = byte;
                for text in [bytes, good[..at].to_vec()] {
                    let Ok(csv) = Csv::from_bytes("f", text, None) else { continue };
                    let all: Vec<usize> = (0..csv.width()).collect();
                    for missing in [Missing::Refuse, Missing::Drop, Missing::Fill(0.0)] {
                        for words in [None, csv.width().checked_sub(1)] {
                            if let Err(e) = csv.select(&all, words, missing) {
                                let e = e.to_string();
                                assert!(e.len() < 200 && !e.chars().any(char::is_control), "{e:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn columns_are_cut_out() {
        let t = parse("1,2,3\n4,5,6\n").unwrap();
        assert_eq!(
            t.columns(1, 3).unwrap(),
            Array::new(&[2, 2], vec![2.0, 3.0, 5.0, 6.0]).unwrap()
        );
        assert!(t.columns(2, 4).is_err());
    }

    #[test]
    fn errors_name_the_line_and_the_cell() {
        let message = |text| parse(text).unwrap_err().to_string();
        assert_eq!(
            message("a,b\n1,2\n3,x\n"),
            "f.csv: line 3, column 2 (\"b\") is no number, but \"x\""
        );
        assert_eq!(message("1,2\n3,\n"), "f.csv: line 2, column 2 is missing");
        assert_eq!(message("1,2\n3\n"), "f.csv: line 2 has 1 cells, but the first row has 2");
        assert_eq!(message(""), "f.csv: is empty");
        assert_eq!(message("a,b\n"), "f.csv: holds no row below its header");
        let e = read_from("f.csv", [0xffu8, b',', 0xfe].as_slice()).unwrap_err();
        assert!(e.to_string().contains("line 1 is not UTF-8"), "{e}");
        let e = read_from("f.csv", b"\xff\xfea\0,\0".as_slice()).unwrap_err();
        assert!(e.to_string().contains("is UTF-16"), "{e}");
        let e = read_from("f.csv", b"\x7fELF\0\0\0".as_slice()).unwrap_err();
        assert!(e.to_string().contains("bytes that are no text"), "{e}");
        let t = csv("a,b,b\n1,2,3\n");
        assert!(t.find("b").unwrap_err().to_string().contains("several columns called \"b\""));
        let e = t.find("c").unwrap_err().to_string();
        assert!(e.ends_with("has no column \"c\", but \"a\", \"b\", \"b\""), "{e}");
        assert!(csv("1,2\n").find("3").unwrap_err().to_string().contains("called 1 to 2"));
        assert!(t.select(&[3], None, Missing::Refuse).is_err());
    }
}
