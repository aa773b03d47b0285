//! Data sets from whatever a path holds.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use cornu_graph::{Array, DType};

use super::{Dataset, cifar10, mnist};
use crate::io::{idx, image, npy, npz, table};
use crate::{Error, Result};

/// Opens a data set from a file or a folder, whose contents tell what it is:
///
/// | path | gives |
/// |---|---|
/// | folder of IDX files | [`mnist`](super::mnist()) |
/// | folder of CIFAR-10 batches | [`cifar10`](super::cifar10()) |
/// | folder of PNG images | [`read_folder`](image::read_folder), all of one size; no test part |
/// | `.npz` | `x_train`, `y_train`, `x_test`, `y_test`; or `x`, `y` and no test part; targets may be missing |
/// | `.npy`, IDX | inputs only |
/// | `.csv` | the last column is the target, the others are inputs, all `float32`; no test part |
///
/// Where there is no test part, the test arrays have no rows.
///
/// # Errors
/// When the path cannot be read, holds none of these, or inputs and targets do not fit together.
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
    let path = path.as_ref();
    if path.is_dir() {
        return if mnist::is_mnist(path) {
            super::mnist(path)
        } else if cifar10::is_cifar10(path) {
            super::cifar10(path)
        } else {
            images(path)
        };
    }
    let name = path.display().to_string();
    let mut start = Vec::new();
    let (reader, _) = crate::io::open(path)?;
    reader.take(8).read_to_end(&mut start).map_err(|e| Error::io(path, e))?;
    match start.as_slice() {
        [b'P', b'K', ..] => named(&name, npz::read(path)?),
        s if s.starts_with(npy::MAGIC) => Dataset::new(name, (npy::read(path)?, None), None),
        [0, 0, 8..=14, _, ..] | [0x1f, 0x8b, ..] => {
            Dataset::new(name, (idx::read(path)?, None), None)
        }
        _ if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) => rows(&name, path),
        _ => Err(Error::format(
            name,
            "is not a data set: give a .npz, .npy, IDX or .csv file, or a folder of PNG images or IDX files",
        )),
    }
}

fn images(path: &Path) -> Result<Dataset> {
    let folder = image::read_folder(path, None)?;
    let data = Dataset::new(path.display().to_string(), (folder.images, folder.labels), None)?;
    Ok(data.with_classes(folder.class_names))
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

fn rows(name: &str, path: &Path) -> Result<Dataset> {
    let table = table::read(path)?;
    let width = table.values.shape()[1];
    if width < 2 {
        return Err(Error::format(name, "must have a column of inputs and a column of targets"));
    }
    let x = table.columns(0, width - 1)?.cast(DType::F32);
    let y = table.columns(width - 1, width)?.cast(DType::F32);
    let count = y.len();
    let mut data = Dataset::new(name, (x, Some(y.reshape(&[count])?)), None)?;
    data.feature_names = table.columns.into_iter().take(width - 1).collect();
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert!(message(&folder.file("a.txt", b"hello")).contains("is not a data set"));
        assert!(message(&folder.file("empty", b"")).contains("is not a data set"));
        assert!(message(&folder.file("a.csv", b"1\n2\n")).contains("column of targets"));
        assert!(message(&folder.0.join("missing")).contains("missing"));
        let path = folder.0.join("w.npz");
        npz::write(&path, [("kernel", &Array::scalar(1f32))]).unwrap();
        assert!(message(&path).contains("`x_train` or `x`, but holds kernel"));
        npz::write(&path, [("x", &Array::scalar(1f32))]).unwrap();
        assert!(message(&path).contains("counts the samples"));
    }
}
