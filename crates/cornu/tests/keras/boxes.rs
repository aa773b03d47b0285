//! Boxes: formats, overlaps, suppression.

use cornu::boxes::{BoxFormat, NonMaxSuppression, Overlap, convert_format};
use cornu::{Eval, Tensor};
use serde_json::Value;

use crate::golden::{Report, array, cases, number, numbers, tensor};

fn format(name: &Value) -> BoxFormat {
    serde_json::from_value(name.clone()).unwrap()
}

fn conversions(case: &Value, report: &mut Report) {
    let (source, boxes) = (format(&case["convert"]), tensor(&case["boxes"]));
    assert_eq!(case["to"].as_object().unwrap().len(), BoxFormat::ALL.len());
    for target in BoxFormat::ALL {
        let name = serde_json::to_value(target).unwrap();
        let what = format!("{} to {name}", case["convert"]);
        let converted = convert_format(&boxes, source, target, Some([20.0, 50.0]));
        let Some(converted) = report.ok(&what, converted.array()) else { continue };
        report.array(&what, &converted, &case["to"][name.as_str().unwrap()], 1e-5);
    }
}

fn overlaps(case: &Value, report: &mut Report) {
    let format = format(&case["overlap"]);
    let (a, b) = (tensor(&case["a"]), tensor(&case["b"]));
    let mut compare = |what: &str, got: Tensor| {
        let Some(got) = report.ok(what, got.array()) else { return };
        report.array(&format!("{what} {format:?}"), &got, &case[what], 1e-5);
    };
    compare("iou", Overlap::Iou.matrix(&a, &b, format));
    let first = cornu::ops::slice_axis(&a, 0, 0, 4);
    compare("ciou", Overlap::Ciou.pairs(&first, &b, format));
}

fn suppression(case: &Value, report: &mut Report) {
    let [threshold, least, most, sigma] = numbers(&case["suppress"])[..] else { panic!() };
    let what = format!("suppress {}", case["suppress"]);
    let settings = NonMaxSuppression::new()
        .iou_threshold(threshold)
        .score_threshold(least)
        .max_output_size(most as usize)
        .soft_sigma(sigma);
    let chosen = settings.run(&array(&case["boxes"]), &array(&case["scores"]), None);
    let Some(chosen) = report.ok(&what, chosen) else { return };
    let want: Vec<usize> =
        case["chosen"].as_array().unwrap().iter().map(|i| number(i) as usize).collect();
    report.equal(&what, chosen.indices, want);
    report.values(&what, &chosen.scores, &numbers(&case["kept"]["data"]), 1e-5);
}

#[test]
fn boxes() {
    let mut report = Report::default();
    for case in cases("boxes") {
        match case.as_object().unwrap() {
            c if c.contains_key("convert") => conversions(&case, &mut report),
            c if c.contains_key("overlap") => overlaps(&case, &mut report),
            _ => suppression(&case, &mut report),
        }
    }
    report.finish();
}
