//! Tables of numbers in CSV files.

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

/// Reads a CSV file of numbers, separated by commas.
///
/// The first row is the header if any of its cells is not a number. `nan` and `inf` are numbers;
/// spaces around a cell do not count.
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
    let path = path.as_ref();
    let (reader, _) = super::open(path)?;
    read_from(&path.display().to_string(), reader)
}

/// Reads CSV text from a reader; `what` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn read_from(what: &str, reader: impl Read) -> Result<Table> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(reader);
    let (mut columns, mut values, mut width) = (Vec::new(), Vec::new(), 0);
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|e| failure(what, e))?;
        width = record.len();
        let start = values.len();
        for (column, cell) in record.iter().enumerate() {
            match cell.parse::<f64>() {
                Ok(value) => values.push(value),
                Err(_) if row == 0 => {
                    columns = record.iter().map(str::to_string).collect();
                    values.truncate(start);
                    break;
                }
                Err(_) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    let cell =
                        if cell.is_empty() { "an empty cell".into() } else { format!("{cell:?}") };
                    return Err(Error::format(
                        what,
                        format!("line {line}, column {}: {cell} is not a number", column + 1),
                    ));
                }
            }
        }
    }
    if values.is_empty() {
        return Err(Error::format(what, "holds no row of numbers"));
    }
    Ok(Table { columns, values: Array::new(&[values.len() / width, width], values)? })
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
        csv::ErrorKind::Utf8 { .. } => Error::format(what, "is not UTF-8 text"),
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
        assert_eq!(message("a,b\n1,2\n3,x\n"), "f.csv: line 3, column 2: \"x\" is not a number");
        assert!(message("1,2\n3,\n").contains("an empty cell"));
        assert_eq!(message("1,2\n3\n"), "f.csv: line 2 has 1 cells, but the first row has 2");
        assert!(message("").contains("no row"));
        assert!(message("a,b\n").contains("no row"));
        let e = read_from("f.csv", [0xffu8, b',', 0xfe].as_slice()).unwrap_err();
        assert!(e.to_string().contains("UTF-8"), "{e}");
    }
}
