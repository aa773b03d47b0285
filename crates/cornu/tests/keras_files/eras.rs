//! Archives of Keras 2.12 to 2.15, and frozen layers within models. The files are made by tools/interop/eras.py.

use cornu::saving::{Load, load_model, load_weights};
use cornu::{Array, Result};

use crate::support::{Record, assert_close, assert_predicts, fixture, forget};

#[test]
fn archives_of_keras_2_open_with_weights_and_state() -> Result<()> {
    let record = Record::open("keras_2_13");
    for name in ["keras_2_13.keras", "keras_2_12_windows.keras"] {
        let opened = Load::new().open_with_notes(fixture(name))?;
        assert!(opened.notes.is_empty(), "{name}: {}", opened.notes[0]);
        let model = opened.model;
        assert_predicts(&model, &record);
        // Keras 2 keeps no learning rate among the optimizer's variables.
        let state = model.with_optimizer(|state| {
            let variables = state.variables();
            let kept = variables.iter().filter(|v| v.name() != "learning_rate");
            Ok(kept.map(|v| v.value()).collect::<Vec<Array>>())
        })?;
        assert_close(&state, &record.arrays("optimizer"), 1e-6);
        forget(&model)?;
        load_weights(&model, fixture(name))?;
        assert_predicts(&model, &record);
    }
    Ok(())
}

#[test]
fn weights_of_a_frozen_model_within_go_where_they_belong() -> Result<()> {
    // "a" and "c" have the same shapes: an order is all that tells them apart.
    for name in ["frozen_base", "frozen_first", "frozen_two"] {
        for ending in ["h5", "keras"] {
            let model = load_model(fixture(&format!("{name}.{ending}")))?;
            assert_predicts(&model, &Record::open(name));
        }
    }
    // The file was saved when nothing was frozen, the model has frozen layers.
    let model = load_model(fixture("frozen_two.h5"))?;
    forget(&model)?;
    load_weights(&model, fixture("frozen_two_weights.h5"))?;
    assert_predicts(&model, &Record::open("frozen_two"));
    Ok(())
}
