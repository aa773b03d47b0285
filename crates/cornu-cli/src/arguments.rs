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
        open(path, self, None)
    }
}

/// How a model is trained, instead of what it was saved with.
#[derive(Args, Clone)]
pub struct TrainArgs {
    #[command(flatten)]
    given: CompileArgs,

    /// The optimizer, by Keras's name, instead of the saved one
    #[arg(long, value_name = "NAME")]
    optimizer: Option<String>,

    /// The learning rate, instead of the optimizer's own
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
}

impl TrainArgs {
    /// As [`CompileArgs::open`], for training: an optimizer is needed, too. One that is given, or a loss or metric,
    /// compiles the model anew: the optimizer's state starts at 0.
    pub fn open(&self, path: &Path) -> Result<Model, Failure> {
        let model = open(path, &self.given, Some(self.optimizer.as_deref()))?;
        if let Some(rate) = self.learning_rate {
            let set = model.with_optimizer(|optimizer| optimizer.set_learning_rate(rate));
            set.map_err(Failure::input)?;
        }
        Ok(model)
    }
}

/// A compiled model; `optimizer`: what was given for it, where the model is to be trained.
fn open(
    path: &Path,
    given: &CompileArgs,
    optimizer: Option<Option<&str>>,
) -> Result<Model, Failure> {
    crate::train::register_layers();
    let lenient = Load::new().compile(Compilation::Lenient);
    let opened = lenient.open_with_notes(path).map_err(unopened)?;
    let saved = opened.model.compiled().or(opened.compilation);
    let about = |about| opened.notes.iter().find(move |note| note.about == about);
    let missing = |why: String, hint: &str| {
        Err(Failure::input(format!("{}: {why}", path.display())).hint(hint))
    };
    if given.loss.is_empty() && (saved.is_none() || about(About::Loss).is_some()) {
        let why = match about(About::Loss).or(opened.notes.first()) {
            Some(note) => note.to_string(),
            None => "the model was saved without a loss".into(),
        };
        let hint =
            "--loss names one, as in --loss mse, or sparse_categorical_crossentropy for classes";
        return missing(why, hint);
    }
    if let (Some(None), Some(note)) = (optimizer, about(About::Optimizer)) {
        return missing(note.to_string(), "--optimizer names one, as in --optimizer adam");
    }
    let chosen = optimizer.flatten();
    let anew = !given.loss.is_empty() || !given.metrics.is_empty() || chosen.is_some();
    if given.loss.is_empty() {
        opened.notes.iter().for_each(|note| output::warning(format!("{}: {note}", path.display())));
    }
    if !anew && opened.model.compiled().is_some() {
        return Ok(opened.model);
    }
    let mut compile = saved.unwrap_or_else(|| Compile::new("rmsprop"));
    if let Some(name) = chosen {
        compile = compile.optimizer(name);
    }
    if !given.loss.is_empty() {
        compile = compile.optimizer_only();
    }
    for loss in &given.loss {
        compile = match loss.split_once('=') {
            Some((output, loss)) => compile.loss_of(output, loss),
            None => compile.loss(loss.as_str()),
        };
    }
    for metric in &given.metrics {
        compile = match metric.split_once('=') {
            Some((output, metric)) => compile.metrics_of(output, [metric]),
            None => compile.metrics([metric.as_str()]),
        };
    }
    opened.model.compile(compile).map_err(Failure::input)?;
    Ok(opened.model)
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

/// A model from a file. What of the file cannot be used is a warning: it is needed for training alone.
pub fn model(path: &Path) -> Result<cornu::models::Model, Failure> {
    crate::train::register_layers();
    let opened = Load::new().compile(Compilation::Lenient).open_with_notes(path);
    let opened = opened.map_err(unopened)?;
    for note in &opened.notes {
        output::warning(format!("{}: {note}", path.display()));
    }
    Ok(opened.model)
}

/// What a model that does not open is refused with: whoever types commands cannot register Rust classes.
fn unopened(error: cornu::Error) -> Failure {
    let cornu::Error::MissingClasses { what, missing } = &error else {
        return Failure::input(error);
    };
    let failure = Failure::input(format!("{what}: {missing}"));
    match (missing.custom.is_empty(), missing.lambdas.is_empty()) {
        (true, true) => failure,
        _ => failure.hint(
            "the command has Keras's classes alone: save the model without its own ones, or open it in a Rust program that registers \
             them; `cornu convert` of a file of weights alone needs no classes",
        ),
    }
}
