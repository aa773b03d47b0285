//! Running the command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn cornu(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cornu")).args(args).output().unwrap()
}

pub fn done(args: &[&str]) -> String {
    let output = cornu(args);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {text}{error}");
    text
}

/// The exit code, and standard error.
pub fn refused(args: &[&str]) -> (i32, String) {
    let output = cornu(args);
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

pub fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("cornu-cli-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
