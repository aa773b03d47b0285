//! What `summary` prints, to the letter.

use cornu::models::{Fit, Model, Summary};
use cornu::{Array, DType};

use crate::golden::{Report, cases, text};

/// The tables that are recorded of a model, beside the plain one.
fn variants(name: &str) -> Vec<(&'static str, Summary)> {
    let plain = Summary::default();
    let nested = Summary { expand_nested: true, ..plain };
    let trainable = Summary { show_trainable: true, ..plain };
    let wide = |width| Summary { line_length: Some(width), ..plain };
    match name {
        "vae" => vec![("nested", Summary { show_trainable: true, ..nested })],
        "encoder" => vec![("80", wide(80))],
        "wide" => vec![
            ("nested", Summary { show_trainable: true, ..nested }),
            ("60", wide(60)),
            ("160", wide(160)),
        ],
        "stacked" => vec![("nested", nested)],
        "frozen_part" => vec![("trainable", trainable)],
        _ => Vec::new(),
    }
}

/// Compares line by line, so that a report shows what differs.
fn same(what: &str, got: &str, file: &str, report: &mut Report) {
    let want = text(file);
    for (i, (got, want)) in got.lines().zip(want.lines()).enumerate() {
        report.equal(&format!("{what}, line {}", i + 1), got, want);
    }
    report.equal(&format!("{what}, lines"), got.lines().count(), want.lines().count());
}

#[test]
fn summaries() {
    let mut report = Report::default();
    for case in cases("summary_models") {
        let name = case["name"].as_str().unwrap();
        let Some(model) = report.ok(name, Model::from_config(&case["model"])) else { continue };
        if name == "trained" {
            let zeros = |width| Array::zeros(&[4, width], DType::F32).unwrap();
            let fit = model.fit(zeros(4), zeros(1), Fit::new().verbose(0));
            report.ok(name, fit);
        }
        same(name, &model.summary(), &format!("summary_{name}.txt"), &mut report);
        for (label, options) in variants(name) {
            let file = format!("summary_{name}_{label}.txt");
            same(&file, &model.summary_with(options), &file, &mut report);
        }
    }
    for case in cases("param_counts") {
        let name = case["model"].as_str().unwrap();
        let models = cases("summary_models");
        let model = &models.iter().find(|m| m["name"] == name).unwrap()["model"];
        let Some(model) = report.ok(name, Model::from_config(model)) else { continue };
        let trainable = model.as_layer().trainable_weights();
        let trainable: usize = trainable.iter().map(|w| w.variable.count()).sum();
        let counts = (Some(model.count_params() as u64), Some(trainable as u64));
        report.equal(name, counts, (case["params"].as_u64(), case["trainable"].as_u64()));
    }
    report.finish();
}
