//! MNIST and the sets in its format, from folders of four IDX files.

use std::path::{Path, PathBuf};

use cornu_graph::{Array, DType};

use super::Dataset;
use crate::io::idx;
use crate::{Error, Result};

/// Where Debian's package puts Fashion-MNIST.
const DEBIAN_FASHION_MNIST: &str = "/usr/share/datasets/fashion-mnist";

const FASHION_CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// MNIST, or any set in its format, from a folder.
///
/// The folder holds images and labels as `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`. Each may end in `.gz`, have a dot for the hyphen before `idx`,
/// and the test part may be called `test` for `t10k`. A set without a test part has no test rows.
/// Inputs `uint8` `[n, height, width]`, targets `int32` `[n]`.
///
/// # Errors
/// When a file is missing, cannot be read (see [`idx::read`]), or holds something else than images or labels.
pub fn mnist(path: impl AsRef<Path>) -> Result<Dataset> {
    let path = path.as_ref();
    let train = part(path, &["train"])?.ok_or_else(|| {
        Error::format(
            path.display().to_string(),
            "lacks train-images-idx3-ubyte(.gz) or train-labels-idx1-ubyte(.gz)",
        )
    })?;
    let test = part(path, &["t10k", "test"])?;
    let labels = train.1.iter().chain(test.iter().flat_map(|t| &t.1));
    let classes = labels.max().map_or(0, |&m| u32::from(m) + 1);
    let arrays = |(x, y): (Array, Vec<u8>)| -> Result<_> {
        Ok((x, Some(Array::new(&[y.len()], y)?.cast(DType::I32))))
    };
    let data =
        Dataset::new(path.display().to_string(), arrays(train)?, test.map(arrays).transpose()?)?;
    Ok(data.with_classes(0..classes))
}

/// Fashion-MNIST, 60,000 + 10,000 pieces of clothing in 28x28 grey levels, as Debian's package installs it.
///
/// # Errors
/// When the package is not installed: the error says how to install it.
pub fn fashion_mnist() -> Result<Dataset> {
    fashion_mnist_in(Path::new(DEBIAN_FASHION_MNIST))
}

fn fashion_mnist_in(folder: &Path) -> Result<Dataset> {
    if !folder.is_dir() {
        return Err(Error::format(
            "fashion-mnist",
            format!(
                "is not in {}; run `apt-get install dataset-fashion-mnist`, or name the folder that holds its four IDX files",
                folder.display()
            ),
        ));
    }
    let mut data = mnist(folder)?.with_classes(FASHION_CLASSES);
    data.name = "fashion-mnist".to_string();
    Ok(data)
}

/// Whether a folder holds the training images of a set in MNIST's format.
pub(super) fn is_mnist(folder: &Path) -> bool {
    find(folder, &["train"], "images-idx3").is_some()
}

fn find(folder: &Path, prefixes: &[&str], kind: &str) -> Option<PathBuf> {
    let kinds = [kind.to_string(), kind.replace('-', ".")];
    let names = prefixes.iter().flat_map(|prefix| {
        kinds.iter().flat_map(move |kind| {
            ["", ".gz"].into_iter().map(move |end| format!("{prefix}-{kind}-ubyte{end}"))
        })
    });
    names.map(|name| folder.join(name)).find(|path| path.is_file())
}

/// The images and labels whose files start with one of the prefixes; `None` where there is neither.
fn part(folder: &Path, prefixes: &[&str]) -> Result<Option<(Array, Vec<u8>)>> {
    let images = find(folder, prefixes, "images-idx3");
    let labels = find(folder, prefixes, "labels-idx1");
    let (images, labels) = match (images, labels) {
        (Some(images), Some(labels)) => (images, labels),
        (None, None) => return Ok(None),
        (Some(one), None) | (None, Some(one)) => {
            return Err(Error::format(
                one.display().to_string(),
                "stands alone: images and labels belong together",
            ));
        }
    };
    let load = |path: &Path, rank: usize| {
        let array = idx::read(path)?;
        if array.ndim() == rank && array.dtype() == DType::U8 {
            return Ok(array);
        }
        Err(Error::format(
            path.display().to_string(),
            format!(
                "must hold uint8 with {rank} axes, but holds {} {:?}",
                array.dtype(),
                array.shape()
            ),
        ))
    };
    Ok(Some((load(&images, 3)?, load(&labels, 1)?.into_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::tests::Folder;

    fn write(folder: &Folder, name: &str, shape: &[usize]) {
        let n = shape.iter().product::<usize>();
        let a = Array::new(shape, (0..n).map(|i| (i % 3) as u8).collect::<Vec<u8>>()).unwrap();
        idx::write(folder.0.join(name), &a).unwrap();
    }

    #[test]
    fn the_common_names_are_found() {
        let folder = Folder::new();
        write(&folder, "train-images-idx3-ubyte.gz", &[4, 2, 2]);
        write(&folder, "train-labels.idx1-ubyte", &[4]);
        let d = mnist(&folder.0).unwrap();
        assert_eq!(
            (d.x_train.shape(), d.x_test.shape()),
            ([4, 2, 2].as_slice(), [0, 2, 2].as_slice())
        );
        assert_eq!(d.class_names, ["0", "1", "2"]);
        write(&folder, "test-images.idx3-ubyte", &[3, 2, 2]);
        write(&folder, "test-labels-idx1-ubyte.gz", &[3]);
        let all = Array::new(&[3], vec![0u8, 1, 255]).unwrap();
        idx::write(folder.0.join("train-labels.idx1-ubyte"), &all).unwrap();
        write(&folder, "train-images-idx3-ubyte.gz", &[3, 2, 2]);
        let d = mnist(&folder.0).unwrap();
        assert_eq!(d.class_names.len(), 256);
        assert_eq!(d.y_test.unwrap(), Array::new(&[3], vec![0i32, 1, 2]).unwrap());
    }

    #[test]
    fn folders_that_do_not_fit_say_why() {
        let folder = Folder::new();
        let message = || mnist(&folder.0).unwrap_err().to_string();
        assert!(message().contains("lacks train-images-idx3-ubyte"), "{}", message());
        write(&folder, "train-images-idx3-ubyte", &[4, 2, 2]);
        assert!(message().contains("belong together"), "{}", message());
        write(&folder, "train-labels-idx1-ubyte", &[4, 1]);
        assert!(message().contains("must hold uint8 with 1 axes"), "{}", message());
        write(&folder, "train-labels-idx1-ubyte", &[3]);
        assert!(message().contains("one target for each input"), "{}", message());
    }

    #[test]
    fn fashion_mnist_says_how_to_get_it_and_names_its_classes() {
        let folder = Folder::new();
        let e = fashion_mnist_in(&folder.0.join("missing")).unwrap_err().to_string();
        assert!(e.contains("apt-get install dataset-fashion-mnist"), "{e}");
        write(&folder, "train-images-idx3-ubyte", &[4, 2, 2]);
        write(&folder, "train-labels-idx1-ubyte", &[4]);
        assert_eq!(fashion_mnist_in(&folder.0).unwrap().class_names[9], "Ankle boot");
    }
}
