//! Arguments that several commands have.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use cornu::models::{Compile, Model};
use cornu::saving::{About, Compilation, Load};
use cornu::{Array, DType};

use crate::{Failure, output};

/// How many threads a run has.
#[derive(Args)]
pub struct ThreadArgs {
    /// How many threads to use [default: CORNU_NUM_THREADS, or all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl ThreadArgs {
    /// Sets the number of threads.
    pub fn apply(&self) -> Result<(), Failure> {
        if let Some(threads) = self.threads {
            let cpu = cornu_cpu::Cpu::new(threads).map_err(Failure::input)?;
            cornu::set_backend(Arc::new(cpu));
        }
        Ok(())
    }
}

/// How a run is done.
#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    threads: ThreadArgs,

    /// Where all randomness starts; the same seed gives the same result
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

impl RunArgs {
    /// Sets threads and seed.
    pub fn apply(&self) -> Result<(), Failure> {
        self.threads.apply()?;
        cornu::set_random_seed(self.seed);
        Ok(())
    }

    /// How many threads are used.
    pub fn threads(&self) -> Result<usize, Failure> {
        match self.threads.threads {
            Some(threads) => Ok(threads),
            None => cornu_cpu::runtime::default_threads().map_err(Failure::input),
        }
    }
}

/// What a model is judged by, instead of what it was saved with.
#[derive(Args, Clone)]
pub struct CompileArgs {
    /// The loss, by Keras's name, instead of the saved one; OUTPUT=LOSS for each of several outputs
    #[arg(long, value_name = "[OUTPUT=]LOSS")]
    loss: Vec<String>,

    /// A metric, by Keras's name, besides the saved ones (with --loss: instead of them); give it once for each
    #[arg(long, value_name = "[OUTPUT=]METRIC")]
    metrics: Vec<String>,
}

impl CompileArgs {
    /// Opens a model and compiles it as it was saved, but for what was given. What of the saved compilation cannot be
    /// used is said, and needed only if nothing was given for it; without an optimizer it can still be evaluated.
    pub fn open(&self, path: &Path) -> Result<Model, Failure> {
        crate::train::register_layers();
        let load = Load::new().compile(Compilation::Lenient);
        let opened = load.open_with_notes(path).map_err(Failure::input)?;
        let saved = opened.model.compiled().or(opened.compilation).filter(|_| self.loss.is_empty());
        let no_loss = opened.notes.iter().find(|note| note.about == About::Loss);
        if self.loss.is_empty() && (saved.is_none() || no_loss.is_some()) {
            let why = match no_loss.or(opened.notes.first()) {
                Some(note) => note.to_string(),
                None => "the model was saved without a loss".into(),
            };
            return Err(Failure::input(format!("{}: {why}", path.display())).hint(
                "--loss names one, as in --loss mse, or sparse_categorical_crossentropy for classes",
            ));
        }
        if self.loss.is_empty() {
            for note in &opened.notes {
                output::warning(format!("{}: {note}", path.display()));
            }
        }
        let compiled = opened.model.compiled().is_some();
        if compiled && self.loss.is_empty() && self.metrics.is_empty() {
            return Ok(opened.model);
        }
        let mut compile = saved.unwrap_or_else(|| Compile::new("rmsprop"));
        for loss in &self.loss {
            compile = match loss.split_once('=') {
                Some((output, loss)) => compile.loss_of(output, loss),
                None => compile.loss(loss.as_str()),
            };
        }
        for metric in &self.metrics {
            compile = match metric.split_once('=') {
                Some((output, metric)) => compile.metrics_of(output, [metric]),
                None => compile.metrics([metric.as_str()]),
            };
        }
        opened.model.compile(compile).map_err(Failure::input)?;
        Ok(opened.model)
    }
}

/// Images as `float32` from 0 to 1 of shape `(n, height, width, channels)`.
pub fn images(x: &Array, name: &str) -> Result<Array, Failure> {
    let shape = match *x.shape() {
        [n, h, w] => [n, h, w, 1],
        [n, h, w, c] => [n, h, w, c],
        ref other => {
            let message = format!(
                "{name}: images of shape (n, height, width[, channels]) are needed, not {other:?}"
            );
            return Err(Failure::input(message));
        }
    };
    let scale = match x.dtype() {
        DType::U8 => white(name),
        _ => 1.0,
    };
    let values: Vec<f32> = x.to_vec::<f32>().into_iter().map(|v| v / scale).collect();
    if let Some(bad) = values.iter().find(|v| !(0.0..=1.0).contains(*v)) {
        let message =
            format!("{name}: pixels must be uint8, or numbers from 0 to 1. Received: {bad}");
        return Err(Failure::input(message));
    }
    Array::new(&shape, values).map_err(Failure::input)
}

/// The largest level of a data set's pictures.
pub fn white(name: &str) -> f32 {
    if name == "digits8x8" { 16.0 } else { 255.0 }
}

/// Makes the folder that a run writes into.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|e| {
        Failure::input(format!("{}: {e}", path.display())).hint("choose another folder with --out")
    })
}

/// A model from a file. What of the file cannot be used is a warning: it is needed for training alone.
pub fn model(path: &Path) -> Result<cornu::models::Model, Failure> {
    crate::train::register_layers();
    let opened = Load::new().compile(Compilation::Lenient).open_with_notes(path);
    let opened = opened.map_err(Failure::input)?;
    for note in &opened.notes {
        output::warning(format!("{}: {note}", path.display()));
    }
    Ok(opened.model)
}

/// A model from a file that knows how it is trained.
pub fn compiled_model(path: &Path) -> Result<cornu::models::Model, Failure> {
    crate::train::register_layers();
    let model = cornu::saving::load_model(path).map_err(Failure::input)?;
    if model.compiled().is_none() {
        let message = format!("{}: the model was saved without a loss", path.display());
        return Err(Failure::input(message).hint("compile it before it is saved"));
    }
    Ok(model)
}
