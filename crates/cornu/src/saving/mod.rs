//! Models as files: Keras's `.keras` archive.

mod archive;
mod compilation;
mod compile;
mod compile_fields;
mod config;
mod contents;
mod graph;
mod layer_fields;
mod legacy;
mod load;
mod missing;
mod onnx;
mod operation;
mod shards;
mod shared;
mod store;
mod training_state;
mod weights;

pub use compilation::{About, Compilation, Note, Opened};
pub use contents::Contents;
pub use load::{Load, load_model};
pub use missing::MissingClasses;
pub use weights::{load_weights, save_sharded_weights, save_weights};

pub(crate) use config::{functional_config, sequential_config};
pub(crate) use onnx::check as check_export;
pub(crate) use operation::Operation;
pub(crate) use shared::number as shared_number;

use std::path::Path;

use serde_json::{Value, json};

use self::compile::Form;
use crate::io::hdf5;
use crate::models::Model;
use crate::{Error, Result};

impl Model {
    /// Writes the model to a `.keras` file, or a legacy `.h5` file, that Keras opens: architecture, weights, and,
    /// when it is compiled, how it is trained and the optimizer's state. The file is written whole or not at all.
    ///
    /// ```
    /// use cornu::layers::Dense;
    /// use cornu::models::Sequential;
    /// let model = Sequential::new().input([2]).add(Dense::new(3)).model()?;
    /// let path = std::env::temp_dir().join("cornu-save-doc.keras");
    /// model.save(&path)?;
    /// let again = cornu::saving::load_model(&path)?;
    /// assert_eq!(again.get_weights(), model.get_weights());
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the name has another ending, a part has no JSON form (a function of one's own without a name), or the
    /// file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        match path.extension().and_then(|e| e.to_str()) {
            Some("keras") => archive::write(path, &self.to_config()?, &weights::collect(self)?),
            Some("h5" | "hdf5") => hdf5::write(path, &legacy::file(self)?),
            _ => Err(Error::invalid("save", "path", "must end in .keras or .h5", path.display())),
        }
    }

    /// The contents of `config.json`: Keras's dict of the model.
    ///
    /// # Errors
    /// When a part has no JSON form.
    pub fn to_config(&self) -> Result<Value> {
        let mut dict = shared::serialize(self.as_layer())?;
        if let Some(compile) = self.compiled() {
            let learning_rate = self.with_optimizer(|optimizer| optimizer.learning_rate()).ok();
            dict["compile_config"] =
                compile::to_config(&compile, &self.output_names(), learning_rate, Form::Archive)?;
        }
        Ok(dict)
    }
}

/// The archive's `metadata.json`.
fn metadata() -> Value {
    let seconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    json!({ "keras_version": KERAS_VERSION, "date_saved": archive::date(seconds) })
}

/// The version of Keras whose format is written.
const KERAS_VERSION: &str = "3.15.1";
