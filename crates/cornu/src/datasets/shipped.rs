//! The data sets that are part of the library. `tools/data` has the script that made each file, `NOTICE` says
//! whose work it is.

use cornu_graph::{Array, DType};

use super::Dataset;
use crate::Result;
use crate::io::{idx, table};

macro_rules! data {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../data/", $name)).as_slice())
    };
}

type File = (&'static str, &'static [u8]);

const DIGITS_TRAIN: [File; 2] =
    [data!("digits/train-images-idx3-ubyte.gz"), data!("digits/train-labels-idx1-ubyte.gz")];
const DIGITS_TEST: [File; 2] =
    [data!("digits/t10k-images-idx3-ubyte.gz"), data!("digits/t10k-labels-idx1-ubyte.gz")];
const EMOJI: [File; 2] = [data!("emoji/images-idx4-ubyte.gz"), data!("emoji/labels-idx1-ubyte.gz")];
const DIGITS8X8: [File; 2] =
    [data!("digits8x8/images-idx3-ubyte.gz"), data!("digits8x8/labels-idx1-ubyte.gz")];
const BOSTON_HOUSING: File = data!("boston_housing.csv");
const DIABETES: File = data!("diabetes.csv");
const IRIS: File = data!("iris.csv");
const WINE: File = data!("wine.csv");

const EMOJI_CLASSES: [&str; 10] = [
    "Smileys & Emotion",
    "People & Body",
    "Component",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
    "Flags",
];

/// 10,000 handwritten digits of MNIST: 9,000 to train, 1,000 to test, 28x28 grey levels.
///
/// Inputs `uint8` `[n, 28, 28]`, targets `int32` `[n]`; both parts have the same class shares.
///
/// # Errors
/// None, as the data is part of the library and tested.
///
/// ```
/// let data = cornu::datasets::digits()?;
/// assert_eq!(data.x_train.shape(), [9000, 28, 28]);
/// assert_eq!(data.y_test.unwrap().shape(), [1000]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn digits() -> Result<Dataset> {
    let data = Dataset::new("digits", images(DIGITS_TRAIN)?, Some(images(DIGITS_TEST)?))?;
    Ok(data.with_classes(0..10))
}

/// 1,911 colour images of emoji: 1,720 to train, 191 to test, labelled with their Unicode category.
///
/// Inputs `uint8` `[n, 32, 32, 3]` over white, targets `int32` `[n]`. [`Dataset::all`] gives all images at once.
/// 14 images occur more than once, under several names, such as flags of dependent territories.
///
/// # Errors
/// None, as the data is part of the library and tested.
pub fn emoji() -> Result<Dataset> {
    Ok(split("emoji", images(EMOJI)?, 191)?.with_classes(EMOJI_CLASSES))
}

/// 1,797 handwritten digits of 8x8 pixels: 1,437 to train, 360 to test.
///
/// Inputs `uint8` `[n, 8, 8]` with values from 0 to 16, targets `int32` `[n]`.
///
/// # Errors
/// None, as the data is part of the library and tested.
pub fn digits8x8() -> Result<Dataset> {
    Ok(split("digits8x8", images(DIGITS8X8)?, 360)?.with_classes(0..10))
}

/// House prices in Boston, 1978: 12 features, the median price in $1000's; 404 towns to train, 102 to test.
///
/// Inputs `float32` `[n, 12]`, targets `float32` `[n]`. Keras's set of this name has a 13th
/// feature, `b`, which encodes the share of Black residents; it is left out here.
///
/// # Errors
/// None, as the data is part of the library and tested.
pub fn boston_housing() -> Result<Dataset> {
    columns("boston-housing", BOSTON_HOUSING, 102, DType::F32)
}

/// Progression of diabetes after a year, from 10 measurements: 353 patients to train, 89 to test.
///
/// Inputs `float32` `[n, 10]` in their units of measurement, targets `float32` `[n]`.
///
/// # Errors
/// None, as the data is part of the library and tested.
pub fn diabetes() -> Result<Dataset> {
    columns("diabetes", DIABETES, 89, DType::F32)
}

/// Three species of iris, from 4 measurements of the flower: 120 plants to train, 30 to test.
///
/// Inputs `float32` `[n, 4]`, targets `int32` `[n]`.
///
/// # Errors
/// None, as the data is part of the library and tested.
pub fn iris() -> Result<Dataset> {
    Ok(columns("iris", IRIS, 30, DType::I32)?.with_classes(["setosa", "versicolor", "virginica"]))
}

/// Three cultivars of wine, from 13 chemical measurements: 142 wines to train, 36 to test.
///
/// Inputs `float32` `[n, 13]`, targets `int32` `[n]`.
///
/// # Errors
/// None, as the data is part of the library and tested.
pub fn wine() -> Result<Dataset> {
    Ok(columns("wine", WINE, 36, DType::I32)?.with_classes(["class_0", "class_1", "class_2"]))
}

fn images([x, y]: [File; 2]) -> Result<(Array, Option<Array>)> {
    Ok((idx::from_bytes(x.0, x.1)?, Some(idx::from_bytes(y.0, y.1)?.cast(DType::I32))))
}

/// Takes the last `test` samples as the test part: the files are shuffled already.
fn split(name: &str, (x, y): (Array, Option<Array>), test: usize) -> Result<Dataset> {
    let n = x.shape().first().copied().unwrap_or(0);
    let part = |start, end| -> Result<_> {
        Ok((x.rows(start, end)?, y.as_ref().map(|y| y.rows(start, end)).transpose()?))
    };
    let middle = n.saturating_sub(test);
    Dataset::new(name, part(0, middle)?, Some(part(middle, n)?))
}

/// A table whose last column is the target.
fn columns(name: &str, (file, bytes): File, test: usize, target: DType) -> Result<Dataset> {
    let table = table::read_from(file, bytes)?;
    let features = table.columns.len().saturating_sub(1);
    let x = table.columns(0, features)?.cast(DType::F32);
    let y = table.columns(features, table.columns.len())?.cast(target);
    let rows = y.len();
    let mut data = split(name, (x, Some(y.reshape(&[rows])?)), test)?;
    data.feature_names = table.columns[..features].to_vec();
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(y: &Option<Array>) -> Vec<usize> {
        let y = y.as_ref().unwrap().as_slice::<i32>().unwrap();
        (0..=*y.iter().max().unwrap()).map(|c| y.iter().filter(|&&v| v == c).count()).collect()
    }

    fn range(x: &Array) -> (u8, u8) {
        let v = x.as_slice::<u8>().unwrap();
        (*v.iter().min().unwrap(), *v.iter().max().unwrap())
    }

    #[test]
    fn the_files_are_the_ones_that_the_scripts_made() {
        let files = [DIGITS_TRAIN, DIGITS_TEST, EMOJI, DIGITS8X8].concat();
        let files = [files, vec![BOSTON_HOUSING, DIABETES, IRIS, WINE]].concat();
        let sums: Vec<String> = files
            .iter()
            .map(|(name, bytes)| {
                let mut crc = flate2::Crc::new();
                crc.update(bytes);
                format!("{name} {:08x}", crc.sum())
            })
            .collect();
        assert_eq!(sums, SUMS);
        // They are part of every program that links this crate.
        assert!(files.iter().map(|f| f.1.len()).sum::<usize>() < 4_500_000);
    }

    const SUMS: [&str; 12] = [
        "digits/train-images-idx3-ubyte.gz 710f8936",
        "digits/train-labels-idx1-ubyte.gz d836d0cb",
        "digits/t10k-images-idx3-ubyte.gz 093a8d0b",
        "digits/t10k-labels-idx1-ubyte.gz 1ae5f662",
        "emoji/images-idx4-ubyte.gz 77ae5ed5",
        "emoji/labels-idx1-ubyte.gz ee32ca7a",
        "digits8x8/images-idx3-ubyte.gz 1ac69dc4",
        "digits8x8/labels-idx1-ubyte.gz f3cc153e",
        "boston_housing.csv e410538e",
        "diabetes.csv b5e41432",
        "iris.csv e3e341cf",
        "wine.csv 80ef1cd1",
    ];

    #[test]
    fn digits_are_balanced_distinct_and_shuffled() {
        let d = digits().unwrap();
        assert_eq!(counts(&d.y_train), [901, 1014, 892, 929, 882, 777, 912, 963, 850, 880]);
        assert_eq!(counts(&d.y_test), [100, 113, 99, 103, 98, 86, 102, 107, 94, 98]);
        assert_eq!(range(&d.x_train), (0, 255));
        let (x, _) = d.all().unwrap();
        let distinct: std::collections::HashSet<&[u8]> =
            x.as_slice::<u8>().unwrap().chunks(28 * 28).collect();
        assert_eq!(distinct.len(), 10_000);
        // MNIST's mean grey level is 0.1307.
        let mean = x.to_vec::<f64>().iter().sum::<f64>() / x.len() as f64 / 255.0;
        assert!((mean - 0.1307).abs() < 0.001, "{mean}");
        // The first batch has all classes: nothing is sorted.
        assert_eq!(counts(&d.y_train.map(|y| y.rows(0, 128).unwrap())).len(), 10);
    }

    #[test]
    fn emoji_are_pictures_on_white() {
        let d = emoji().unwrap();
        assert_eq!(d.x_train.shape(), [1720, 32, 32, 3]);
        assert_eq!(range(&d.x_train), (0, 255));
        assert_eq!(counts(&d.all().unwrap().1), [169, 386, 5, 159, 131, 218, 85, 264, 224, 270]);
        assert_eq!(counts(&d.y_test), [17, 39, 1, 16, 13, 22, 8, 26, 22, 27]);
        let images = d.x_train.as_slice::<u8>().unwrap();
        let white = images.chunks(3).filter(|p| **p == [255; 3]).count() as f64;
        assert!((0.3..0.7).contains(&(white * 3.0 / images.len() as f64)));
        assert!(images.chunks(32 * 32 * 3).all(|i| i.iter().any(|&v| v < 255)));
    }

    #[test]
    fn small_digits_have_17_levels() {
        let d = digits8x8().unwrap();
        assert_eq!(range(&d.x_train), (0, 16));
        assert_eq!(counts(&d.all().unwrap().1), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        assert!(counts(&d.y_test).iter().all(|n| (34..=38).contains(n)));
    }

    #[test]
    fn tables_hold_the_known_values() {
        let d = iris().unwrap();
        assert_eq!((counts(&d.y_train), counts(&d.y_test)), (vec![40; 3], vec![10; 3]));
        assert_eq!(d.feature_names[2], "petal_length_cm");
        assert_eq!(counts(&wine().unwrap().all().unwrap().1), [59, 71, 48]);

        let mean = |a: &Array| a.to_vec::<f64>().iter().sum::<f64>() / a.len() as f64;
        // Published means of the targets: 22.533 and 152.13.
        let d = boston_housing().unwrap();
        assert!((mean(&d.all().unwrap().1.unwrap()) - 22.532_806).abs() < 1e-4);
        assert_eq!(d.feature_names.len(), 12);
        assert!(!d.feature_names.contains(&"b".to_string()));
        let d = diabetes().unwrap();
        assert!((mean(&d.all().unwrap().1.unwrap()) - 152.133_484).abs() < 1e-4);
    }
}
