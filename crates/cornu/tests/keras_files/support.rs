//! Where the files are, and what Keras answers for them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use cornu::layers::Dense;
use cornu::models::{Model, Sequential};
use cornu::{Array, Result};
use serde_json::Value;

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keras_files").join(name)
}

/// A model's inputs with Keras's outputs, and what else was recorded.
pub struct Record(Value);

impl Record {
    pub fn open(name: &str) -> Record {
        let text = std::fs::read_to_string(fixture(&format!("{name}.json"))).unwrap();
        Record(serde_json::from_str(&text).unwrap())
    }

    pub fn value(&self, field: &str) -> &Value {
        &self.0[field]
    }

    pub fn arrays(&self, field: &str) -> Vec<Array> {
        self.0[field].as_array().unwrap().iter().map(array).collect()
    }

    pub fn array(&self, field: &str) -> Array {
        array(&self.0[field])
    }
}

fn array(value: &Value) -> Array {
    let shape: Vec<usize> = serde_json::from_value(value["shape"].clone()).unwrap();
    let data: Vec<f32> = serde_json::from_value(value["data"].clone()).unwrap();
    Array::new(&shape, data).unwrap()
}

/// Checks that arrays agree to a relative difference.
pub fn assert_close(found: &[Array], expected: &[Array], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert_eq!(f.shape(), e.shape(), "array {i}");
        for (a, b) in f.to_vec::<f64>().into_iter().zip(e.to_vec::<f64>()) {
            assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "array {i}: {a} instead of {b}");
        }
    }
}

/// Checks that a model gives what Keras gave.
pub fn assert_predicts(model: &Model, record: &Record) {
    let found = model.predict(record.arrays("inputs").as_slice(), 32).unwrap();
    assert_close(&found, &record.arrays("outputs"), 1e-6);
}

/// Sets all weights to 0.
pub fn forget(model: &Model) -> Result<()> {
    let weights = model.get_weights();
    let zeros = weights.iter().map(|a| Array::zeros(a.shape(), a.dtype()));
    model.set_weights(&zeros.collect::<cornu_graph::Result<Vec<_>>>()?)
}

/// A small model with weights that are its own.
pub fn small() -> Model {
    Sequential::new().input([3]).add(Dense::new(2)).model().unwrap()
}

/// A folder that is removed when the test ends.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("cornu-keras-files-{}-{unique}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
