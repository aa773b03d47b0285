//! What stands in a file, or would stand there.

use std::collections::BTreeMap;
use std::path::Path;

use cornu_graph::Array;
use serde_json::Value;

use super::store::{self, Stored};
use super::{archive, weights};
use crate::io::Kind;
use crate::io::hdf5::Group;
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
    /// What weights are called, where that is known: `dense/kernel`, `adam/dense_kernel_momentum`.
    pub names: BTreeMap<String, String>,
    /// Whether the weights stand under the paths of a legacy file.
    legacy: bool,
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
            legacy: false,
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
        if let Kind::Keras | Kind::KerasFolder = Kind::of(path)? {
            let archive::Contents { config, weights, .. } = archive::read(path, None)?;
            return Ok(Contents { config: Some(config), weights, names, legacy: false });
        }
        match store::read(path)? {
            Stored::ByPath(weights) => Ok(Contents { config: None, weights, names, legacy: false }),
            Stored::Legacy(file) => {
                let parse = |text: &str| {
                    let failed = |e| Error::format(path.display().to_string(), e);
                    serde_json::from_str(text).map_err(failed)
                };
                let config = file.text("model_config").map(parse).transpose()?;
                Ok(Contents { config, weights: file.into_arrays(), names, legacy: true })
            }
        }
    }

    /// Writes the weights alone under their paths, in the format that the file's name tells, as
    /// [`save_weights`](super::save_weights) does: `.weights.h5`, `.weights.json` (files of `max_bytes` each, 5 GiB
    /// by default), `.npz` or `.safetensors`. No model is needed.
    ///
    /// ```
    /// use cornu::{layers::Dense, models::Sequential, saving::{self, Contents}};
    /// let folder = std::env::temp_dir();
    /// let (from, to) = (folder.join("cornu-doc.weights.h5"), folder.join("cornu-doc-weights.npz"));
    /// saving::save_weights(&Sequential::new().input([2]).add(Dense::new(3)).model()?, &from)?;
    /// Contents::read(&from)?.save_weights(&to, None)?;
    /// assert_eq!(cornu::io::load_npz(&to)?["layers/dense/vars/0"].shape(), [2, 3]);
    /// # std::fs::remove_file(from).unwrap();
    /// # std::fs::remove_file(to).unwrap();
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the file cannot be written, its name has another ending, one weight's path is the start of another's, or
    /// a legacy file's weights are to be written where Keras 3 looks for its own paths.
    pub fn save_weights(&self, path: impl AsRef<Path>, max_bytes: Option<u64>) -> Result<()> {
        let path = path.as_ref();
        let named = path.extension().is_some_and(|e| e == "npz" || e == "safetensors");
        if self.legacy && !named {
            let rule = "must end in .npz or .safetensors for the weights of a legacy file, whose paths Keras 3 does not know (with a model, load_weights and save_weights write them anew)";
            return Err(Error::invalid("save_weights", "path", rule, path.display()));
        }
        let mut file = Group::default();
        for (place, array) in &self.weights {
            let parts = || place.split('/');
            let within = |group: &str| self.weights.contains_key(group);
            let taken = place.match_indices('/').any(|(end, _)| within(&place[..end]));
            if taken || parts().any(|part| part.is_empty() || part == ".") {
                let rule = "must hold weights whose paths can stand beside each other in a file";
                return Err(Error::invalid("save_weights", "contents", rule, place));
            }
            file.insert(place, array.clone());
        }
        store::write(path, file, max_bytes)
    }
}
