//! Models as files: Keras's `.keras` archive.

mod archive;
mod compile;
mod config;
mod load;
mod weights;

pub use load::load_model;
pub use weights::{load_weights, save_weights};

pub(crate) use config::{functional_config, sequential_config};

use std::path::Path;

use serde_json::{Value, json};

use crate::Result;
use crate::models::Model;

impl Model {
    /// Writes the model to a `.keras` file: architecture, weights, and, when it is compiled, how it is
    /// trained and the optimizer's state. The file is written whole or not at all.
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
    /// When a part has no JSON form (a function of one's own without a name), or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        archive::write(path.as_ref(), &self.to_config()?, &weights::collect(self)?)
    }

    /// The contents of `config.json`: Keras's dict of the model.
    ///
    /// # Errors
    /// When a part has no JSON form.
    pub fn to_config(&self) -> Result<Value> {
        let mut dict = self.as_layer().serialize()?;
        if let Some(compile) = self.compiled() {
            let learning_rate = self.with_optimizer(|optimizer| optimizer.learning_rate()).ok();
            dict["compile_config"] =
                compile::to_config(&compile, &self.output_names(), learning_rate)?;
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
