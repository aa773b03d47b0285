//! The command as a user runs it.

mod files;
mod runs;
mod support;

use std::path::{Path, PathBuf};

use cornu::io::{image, npy, npz};
use cornu::layers::Dense;
use cornu::models::{Compile, Sequential};
use cornu::{Array, DType, Eval, random};

use support::{done, folder, refused, text};

/// Random pictures with labels, as a `.npz` file.
fn pictures(folder: &Path, count: usize, shape: &[usize], classes: i32) -> PathBuf {
    let path = folder.join("pictures.npz");
    let shape = [&[count], shape].concat();
    let x = random::uniform(&shape, 0.0, 1.0, DType::F32, 1).array().unwrap();
    let labels: Vec<i32> = (0..count as i32).map(|i| i % classes).collect();
    let y = Array::new(&[count], labels).unwrap();
    let (half, rest) = (count / 2, count);
    let part = |a: &Array, from, to| a.rows(from, to).unwrap();
    let arrays = [
        ("x_train", part(&x, 0, half)),
        ("y_train", part(&y, 0, half)),
        ("x_test", part(&x, half, rest)),
        ("y_test", part(&y, half, rest)),
    ];
    npz::write(&path, arrays.iter().map(|(name, a)| (*name, a))).unwrap();
    path
}

#[test]
fn help_and_lists() {
    assert!(done(&["--help"]).contains("train"));
    assert!(done(&["train", "vae", "--help"]).contains("--latent-dim"));
    assert!(done(&["datasets"]).contains("emoji"));
    assert!(done(&["info"]).contains("threads"));
    assert_eq!(refused(&["nonsense"]).0, 2);
}

#[test]
fn a_saved_model_is_summed_up_run_and_evaluated() {
    let folder = folder("use");
    let model = Sequential::new().input([3]).add(Dense::new(2).activation("relu")).model().unwrap();
    model.compile(Compile::new("sgd").loss("mse").metrics(["mae"])).unwrap();
    let (path, x, y) = (folder.join("m.keras"), folder.join("x.npy"), folder.join("y.npy"));
    model.save(&path).unwrap();
    assert!(done(&["summary", text(&path)]).contains("Trainable params: 8"));

    let input = random::normal(&[5, 3], 0.0, 1.0, DType::F32, 2).array().unwrap();
    npy::write(&x, &input).unwrap();
    done(&["predict", text(&path), "--input", text(&x), "--output", text(&y)]);
    assert_eq!(npy::read(&y).unwrap(), model.predict(&input, 32).unwrap()[0]);

    let data = folder.join("d.npz");
    let target = Array::zeros(&[5, 2], DType::F32).unwrap();
    npz::write(&data, [("x", &input), ("y", &target)]).unwrap();
    let shown = done(&["evaluate", text(&path), "--data", text(&data)]);
    assert!(shown.contains("loss: ") && shown.contains("mae: "), "{shown}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn files_that_are_not_what_they_claim_end_with_2() {
    let folder = folder("bad");
    let (bad, out) = (folder.join("bad.keras"), folder.join("y.npy"));
    std::fs::write(&bad, b"not a model").unwrap();
    for args in [
        vec!["summary", text(&bad)],
        vec!["summary", "no-such-file.keras"],
        vec!["predict", text(&bad), "--input", text(&bad), "--output", text(&out)],
        vec!["evaluate", text(&bad), "--data", text(&bad)],
        vec!["train", "classifier", "--data", text(&bad), "--out", text(&folder)],
    ] {
        let (code, error) = refused(&args);
        assert_eq!(code, 2, "{args:?}: {error}");
        assert!(error.starts_with("error: "), "{error}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_autoencoder_trains_paints_and_resumes() {
    let folder = folder("vae");
    let data = pictures(&folder, 48, &[8, 8], 3);
    let out = folder.join("run");
    let run = |more: &[&str]| {
        let base =
            ["train", "vae", "--data", text(&data), "--batch-size", "16", "--out", text(&out)];
        done(&[&base[..], more].concat())
    };
    let shown = run(&["--epochs", "1"]);
    assert!(shown.contains("val_loss"), "{shown}");
    for name in ["loss.png", "latent.png", "reconstructions.png"] {
        assert!(image::read_png(out.join(name)).is_ok(), "{name}");
    }
    assert_eq!(image::read_png(out.join("manifold.png")).unwrap().shape()[..2], [15 * 8, 15 * 8]);
    assert!(done(&["summary", text(&out.join("vae.keras"))]).contains("VaeLoss"));
    run(&["--epochs", "2", "--resume"]);
    let history = std::fs::read_to_string(out.join("history.csv")).unwrap();
    assert_eq!(history.lines().count(), 3, "{history}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_classifier_reports_every_class() {
    let folder = folder("classifier");
    let data = pictures(&folder, 60, &[12, 12], 3);
    let out = folder.join("run");
    let shown =
        done(&["train", "classifier", "--data", text(&data), "--epochs", "1", "--out", text(&out)]);
    assert!(shown.contains("recall") && shown.contains("accuracy"), "{shown}");
    for name in ["loss.png", "accuracy.png", "confusion.png", "model.keras", "history.csv"] {
        assert!(out.join(name).exists(), "{name}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_gan_resumes_where_it_stopped() {
    let folder = folder("gan");
    let data = pictures(&folder, 8, &[32, 32, 3], 2);
    let out = folder.join("run");
    let run = |more: &[&str]| {
        let base =
            ["train", "gan", "--data", text(&data), "--batch-size", "1", "--out", text(&out)];
        done(&[&base[..], more].concat())
    };
    let shown = run(&["--steps", "1"]);
    assert!(shown.contains("6264579") && shown.contains("790913"), "{shown}");
    let shown = run(&["--steps", "2", "--resume"]);
    assert!(shown.contains("step 2/2") && !shown.contains("step 1/2"), "{shown}");
    let losses = std::fs::read_to_string(out.join("losses.csv")).unwrap();
    assert_eq!(losses.lines().count(), 3, "{losses}");
    assert!(out.join("samples-00002.png").exists() && out.join("losses.png").exists());
    std::fs::remove_dir_all(folder).unwrap();
}
