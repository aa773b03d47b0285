//! Data sets by name, or from files: see [`load`].
//!
//! Small sets of real data are part of the library, so that nothing has to be downloaded to train on
//! [`digits`], [`emoji`] or a table. [`open`] recognises files and folders, [`list`] tells what there is.

mod catalog;
mod cifar10;
mod mnist;
mod open;
mod shipped;
mod split;

use cornu_graph::{Array, with_dtype};

pub use catalog::{Info, list};
pub use cifar10::cifar10;
pub use mnist::{fashion_mnist, mnist};
pub use open::{Options, open, open_with};
pub use shipped::{boston_housing, diabetes, digits, digits8x8, emoji, iris, wine};
pub use split::train_test_split;

use crate::{Error, Result};

/// A training and a test part, like what Keras's `load_data()` functions give.
///
/// Images are `uint8` with values from 0 to 255, features and regression targets `float32`, classes
/// `int32`; arrays that come from `.npy` and `.npz` files keep their types.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dataset {
    /// The name, or the path that it was read from.
    pub name: String,
    /// Training inputs; the first axis counts the samples.
    pub x_train: Array,
    /// Training targets, if there are any.
    pub y_train: Option<Array>,
    /// Test inputs: no rows where the source has no test part.
    pub x_test: Array,
    /// Test targets: present where `y_train` is.
    pub y_test: Option<Array>,
    /// The name of each class; empty where the targets are no classes or their names are not known.
    pub class_names: Vec<String>,
    /// The name of each feature of a table; empty otherwise.
    pub feature_names: Vec<String>,
    /// The name of each target of a table in a file with a header; empty otherwise.
    pub target_names: Vec<String>,
    /// The files of pictures, those of the test part after the others; empty for other data.
    pub files: Vec<std::path::PathBuf>,
    /// The lines of a table that were left out for their missing cells.
    pub dropped: Vec<u64>,
}

impl Dataset {
    /// A data set without class or feature names, once its parts are known to fit together.
    fn new(
        name: impl Into<String>,
        (x_train, y_train): (Array, Option<Array>),
        test: Option<(Array, Option<Array>)>,
    ) -> Result<Dataset> {
        let name = name.into();
        if x_train.ndim() == 0 {
            return Err(Error::format(
                name,
                "the inputs must have an axis that counts the samples",
            ));
        }
        let (x_test, y_test) = match test {
            Some(test) => test,
            None => (
                x_train.rows(0, 0)?,
                y_train.as_ref().filter(|y| y.ndim() > 0).map(|y| y.rows(0, 0)).transpose()?,
            ),
        };
        if x_test.ndim() == 0
            || x_train.shape()[1..] != x_test.shape()[1..]
            || x_train.dtype() != x_test.dtype()
        {
            return Err(Error::format(
                name,
                format!(
                    "training and test inputs must be alike, but are {} {:?} and {} {:?}",
                    x_train.dtype(),
                    x_train.shape(),
                    x_test.dtype(),
                    x_test.shape()
                ),
            ));
        }
        for (part, x, y) in [("training", &x_train, &y_train), ("test", &x_test, &y_test)] {
            if let Some(y) = y
                && y.shape().first() != x.shape().first()
            {
                return Err(Error::format(
                    name,
                    format!(
                        "the {part} part must have one target for each input, but has inputs {:?} and targets {:?}",
                        x.shape(),
                        y.shape()
                    ),
                ));
            }
        }
        if y_train.is_some() != y_test.is_some() {
            return Err(Error::format(name, "only one of the training and test parts has targets"));
        }
        if let (Some(a), Some(b)) = (&y_train, &y_test)
            && (a.shape()[1..] != b.shape()[1..] || a.dtype() != b.dtype())
        {
            return Err(Error::format(
                name,
                format!(
                    "training and test targets must be alike, but are {} {:?} and {} {:?}",
                    a.dtype(),
                    a.shape(),
                    b.dtype(),
                    b.shape()
                ),
            ));
        }
        Ok(Dataset {
            name,
            x_train,
            y_train,
            x_test,
            y_test,
            class_names: Vec::new(),
            feature_names: Vec::new(),
            target_names: Vec::new(),
            files: Vec::new(),
            dropped: Vec::new(),
        })
    }

    fn with_classes<S: ToString>(mut self, names: impl IntoIterator<Item = S>) -> Dataset {
        self.class_names = names.into_iter().map(|n| n.to_string()).collect();
        self
    }

    /// The shape of one input.
    pub fn sample_shape(&self) -> &[usize] {
        self.x_train.shape().get(1..).unwrap_or_default()
    }

    /// Training and test part together, for models that are not tested, such as a GAN.
    ///
    /// # Errors
    /// When fields were changed so that the parts no longer fit together.
    pub fn all(&self) -> Result<(Array, Option<Array>)> {
        let y = match (&self.y_train, &self.y_test) {
            (Some(a), Some(b)) => Some(append(a, b)?),
            _ => None,
        };
        Ok((append(&self.x_train, &self.x_test)?, y))
    }
}

fn append(a: &Array, b: &Array) -> Result<Array> {
    let mut shape = a.shape().to_vec();
    if let (Some(n), Some(m)) = (shape.first_mut(), b.shape().first()) {
        *n += m;
    }
    Ok(
        with_dtype!(a.dtype(), T => Array::new(&shape, [a.as_slice::<T>()?, b.as_slice::<T>()?].concat())?),
    )
}

/// Loads a data set by its name (see [`list`]), or from a path (see [`open`]).
///
/// `-` and `_` are the same in a name, and so are upper and lower case. `"mnist"` names the MNIST images that
/// ship with the library, like `"digits"`; the whole of MNIST is loaded from a folder.
///
/// # Errors
/// When it is neither a name nor a path that exists, or the data cannot be loaded.
///
/// ```
/// let data = cornu::datasets::load("iris")?;
/// assert_eq!(data.x_train.shape(), [120, 4]);
/// assert_eq!(data.class_names, ["setosa", "versicolor", "virginica"]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn load(name_or_path: &str) -> Result<Dataset> {
    load_with(name_or_path, &Options::default())
}

/// Loads a data set by its name (see [`list`]), or from a path with options (see [`open_with`]).
///
/// # Errors
/// As [`load`].
pub fn load_with(name_or_path: &str, options: &Options) -> Result<Dataset> {
    match name_or_path.to_lowercase().replace('_', "-").as_str() {
        "digits" | "mnist" => digits(),
        "emoji" => emoji(),
        "boston-housing" => boston_housing(),
        "diabetes" => diabetes(),
        "digits8x8" => digits8x8(),
        "iris" => iris(),
        "wine" => wine(),
        "fashion-mnist" => fashion_mnist(),
        _ if std::path::Path::new(name_or_path).exists() => open_with(name_or_path, options),
        _ => {
            let names: Vec<&str> = list().iter().map(|i| i.name).collect();
            Err(Error::invalid(
                "datasets::load",
                "name_or_path",
                format!("must be a file, a folder or one of {}", names.join(", ")),
                format!("{name_or_path:?}"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(n: usize) -> Option<Array> {
        Some(Array::zeros(&[n], crate::DType::I32).unwrap())
    }

    fn x(shape: &[usize]) -> Array {
        Array::full(shape, 1u8).unwrap()
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let message = |train, test| Dataset::new("d", train, test).unwrap_err().to_string();
        assert!(message((Array::scalar(1u8), None), None).contains("counts the samples"));
        assert!(message((x(&[2, 3]), labels(3)), None).contains("one target for each input"));
        assert!(message((x(&[2, 3]), Some(Array::scalar(1i32))), None).contains("one target"));
        assert!(message((x(&[2, 3]), None), Some((x(&[2, 4]), None))).contains("alike"));
        assert!(message((x(&[2]), None), Some((Array::scalar(1u8), None))).contains("alike"));
        assert!(message((x(&[2, 0]), None), Some((Array::scalar(1u8), None))).contains("alike"));
        assert!(message((x(&[2, 3]), labels(2)), Some((x(&[1, 3]), None))).contains("only one"));
        let floats = Some(Array::full(&[1], 1f32).unwrap());
        assert!(message((x(&[2, 3]), labels(2)), Some((x(&[1, 3]), floats))).contains("alike"));
    }

    #[test]
    fn without_a_test_part_there_are_no_test_rows() {
        let d = Dataset::new("d", (x(&[2, 3]), labels(2)), None).unwrap();
        assert_eq!(d.x_test.shape(), [0, 3]);
        assert_eq!(d.y_test.as_ref().unwrap().shape(), [0]);
        assert_eq!(d.sample_shape(), [3]);
        assert_eq!(d.all().unwrap(), (d.x_train, d.y_train));
    }

    #[test]
    fn all_is_train_then_test() {
        let a = Array::new(&[2, 1], vec![1f32, 2.0]).unwrap();
        let b = Array::new(&[1, 1], vec![3f32]).unwrap();
        let d = Dataset::new("d", (a, labels(2)), Some((b, labels(1)))).unwrap();
        let (x, y) = d.all().unwrap();
        assert_eq!(x, Array::new(&[3, 1], vec![1f32, 2.0, 3.0]).unwrap());
        assert_eq!(y, labels(3));
    }

    #[test]
    fn every_listed_set_that_ships_loads_by_its_name_and_is_what_the_list_says() {
        for info in list().iter().filter(|i| i.ships) {
            let d = load(info.name).unwrap();
            assert_eq!(d.x_train.shape()[0], info.train, "{}", info.name);
            assert_eq!(d.x_test.shape()[0], info.test, "{}", info.name);
            assert_eq!(d.sample_shape(), info.sample_shape, "{}", info.name);
            assert_eq!(d.class_names.len(), info.classes, "{}", info.name);
        }
        assert_eq!(load("MNIST").unwrap(), digits().unwrap());
        assert_eq!(load("Boston_Housing").unwrap().name, "boston-housing");
        let e = load("no-such-set").unwrap_err().to_string();
        assert!(e.contains("one of digits, emoji") && e.contains("no-such-set"), "{e}");
    }
}
