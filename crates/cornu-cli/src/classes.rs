//! What the classes of a model are called: a file beside it.

use std::path::{Path, PathBuf};

use crate::Failure;

/// The name of the file: a name on each line, in the order of the model's outputs.
const FILE: &str = "classes.txt";
/// What Teachable Machine writes beside `keras_model.h5`, the numbers before the names.
const LABELS: &str = "labels.txt";

/// The largest file that is taken for a list of names.
const MOST: u64 = 1 << 20;

/// The names beside a model, if there are any.
pub fn beside(model: &Path) -> Result<Vec<String>, Failure> {
    let is_list = |path: &PathBuf| {
        std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= MOST)
    };
    let mut paths = [FILE, LABELS].into_iter().map(|name| model.with_file_name(name));
    let Some(path) = paths.find(is_list) else {
        return Ok(Vec::new());
    };
    let failed = |e| Failure::input(format!("{}: {e}", path.display()));
    Ok(names(&std::fs::read_to_string(&path).map_err(failed)?))
}

/// The lines, without numbers if all are numbered.
fn names(text: &str) -> Vec<String> {
    let lines: Vec<&str> =
        text.trim_start_matches('\u{feff}').trim_end().lines().map(str::trim).collect();
    let bare = |(i, line): (usize, &&str)| -> Option<String> {
        let (number, name) = line.split_once(' ')?;
        (number.parse() == Ok(i)).then(|| name.trim().to_string())
    };
    let numbered: Option<Vec<String>> = lines.iter().enumerate().map(bare).collect();
    numbered.unwrap_or_else(|| lines.iter().map(ToString::to_string).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_on_lines_with_or_without_numbers() {
        assert_eq!(names("\u{feff}cat\r\n十字 2\r\n"), ["cat", "十字 2"]);
        assert_eq!(names("0 Class 1\n1 猫\n"), ["Class 1", "猫"]);
        // Not all are numbered: these are names.
        assert_eq!(names("0 euro\n5 euro\n"), ["0 euro", "5 euro"]);
    }
}
