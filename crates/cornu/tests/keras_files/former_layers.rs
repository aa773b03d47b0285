//! Layers in files as older Keras wrote them, made by tools/interop/former_layers.py, and configs that no Keras writes.

use cornu::io::npz;
use cornu::layers::Dense;
use cornu::models::{Model, Sequential};
use cornu::saving::load_model;
use cornu::{Array, Result};
use serde_json::{Value, json};

use crate::support::{Folder, assert_close, fixture};

/// What Keras was given, and what it gave.
fn recorded(name: &str) -> (Vec<Array>, Vec<Array>) {
    let arrays = npz::read(fixture(&format!("{name}.npz"))).unwrap();
    let of = |kind: &str| -> Vec<Array> {
        (0..).map_while(|i| arrays.get(&format!("{kind}_{i}")).cloned()).collect()
    };
    (of("in"), of("out"))
}

#[test]
fn former_forms_open_and_predict_and_are_written_in_today_s() -> Result<()> {
    let folder = Folder::new();
    for (file, tolerance) in [
        ("activation_layer.keras", 1e-6),
        ("depthwise_groups.h5", 1e-6),
        ("functional_deep.keras", 1e-6),
        ("functional_in_functional.h5", 1e-6),
        ("functional_twice.h5", 1e-6),
        ("gan_of_sequentials.h5", 1e-6),
        ("initializer_dtype.h5", 1e-6),
        // Keras computes a layer in half precision.
        ("mixed_policy.keras", 2e-3),
        ("spatial_noise_shape.h5", 1e-6),
        ("teachable.h5", 1e-6),
        ("transpose_groups.h5", 1e-6),
    ] {
        let (inputs, outputs) = recorded(file.split('.').next().unwrap());
        let model = load_model(fixture(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_close(&model.predict(inputs.as_slice(), 32)?, &outputs, tolerance);
        let again = folder.0.join("again.keras");
        model.save(&again)?;
        let predicted = load_model(&again)?.predict(inputs.as_slice(), 32)?;
        assert_eq!(predicted, model.predict(inputs.as_slice(), 32)?, "{file}");
    }
    Ok(())
}

#[test]
fn a_policy_is_written_as_it_was_read_and_an_input_keeps_its_name() -> Result<()> {
    let model = load_model(fixture("mixed_policy.keras"))?;
    let config = model.to_config()?;
    let layers = &config["config"]["layers"];
    let dtypes: Vec<&Value> = (0..3).map(|i| &layers[i]["config"]["dtype"]).collect();
    assert_eq!(dtypes, ["float32", "mixed_float16", "float32"]);
    assert_eq!(model.input_names(), ["features"]);
    assert!(layers[0]["config"]["name"] == "features");
    Ok(())
}

fn config() -> Value {
    let model = Sequential::new().input([2]).add(Dense::new(3)).add(Dense::new(1)).model();
    model.and_then(|m| m.to_config()).unwrap()
}

#[test]
fn what_no_keras_writes_is_refused_by_name() {
    let set = |field: &str, value: Value| {
        let mut config = config();
        config["config"]["layers"][1]["config"][field] = value;
        Model::from_config(&config).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(set("trainable", json!(false)), Ok(()));
    let wrong = [
        ("trainable", json!(0), "must be true or false"),
        ("trainable", json!("yes"), "must be true or false"),
        ("trainable", json!([]), "must be true or false"),
        ("name", json!(5), "must be a text"),
        ("name", json!(["d"]), "must be a text"),
        ("dtype", json!("float99"), "must be one of float32"),
        ("dtype", json!(3.5), "must be one of float32"),
        ("dtype", json!([]), "must be one of float32"),
        ("dtype", json!("int8"), "must be one of float32"),
    ];
    for (field, value, rule) in wrong {
        let error = set(field, value.clone()).expect_err(&format!("{field}={value}"));
        let named =
            error.contains(&format!("`{field}` {rule}")) && error.contains(&value.to_string());
        assert!(named, "{field}={value}: {error}");
    }
    let mut twice = config();
    let name = twice["config"]["layers"][2]["config"]["name"].clone();
    twice["config"]["layers"][1]["config"]["name"] = name;
    let error = Model::from_config(&twice).err().unwrap().to_string();
    assert!(error.contains("the name of another layer"), "{error}");
}

#[test]
fn somebody_s_own_class_is_not_the_built_in_one() {
    let with = |module: &str, registered: Value| {
        let mut config = config();
        config["config"]["layers"][1]["module"] = json!(module);
        config["config"]["layers"][1]["registered_name"] = registered;
        Model::from_config(&config).map(|_| ()).map_err(|e| e.to_string())
    };
    for module in [
        "keras.layers",
        "keras.src.layers.core.dense",
        "tf_keras.src.layers",
        "keras.engine.training",
    ] {
        assert_eq!(with(module, Value::Null), Ok(()));
    }
    let error = with("my_project.layers", json!("my_project>Dense")).unwrap_err();
    assert!(error.contains("its author's own my_project>Dense"), "{error}");
    assert!(with("my_project.layers", Value::Null).is_err());
}

#[test]
fn shapes_and_types_of_tensors_are_what_they_say() -> Result<()> {
    let model = load_model(fixture("graph.keras"))?;
    let config = model.to_config()?.to_string();
    assert!(Model::from_config(&serde_json::from_str(&config).unwrap()).is_ok());
    for (from, to) in [
        (r#""shape":[null"#, r#""shape":["a""#),
        (r#""dtype":"float32","keras"#, r#""dtype":5,"keras"#),
    ] {
        let tensor = config.find("__keras_tensor__").unwrap();
        let changed = format!("{}{}", &config[..tensor], config[tensor..].replacen(from, to, 1));
        assert_ne!(changed, config);
        let error = Model::from_config(&serde_json::from_str(&changed).unwrap()).err().unwrap();
        assert!(error.to_string().contains("__keras_tensor__"), "{error}");
    }
    Ok(())
}

#[test]
fn ten_thousand_layers_one_after_another_open() -> Result<()> {
    let mut config = config();
    let layers = config["config"]["layers"].as_array_mut().unwrap();
    let (input, layer) = (layers[0].clone(), layers[1].clone());
    *layers = vec![input];
    for i in 0..10_000 {
        let config = json!({"name": format!("relu_{i}")});
        layers.push(json!({"module": "keras.layers", "class_name": "ReLU", "config": config}));
    }
    layers.push(layer);
    let model = Model::from_config(&config)?;
    assert_eq!(model.layers().len(), 10_002);
    assert_eq!(model.predict(&Array::full(&[1, 2], 1f32)?, 1)?[0].shape(), [1, 3]);
    Ok(())
}
