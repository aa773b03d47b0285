//! What the classes of a model are called: a file beside it.

use std::path::Path;

use crate::Failure;

/// The name of the file: a name on each line, in the order of the model's outputs.
pub const FILE: &str = "classes.txt";

/// The largest file that is taken for a list of names.
const MOST: u64 = 1 << 20;

/// The names beside a model, if there are any.
pub fn beside(model: &Path) -> Result<Vec<String>, Failure> {
    let path = model.with_file_name(FILE);
    match std::fs::metadata(&path) {
        Ok(meta) if meta.is_file() && meta.len() <= MOST => {}
        _ => return Ok(Vec::new()),
    }
    let failed = |e| Failure::input(format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(failed)?;
    Ok(text.trim_start_matches('\u{feff}').lines().map(|line| line.trim().to_string()).collect())
}

/// Writes the names into a folder, if there are any.
pub fn write(folder: &Path, names: &[String]) -> Result<(), Failure> {
    if names.is_empty() {
        return Ok(());
    }
    let lines = |file: &mut dyn std::io::Write| {
        names.iter().try_for_each(|name| writeln!(file, "{}", name.replace(['\r', '\n'], " ")))
    };
    cornu::io::atomic_write(folder.join(FILE), |file| lines(file)).map_err(Failure::run)
}
