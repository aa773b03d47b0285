//! Data sets from whatever a path holds.

use std::collections::BTreeMap;
use std::path::Path;

use cornu_graph::Array;

use super::{Dataset, cifar10, mnist};
use crate::io::table::{Csv, Missing};
use crate::io::{Kind, idx, image, npy, npz};
use crate::{Error, Result};

/// How [`open_with`] and [`load_with`](super::load_with) read files that leave something open.
///
/// ```
/// let options = cornu::datasets::Options { target: Some(vec!["price".into()]), ..Default::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// The `(height, width)` to which pictures of a folder are resized. Default: they must have one size.
    pub image_size: Option<(usize, usize)>,
    /// The columns of a table that are targets, by name, or from 1 on where there is no header; none if the list is
    /// empty. Default: the last column.
    pub target: Option<Vec<String>>,
    /// The columns of a table that are left out. Default: none.
    pub drop: Vec<String>,
    /// Whether the first row of a table is its header. Default: what it looks like (see [`Csv`]).
    pub header: Option<bool>,
    /// What becomes of rows of a table with missing cells. Default: an error.
    pub missing: Missing,
}

/// Opens a data set from a file or a folder: [`open_with`], with the default options.
///
/// # Errors
/// As [`open_with`].
///
/// ```
/// use cornu::{Array, datasets, io::npz};
/// let path = std::env::temp_dir().join("cornu-doc-open.npz");
/// npz::write(&path, [("x", &Array::full(&[5, 2], 1f32)?), ("y", &Array::full(&[5], 0i32)?)])?;
/// assert_eq!(datasets::open(&path)?.x_train.shape(), [5, 2]);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn open(path: impl AsRef<Path>) -> Result<Dataset> {
    open_with(path, &Options::default())
}

/// Opens a data set from a file or a folder, whose contents tell what it is:
///
/// | path | gives |
/// |---|---|
/// | folder of IDX files | [`mnist`](super::mnist()) |
/// | folder of CIFAR-10 batches | [`cifar10`](super::cifar10()) |
/// | folder of PNG and JPEG images | [`read_folder`](image::read_folder); no test part, unless there are two such folders in it, `train` and one of `test`, `validation` and `val` |
/// | PNG, JPEG | one input |
/// | `.npz` | `x_train`, `y_train`, `x_test`, `y_test`; or `x`, `y` and no test part; targets may be missing |
/// | `.npy`, IDX | inputs only |
/// | `.csv`, `.tsv` | a [table](Csv): columns of numbers are inputs, `float32`; a target of numbers is `float32`, one of words `int32` with class names, several are `float32` of shape `[n, targets]`; no test part |
///
/// Where there is no test part, the test arrays have no rows.
///
/// # Errors
/// When the path cannot be read, holds none of these, inputs and targets do not fit together, or a column of a table is
/// unknown or holds words where numbers are needed.
pub fn open_with(path: impl AsRef<Path>, options: &Options) -> Result<Dataset> {
    let path = path.as_ref();
    if path.is_dir() {
        return if mnist::is_mnist(path) {
            super::mnist(path)
        } else if cifar10::is_cifar10(path) {
            super::cifar10(path)
        } else {
            images(path, options)
        };
    }
    let name = path.display().to_string();
    let is = |endings: &[&str]| {
        path.extension()
            .is_some_and(|e| endings.iter().any(|ending| e.eq_ignore_ascii_case(ending)))
    };
    let table = is(&["csv", "tsv"]);
    let kind = Kind::of(path)?;
    if is(&["xlsx", "xls", "ods", "numbers"]) && !matches!(kind, Kind::Npz | Kind::Npy) {
        return Err(Error::format(name, "is a spreadsheet: save it as CSV, and give that"));
    }
    match kind {
        Kind::Npz | Kind::Zip => named(&name, npz::read(path)?),
        Kind::Npy => Dataset::new(name, (npy::read(path)?, None), None),
        Kind::Idx | Kind::Gzip => Dataset::new(name, (idx::read(path)?, None), None),
        Kind::Png | Kind::Jpeg => picture(&name, path, options),
        // What is no UTF-8 is said by its line.
        Kind::Text | Kind::Json | Kind::Unknown | Kind::Empty if table => {
            rows(&name, &Csv::open(path, options.header)?, options)
        }
        Kind::Text => Err(Kind::Text.refusal(&name, "a data set; the name of a table must end in .csv")),
        other => Err(other.refusal(
            &name,
            "a data set: a .csv, .npz, .npy, IDX, PNG or JPEG file, or a folder of images or IDX files",
        )),
    }
}

fn images(path: &Path, options: &Options) -> Result<Dataset> {
    let what = path.display().to_string();
    let read = |path: &Path| image::read_folder(path, options.image_size);
    let test = ["test", "validation", "val"].map(|name| path.join(name));
    let test = test.iter().find(|test| path.join("train").is_dir() && test.is_dir());
    let Some(test) = test else {
        let all = read(path)?;
        let data = Dataset::new(what, (all.images, all.labels), None)?;
        return Ok(Dataset { files: all.files, ..data }.with_classes(all.class_names));
    };
    let (train, test) = (read(&path.join("train"))?, read(test)?);
    if train.class_names != test.class_names {
        let (train, test) = (train.class_names.join(", "), test.class_names.join(", "));
        let reason = format!("has other classes for testing than for training: {test} and {train}");
        return Err(Error::format(what, reason));
    }
    let test_part = Some((test.images, test.labels));
    let data = Dataset::new(what, (train.images, train.labels), test_part)?;
    let files = [train.files, test.files].concat();
    Ok(Dataset { files, ..data }.with_classes(train.class_names))
}

fn picture(name: &str, path: &Path, options: &Options) -> Result<Dataset> {
    let mut image = image::read(path)?;
    if let Some(size) = options.image_size {
        image = image::resize(&image, size)?;
    }
    let shape = [&[1], image.shape()].concat();
    let mut data = Dataset::new(name, (image.reshape(&shape)?, None), None)?;
    data.files = vec![path.to_path_buf()];
    Ok(data)
}

fn named(name: &str, mut arrays: BTreeMap<String, Array>) -> Result<Dataset> {
    let found: Vec<String> = arrays.keys().cloned().collect();
    let mut take = |key: &str| arrays.remove(key);
    let data = if let Some(x) = take("x_train") {
        let train = (x, take("y_train"));
        let test = take("x_test").map(|x| (x, take("y_test")));
        Dataset::new(name, train, test)?
    } else if let Some(x) = take("x") {
        Dataset::new(name, (x, take("y")), None)?
    } else {
        return Err(Error::format(
            name,
            format!("must hold an array `x_train` or `x`, but holds {}", found.join(", ")),
        ));
    };
    Ok(data)
}

fn rows(name: &str, csv: &Csv, options: &Options) -> Result<Dataset> {
    let find = |names: &[String]| -> Result<Vec<usize>> {
        names.iter().map(|name| csv.find(name)).collect()
    };
    let left_out = find(&options.drop)?;
    let kept = || (0..csv.width()).filter(|column| !left_out.contains(column));
    let targets = match &options.target {
        Some(names) => find(names)?,
        None => kept().next_back().into_iter().collect(),
    };
    let features: Vec<usize> = kept().filter(|column| !targets.contains(column)).collect();
    if features.is_empty() {
        let needed = if targets.is_empty() { "" } else { " and a column of targets" };
        return Err(Error::format(name, format!("must have a column of inputs{needed}")));
    }
    // A single target of words is a class.
    let words = match targets[..] {
        [only] if !csv.is_numeric(only) => Some(only),
        _ => None,
    };
    let numbers: Vec<usize> =
        features.iter().chain(targets.iter().filter(|_| words.is_none())).copied().collect();
    let cells = csv.select(&numbers, words, options.missing)?;
    let all = cells.numbers.as_slice::<f64>()?;
    let part = |from: usize, to: usize| {
        let rows =
            all.chunks(numbers.len()).flat_map(|row| row[from..to].iter().map(|&v| v as f32));
        Array::new(&[all.len() / numbers.len(), to - from], rows.collect())
    };
    let x = part(0, features.len())?;
    let count = x.shape()[0];
    let y = if words.is_some() {
        Some(Array::new(&[count], cells.labels)?)
    } else if targets.is_empty() {
        None
    } else {
        let y = part(features.len(), numbers.len())?;
        Some(if targets.len() == 1 { y.reshape(&[count])? } else { y })
    };
    let mut data = Dataset::new(name, (x, y), None)?.with_classes(cells.classes);
    let names =
        |places: &[usize]| places.iter().filter_map(|&p| csv.columns().get(p).cloned()).collect();
    data.feature_names = names(&features);
    data.target_names = names(&targets);
    data.dropped = cells.dropped;
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use crate::io::tests::Folder;

    #[test]
    fn each_kind_is_recognised_by_its_contents() {
        let folder = Folder::new();
        let at = |name: &str| folder.0.join(name);
        let x = Array::new(&[2, 3], vec![1u8, 2, 3, 4, 5, 6]).unwrap();
        let y = Array::new(&[2], vec![0i64, 1]).unwrap();

        npy::write(at("inputs.bin"), &x).unwrap();
        assert_eq!(open(at("inputs.bin")).unwrap().x_train, x);
        idx::write(at("i.gz"), &x).unwrap();
        assert_eq!(open(at("i.gz")).unwrap().x_train, x);
        idx::write(at("i"), &x).unwrap();
        assert_eq!(open(at("i")).unwrap().y_train, None);

        npz::write(at("d"), [("x_train", &x), ("y_train", &y), ("x_test", &x), ("y_test", &y)])
            .unwrap();
        let d = open(at("d")).unwrap();
        assert_eq!((&d.x_test, d.y_test.as_ref()), (&x, Some(&y)));

        folder.file("t.CSV", b"a,b,target\n1,2,3\n4,5,6.5\n");
        let d = open(at("t.CSV")).unwrap();
        assert_eq!(d.feature_names, ["a", "b"]);
        assert_eq!(d.y_train.unwrap().as_slice::<f32>().unwrap(), [3.0, 6.5]);

        folder.file("p.bin", &image::png_bytes(&x).unwrap());
        assert_eq!(open(at("p.bin")).unwrap().x_train.shape(), [1, 2, 3, 1]);

        folder.file("pictures/cat/1.png", &image::png_bytes(&x).unwrap());
        let d = open(at("pictures")).unwrap();
        assert_eq!(
            (d.x_train.shape(), d.class_names),
            ([1, 2, 3, 1].as_slice(), vec!["cat".to_string()])
        );

        let images = Array::full(&[2, 4, 4], 1u8).unwrap();
        std::fs::create_dir(at("m")).unwrap();
        idx::write(at("m/train-images-idx3-ubyte"), &images).unwrap();
        idx::write(at("m/train-labels-idx1-ubyte"), &y.cast(DType::U8)).unwrap();
        assert_eq!(open(at("m")).unwrap().x_train, images);
    }

    #[test]
    fn what_is_no_data_set_says_so() {
        let folder = Folder::new();
        let message = |path: &Path| open(path).unwrap_err().to_string();
        assert!(
            message(&folder.file("a.txt", b"hello")).contains("is text, not a data set; the name")
        );
        assert!(message(&folder.file("empty", b"")).contains("is empty, not a data set"));
        assert!(message(&folder.file("a.csv", b"1\n2\n")).contains("column of targets"));
        assert!(message(&folder.file("b.gif", b"GIF89a")).contains("is a GIF image, not a data"));
        assert!(message(&folder.0.join("missing")).contains("missing"));
        assert!(message(&folder.file("t.xlsx", b"PK\x03\x04")).contains("save it as CSV"));
        let path = folder.0.join("w.npz");
        npz::write(&path, [("kernel", &Array::scalar(1f32))]).unwrap();
        assert!(message(&path).contains("`x_train` or `x`, but holds kernel"));
        npz::write(&path, [("x", &Array::scalar(1f32))]).unwrap();
        assert!(message(&path).contains("counts the samples"));
    }

    #[test]
    fn columns_of_tables_are_chosen_by_name() {
        let folder = Folder::new();
        let text = "id;weight;kind;height\na;1,5;cat;3\nb;2;dog;\nc;0,5;cat;4\n";
        let path = folder.file("pets.tsv", text.as_bytes());
        let open = |target: Option<&[&str]>, drop: &[&str], missing| {
            let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
            let options = Options {
                target: target.map(names),
                drop: names(drop),
                missing,
                ..Default::default()
            };
            open_with(&path, &options)
        };
        let d = open(Some(&["kind"]), &["id", "height"], Missing::Refuse).unwrap();
        assert_eq!(
            (d.class_names, d.feature_names),
            (vec!["cat".into(), "dog".into()], vec!["weight".to_string()])
        );
        assert_eq!(d.y_train, Some(Array::new(&[3], vec![0, 1, 0]).unwrap()));
        assert_eq!(d.x_train, Array::new(&[3, 1], vec![1.5f32, 2.0, 0.5]).unwrap());
        let d = open(None, &["id", "kind"], Missing::Drop).unwrap();
        assert_eq!((d.target_names, d.dropped), (vec!["height".to_string()], vec![3]));
        assert_eq!(d.y_train, Some(Array::new(&[2], vec![3f32, 4.0]).unwrap()));
        let d = open(Some(&["height", "weight"]), &["id", "kind"], Missing::Fill(0.0));
        assert!(d.unwrap_err().to_string().contains("a column of inputs"));
        let d = open(Some(&[]), &["id", "kind"], Missing::Fill(7.0)).unwrap();
        assert_eq!(
            (d.y_train, d.x_train.to_vec::<f32>()),
            (None, vec![1.5, 3.0, 2.0, 7.0, 0.5, 4.0])
        );
        let message = |target: &[&str], drop: &[&str]| {
            open(Some(target), drop, Missing::Refuse).unwrap_err().to_string()
        };
        assert!(message(&["kind"], &["id"]).ends_with("line 3, column 4 (\"height\") is missing"));
        assert!(
            message(&["height"], &["kind"]).ends_with("column 1 (\"id\") is no number, but \"a\"")
        );
        assert!(
            message(&["hight"], &[]).contains("has no column \"hight\", but \"id\", \"weight\"")
        );
    }

    #[test]
    fn folders_for_training_and_testing_belong_together() {
        let folder = Folder::new();
        let png = |value: u8| image::png_bytes(&Array::full(&[2, 2], value).unwrap()).unwrap();
        folder.file("train/cat/1.png", &png(1));
        folder.file("train/dog/1.png", &png(2));
        folder.file("test/dog/2.png", &png(3));
        let message = open(&folder.0).unwrap_err().to_string();
        assert!(
            message.contains("other classes for testing than for training: dog and cat, dog"),
            "{message}"
        );
        folder.file("test/cat/2.png", &png(4));
        let d = open(&folder.0).unwrap();
        assert_eq!((d.x_train.shape()[0], d.x_test.to_vec::<u8>()[0]), (2, 4));
        assert_eq!(d.y_test.unwrap().to_vec::<i32>(), [0, 1]);
        assert_eq!((d.class_names.len(), d.files.len()), (2, 4));
    }
}
