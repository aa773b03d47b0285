use cornu::models::Fit;
use cornu::saving::{Load, load_model, load_weights};
use cornu::{Array, Result};

use crate::support::{Folder, Record, assert_close, assert_predicts, fixture, forget, small};

#[test]
fn a_graph_with_nested_shared_layers_and_functions_predicts_as_in_keras() -> Result<()> {
    let model = load_model(fixture("graph.keras"))?;
    assert_predicts(&model, &Record::open("graph"));
    assert!(model.compiled().is_none());
    Ok(())
}

#[test]
fn weights_alone_load_from_one_file_from_shards_and_from_older_files() -> Result<()> {
    let record = Record::open("graph");
    let model = load_model(fixture("graph.keras"))?;
    for name in ["graph.weights.h5", "graph.weights.json", "graph_2_13.weights.h5", "graph.keras"] {
        let zeros = |a: &Array| Array::zeros(a.shape(), a.dtype());
        let zeros =
            model.get_weights().iter().map(zeros).collect::<cornu_graph::Result<Vec<_>>>()?;
        model.set_weights(&zeros)?;
        load_weights(&model, fixture(name))?;
        assert_predicts(&model, &record);
    }
    Ok(())
}

#[test]
fn training_goes_on_where_keras_stopped() -> Result<()> {
    for file in ["adam.keras", "rmsprop.keras", "legacy_3.h5"] {
        let record = Record::open(file.split('.').next().unwrap());
        let model = load_model(fixture(file))?;
        assert_predicts(&model, &record);
        let inputs = record.arrays("inputs");
        let targets = Array::full(&[inputs[0].shape()[0], 2], 1f32)?;
        let how = Fit::new().epochs(2).batch_size(2).shuffle(false).verbose(0);
        model.fit(&inputs[0], &targets, how)?;
        assert_close(&model.get_weights(), &record.arrays("after"), 2e-5);
    }
    Ok(())
}

#[test]
fn legacy_files_of_keras_2_open() -> Result<()> {
    assert_predicts(&load_model(fixture("legacy_2_graph.h5"))?, &Record::open("legacy_2_graph"));
    let model = load_model(fixture("legacy_2.h5"))?;
    assert_predicts(&model, &Record::open("legacy_2"));
    assert!(model.compiled().is_some());
    let other = Load::new().compile(false).open(fixture("legacy_2.h5"))?;
    assert!(other.compiled().is_none());
    forget(&other)?;
    load_weights(&other, fixture("legacy_2_weights.h5"))?;
    assert_predicts(&other, &Record::open("legacy_2"));
    Ok(())
}

#[test]
fn a_sequential_model_without_an_input_layer_is_built() -> Result<()> {
    assert_predicts(&load_model(fixture("deferred.keras"))?, &Record::open("deferred"));
    Ok(())
}

#[test]
fn small_floats_widen() -> Result<()> {
    for (name, tolerance) in [("float16.weights.h5", 1e-3), ("bfloat16.weights.h5", 8e-3)] {
        let model = small();
        load_weights(&model, fixture(name))?;
        // The numbers have two decimals before they are rounded to two bytes.
        for value in model.get_weights().iter().flat_map(|a| a.to_vec::<f64>()) {
            assert!(((value * 100.0).round() / 100.0 - value).abs() < tolerance, "{value}");
        }
        assert!(model.get_weights()[0].to_vec::<f64>().iter().any(|v| *v != 0.0));
    }
    Ok(())
}

#[test]
fn an_unzipped_folder_opens() -> Result<()> {
    let folder = Folder::new();
    let file = std::fs::File::open(fixture("graph.keras")).unwrap();
    zip::ZipArchive::new(file).unwrap().extract(&folder.0).unwrap();
    assert_predicts(&load_model(&folder.0)?, &Record::open("graph"));
    Ok(())
}

#[test]
fn arrays_that_may_grow_are_read_whatever_lists_their_chunks() -> Result<()> {
    let file = cornu::io::hdf5::read(fixture("growing.h5"))?;
    let record = Record::open("growing");
    assert!(file.arrays.len() > 18);
    for (name, array) in &file.arrays {
        assert_close(std::slice::from_ref(array), &[record.array(name)], 0.0);
    }
    Ok(())
}
