//! What stands in a file, or would stand there.

use std::collections::BTreeMap;
use std::path::Path;

use cornu_graph::Array;
use serde_json::Value;

use super::store::{self, Stored};
use super::{archive, legacy, weights};
use crate::models::Model;
use crate::{Error, Result};

/// A model's config and weights as they stand in a file: to look at them, or compare them, without a model.
///
/// ```
/// use cornu::{layers::{Dense, LayerExt}, models::Sequential, saving::Contents};
/// let model = Sequential::new().input([2]).add(Dense::new(3).name("d")).model()?;
/// let contents = Contents::of(&model)?;
/// assert_eq!(contents.weights["layers/dense/vars/0"].shape(), [2, 3]);
/// assert_eq!(contents.names["layers/dense/vars/0"], "d/kernel");
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// Keras's dict of the model; none in a file of weights alone.
    pub config: Option<Value>,
    /// The weights and the optimizer's state by Keras's paths: `layers/dense/vars/0`, `optimizer/vars/0`.
    pub weights: BTreeMap<String, Array>,
    /// What weights are called, where that is known: `dense/kernel`.
    pub names: BTreeMap<String, String>,
}

impl Contents {
    /// What [`Model::save`] would write.
    ///
    /// # Errors
    /// When a part has no JSON form.
    pub fn of(model: &Model) -> Result<Contents> {
        Ok(Contents {
            config: Some(model.to_config()?),
            weights: weights::collect(model)?.into_arrays(),
            names: weights::names(model),
        })
    }

    /// What a file says, of any kind that [`load_model`](super::load_model) or
    /// [`load_weights`](super::load_weights) opens: its classes need not be known. A legacy file's weights stand
    /// under the paths of their groups.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn read(path: impl AsRef<Path>) -> Result<Contents> {
        let path = path.as_ref();
        let names = BTreeMap::new();
        if path.is_dir() || path.extension().is_some_and(|e| e == "keras") && !legacy::is_one(path)
        {
            let archive::Contents { config, weights, .. } = archive::read(path, None)?;
            return Ok(Contents { config: Some(config), weights, names });
        }
        let (config, weights) = match store::read(path)? {
            Stored::ByPath(weights) => (None, weights),
            Stored::Legacy(file) => {
                let parse = |text: &str| {
                    let failed = |e| Error::format(path.display().to_string(), e);
                    serde_json::from_str(text).map_err(failed)
                };
                (file.text("model_config").map(parse).transpose()?, file.into_arrays())
            }
        };
        Ok(Contents { config, weights, names })
    }
}
