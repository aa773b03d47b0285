//! Arguments that several commands have.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use cornu::datasets::{self, Dataset};
use cornu::{Array, DType};

use crate::Failure;

/// How a run is done.
#[derive(Args)]
pub struct RunArgs {
    /// How many threads to use [default: CORNU_NUM_THREADS, or all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,

    /// Where all randomness starts; the same seed gives the same result
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

impl RunArgs {
    /// Sets threads and seed.
    pub fn apply(&self) -> Result<(), Failure> {
        if let Some(threads) = self.threads {
            let cpu = cornu_cpu::Cpu::new(threads).map_err(Failure::input)?;
            cornu::set_backend(Arc::new(cpu));
        }
        cornu::set_random_seed(self.seed);
        Ok(())
    }

    /// How many threads are used.
    pub fn threads(&self) -> Result<usize, Failure> {
        match self.threads {
            Some(threads) => Ok(threads),
            None => cornu_cpu::runtime::default_threads().map_err(Failure::input),
        }
    }
}

/// A data set by name or path.
pub fn load(data: &str) -> Result<Dataset, Failure> {
    datasets::load(data).map_err(|e| {
        Failure::input(e)
            .hint("`cornu datasets` lists the names and the kinds of files that can be read")
    })
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
    let scale = if x.dtype() == DType::U8 { 255.0 } else { 1.0 };
    let values: Vec<f32> = x.to_vec::<f32>().into_iter().map(|v| v / scale).collect();
    if let Some(bad) = values.iter().find(|v| !(0.0..=1.0).contains(*v)) {
        let message =
            format!("{name}: pixels must be uint8, or numbers from 0 to 1. Received: {bad}");
        return Err(Failure::input(message));
    }
    Array::new(&shape, values).map_err(Failure::input)
}

/// Makes the folder that a run writes into.
pub fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|e| {
        Failure::input(format!("{}: {e}", path.display())).hint("choose another folder with --out")
    })
}

/// A model from a file.
pub fn model(path: &PathBuf) -> Result<cornu::models::Model, Failure> {
    crate::train::register_layers();
    cornu::saving::load_model(path).map_err(Failure::input)
}

/// A model from a file that knows how it is trained.
pub fn compiled_model(path: &PathBuf) -> Result<cornu::models::Model, Failure> {
    let model = model(path)?;
    if model.compiled().is_none() {
        let message = format!("{}: the model was saved without a loss", path.display());
        return Err(Failure::input(message).hint("compile it before it is saved"));
    }
    Ok(model)
}
