//! Models from configs and archives.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use cornu_graph::DType;
use serde_json::Value;

use super::layer_fields::modern;
use super::shared::Shared;
use super::{About, Compilation, Note, Opened, archive, compile, graph, legacy, missing, weights};
use crate::config::{Config, full_name};
use crate::io::{Kind, Source, expansion_limit};
use crate::layers::budget::{self, Budget};
use crate::layers::{Common, DTypePolicy, InputLayer, LayerBuilder, LayerRef, Shape};
use crate::models::{Compile, Model, Sequential};
use crate::{Error, Result};

/// Opens a model that [`Model::save`] or Keras wrote: a `.keras` file, its unzipped folder, or a legacy `.h5` file. It has its weights, is
/// compiled as it was saved, and its optimizer is where it stopped; an optimizer whose state does not fit starts anew,
/// with a warning. Models within the model are not compiled by themselves. [`Load`] has options.
///
/// Layers of one's own must be known by [`crate::layers::register`] before. Nothing in a file is ever executed.
///
/// # Errors
/// When the file is not what it claims to be, holds a class that is not known (also that of a loss, a metric or the
/// optimizer: [`Compilation`] has other ways), or its weights do not fit.
pub fn load_model(path: impl AsRef<Path>) -> Result<Model> {
    Load::new().open(path)
}

/// How a model is opened, or made from a config.
///
/// ```
/// use cornu::{layers::Dense, models::Sequential, saving::Load};
/// let path = std::env::temp_dir().join("cornu-load-doc.keras");
/// Sequential::new().input([2]).add(Dense::new(3)).model()?.save(&path)?;
/// let model = Load::new().compile(false).open(&path)?;
/// assert!(model.compiled().is_none());
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Load {
    compile: Compilation,
    max_bytes: Option<u64>,
    max_calls: u64,
}

impl Default for Load {
    fn default() -> Self {
        Load { compile: Compilation::Saved, max_bytes: None, max_calls: 100_000 }
    }
}

impl Load {
    /// Compiled as it was saved, within limits that real models stay far below.
    pub fn new() -> Self {
        Load::default()
    }

    /// Whether the model is compiled as it was saved, and what is not known an error; see [`Compilation`] for what
    /// else there is. Default: true.
    #[must_use]
    pub fn compile(mut self, compile: impl Into<Compilation>) -> Self {
        self.compile = compile.into();
        self
    }

    /// The bytes to which a file may expand, and that the weights of a model may take. Default: what
    /// [`crate::io::expansion_limit`] says of the file's size; 2 GiB for a config alone.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// How many layers may be called while the model is put together: a small file can nest models so that
    /// they are billions. Default 100,000.
    #[must_use]
    pub fn max_calls(mut self, calls: u64) -> Self {
        self.max_calls = calls;
        self
    }

    /// Opens a model. What is to be said of it is logged as a warning.
    ///
    /// # Errors
    /// As [`load_model`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Model> {
        let path = path.as_ref();
        Ok(logged(&path.display().to_string(), self.open_with_notes(path)?))
    }

    /// Opens a model, and says what of the file could not be used.
    ///
    /// ```
    /// use cornu::{layers::Dense, models::{Compile, Sequential}};
    /// use cornu::saving::{About, Compilation, Load};
    /// let path = std::env::temp_dir().join("cornu-notes-doc.keras");
    /// let model = Sequential::new().input([2]).add(Dense::new(1)).model()?;
    /// model.compile(Compile::new("sgd").loss(("mine", |t: &_, p: &_| t - p)).metrics(["mae"]))?;
    /// model.save(&path)?;
    ///
    /// assert!(Load::new().open(&path).is_err());
    /// let opened = Load::new().compile(Compilation::Lenient).open_with_notes(&path)?;
    /// assert_eq!((opened.notes[0].about, opened.notes[0].name.as_str()), (About::Loss, "mine"));
    /// // What the file says of the rest still holds: a loss is all that is missing.
    /// opened.model.compile(opened.compilation.unwrap().loss("mse"))?;
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`load_model`]; with [`Compilation::Lenient`] nothing that is wrong with the compilation is an error.
    pub fn open_with_notes(&self, path: impl AsRef<Path>) -> Result<Opened> {
        let path = path.as_ref();
        let what = path.display().to_string();
        match Kind::of(path)? {
            Kind::Hdf5 => self.legacy(&what, Source::open(path)?),
            Kind::Keras | Kind::KerasFolder | Kind::Zip | Kind::Folder => {
                self.archive(&what, archive::read(path, self.max_bytes)?)
            }
            other => Err(other.refusal(&what, MODEL_FILE)),
        }
    }

    /// Opens a model whose `.keras` or `.h5` file is in memory; `what` names it in errors.
    ///
    /// ```
    /// use cornu::{layers::Dense, models::Sequential, saving::Load};
    /// let path = std::env::temp_dir().join("cornu-read-doc.keras");
    /// Sequential::new().input([2]).add(Dense::new(3)).model()?.save(&path)?;
    /// let bytes = std::fs::read(&path).unwrap(); // or include_bytes!("model.keras")
    /// assert_eq!(Load::new().read("my model", &bytes)?.count_params(), 9);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`load_model`].
    pub fn read(&self, what: &str, bytes: &[u8]) -> Result<Model> {
        let source = || Source::memory(bytes.to_vec());
        let opened = match Kind::of_bytes(bytes) {
            Kind::Hdf5 => self.legacy(what, source())?,
            Kind::Keras | Kind::Zip => {
                self.archive(what, archive::from_source(what, source(), self.max_bytes)?)?
            }
            other => return Err(other.refusal(what, MODEL_FILE)),
        };
        Ok(logged(what, opened))
    }

    /// The model that [`Model::to_config`] describes, or Keras in a file's `config.json`: its layers with new
    /// weights, compiled as it was.
    ///
    /// ```
    /// use cornu::{layers::Dense, models::Sequential, saving::Load};
    /// let config = Sequential::new().input([2]).add(Dense::new(1_000_000)).model()?.to_config()?;
    /// assert!(Load::new().max_bytes(1 << 20).from_config(&config).is_err());
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::from_config`].
    pub fn from_config(&self, config: &Value) -> Result<Model> {
        let bytes = self.max_bytes.unwrap_or(WEIGHTS_LIMIT);
        let budget = Budget { bytes, calls: self.max_calls, filled: false };
        let opened = self.model("the config", config, budget, config.get("compile_config"))?;
        Ok(logged("the config", opened))
    }

    fn archive(&self, what: &str, contents: archive::Contents) -> Result<Opened> {
        let config = &contents.config;
        let budget = self.budget(contents.limit);
        let mut opened = self.model(what, config, budget, config.get("compile_config"))?;
        let note = weights::restore(what, &opened.model, contents.weights)?;
        opened.notes.extend(note);
        Ok(opened)
    }

    fn legacy(&self, what: &str, source: Source) -> Result<Opened> {
        let limit = self.max_bytes.unwrap_or(expansion_limit(source.len()));
        let contents = legacy::read(what, source, limit)?;
        let (budget, compilation) = (self.budget(limit), contents.compilation.as_ref());
        let mut opened = self.model(what, &contents.config, budget, compilation)?;
        opened.notes.extend(legacy::restore(what, &opened.model, &contents.file)?);
        Ok(opened)
    }

    /// What a model may use whose weights stand in a file.
    fn budget(&self, bytes: u64) -> Budget {
        Budget { bytes, calls: self.max_calls, filled: true }
    }

    /// The model without values from a file, compiled if it is to be.
    fn model(
        &self,
        what: &str,
        config: &Value,
        budget: Budget,
        compilation: Option<&Value>,
    ) -> Result<Opened> {
        let named = |e: Error| match e {
            missing @ Error::MissingClasses { .. } => missing,
            other => Error::format(what, other),
        };
        let make = || {
            let model = Model::from_layer(root(what, config)?);
            let (compilation, notes) = self.compile_as_saved(&model, compilation)?;
            Ok(Opened { model, compilation, notes })
        };
        budget::within(budget, make).map_err(named)
    }

    /// Compiles a model as its file says, as far as that is asked for: gives what the file says and what of it cannot
    /// be used.
    fn compile_as_saved(
        &self,
        model: &Model,
        config: Option<&Value>,
    ) -> Result<(Option<Compile>, Vec<Note>)> {
        // Keras writes an empty dict for what was not compiled.
        let compiled = |c: &&Value| c.as_object().is_some_and(|c| !c.is_empty());
        let Some(config) = config.filter(compiled).filter(|_| self.compile != Compilation::Skip)
        else {
            return Ok((None, Vec::new()));
        };
        let (compilation, mut notes) = compile::from_config(config, model.output_names().len());
        if notes.iter().all(Note::compiles)
            && let Err(error) = model.compile(compilation.clone())
        {
            notes.push(Note::new(About::Compilation, "compile", error));
        }
        if let (Compilation::Saved, Some(note)) =
            (self.compile, notes.iter().find(|note| !note.compiles()))
        {
            let hint =
                "register it, or open the model without: Load::compile(Compilation::Lenient)";
            return Err(Error::format("its compilation", format!("{note} ({hint})")));
        }
        Ok((Some(compilation), notes))
    }
}

/// What is wanted where a model is.
const MODEL_FILE: &str = "a .keras file, its unzipped folder, or a legacy .h5 file";

/// The model; what is to be said of it goes to the log.
fn logged(what: &str, opened: Opened) -> Model {
    for note in opened.notes {
        tracing::warn!("{what}: {note}");
    }
    opened.model
}

impl Model {
    /// The model that [`Model::to_config`] describes, or Keras in a file's `config.json`: its layers with new
    /// weights, compiled as it was.
    ///
    /// ```
    /// use cornu::{layers::Dense, models::{Model, Sequential}};
    /// let model = Sequential::new().input([2]).add(Dense::new(3)).model()?;
    /// assert_eq!(Model::from_config(&model.to_config()?)?.summary(), model.summary());
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a class is not known, an argument is wrong, the layers do not fit each other, or the model would be larger
    /// than the limits of [`Load`], whose [`from_config`](Load::from_config) raises them.
    pub fn from_config(config: &Value) -> Result<Model> {
        Load::new().from_config(config)
    }
}

/// A model from Keras's dict.
fn root(what: &str, dict: &Value) -> Result<LayerRef> {
    // Dicts within dicts are followed by calls within calls.
    let mut within: Vec<&Value> = vec![dict];
    for _ in 0..DEPTH {
        within = within.into_iter().flat_map(members).collect();
    }
    if !within.is_empty() {
        return Err(Error::format("its dicts", format!("lie more than {DEPTH} deep")));
    }
    missing::check(what, dict)?;
    let model = layer(dict, &mut Shared::new(dict))?;
    warn_of_policies(&model);
    Ok(model)
}

/// Says once that a model's author chose other floating-point types than it is computed with.
fn warn_of_policies(model: &LayerRef) {
    let layers = model.flatten();
    let differing = layers.iter().map(LayerRef::policy).filter(|policy| policy.differs());
    let names: BTreeSet<&str> = differing.map(DTypePolicy::name).collect();
    if !names.is_empty() {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let name = model.name();
        tracing::warn!("{name}: layers of dtype {names} are computed in float32");
    }
}

/// The names of a model's layers, of which no two are the same.
#[derive(Default)]
pub(super) struct UniqueNames(HashSet<String>);

impl UniqueNames {
    pub(super) fn add(&mut self, layer: &LayerRef) -> Result<()> {
        if self.0.insert(layer.name().into()) {
            return Ok(());
        }
        let reason = "has the name of another layer of its model";
        Err(Error::format(format!("layer {:?}", layer.name()), reason))
    }
}

/// What all layers have, and the rest of a model's config.
fn common(class_name: &str, mut config: Config) -> Result<(Common, Value)> {
    Ok((Common::take(class_name, &mut config)?, Value::Object(config)))
}

/// The values directly in a value.
fn members(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

/// How deep dicts and lists may lie in each other: as deep as `serde_json` reads them from a file.
const DEPTH: usize = 128;

/// The bytes that the weights of a model from a config may take if nobody says otherwise.
const WEIGHTS_LIMIT: u64 = 2 << 30;

/// A layer or model from Keras's dict.
pub(super) fn layer(dict: &Value, shared: &mut Shared) -> Result<LayerRef> {
    if let Some(layer) = shared.find(dict) {
        return Ok(layer);
    }
    let layer = new_layer(dict, shared)?;
    shared.insert(dict, &layer);
    Ok(layer)
}

fn new_layer(dict: &Value, shared: &mut Shared) -> Result<LayerRef> {
    let class_name = text(dict, "class_name")?;
    let config = match dict.get("config") {
        Some(Value::Object(config)) => config.clone(),
        // Keras 1's sequential models have no name.
        Some(Value::Array(layers)) if class_name == "Sequential" => {
            Config::from_iter([("layers".to_string(), Value::Array(layers.clone()))])
        }
        _ => return Err(Error::format(class_name, "its config is missing")),
    };
    let class_name = &full_name(dict, class_name)[..];
    let layer = match class_name {
        "Functional" | "Model" => {
            let (common, config) = common(class_name, config)?;
            let model = graph::functional(&config, shared)?;
            let shapes: Vec<Shape> = model.inputs.iter().map(|t| t.shape().to_vec()).collect();
            let layer = common.builder(LayerBuilder::new(model)).shared();
            layer.build(&shapes)?;
            layer
        }
        "Sequential" => {
            let (common, config) = common(class_name, config)?;
            let mut model = Sequential::new();
            let mut names = UniqueNames::default();
            for (i, inner) in list(&config, "layers")?.iter().enumerate() {
                // Keras 2 gives the first layer the shape of the input.
                let shape = inner.get("config").and_then(|c| c.get("batch_input_shape"));
                let class_name = text(inner, "class_name")?;
                if let (0, Some(shape), true) = (i, shape, class_name != "InputLayer") {
                    let shape: Shape = serde_json::from_value(shape.clone())
                        .map_err(|e| Error::format("batch_input_shape", e))?;
                    let dtype =
                        inner["config"]["dtype"].as_str().filter(|_| class_name == "Embedding");
                    let dtype = dtype.and_then(DType::from_name).unwrap_or(DType::F32);
                    model = model.add(InputLayer::new(shape, dtype));
                }
                let layer = self::layer(inner, shared)?;
                names.add(&layer)?;
                model = model.add(layer);
            }
            common.builder(LayerBuilder::new(model)).shared()
        }
        _ => crate::layers::from_config(class_name, modern(class_name, config)?)?,
    };
    let first = layer
        .layers()
        .first()
        .and_then(|l| l.with(|input: &InputLayer| (input.shape().clone(), input.dtype())));
    let saved = dict.get("build_config").and_then(|b| b.get("input_shape"));
    let saved = saved.and_then(|s| serde_json::from_value::<Shape>(s.clone()).ok());
    match (first, saved) {
        (Some(input), _) if !layer.is_built() => layer.infer(&[input]).map(|_| ())?,
        (None, Some(shape)) if !layer.is_built() && class_name == "Sequential" => {
            layer.infer(&[(shape, DType::F32)]).map(|_| ())?;
        }
        _ => {}
    }
    Ok(layer)
}

pub(super) fn text<'a>(dict: &'a Value, field: &str) -> Result<&'a str> {
    dict.get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| Error::format("config.json", format!("a layer has no {field}")))
}

pub(super) fn list<'a>(dict: &'a Value, field: &str) -> Result<&'a Vec<Value>> {
    dict.get(field)
        .and_then(Value::as_array)
        .ok_or_else(|| Error::format("config.json", format!("{field} must be a list")))
}
