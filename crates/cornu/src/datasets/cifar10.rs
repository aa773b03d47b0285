//! CIFAR-10's binary format.

use std::io::Read;
use std::path::Path;

use cornu_graph::Array;

use super::Dataset;
use crate::{Error, Result};

const PIXELS: usize = 32 * 32;
/// A label, then the red, green and blue planes.
const RECORD: usize = 1 + 3 * PIXELS;

const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// CIFAR-10 from a folder of its binary version: `data_batch_1.bin`, `data_batch_2.bin`, … and `test_batch.bin`.
///
/// As many training batches are read as there are, counted from 1. Inputs `uint8` `[n, 32, 32, 3]`,
/// targets `int32` `[n]`.
///
/// # Errors
/// When the first batch or the test batch is missing, or a file is not made of whole records with labels below 10.
pub fn cifar10(path: impl AsRef<Path>) -> Result<Dataset> {
    let path = path.as_ref();
    let mut train = Batch::default();
    for i in 1.. {
        let file = path.join(format!("data_batch_{i}.bin"));
        if i > 1 && !file.exists() {
            break;
        }
        train.read(&file)?;
    }
    let mut test = Batch::default();
    test.read(&path.join("test_batch.bin"))?;
    let data = Dataset::new(path.display().to_string(), train.arrays()?, Some(test.arrays()?))?;
    Ok(data.with_classes(CLASSES))
}

/// Whether a folder holds CIFAR-10's binary version.
pub(super) fn is_cifar10(folder: &Path) -> bool {
    folder.join("data_batch_1.bin").is_file()
}

#[derive(Default)]
struct Batch {
    pixels: Vec<u8>,
    labels: Vec<i32>,
}

impl Batch {
    fn read(&mut self, path: &Path) -> Result<()> {
        let mut bytes = Vec::new();
        let (mut reader, _) = crate::io::open(path)?;
        reader.read_to_end(&mut bytes).map_err(|e| Error::io(path, e))?;
        let (records, rest) = bytes.as_chunks::<RECORD>();
        if records.is_empty() || !rest.is_empty() {
            return Err(Error::format(
                path.display().to_string(),
                format!("must be whole records of {RECORD} bytes, but has {} bytes", bytes.len()),
            ));
        }
        for record in records {
            let (label, planes) = (record[0], &record[1..]);
            if usize::from(label) >= CLASSES.len() {
                return Err(Error::format(
                    path.display().to_string(),
                    format!("has a label {label}, but there are 10 classes"),
                ));
            }
            self.labels.push(i32::from(label));
            let (red, rest) = planes.split_at(PIXELS);
            let (green, blue) = rest.split_at(PIXELS);
            for ((&r, &g), &b) in red.iter().zip(green).zip(blue) {
                self.pixels.extend([r, g, b]);
            }
        }
        Ok(())
    }

    fn arrays(self) -> Result<(Array, Option<Array>)> {
        let n = self.labels.len();
        Ok((Array::new(&[n, 32, 32, 3], self.pixels)?, Some(Array::new(&[n], self.labels)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::tests::Folder;

    fn record(label: u8) -> Vec<u8> {
        let mut r = vec![label];
        for plane in [10u8, 20, 30] {
            r.extend(vec![plane; PIXELS - 1]);
            r.push(plane + label);
        }
        r
    }

    #[test]
    fn planes_become_pixels_and_batches_follow_each_other() {
        let folder = Folder::new();
        folder.file("data_batch_1.bin", &[record(3), record(1)].concat());
        folder.file("data_batch_2.bin", &record(9));
        folder.file("test_batch.bin", &record(0));
        let d = cifar10(&folder.0).unwrap();
        assert_eq!(d.x_train.shape(), [3, 32, 32, 3]);
        let x = d.x_train.as_slice::<u8>().unwrap();
        assert_eq!(
            (&x[..3], &x[3 * PIXELS - 3..3 * PIXELS]),
            ([10, 20, 30].as_slice(), [13, 23, 33].as_slice())
        );
        assert_eq!(d.y_train.unwrap().as_slice::<i32>().unwrap(), [3, 1, 9]);
        assert_eq!(d.class_names[9], "truck");
    }

    #[test]
    fn broken_folders_say_why() {
        let folder = Folder::new();
        let message = || cifar10(&folder.0).unwrap_err().to_string();
        assert!(message().contains("data_batch_1.bin"), "{}", message());
        folder.file("data_batch_1.bin", &record(1)[1..]);
        assert!(message().contains("whole records of 3073 bytes, but has 3072"), "{}", message());
        folder.file("data_batch_1.bin", &record(10));
        assert!(message().contains("label 10"), "{}", message());
        folder.file("data_batch_1.bin", &record(1));
        assert!(message().contains("test_batch.bin"), "{}", message());
    }
}
