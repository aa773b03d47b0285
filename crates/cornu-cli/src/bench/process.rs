//! The time of a whole process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cornu::io::npy;

use super::measure::{Metric, Stopwatch};
use super::models::{convnet, uniform};
use crate::Failure;

/// Saves a model and times `cornu predict` on it, from start to end.
pub fn first_prediction(
    watch: &mut Stopwatch,
    batch: Option<usize>,
    threads: usize,
) -> Result<(), Failure> {
    let batch = batch.unwrap_or(1);
    let folder = Folder::new()?;
    let at = |name: &str| folder.0.join(name);
    let (model, x, y) = (at("model.keras"), at("x.npy"), at("y.npy"));
    convnet()?.save(&model)?;
    npy::write(&x, &uniform(&[batch, 28, 28, 1])?)?;
    let program = std::env::current_exe().map_err(Failure::run)?;
    let metric = Metric { name: "first_prediction", batch_size: Some(batch), flops: None };
    watch.time(metric, || {
        let mut command = Command::new(&program);
        command.env("CORNU_NUM_THREADS", threads.to_string()).stdout(Stdio::null());
        command.arg("predict").arg(&model);
        command.arg("--input").arg(&x).arg("--output").arg(&y);
        let status = command.status().map_err(Failure::run)?;
        match status.success() {
            true => Ok(()),
            false => Err(Failure::run(format!("cornu predict ended with {status}"))),
        }
    })
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Folder, Failure> {
        let path = std::env::temp_dir().join(format!("cornu-bench-{}", std::process::id()));
        let failed = |path: &Path, e| Failure::run(format!("{}: {e}", path.display()));
        std::fs::create_dir(&path).map_err(|e| failed(&path, e))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
