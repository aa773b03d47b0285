//! Predictions as files.

use std::io::Write;
use std::path::Path;

use cornu::io::{atomic_write, npy, npz};
use cornu::{Array, DType};
use serde_json::{Number, Value};

use super::Predictions;
use crate::Failure;

/// The kind of a file, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Csv,
    Json,
    Npy,
    Npz,
}

impl Form {
    pub fn of(path: &Path) -> Result<Form, Failure> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        match ending.as_str() {
            "csv" => Ok(Form::Csv),
            "json" => Ok(Form::Json),
            "npy" => Ok(Form::Npy),
            "npz" => Ok(Form::Npz),
            _ => Err(Failure::input(format!(
                "--output must end in .csv, .json, .npy or .npz. Received: {}",
                path.display()
            ))),
        }
    }

    pub fn write(self, path: &Path, given: &Predictions, model: &Path) -> Result<(), Failure> {
        let done = match self {
            Form::Npz => npz::write(path, given.outputs.iter().map(|(n, a)| (n.as_str(), a))),
            Form::Npy => match &given.outputs[..] {
                [(_, only)] => npy::write(path, only),
                outputs => {
                    let message = format!(
                        "the model has {} outputs, which one .npy file cannot hold",
                        outputs.len()
                    );
                    return Err(Failure::input(message)
                        .hint("give --output a name that ends in .npz, .csv or .json"));
                }
            },
            Form::Json => {
                let document = given.document(model);
                atomic_write(path, |file| Ok(writeln!(file, "{document}")?))
            }
            Form::Csv => atomic_write(path, |file| csv(file, given)),
        };
        done.map_err(Failure::input)
    }
}

/// A header and a line for each row: the name of a picture, the numbers of all outputs, the class where classes have names.
fn csv(file: &mut impl Write, given: &Predictions) -> std::io::Result<()> {
    let mut header = Vec::new();
    if !given.rows.is_empty() {
        header.push("file".to_string());
    }
    let rows: Vec<(usize, Vec<String>)> =
        given.outputs.iter().map(|(_, array)| (width(array), texts(array))).collect();
    for (name, array) in &given.outputs {
        header
            .extend(places(&array.shape()[1..]).into_iter().map(|place| format!("{name}{place}")));
    }
    let classes = given.class_names();
    if classes.is_some() {
        header.push("class".into());
    }
    let mut out = csv::Writer::from_writer(file);
    out.write_record(&header)?;
    for row in 0..given.count() {
        let mut record: Vec<&str> = given.rows.get(row).map(String::as_str).into_iter().collect();
        for (width, texts) in &rows {
            record.extend(texts[row * width..(row + 1) * width].iter().map(String::as_str));
        }
        if let (Some(names), [(_, only)]) = (classes, &given.outputs[..]) {
            record.push(&names[best(&only.to_vec::<f32>()[row * names.len()..][..names.len()])]);
        }
        out.write_record(&record)?;
    }
    out.flush()
}

/// The place of the largest value.
pub fn best(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// What is added to an output's name for each of its numbers in a row: nothing for one, else `_0`, `_1`, or `_0_0`.
fn places(shape: &[usize]) -> Vec<String> {
    if shape.iter().product::<usize>() == 1 {
        return vec![String::new()];
    }
    let mut names = vec![String::new()];
    for &size in shape {
        names =
            names.iter().flat_map(|name| (0..size).map(move |i| format!("{name}_{i}"))).collect();
    }
    names
}

/// The numbers of a row.
pub fn width(array: &Array) -> usize {
    array.shape()[1..].iter().product()
}

/// All values as text, as short as they can be told apart.
fn texts(array: &Array) -> Vec<String> {
    let float = |text: String, finite: bool| if finite { text } else { text.to_lowercase() };
    match array.dtype() {
        DType::F32 => {
            array.to_vec::<f32>().iter().map(|v| float(v.to_string(), v.is_finite())).collect()
        }
        DType::F64 => {
            array.to_vec::<f64>().iter().map(|v| float(v.to_string(), v.is_finite())).collect()
        }
        _ => array.to_vec::<i64>().iter().map(i64::to_string).collect(),
    }
}

/// The values as nested lists; null for what is no finite number.
pub fn nested(array: &Array) -> Value {
    let leaf = |text: String| -> Value {
        text.parse::<i64>().map(Value::from).unwrap_or_else(|_| {
            let number = text.parse().ok().and_then(Number::from_f64);
            number.map_or(Value::Null, Value::Number)
        })
    };
    let mut values: Vec<Value> = texts(array).into_iter().map(leaf).collect();
    for &size in array.shape()[1..].iter().rev() {
        let count = values.len().checked_div(size).unwrap_or(0);
        let mut all = values.into_iter();
        values = (0..count).map(|_| Value::Array(all.by_ref().take(size).collect())).collect();
    }
    Value::Array(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(outputs: Vec<(&str, Array)>, rows: &[&str], classes: &[&str]) -> Predictions {
        let strings = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        let outputs = outputs.into_iter().map(|(name, a)| (name.to_string(), a)).collect();
        Predictions { outputs, rows: strings(rows), classes: strings(classes) }
    }

    fn text(given: &Predictions) -> String {
        let mut out = Vec::new();
        csv(&mut out, given).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn tables_have_a_header_and_a_line_for_each_row() {
        let dense = Array::new(&[2, 2], vec![0.25f32, 0.75, f32::NAN, -1.5e-7]).unwrap();
        let one = Array::new(&[2, 1], vec![3i32, -4]).unwrap();
        assert_eq!(
            text(&given(vec![("dense", dense.clone()), ("n", one)], &[], &[])),
            "dense_0,dense_1,n\n0.25,0.75,3\nnan,-0.00000015,-4\n"
        );
        assert_eq!(
            text(&given(vec![("p", dense)], &["a,b.png", "图.png"], &["横条", "十字"])),
            "file,p_0,p_1,class\n\"a,b.png\",0.25,0.75,十字\n图.png,nan,-0.00000015,横条\n"
        );
        let deep = Array::new(&[1, 2, 2], vec![1f64, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(text(&given(vec![("m", deep)], &[], &[])), "m_0_0,m_0_1,m_1_0,m_1_1\n1,2,3,4\n");
    }

    #[test]
    fn documents_are_valid_json() {
        let deep = Array::new(&[2, 1, 2], vec![0.1f32, f32::INFINITY, 3.0, f32::NAN]).unwrap();
        let document = given(vec![("m", deep)], &["a", "b"], &[]).document(Path::new("m.keras"));
        let again: Value = serde_json::from_str(&document.to_string()).unwrap();
        assert_eq!(
            again,
            serde_json::json!({
                "model": "m.keras", "rows": 2, "names": ["a", "b"],
                "outputs": { "m": [[[0.1, null]], [[3, null]]] },
            })
        );
        assert_eq!(nested(&Array::zeros(&[0, 3], DType::F32).unwrap()), serde_json::json!([]));
    }

    #[test]
    fn endings_tell_the_form() {
        assert_eq!(Form::of(Path::new("a/b.CSV")).unwrap(), Form::Csv);
        let said = format!("{:?}", Form::of(Path::new("y.xlsx")).unwrap_err());
        assert!(said.contains(".csv, .json, .npy or .npz"), "{said}");
    }
}
