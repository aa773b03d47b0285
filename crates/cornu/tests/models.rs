//! Models as a user puts them together: graphs, training, freezing, saving.

use cornu::config::Config;
use cornu::layers::{Context, Dense, Input, Layer, LayerExt, ReLU, Shape, Weights, one};
use cornu::models::{Compile, Evaluate, Fit, Model, Predict, Sequential};
use cornu::optimizers::SGD;
use cornu::{Array, Result, Tensor, ops, set_random_seed};

fn ramp(shape: &[usize]) -> Array {
    let count: usize = shape.iter().product();
    let value = |i: usize| ((i * 37 % 101) as f32 - 50.0) / 50.0;
    Array::new(shape, (0..count).map(value).collect()).unwrap()
}

fn two_towers() -> Result<Model> {
    let (a, b) = (Input([3]), Input([4]));
    let shared = Dense::new(5).name("shared").shared();
    let left = shared.apply(&Dense::new(4).name("left").apply(&a)?)?;
    let right = shared.apply(&b)?;
    let first = Dense::new(1).name("first").apply(&left)?;
    let second = Dense::new(2).name("second").apply(&right)?;
    Model::named("towers", [&a, &b], [&first, &second])
}

#[test]
fn several_inputs_and_outputs_share_a_layer() -> Result<()> {
    let model = two_towers()?;
    assert_eq!(model.count_params(), (3 * 4 + 4) + (4 * 5 + 5) + (5 + 1) + (5 * 2 + 2));
    assert_eq!(model.output_names(), ["first", "second"]);
    let out = model.predict([&ramp(&[7, 3]), &ramp(&[7, 4])], 3)?;
    assert_eq!((out[0].shape(), out[1].shape()), (&[7, 1][..], &[7, 2][..]));
    model.compile(Compile::new("sgd").loss("mse").loss_weights(&[1.0, 0.5]).metrics(["mae"]))?;
    let (x, y) = ([&ramp(&[7, 3]), &ramp(&[7, 4])], [&ramp(&[7, 1]), &ramp(&[7, 2])]);
    let history = model.fit(x, y, Fit::new().epochs(20).batch_size(3).verbose(0))?;
    let names: Vec<&str> = history.history.keys().map(String::as_str).collect();
    assert_eq!(names, ["first_loss", "first_mae", "loss", "second_loss", "second_mae"]);
    assert!(history.get("loss")[19] < 0.8 * history.get("loss")[0]);
    let logs = model.evaluate(x, y, 7)?;
    let sum = logs.get("first_loss").unwrap() + 0.5 * logs.get("second_loss").unwrap();
    assert!((logs.loss() - sum).abs() < 1e-5);
    Ok(())
}

#[test]
fn losses_and_metrics_are_given_by_place_or_by_name() -> Result<()> {
    let forms = [
        Compile::new("sgd")
            .loss_of("first", "mse")
            .loss_of("second", "mae")
            .loss_weight_of("second", 0.5)
            .metrics_of("second", ["mse"]),
        Compile::new("sgd")
            .loss_of(0, "mse")
            .loss_of(1, "mae")
            .loss_weights(&[1.0, 0.5])
            .metrics_of(1, ["mse"]),
        Compile::new("sgd")
            .loss("mse")
            .loss_of("second", "mae")
            .loss_weight_of(1, 0.5)
            .metrics_of(1, ["mse"]),
    ];
    let (x, y) = ([&ramp(&[7, 3]), &ramp(&[7, 4])], [&ramp(&[7, 1]), &ramp(&[7, 2])]);
    let mut all = Vec::new();
    for form in forms {
        set_random_seed(3);
        let model = two_towers()?;
        model.compile(form)?;
        let again = Model::from_config(&model.to_config()?)?;
        again.set_weights(&model.get_weights())?;
        assert_eq!(again.to_config()?, model.to_config()?);
        let logs = model.evaluate(x, y, 7)?;
        assert_eq!(again.evaluate(x, y, 7)?, logs);
        all.push(logs);
    }
    let names: Vec<&str> = all[0].iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loss", "first_loss", "second_loss", "second_mse"]);
    assert!(all.iter().all(|logs| *logs == all[0]), "{all:?}");

    let model = two_towers()?;
    for wrong in [
        Compile::new("sgd").loss_of("third", "mse"),
        Compile::new("sgd").loss("mse").loss_weights(&[1.0, 2.0, 3.0]),
        Compile::new("sgd").loss("mse").metrics_of(2, ["mae"]),
    ] {
        model.compile(wrong)?;
        let error = model.evaluate(x, y, 7).unwrap_err().to_string();
        assert!(error.contains("first, second"), "{error}");
    }
    Ok(())
}

#[test]
fn arrays_are_taken_by_name() -> Result<()> {
    let model = two_towers()?;
    let (a, b) = (ramp(&[2, 3]), ramp(&[2, 4]));
    let names = model.input_names();
    let by_place = model.predict([&a, &b], 32)?;
    let by_name = model.predict([(names[1].as_str(), &b), (names[0].as_str(), &a)], 32)?;
    assert_eq!(by_place, by_name);
    let wrong = model.predict([("nobody", &b), (names[0].as_str(), &a)], 32).unwrap_err();
    assert!(wrong.to_string().contains("nobody"), "{wrong}");
    Ok(())
}

#[test]
fn a_frozen_critic_inside_a_gan_stays_and_alone_learns() -> Result<()> {
    let noise = Input([2]);
    let generator = Model::named("generator", &noise, Dense::new(3).apply(&noise)?)?;
    let sample = Input([3]);
    let critic =
        Model::named("critic", &sample, Dense::new(1).activation("sigmoid").apply(&sample)?)?;
    critic.compile(Compile::new(SGD::new(0.1)).loss("binary_crossentropy"))?;
    critic.set_trainable(false);
    let z = Input([2]);
    let gan = Model::named("gan", &z, critic.apply(&generator.apply(&z)?)?)?;
    gan.compile(Compile::new(SGD::new(0.1)).loss("binary_crossentropy"))?;
    assert_eq!(critic.as_layer().trainable_weights().len(), 0);
    assert_eq!(gan.as_layer().trainable_weights().len(), 2);

    let (before_g, before_c) = (generator.get_weights(), critic.get_weights());
    gan.train_on_batch(ramp(&[4, 2]), &Array::full(&[4, 1], 1f32)?)?;
    assert_ne!(generator.get_weights(), before_g);
    assert_eq!(critic.get_weights(), before_c);
    critic.train_on_batch(ramp(&[4, 3]), &Array::full(&[4, 1], 1f32)?)?;
    assert_ne!(critic.get_weights(), before_c);
    Ok(())
}

#[test]
fn the_last_partial_batch_trains_and_counts_by_its_rows() -> Result<()> {
    set_random_seed(3);
    let model = Sequential::new().input([2]).add(Dense::new(1)).model()?;
    model.compile(Compile::new(SGD::new(0.0)).loss("mse"))?;
    let (x, y) = (ramp(&[7, 2]), ramp(&[7, 1]));
    let history = model.fit(&x, &y, Fit::new().batch_size(3).verbose(0))?;
    let whole = model.evaluate(&x, &y, 7)?.loss();
    assert!((history.get("loss")[0] - whole).abs() < 1e-6);
    assert_eq!(model.with_optimizer(|o| Ok(o.iterations().value().item()?))?, 3.0);
    Ok(())
}

#[test]
fn weights_of_samples_and_classes_scale_the_loss() -> Result<()> {
    let model = Sequential::new().input([2]).add(Dense::new(1)).model()?;
    model.compile(Compile::new(SGD::new(0.0)).loss("mse"))?;
    let x = ramp(&[4, 2]);
    let y = Array::new(&[4, 1], vec![0f32, 1.0, 1.0, 0.0])?;
    let weight = Array::new(&[4], vec![2f32, 3.0, 3.0, 2.0])?;
    let weigh = Evaluate::new().sample_weight(&weight).batch_size(2).verbose(0);
    let weighted = model.evaluate(&x, &y, weigh)?.loss();
    let by_sample = model.fit(&x, &y, Fit::new().sample_weight(&weight).verbose(0))?;
    let by_class = model.fit(&x, &y, Fit::new().class_weight([(0, 2.0), (1, 3.0)]).verbose(0))?;
    assert!((by_sample.get("loss")[0] - weighted).abs() < 1e-5);
    assert!((by_class.get("loss")[0] - weighted).abs() < 1e-5);
    Ok(())
}

#[test]
fn steps_end_early_and_class_weights_stand_alone() -> Result<()> {
    let model = Sequential::new().input([2]).add(Dense::new(1)).model()?;
    model.compile(Compile::new(SGD::new(0.0)).loss("mse"))?;
    let (x, y) = (ramp(&[10, 2]), ramp(&[10, 1]));
    let some = model.evaluate(&x, &y, Evaluate::new().batch_size(3).steps(2).verbose(0))?;
    assert_eq!(some, model.evaluate(&x.rows(0, 6)?, &y.rows(0, 6)?, 3)?);
    let few = model.predict(&x, Predict::new().batch_size(3).steps(2).verbose(0))?.remove(0);
    assert_eq!(few, model.predict(&x, 10)?[0].rows(0, 6)?);
    let error = |fit: Fit<'static>| model.fit(&x, &y, fit.verbose(0)).unwrap_err().to_string();
    let both = Fit::new().class_weight([(0, 2.0)]).sample_weight(ramp(&[10]));
    assert!(error(both).contains("class_weight"));
    assert!(error(Fit::new().steps_per_epoch(0)).contains("steps_per_epoch"));
    assert!(error(Fit::new().validation_split(1.5)).contains("validation_split"));
    Ok(())
}

#[test]
fn validation_split_takes_the_last_rows_in_order() -> Result<()> {
    let model = Sequential::new().input([2]).add(Dense::new(1)).model()?;
    model.compile(Compile::new(SGD::new(0.0)).loss("mse"))?;
    let (x, y) = (ramp(&[10, 2]), ramp(&[10, 1]));
    let history = model.fit(&x, &y, Fit::new().validation_split(0.25).verbose(0))?;
    // 10 · 0.75 = 7.5 rows stay for training: 7, as Keras rounds.
    let held_out = model.evaluate(&x.rows(7, 10)?, &y.rows(7, 10)?, 32)?.loss();
    assert!((history.get("val_loss")[0] - held_out).abs() < 1e-6);
    Ok(())
}

#[test]
fn the_same_seed_trains_to_the_same_bits() -> Result<()> {
    let train = || -> Result<Vec<Array>> {
        set_random_seed(11);
        let model = Sequential::new()
            .input([4])
            .add(Dense::new(16))
            .add(ReLU::new())
            .add(Dense::new(2))
            .model()?;
        model.compile(Compile::new("adam").loss("mse"))?;
        model.fit(
            ramp(&[50, 4]),
            ramp(&[50, 2]),
            Fit::new().epochs(3).batch_size(16).verbose(0),
        )?;
        Ok(model.get_weights())
    };
    assert_eq!(train()?, train()?);
    Ok(())
}

#[test]
fn a_deferred_sequential_is_built_by_its_first_data() -> Result<()> {
    let model = Sequential::new().add(Dense::new(3)).add(Dense::new(1)).model()?;
    assert_eq!(model.count_params(), 0);
    model.compile(Compile::new("adam").loss("mse"))?;
    model.fit(ramp(&[5, 2]), ramp(&[5, 1]), Fit::new().verbose(0))?;
    assert_eq!(model.count_params(), 2 * 3 + 3 + 3 + 1);
    Ok(())
}

/// Adds the mean of its input to the loss.
struct Penalty;

impl Layer for Penalty {
    fn class_name(&self) -> &str {
        "Penalty"
    }
    fn config(&self) -> Result<Config> {
        Ok(Config::new())
    }
    fn build(&mut self, _: &[Shape], _: &mut Weights) -> Result<()> {
        Ok(())
    }
    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("Penalty", inputs)?;
        cx.add_loss(ops::square(x));
        cx.add_metric("level", x.clone());
        Ok(inputs.to_vec())
    }
}

#[test]
fn layers_add_losses_and_metrics_of_their_own() -> Result<()> {
    let x = Input([2]);
    let y = Penalty.apply(&Dense::new(1).apply(&x)?)?;
    let model = Model::new(&x, &y)?;
    model.compile(Compile::new(SGD::new(0.2)))?;
    let history = model.fit(ramp(&[8, 2]), (), Fit::new().epochs(30).verbose(0))?;
    assert!(history.get("loss")[29] < 0.05 * history.get("loss")[0]);
    assert_eq!(history.get("level").len(), 30);
    Ok(())
}

#[test]
fn saved_models_come_back_and_train_on() -> Result<()> {
    let dir = std::env::temp_dir().join(format!("cornu-models-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("towers.keras");
    let model = two_towers()?;
    let outer_a = Input([3]);
    let outer_b = Input([4]);
    let outputs = model.apply_all([&outer_a, &outer_b])?;
    let nested = Model::named("outer", [&outer_a, &outer_b], outputs)?;
    nested.compile(Compile::new("adam").loss("mse").metrics(["mae"]))?;
    let (x, y) = ([&ramp(&[6, 3]), &ramp(&[6, 4])], [&ramp(&[6, 1]), &ramp(&[6, 2])]);
    nested.fit(x, y, Fit::new().epochs(2).shuffle(false).verbose(0))?;
    nested.save(&path)?;
    let again = cornu::saving::load_model(&path)?;
    assert_eq!(again.predict(x, 32)?, nested.predict(x, 32)?);
    assert_eq!(again.to_config()?, nested.to_config()?);
    let on = |m: &Model| m.fit(x, y, Fit::new().epochs(2).shuffle(false).verbose(0));
    assert_eq!(on(&again)?, on(&nested)?);
    assert_eq!(again.get_weights(), nested.get_weights());

    std::fs::write(&path, b"no zip at all").unwrap();
    let error = cornu::saving::load_model(&path).err().map(|e| e.to_string());
    assert!(error.is_some_and(|e| e.contains("is text, not a .keras file")));
    std::fs::remove_dir_all(&dir).unwrap();
    Ok(())
}

#[test]
fn a_model_may_start_in_the_middle_of_another() -> Result<()> {
    let x = Input([3]);
    let hidden = Dense::new(4).apply(&x)?;
    let y = Dense::new(2).apply(&hidden)?;
    let (whole, tail) = (Model::new(&x, &y)?, Model::new(&hidden, &y)?);
    let head = Model::new(&x, &hidden)?;
    let data = ramp(&[5, 3]);
    let middle = head.predict(&data, 32)?.remove(0);
    assert_eq!(tail.predict(&middle, 32)?, whole.predict(&data, 32)?);
    Ok(())
}

#[test]
fn wrong_data_is_an_error_that_says_what_fits() -> Result<()> {
    let model = Sequential::new().input([4]).add(Dense::new(1)).model()?;
    let error = model.predict(ramp(&[2, 3]), 32).unwrap_err().to_string();
    assert!(error.contains('4') && error.contains('3'), "{error}");
    let error = model.evaluate(ramp(&[2, 4]), ramp(&[2, 1]), 32).unwrap_err().to_string();
    assert!(error.contains("compile"), "{error}");
    model.compile(Compile::new("sgd").loss("mse"))?;
    let error = model.evaluate(ramp(&[2, 4]), ramp(&[3, 1]), 32).unwrap_err().to_string();
    assert!(error.contains("rows"), "{error}");
    assert!(model.compile(Compile::new("sdg").loss("mse")).is_err());
    Ok(())
}

/// Two outputs that are their inputs: what is lost is known.
fn identities() -> Result<Model> {
    let x = Input([1]);
    let output =
        |name: &str| Dense::new(1).kernel_initializer("ones").use_bias(false).name(name).apply(&x);
    let model = Model::new(&x, [&output("a")?, &output("b")?])?;
    model.compile(Compile::new("sgd").loss("mse"))?;
    Ok(model)
}

#[test]
fn weights_of_samples_go_to_the_outputs_of_their_names() -> Result<()> {
    let model = identities()?;
    let x = Array::new(&[2, 1], vec![1f32, 2.0])?;
    let zero = Array::zeros(&[2, 1], x.dtype())?;
    // Output a is off by 0, output b by 1 and 2: (1 + 4) / 2.
    let (ones, zeros, first) =
        (Array::full(&[2], 1f32)?, Array::full(&[2], 0f32)?, Array::new(&[2], vec![1f32, 0.0])?);
    let targets = [("a", &x), ("b", &zero)];
    let loss = |weights: &[(&'static str, &Array)]| -> Result<f64> {
        let args = Evaluate::new().verbose(0);
        let args = match *weights {
            [one] => args.sample_weight([one]),
            [one, two] => args.sample_weight([one, two]),
            _ => args,
        };
        Ok(model.evaluate(&x, targets, args)?.loss())
    };
    assert_eq!(loss(&[])?, 2.5);
    assert_eq!(loss(&[("b", &zeros), ("a", &ones)])?, 0.0);
    assert_eq!(loss(&[("b", &ones), ("a", &zeros)])?, 2.5);
    assert_eq!(loss(&[("b", &first)])?, 0.5);
    assert_eq!(loss(&[("a", &zeros)])?, 2.5);
    let error = loss(&[("nonsense", &ones)]).unwrap_err().to_string();
    assert!(error.contains("`sample_weight` must name each of a, b") && error.contains("nonsense"));
    assert!(loss(&[("a", &ones), ("a", &ones)]).is_err());
    let by_name = Fit::new().verbose(0).sample_weight([("nonsense", &ones)]);
    assert!(model.fit(&x, targets, by_name).is_err());
    Ok(())
}

#[test]
fn losses_of_outputs_are_means_over_rows() -> Result<()> {
    let model = identities()?;
    let x = Array::new(&[3, 1], vec![1f32, 2.0, 3.0])?;
    let zero = Array::zeros(&[3, 1], x.dtype())?;
    // b is off by 1, 2, 3: 14 / 3, however the rows are cut.
    for size in [1, 2, 3] {
        let logs = model.evaluate(&x, [("a", &x), ("b", &zero)], size)?;
        assert!((logs.get("b_loss").unwrap() - 14.0 / 3.0).abs() < 1e-6, "{size}: {logs:?}");
        assert!((logs.loss() - 14.0 / 3.0).abs() < 1e-6);
    }
    Ok(())
}

#[test]
fn labels_outside_the_classes_and_unknown_metrics_are_errors() -> Result<()> {
    let model = Sequential::new().input([2]).add(Dense::new(3).activation("softmax")).model()?;
    model.compile(Compile::new("sgd").loss("sparse_categorical_crossentropy"))?;
    let x = ramp(&[4, 2]);
    assert!(model.fit(&x, Array::from(vec![0i32, 1, 2, 0]), Fit::new().verbose(0)).is_ok());
    for wrong in [-1i32, 3, 7] {
        let y = Array::from(vec![0, wrong, 2, 0]);
        let error = model.fit(&x, &y, Fit::new().verbose(0)).unwrap_err().to_string();
        let named = error.contains("from 0 to 2, of 3 classes");
        assert!(named && error.contains(&format!("Received: {wrong}")), "{error}");
        assert!(model.evaluate(&x, &y, 4).is_err());
        assert!(model.train_on_batch(&x, &y).is_err());
    }
    let error = model.compile(Compile::new("sgd").loss("mse").metrics(["acuracy"]));
    assert!(error.unwrap_err().to_string().contains("\"acuracy\""));
    model.compile(Compile::new("sgd").loss("mse").metrics(["accuracy", "acc", "ce"]))
}

#[test]
fn no_rows_are_an_error_and_leave_averages_alone() -> Result<()> {
    let model = Sequential::new().input([2]).add(Dense::new(1)).model()?;
    model.compile(Compile::new("sgd").loss("mse"))?;
    let (x, y) = (ramp(&[0, 2]), ramp(&[0, 1]));
    let (some, targets) = (ramp(&[2, 2]), ramp(&[2, 1]));
    let says = |error: Option<cornu::Error>| {
        let error = error.unwrap().to_string();
        assert!(error.contains("must have at least one row"), "{error}");
    };
    says(model.fit(&x, &y, Fit::new().verbose(0)).err());
    says(model.evaluate(&x, &y, 2).err());
    says(model.train_on_batch(&x, &y).err());
    says(model.fit(&some, &targets, Fit::new().verbose(0).validation_data(&x, &y)).err());
    Ok(())
}

#[test]
fn a_sequential_model_takes_the_shapes_that_it_was_made_for() -> Result<()> {
    let model = Sequential::new().input([4]).add(Dense::new(1)).model()?;
    for shape in [&[3, 5][..], &[3, 5, 4]] {
        let error = model.predict(ramp(shape), 32).unwrap_err().to_string();
        assert!(
            error.contains("must have shape (None, 4)") && error.contains(&format!("{shape:?}")),
            "{error}"
        );
    }
    Ok(())
}

#[test]
fn a_fixed_batch_size_is_no_rule_for_the_rows() -> Result<()> {
    let model = Sequential::new().input([2]).add(Dense::new(3)).model()?;
    let mut config = model.to_config()?;
    config["config"]["layers"][0]["config"]["batch_shape"] = serde_json::json!([32, 2]);
    let fixed = Model::from_config(&config)?;
    assert_eq!(fixed.predict(ramp(&[3, 2]), 32)?[0].shape(), [3, 3]);
    Ok(())
}
