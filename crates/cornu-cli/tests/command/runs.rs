//! Runs of `cornu train` that are interrupted, killed, repeated and resumed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cornu::io::npz;
use cornu::layers::{Dense, Dropout};
use cornu::models::{Compile, Sequential};
use cornu::saving::Contents;
use cornu::{Array, DType, Eval, random};

use crate::pictures;
use crate::support::{done, folder, refused, text};

/// The command, in the background.
fn start(args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cornu"));
    command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A run that is killed or asked to end again and again, and goes on each time; how often it was stopped.
fn torn(args: &[&str], out: &Path, state: &str) -> usize {
    let (mut stopped, mut wait) = (0, 120);
    loop {
        let more: &[&str] = if out.join(state).exists() { &["--resume"] } else { &["--overwrite"] };
        let mut child = start(&[args, more].concat());
        std::thread::sleep(Duration::from_millis(wait));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "after {stopped} stops");
            return stopped;
        }
        if stopped % 2 == 0 {
            child.kill().unwrap();
        } else {
            let id = child.id().to_string();
            assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        }
        child.wait().unwrap();
        stopped += 1;
        // Other moments each time; at last long enough to come to the end.
        wait = if stopped < 5 { 150 + wait * 7 % 370 } else { wait * 2 };
    }
}

/// Checks that a run that is stopped again and again leaves what an undisturbed one leaves.
fn resumes_exactly(args: &[&str], at: &Path, state: &str, model: &str, log: &str) {
    let (whole, parts) = (at.join("whole"), at.join("parts"));
    done(&[args, &["--out", text(&whole)]].concat());
    let stopped = torn(&[args, &["--out", text(&parts)]].concat(), &parts, state);
    assert!(stopped > 0);
    let weights = |out: &Path| Contents::read(out.join(model)).unwrap().weights;
    assert_eq!(weights(&parts), weights(&whole), "after {stopped} stops");
    let read = |out: &Path| std::fs::read_to_string(out.join(log)).unwrap();
    assert_eq!(read(&parts), read(&whole));
}

#[test]
fn an_interrupted_autoencoder_goes_on_bit_for_bit() {
    let folder = folder("torn-vae");
    let data = pictures(&folder, 120, &[8, 8], 3);
    let args = ["train", "vae", "--data", text(&data), "--batch-size", "4", "--epochs", "3"];
    resumes_exactly(&args, &folder, "backup/latest.npz", "vae.keras", "history.csv");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_interrupted_classifier_goes_on_bit_for_bit() {
    let folder = folder("torn-classifier");
    let data = pictures(&folder, 240, &[12, 12], 3);
    let args = ["train", "classifier", "--data", text(&data), "--batch-size", "4", "--epochs", "3"];
    resumes_exactly(&args, &folder, "backup/latest.npz", "model.keras", "history.csv");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_interrupted_gan_goes_on_bit_for_bit() {
    let folder = folder("torn-gan");
    let data = pictures(&folder, 8, &[32, 32, 3], 2);
    let every = ["--sample-every", "100", "--checkpoint-every", "1"];
    let args = ["train", "gan", "--data", text(&data), "--batch-size", "1", "--steps", "3"];
    let args = [&args[..], &every].concat();
    resumes_exactly(&args, &folder, "checkpoint.npz", "generator.keras", "losses.csv");
    std::fs::remove_dir_all(folder).unwrap();
}

/// A compiled model with random numbers of its own, and data for it.
fn saved(folder: &Path) -> (PathBuf, PathBuf) {
    let model = Sequential::new().input([3]).add(Dense::new(8).activation("relu"));
    let model = model.add(Dropout::new(0.3)).add(Dense::new(1)).model().unwrap();
    model.compile(Compile::new("adam").loss("mse")).unwrap();
    let (path, data) = (folder.join("m.keras"), folder.join("d.npz"));
    model.save(&path).unwrap();
    let x = random::normal(&[600, 3], 0.0, 1.0, DType::F32, 2).array().unwrap();
    let y = Array::zeros(&[600, 1], DType::F32).unwrap();
    npz::write(&data, [("x", &x), ("y", &y)]).unwrap();
    (path, data)
}

#[test]
fn an_interrupted_training_of_a_saved_model_goes_on_bit_for_bit() {
    let folder = folder("torn-saved");
    let (model, data) = saved(&folder);
    let args = ["train", text(&model), "--data", text(&data), "--batch-size", "1", "--epochs", "6"];
    resumes_exactly(&args, &folder, "backup/latest.npz", "model.keras", "history.csv");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_run_is_neither_overwritten_nor_written_by_two() {
    let folder = folder("held");
    let (model, data) = saved(&folder);
    // The name is no pattern.
    let out = folder.join("run{epoch}");
    let args = ["train", text(&model), "--data", text(&data), "--out", text(&out)];
    let with = |more: &[&'static str]| [&args[..], more].concat();
    let (code, error) = refused(&with(&["--resume"]));
    assert!(code == 2 && error.contains("no run that could go on"), "{error}");
    assert!(done(&with(&[])).contains("Wrote model"));
    let before = std::fs::read(out.join("model.keras")).unwrap();
    for more in [&[][..], &["--epochs", "0"]] {
        let (code, error) = refused(&with(more));
        assert!(code == 2 && error.contains("holds a run already"), "{error}");
        assert!(error.contains("--overwrite") && error.contains("--resume"), "{error}");
    }
    assert!(done(&with(&["--resume"])).contains("Nothing to do: 1 epoch is done"));
    assert_eq!(std::fs::read(out.join("model.keras")).unwrap(), before);
    assert!(done(&with(&["--resume", "--epochs", "2"])).contains("Wrote model"));
    let lines = || std::fs::read_to_string(out.join("history.csv")).unwrap().lines().count();
    assert_eq!(lines(), 3);

    let lock = std::fs::File::open(out.join(".lock")).unwrap();
    lock.try_lock().unwrap();
    let (code, error) = refused(&with(&["--overwrite"]));
    assert!(code == 2 && error.contains("another run is writing"), "{error}");
    drop(lock);
    assert!(done(&with(&["--overwrite"])).contains("Wrote model"));
    assert_eq!(lines(), 2);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_model_without_a_compilation_is_given_one() {
    let folder = folder("compile");
    let model = Sequential::new().input([3]).add(Dense::new(1)).model().unwrap();
    let (_, data) = saved(&folder);
    let path = folder.join("plain.keras");
    model.save(&path).unwrap();
    let out = folder.join("run");
    let args = ["train", text(&path), "--data", text(&data), "--out", text(&out)];
    let (code, error) = refused(&args);
    assert!(code == 2 && error.contains("--loss"), "{error}");
    let more =
        ["--loss", "mse", "--optimizer", "sgd", "--learning-rate", "0.5", "--metrics", "mae"];
    let shown = done(&[&args[..], &more].concat());
    assert!(shown.contains("mae: "), "{shown}");
    let trained = cornu::saving::load_model(out.join("model.keras")).unwrap();
    assert_eq!(trained.with_optimizer(|o| o.learning_rate()).unwrap(), 0.5);
    let (_, error) = refused(&["train", "claasifier"]);
    assert!(error.contains("did you mean \"classifier\""), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_run_that_diverges_says_so_and_stops() {
    let folder = folder("diverge");
    let (model, data) = saved(&folder);
    let out = folder.join("run");
    let steep = ["--loss", "mse", "--optimizer", "sgd", "--learning-rate", "1e30"];
    let args = ["train", text(&model), "--data", text(&data), "--out", text(&out)];
    let (code, error) = refused(&[&args[..], &steep].concat());
    assert!(code == 1 && error.contains("diverged"), "{error}");
    assert!(!out.join("loss.png").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error_and_stops_no_run() {
    let folder = folder("full");
    let (model, data) = saved(&folder);
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cornu"));
        command.args(args).stdout(full()).stderr(Stdio::piped()).output().unwrap()
    };
    for args in [&["summary", text(&model)][..], &["--help"], &["datasets"]] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
    let out = folder.join("run");
    let output = run(&["train", text(&model), "--data", text(&data), "--out", text(&out)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output: "));
    assert!(out.join("model.keras").exists() && out.join("loss.png").exists());

    let mut command = Command::new(env!("CARGO_BIN_EXE_cornu"));
    let missing = command.args(["summary", "no-such-file.keras"]).stderr(full()).status().unwrap();
    assert_eq!(missing.code(), Some(2));
    // A reader that goes away is none of the run's business.
    let out = folder.join("piped");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cornu"));
    let args = ["train", text(&model), "--data", text(&data), "--out", text(&out)];
    let mut child = command.args(args).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert!(out.join("loss.png").exists());
    std::fs::remove_dir_all(folder).unwrap();
}
