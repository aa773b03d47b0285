use cornu::layers::{Add, Dense, Input, LayerExt};
use cornu::models::{Fit, Model};
use cornu::saving::{load_model, load_weights, save_sharded_weights, save_weights};
use cornu::{Array, Result};

use crate::support::{Folder, Record, assert_predicts, fixture, forget, small};

#[test]
fn what_keras_wrote_is_written_again_in_every_format() -> Result<()> {
    let folder = Folder::new();
    let record = Record::open("graph");
    let model = load_model(fixture("graph.keras"))?;
    let archive = folder.0.join("again.keras");
    model.save(&archive)?;
    let again = load_model(&archive)?;
    assert_predicts(&again, &record);
    assert_eq!(again.to_config()?, model.to_config()?);
    let legacy = folder.0.join("again.h5");
    let simple = load_model(fixture("adam.keras"))?;
    simple.save(&legacy)?;
    assert_predicts(&load_model(&legacy)?, &Record::open("adam"));
    for name in ["w.weights.h5", "w.weights.json", "w.npz", "w.safetensors"] {
        let path = folder.0.join(name);
        save_weights(&model, &path)?;
        let other = load_model(&archive)?;
        forget(&other)?;
        load_weights(&other, &path)?;
        assert_predicts(&other, &record);
    }
    Ok(())
}

#[test]
fn the_optimizer_goes_on_from_every_format() -> Result<()> {
    let folder = Folder::new();
    let record = Record::open("rmsprop");
    let x = record.arrays("inputs").remove(0);
    let y = Array::full(&[x.shape()[0], 2], 0.5f32)?;
    let on = |model: &Model| -> Result<Vec<Array>> {
        model.fit(&x, &y, Fit::new().epochs(2).shuffle(false).verbose(0))?;
        Ok(model.get_weights())
    };
    let expected = on(&load_model(fixture("rmsprop.keras"))?)?;
    for name in ["a.keras", "a.h5"] {
        let path = folder.0.join(name);
        load_model(fixture("rmsprop.keras"))?.save(&path)?;
        assert_eq!(on(&load_model(&path)?)?, expected, "{name}");
    }
    Ok(())
}

#[test]
fn a_name_with_another_ending_is_refused() {
    let error = small().save("model.onnx").unwrap_err().to_string();
    assert!(error.contains(".keras or .h5") && error.contains("model.onnx"), "{error}");
    let error = save_weights(&small(), "weights.txt").unwrap_err().to_string();
    assert!(error.contains(".safetensors"), "{error}");
}

#[test]
fn a_model_within_two_models_stays_one() -> Result<()> {
    let folder = Folder::new();
    let x = Input([3]);
    let inner = Model::named("inner", &x, Dense::new(3).name("d").apply(&x)?)?;
    let x = Input([3]);
    let middle = Model::named("middle", &x, inner.apply(&x)?)?;
    let x = Input([3]);
    let outer = Model::new(&x, Add::new().apply([&middle.apply(&x)?, &inner.apply(&x)?])?)?;
    let path = folder.0.join("shared.keras");
    outer.save(&path)?;
    let again = load_model(&path)?;
    let data = Array::from([[1f32, 2.0, 3.0]]);
    assert_eq!(again.predict(&data, 1)?, outer.predict(&data, 1)?);
    assert_eq!(again.count_params(), 12);
    assert_eq!(again.to_config()?, outer.to_config()?);
    // Keras leaves the first of them without a mark, and cannot open what it wrote.
    assert_predicts(&load_model(fixture("shared.keras"))?, &Record::open("shared"));
    Ok(())
}

#[test]
fn weights_in_several_files_are_listed_as_keras_lists_them() -> Result<()> {
    let folder = Folder::new();
    let record = Record::open("graph");
    let model = load_model(fixture("graph.keras"))?;
    let list = folder.0.join("graph.weights.json");
    save_sharded_weights(&model, &list, 64)?;
    let read = |path| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let (ours, keras) = (read(list.clone()), read(fixture("graph.weights.json")));
    let total = |list: &serde_json::Value| list["metadata"]["total_size"].as_f64().unwrap();
    assert_eq!(total(&ours), total(&keras));
    let groups = |list: &serde_json::Value| -> std::collections::BTreeSet<String> {
        list["weight_map"].as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(groups(&ours), groups(&keras));
    let files = std::fs::read_dir(&folder.0).unwrap().count();
    assert!(files > 2, "{ours}");
    let other = load_model(fixture("graph.keras"))?;
    forget(&other)?;
    load_weights(&other, &list)?;
    assert_predicts(&other, &record);
    let error = save_sharded_weights(&model, &list, 3).unwrap_err().to_string();
    assert!(error.contains("max_bytes") && error.contains("Received: 3"), "{error}");
    let error = save_sharded_weights(&model, "w.npz", 300).unwrap_err().to_string();
    assert!(error.contains(".weights.json"), "{error}");
    Ok(())
}
