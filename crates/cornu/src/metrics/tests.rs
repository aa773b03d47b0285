//! What the fixtures do not show: errors, edges, metrics of one's own, units.

use serde_json::json;

use super::*;
use crate::config::{deserialize_object, serialize_object};
use crate::layers::{Dense, Input, LayerExt, Normalization};
use crate::models::{Compile, Model};

fn floats(shape: &[usize], values: &[f32]) -> Array {
    Array::new(shape, values.to_vec()).unwrap()
}

fn value(metric: impl Into<Choice<dyn Metric>>, t: &Array, p: &Array) -> Result<Vec<f64>> {
    let mut tracker = Tracker::new(metric)?;
    tracker.update_state(t, p, None)?;
    Ok(tracker.result()?.to_vec())
}

/// The message names the metric, the argument and the value.
fn refuses(metric: impl Into<Choice<dyn Metric>>, shape: &[usize], words: &[&str]) {
    let y = Array::zeros(shape, cornu_graph::DType::F32).unwrap();
    let error = value(metric, &y, &y).expect_err("must be refused").to_string();
    for word in words {
        assert!(error.contains(word), "{error:?} lacks {word:?}");
    }
}

#[test]
fn errors_name_argument_rule_and_value() {
    let precision = Precision::default;
    refuses(
        Precision { thresholds: Some(1.5.into()), ..precision() },
        &[3],
        &["precision", "thresholds", "1.5"],
    );
    refuses(
        Precision { thresholds: Some(vec![].into()), ..precision() },
        &[3],
        &["thresholds", "at least one"],
    );
    refuses(Precision { top_k: Some(4), ..precision() }, &[2, 3], &["top_k", "3 columns", "4"]);
    refuses(Precision { class_id: Some(3), ..precision() }, &[2, 3], &["class_id", "3"]);
    refuses(Precision { class_id: Some(0), ..precision() }, &[3], &["class_id", "[3]"]);
    refuses(SensitivityAtSpecificity::new(1.5), &[3], &["specificity", "1.5"]);
    let at = PrecisionAtRecall { num_thresholds: 0, ..PrecisionAtRecall::new(0.5) };
    refuses(at, &[3], &["num_thresholds", "0"]);
    refuses(AUC { num_thresholds: 1, ..Default::default() }, &[3], &["num_thresholds", "1"]);
    refuses(
        AUC { num_labels: Some(3), ..Default::default() },
        &[3],
        &["num_labels", "multi_label"],
    );
    let labels = AUC { multi_label: true, ..Default::default() };
    refuses(AUC { num_labels: Some(2), ..labels.clone() }, &[2, 3], &["num_labels", "2"]);
    refuses(labels, &[3], &["y_pred", "[3]"]);
    refuses(IoU::new(3usize, [3]), &[3], &["target_class_ids", "[3]"]);
    refuses(MeanIoU::new(0usize), &[3], &["num_classes", "0"]);
    refuses(F1Score::default(), &[3], &["f1_score", "[3]"]);
    refuses(FBetaScore { beta: -1.0, ..Default::default() }, &[2, 3], &["beta", "-1"]);
    refuses(F1Score { threshold: Some(0.0), ..Default::default() }, &[2, 3], &["threshold", "0"]);
    refuses(R2Score::default(), &[3], &["r2_score", "[3]"]);
    let different = value(Recall::default(), &floats(&[2], &[0.0, 1.0]), &floats(&[3], &[0.0; 3]));
    assert!(different.unwrap_err().to_string().contains("y_true"));
    let unknown = Tracker::new("no_such_metric").err().unwrap().to_string();
    assert!(unknown.contains("F1Score") && unknown.contains("no_such_metric"), "{unknown}");
    // As in Keras, a name alone cannot stand for a metric that needs an argument.
    let missing = Tracker::new("mean_io_u").err().unwrap().to_string();
    assert!(missing.contains("num_classes"), "{missing}");
}

#[test]
fn an_impossible_number_of_thresholds_is_an_error() {
    refuses(AUC { num_thresholds: usize::MAX, ..Default::default() }, &[3], &["shape"]);
    refuses(MeanIoU::new(usize::MAX), &[3], &["shape"]);
}

#[test]
fn nan_is_above_no_threshold() {
    let (t, p) =
        (floats(&[4], &[1.0, 1.0, 0.0, 0.0]), floats(&[4], &[f32::NAN, 0.9, f32::NAN, 0.2]));
    assert_eq!(value(Precision::default(), &t, &p).unwrap(), [1.0]);
    assert_eq!(value(Recall::default(), &t, &p).unwrap(), [0.5]);
    let counts = |thresholds: Thresholds| FalseNegatives {
        thresholds: Some(thresholds),
        ..Default::default()
    };
    assert_eq!(value(counts([0.0, 0.5, 1.0].into()), &t, &p).unwrap(), [1.0, 1.0, 2.0]);
    assert_eq!(value(counts([0.0, 0.6, 1.0].into()), &t, &p).unwrap(), [1.0, 1.0, 2.0]);
}

#[test]
fn a_batch_that_does_not_fit_changes_nothing() {
    let mut score = Tracker::new(F1Score::default()).unwrap();
    assert!(score.result().unwrap_err().to_string().contains("batch"));
    let rows = floats(&[2, 2], &[1.0, 0.0, 0.0, 1.0]);
    score.update_state(&rows, &rows, None).unwrap();
    let before = score.result().unwrap();
    let wider = floats(&[2, 1], &[1.0, 1.0]);
    assert!(score.update_state(&wider, &wider, None).unwrap_err().to_string().contains("columns"));
    assert_eq!(score.result().unwrap(), before);
    score.reset_state();
    assert_eq!(score.result().unwrap().to_vec::<f32>(), [0.0, 0.0]);
}

#[test]
fn weights_of_labels_and_of_rows() {
    // In int64 a weight of 0.5 is 0; in float32 it counts, here once per label of its row.
    let (t, p) = (floats(&[2, 2], &[0.0, 1.0, 1.0, 1.0]), floats(&[2, 2], &[0.0, 0.0, 1.0, 0.0]));
    let weights = floats(&[2], &[0.5, 1.0]);
    let run = |dtype: cornu_graph::DType| {
        let metric = IoU { dtype: dtype.into(), ..IoU::new(2usize, [1]) };
        let mut tracker = Tracker::new(metric).unwrap();
        tracker.update_state(&t, &p, Some(&weights)).unwrap();
        tracker.result().unwrap().item().unwrap()
    };
    assert!((run(cornu_graph::DType::I64) - 0.5).abs() < 1e-6);
    assert!((run(cornu_graph::DType::F32) - 0.4).abs() < 1e-6);
}

#[test]
fn no_hit_without_a_class_or_a_number() {
    let p = floats(&[3, 2], &[-1.0, -2.0, f32::NAN, 0.0, 0.5, f32::INFINITY]);
    let t = Array::new(&[3], vec![2i32, 0, 0]).unwrap();
    let hits =
        |k| value(SparseTopKCategoricalAccuracy { k, ..Default::default() }, &t, &p).unwrap()[0];
    assert_eq!(hits(1), 0.0);
    assert!((hits(2) - 1.0 / 3.0).abs() < 1e-6);
}

#[test]
fn classes_along_another_axis() {
    let p = floats(&[1, 2, 2], &[0.25, 0.5, 0.75, 0.5]);
    let t = Array::new(&[1, 2], vec![0i32, 1]).unwrap();
    let metric = SparseCategoricalCrossentropy { axis: 1, ..Default::default() };
    let want = -(0.25f64.ln() + 0.5f64.ln()) / 2.0;
    assert!((value(metric, &t, &p).unwrap()[0] - want).abs() < 1e-6);
}

#[test]
fn configs_need_what_has_no_default() {
    let read =
        |config| deserialize_object::<dyn Metric>(&json!({"class_name": "IoU", "config": config}));
    let error = |config| read(config).err().unwrap().to_string();
    assert!(error(json!({"num_classes": 2})).contains("target_class_ids"));
    assert!(
        error(json!({"num_classes": 2, "target_class_ids": [0], "classes": 1})).contains("classes")
    );
    assert!(
        error(json!({"num_classes": 2, "target_class_ids": [0], "dtype": "string"}))
            .contains("dtype")
    );
    let policy =
        json!({"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}});
    let metric = read(json!({"num_classes": 2, "target_class_ids": [0], "dtype": policy})).unwrap();
    assert_eq!(metric.config().unwrap()["dtype"], "float32");
    let auc = json!({"class_name": "AUC", "config": {"curve": "pr", "label_weights": [1.0, 2.0]}});
    let auc = deserialize_object::<dyn Metric>(&auc).unwrap().config().unwrap();
    assert_eq!(
        (auc["curve"].as_str(), &auc["label_weights"]["config"]["value"]),
        (Some("PR"), &json!([1.0, 2.0]))
    );
}

#[test]
fn functions_by_name_and_of_ones_own() {
    let (t, p) = (floats(&[2, 1], &[0.0, 4.0]), floats(&[2, 1], &[1.0, 1.0]));
    let own = MeanMetricWrapper::new("gap", |t, p| cornu_graph::ops::abs(&(t - p)));
    assert_eq!(value(own, &t, &p).unwrap(), [2.0]);
    let named = |name: &str| MeanMetricWrapper::named(name, Default::default());
    assert_eq!(value(named("mean_absolute_error").unwrap(), &t, &p).unwrap(), [2.0]);
    assert!(named("auc").err().unwrap().to_string().contains("auc"));
    assert!(named("nothing").is_err());
}

#[test]
fn errors_in_the_unit_of_the_targets() {
    // Two columns of different spread.
    let y = floats(&[4, 2], &[1.0, 100.0, 2.0, 300.0, 3.0, 500.0, 6.0, 700.0]);
    let off = floats(&[4, 2], &[1.5, 110.0, 2.0, 290.0, 2.0, 530.0, 6.0, 700.0]);
    let scaler = Normalization::new().adapt(&y).unwrap();
    let (mean, variance) = scaler.statistics().unwrap();
    let model = |layer: Normalization| {
        let x = Input([2]);
        Model::new(&x, layer.apply(&x).unwrap()).unwrap()
    };
    let scaled = |a: &Array| model(scaler.clone()).predict(a, 32).unwrap().remove(0);
    let back = model(scaler.inverse().unwrap()).predict(scaled(&y), 32).unwrap().remove(0);
    let near = |a: &[f64], b: &[f64]| {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-4 * b.abs().max(1e-3))
    };
    assert!(near(&back.to_vec::<f64>(), &y.to_vec::<f64>()));
    for name in ["mae", "mse", "rmse", "mape", "r2_score"] {
        let own = value(name, &y, &off).unwrap();
        let unscaled = Unscaled::by(name, &scaler).unwrap();
        assert_eq!(Metric::name(&unscaled), name);
        let got = value(unscaled.clone(), &scaled(&y), &scaled(&off)).unwrap();
        assert!(near(&got, &own), "{name}: {got:?}, not {own:?}");
        // Saved and loaded.
        let dict = serialize_object::<dyn Metric>(&unscaled).unwrap();
        let again = deserialize_object::<dyn Metric>(&dict).unwrap();
        assert_eq!(value(again, &scaled(&y), &scaled(&off)).unwrap(), got);
    }
    let std = variance.map(f64::sqrt);
    assert!(Unscaled::new("mae", mean, std).is_ok());
    let narrow = floats(&[4], &[0.0; 4]);
    let error = value(Unscaled::by("mae", &scaler).unwrap(), &narrow, &narrow).unwrap_err();
    assert!(error.to_string().contains("2 means"), "{error}");
    let error = Unscaled::by("mae", &Normalization::new()).err().unwrap();
    assert!(error.to_string().contains("adapted"), "{error}");
    assert!(unscale_error("mape", 1.0, 2.0).unwrap_err().to_string().contains("mape"));
    assert!(unscale_error("mae", 1.0, -2.0).is_err());
    assert_eq!(unscale_error("root_mean_squared_error", 3.0, 2.0).unwrap(), 6.0);
}

#[test]
fn an_own_unit_in_compile() {
    let x = Input([1]);
    let model = Model::new(&x, Dense::new(1).apply(&x).unwrap()).unwrap();
    model.set_weights(&[floats(&[1, 1], &[1.0]), floats(&[1], &[0.5])]).unwrap();
    let mae = Unscaled::new("mae", 20.0, 8.0).unwrap();
    model.compile(Compile::new("sgd").loss("mse").metrics([mae])).unwrap();
    let logs =
        model.test_on_batch(floats(&[2, 1], &[0.0, 1.0]), floats(&[2, 1], &[0.0, 1.0])).unwrap();
    assert_eq!(logs.get("mae"), Some(4.0));
}
