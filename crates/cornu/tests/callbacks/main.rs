//! Callbacks in a run.

mod backup;
mod kill;

use cornu::callbacks::{
    BackupAndRestore, CSVLogger, Callback, EarlyStopping, LambdaCallback, LearningRateScheduler,
    Mode, ModelCheckpoint, Position, ProgbarLogger, ReduceLROnPlateau, TensorBoard, TerminateOnNaN,
};
use cornu::layers::Dense;
use cornu::models::{Compile, Fit, Model, Sequential, Verbose};
use cornu::optimizers::SGD;
use cornu::{Array, Result, set_random_seed};

fn line(rate: f64) -> Result<(Model, Array, Array)> {
    set_random_seed(5);
    let x = Array::new(&[16, 1], (0..16).map(|i| i as f32 / 8.0 - 1.0).collect())?;
    let y = Array::new(&[16, 1], x.to_vec::<f32>().iter().map(|v| 3.0 * v + 1.0).collect())?;
    let model = Sequential::new().input([1]).add(Dense::new(1)).model()?;
    model.compile(Compile::new(SGD::new(rate)).loss("mse"))?;
    Ok((model, x, y))
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("cornu-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn early_stopping_waits_and_brings_the_best_weights_back() -> Result<()> {
    let (model, x, y) = line(0.1)?;
    let mut stop = EarlyStopping::new("loss").patience(2).restore_best_weights(true);
    // A rate that grows until training diverges.
    let grow = LearningRateScheduler::new(|epoch, rate| if epoch < 3 { rate } else { rate * 8.0 });
    let history = model.fit(
        &x,
        &y,
        Fit::new()
            .epochs(40)
            .batch_size(16)
            .shuffle(false)
            .callback(grow)
            .callback(&mut stop)
            .verbose(0),
    )?;
    let losses = history.get("loss");
    let best = (0..losses.len()).fold(0, |b, i| if losses[i] < losses[b] { i } else { b });
    assert_eq!(stop.best_epoch(), best);
    assert_eq!(stop.stopped_epoch(), Some(best + 2));
    assert_eq!(losses.len(), best + 3);
    Ok(())
}

#[test]
fn plateaus_lower_the_rate_down_to_its_floor() -> Result<()> {
    let (model, x, y) = line(1e-3)?;
    let reduce = ReduceLROnPlateau::new("loss").factor(0.5).patience(1).min_delta(1e9).min_lr(3e-4);
    model.fit(&x, &y, Fit::new().epochs(6).callback(reduce).verbose(0))?;
    let rate = model.with_optimizer(|o| o.learning_rate())?;
    assert!((rate - 3e-4).abs() < 1e-9, "{rate}");
    Ok(())
}

#[test]
fn checkpoints_logs_and_events_are_written() -> Result<()> {
    let folder = folder("callbacks");
    let (model, x, y) = line(0.1)?;
    let every = ModelCheckpoint::new(folder.join("m-{epoch:02d}.keras"));
    let best = ModelCheckpoint::new(folder.join("best.keras")).save_best_only(true).monitor("loss");
    let csv = folder.join("log.csv");
    let mut epochs = Vec::new();
    let seen = LambdaCallback::new().on_epoch_end(|epoch, _, _| {
        epochs.push(epoch);
        Ok(())
    });
    let args = Fit::new().epochs(3).validation_split(0.25).callback(every).callback(best);
    let args = args.callback(CSVLogger::new(&csv)).callback(seen);
    let args = args.callback(TensorBoard::new(folder.join("events")).histogram_freq(1)).verbose(0);
    model.fit(&x, &y, args)?;
    assert_eq!(epochs, [0, 1, 2]);
    let last = cornu::saving::load_model(folder.join("m-03.keras"))?;
    assert_eq!(last.get_weights(), model.get_weights());
    assert!(folder.join("best.keras").exists());
    let text = std::fs::read_to_string(&csv).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("epoch,loss,val_loss", 4));
    assert_eq!(std::fs::read_dir(folder.join("events/train")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(folder.join("events/validation")).unwrap().count(), 1);
    std::fs::remove_dir_all(folder).unwrap();
    Ok(())
}

#[test]
fn a_loss_that_is_no_number_ends_the_run() -> Result<()> {
    let (model, x, y) = line(1e20)?;
    let (mut watch, mut out) = (TerminateOnNaN::new(), Vec::new());
    let args = Fit::new().epochs(50).batch_size(4).callback(&mut watch).verbose(0);
    let args = args.callback(ProgbarLogger::to(&mut out, Verbose::Silent));
    let history = model.fit(&x, &y, args)?;
    assert_eq!(String::from_utf8_lossy(&out), "Batch 1: Invalid loss, terminating training\n");
    assert!(history.epochs.len() < 50);
    let diverged = watch.diverged().expect("diverged");
    assert_eq!(diverged.epoch + 1, history.epochs.len());
    assert!(!history.get("loss")[diverged.epoch].is_finite());
    Ok(())
}

#[test]
fn a_loss_above_its_bound_ends_the_run() -> Result<()> {
    // Each step multiplies the error by about -2.3.
    let run = |watch: &mut TerminateOnNaN, out: &mut Vec<u8>| {
        let (model, x, y) = line(5.0)?;
        let args = Fit::new().epochs(50).batch_size(16).verbose(0).callback(watch);
        model.fit(&x, &y, args.callback(ProgbarLogger::to(out, Verbose::Silent)))
    };
    let (mut watch, mut out) = (TerminateOnNaN::new().max_loss(1e6), Vec::new());
    let history = run(&mut watch, &mut out)?;
    let losses = history.get("loss");
    let (last, before) = losses.split_last().expect("epochs");
    assert!(
        *last > 1e6 && last.is_finite() && before.iter().all(|loss| *loss <= 1e6),
        "{losses:?}"
    );
    assert_eq!(watch.diverged(), Some(Position { epoch: losses.len() - 1, step: 1 }));
    let said = format!("Batch 0: loss {last} is above max_loss, terminating training\n");
    assert_eq!(String::from_utf8(out).expect("text"), said);

    let mut watch = TerminateOnNaN::new().max_loss(1e6).raise_error(true);
    let error = run(&mut watch, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("above max_loss"), "{error}");
    // Without the bound training goes on to the end of all floats.
    let mut watch = TerminateOnNaN::new().raise_error(true);
    let error = run(&mut watch, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("the loss is inf"), "{error}");
    Ok(())
}

#[test]
fn a_value_that_does_not_exist_is_said_after_the_first_epoch() -> Result<()> {
    let (model, x, y) = line(0.1)?;
    let said = |callback: Box<dyn Callback>, validate: bool| {
        let mut epochs = 0;
        let count = LambdaCallback::new().on_epoch_begin(|epoch, _| {
            epochs = epoch + 1;
            Ok(())
        });
        let mut args = Fit::new().epochs(3).verbose(0).callback(callback).callback(count);
        if validate {
            args = args.validation_data(&x, &y);
        }
        let error = model.fit(&x, &y, args).err().map(|e| e.to_string());
        error.inspect(|_| assert_eq!(epochs, 1))
    };
    let best = |name: &str| ModelCheckpoint::new("never.keras").save_best_only(true).monitor(name);
    for callback in [
        Box::new(EarlyStopping::new("val_los")) as Box<dyn Callback>,
        Box::new(ReduceLROnPlateau::new("val_los").mode(Mode::Min)),
        Box::new(best("val_los")),
        Box::new(best("val_loss").save_freq(1)),
    ] {
        let error = said(callback, true).expect("an error");
        assert!(error.contains("`monitor` must be one of ") && error.contains("loss"), "{error}");
        assert!(error.contains("\"val_los"), "{error}");
    }
    let error = said(Box::new(EarlyStopping::new("val_loss")), false).expect("an error");
    assert!(error.contains("must be one of loss; there is no validation data"), "{error}");
    // With an evaluation every second epoch the value comes later.
    let args = Fit::new().epochs(4).verbose(0).validation_data(&x, &y).validation_freq(2);
    model.fit(&x, &y, args.callback(EarlyStopping::default().patience(9)))?;
    Ok(())
}

#[test]
fn paths_are_taken_as_they_are() -> Result<()> {
    let folder = folder("plain-paths");
    let (model, x, y) = line(0.1)?;
    let named = folder.join("run{x}");
    let args = Fit::new().verbose(0).callback(ModelCheckpoint::to(named.join("m{epoch}.keras")));
    std::fs::create_dir_all(&named).unwrap();
    let args = args.callback(CSVLogger::new(named.join("{log}.csv")));
    model.fit(&x, &y, args)?;
    let mut names: Vec<_> =
        std::fs::read_dir(&named).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["m{epoch}.keras", "{log}.csv"]);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let odd = folder.join(std::ffi::OsStr::from_bytes(b"o\xff"));
        let args = Fit::new().verbose(0).callback(ModelCheckpoint::new(odd.join("m.keras")));
        let args = args.callback(BackupAndRestore::new(odd.join("b")).delete_checkpoint(false));
        model.fit(&x, &y, args)?;
        assert!(odd.join("m.keras").exists() && odd.join("b/latest.npz").exists());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    }
    std::fs::remove_dir_all(folder).unwrap();
    Ok(())
}

#[test]
fn levels_that_keras_does_not_have_are_refused() -> Result<()> {
    use cornu::models::{Evaluate, Predict};
    let (model, x, y) = line(0.1)?;
    let fit = model.fit(&x, &y, Fit::new().verbose(7)).map(|_| ());
    let evaluate = model.evaluate(&x, &y, Evaluate::new().verbose(3)).map(|_| ());
    let predict = model.predict(&x, Predict::new().verbose(255)).map(|_| ());
    for (ran, received) in [(fit, "7"), (evaluate, "3"), (predict, "255")] {
        let error = ran.unwrap_err().to_string();
        assert!(
            error.contains("`verbose` must be 0, 1 or 2") && error.ends_with(received),
            "{error}"
        );
    }
    Ok(())
}

/// A writer that fails from some byte on.
struct Full {
    room: usize,
    kind: std::io::ErrorKind,
}

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.room < bytes.len() {
            return Err(self.kind.into());
        }
        self.room -= bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn output_that_cannot_be_written_does_not_end_a_run() -> Result<()> {
    use std::io::ErrorKind;
    let folder = folder("full-output");
    for (kind, failed) in [(ErrorKind::StorageFull, true), (ErrorKind::BrokenPipe, false)] {
        for room in [0, 100] {
            let (model, x, y) = line(0.1)?;
            let path = folder.join("m.keras");
            let args = Fit::new().epochs(3).verbose(0).callback(ModelCheckpoint::new(&path));
            let out = ProgbarLogger::to(Full { room, kind }, Verbose::Bar);
            let ran = model.fit(&x, &y, args.callback(out));
            let error = ran.err().map(|e| e.to_string());
            assert_eq!(error.is_some(), failed, "{kind:?} {error:?}");
            assert!(error.is_none_or(|e| e.contains("standard output")));
            assert_eq!(cornu::saving::load_model(&path)?.get_weights(), model.get_weights());
            let out = ProgbarLogger::to(Full { room: 0, kind }, Verbose::Line);
            let args = cornu::models::Evaluate::new().verbose(0).callback(out);
            assert_eq!(model.evaluate(&x, &y, args).is_err(), failed);
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
    Ok(())
}

#[test]
fn a_callback_that_asks_for_the_optimizer_finds_all_weights() -> Result<()> {
    // Without a shape of the input the weights are made in `fit`.
    let (built, x, y) = line(0.1)?;
    set_random_seed(5);
    let open = Sequential::new().add(Dense::new(1)).model()?;
    open.compile(Compile::new(SGD::new(0.1)).loss("mse"))?;
    let same = || LearningRateScheduler::new(|_, rate| rate);
    let args = || Fit::new().epochs(3).shuffle(false).verbose(0).callback(same());
    let losses = built.fit(&x, &y, args())?;
    assert!(losses.get("loss")[2] < losses.get("loss")[0]);
    assert_eq!(open.fit(&x, &y, args())?, losses);
    Ok(())
}

#[test]
fn hooks_come_in_the_order_of_keras() -> Result<()> {
    use cornu::models::{Evaluate, Predict};
    use std::cell::RefCell;
    let (model, x, y) = line(0.1)?;
    let seen = RefCell::new(Vec::new());
    let see = |name: String| -> Result<()> {
        seen.borrow_mut().push(name);
        Ok(())
    };
    let all = || {
        LambdaCallback::new()
            .on_train_begin(|_| see("train_begin".into()))
            .on_train_end(|_| see("train_end".into()))
            .on_epoch_begin(|epoch, _| see(format!("epoch_begin {epoch}")))
            .on_epoch_end(|epoch, _, _| see(format!("epoch_end {epoch}")))
            .on_train_batch_begin(|batch, _| see(format!("train_batch_begin {batch}")))
            .on_train_batch_end(|batch, _, _| see(format!("train_batch_end {batch}")))
            .on_test_begin(|_| see("test_begin".into()))
            .on_test_end(|_, _| see("test_end".into()))
            .on_test_batch_begin(|batch, _| see(format!("test_batch_begin {batch}")))
            .on_test_batch_end(|batch, _, _| see(format!("test_batch_end {batch}")))
            .on_predict_begin(|_| see("predict_begin".into()))
            .on_predict_end(|_| see("predict_end".into()))
            .on_predict_batch_begin(|batch, _| see(format!("predict_batch_begin {batch}")))
            .on_predict_batch_end(|batch, _| see(format!("predict_batch_end {batch}")))
            .on_interrupt(|_| see("interrupt".into()))
    };
    let test = ["test_begin", "test_batch_begin 0", "test_batch_end 0", "test_end"];
    let steps = |epoch: usize| {
        let batch = |b: usize| [format!("train_batch_begin {b}"), format!("train_batch_end {b}")];
        [vec![format!("epoch_begin {epoch}")], batch(0).to_vec(), batch(1).to_vec()].concat()
    };
    let owned = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<Vec<_>>();
    let end = |epoch: usize| vec![format!("epoch_end {epoch}")];

    let args =
        || Fit::new().batch_size(8).verbose(0).validation_data(&x, &y).validation_batch_size(16);
    model.fit(&x, &y, args().callback(all()))?;
    let begin = owned(&["train_begin"]);
    let want = [begin.clone(), steps(0), owned(&test), end(0), owned(&["train_end"])].concat();
    assert_eq!(seen.take(), want);

    // Stopped within an epoch: it is evaluated and ends. Interrupted: it does not.
    let stop = LambdaCallback::new().on_train_batch_end(|_, _, session| {
        session.stop_training();
        Ok(())
    });
    let history = model.fit(&x, &y, args().epochs(3).callback(stop).callback(all()))?;
    assert_eq!((history.epochs, history.interrupted), (vec![0], None));
    let first = steps(0)[..3].to_vec();
    let want = [begin.clone(), first.clone(), owned(&test), end(0), owned(&["train_end"])].concat();
    assert_eq!(seen.take(), want);
    // Keras looks after a step, also where training is stopped before the first.
    let stop = LambdaCallback::new().on_train_begin(|session| {
        session.stop_training();
        Ok(())
    });
    model.fit(&x, &y, args().epochs(3).callback(stop).callback(all()))?;
    assert_eq!(seen.take(), want);
    let leave = LambdaCallback::new().on_train_batch_end(|_, _, session| {
        session.interrupt();
        Ok(())
    });
    let history = model.fit(&x, &y, args().epochs(3).callback(leave).callback(all()))?;
    assert_eq!(history.epochs, Vec::<usize>::new());
    assert_eq!(history.interrupted, Some(Position { epoch: 0, step: 1 }));
    assert_eq!(seen.take(), [begin, first, owned(&["interrupt"])].concat());

    model.evaluate(&x, &y, Evaluate::new().batch_size(16).verbose(0).callback(all()))?;
    assert_eq!(seen.take(), test);
    model.predict(&x, Predict::new().batch_size(16).verbose(0).callback(all()))?;
    let want = ["predict_begin", "predict_batch_begin 0", "predict_batch_end 0", "predict_end"];
    assert_eq!(seen.take(), want);
    Ok(())
}

#[test]
fn a_bar_without_colours_fits_its_columns() -> Result<()> {
    let (model, x, y) = line(0.1)?;
    let mut out = Vec::new();
    let bar = ProgbarLogger::to(&mut out, Verbose::Bar).colors(false).columns(40);
    model.fit(&x, &y, Fit::new().batch_size(4).verbose(0).validation_split(0.25).callback(bar))?;
    let text = String::from_utf8(out).expect("text");
    assert!(!text.contains('\x1b'), "{text:?}");
    let drawn: Vec<&str> = text.trim_end_matches('\n').split('\r').skip(1).collect();
    let (last, moving) = drawn.split_last().expect("drawings");
    assert!(!moving.is_empty() && moving.iter().all(|line| line.chars().count() <= 39), "{text:?}");
    assert!(last.starts_with("3/3 ━━━━━━━━━━━━━━━━━━━━ ") && last.contains("val_loss"), "{last:?}");
    Ok(())
}

#[test]
fn directions_are_known_by_the_names_in_the_logs() -> Result<()> {
    use cornu::layers::{Input, LayerExt};
    use cornu::metrics::{AUC, Direction, MeanMetricWrapper, Metric};
    use cornu::ops;
    let (up, down) = (Some(Direction::Up), Some(Direction::Down));
    let x = Input([1]);
    let end = |name: &str| Dense::new(1).activation("sigmoid").name(name).apply(&x);
    let model = Model::new(&x, [&end("a")?, &end("b")?])?;
    let far = |t: &cornu::Tensor, p: &cornu::Tensor| ops::abs(&(t - p));
    let own = MeanMetricWrapper::new("own", far);
    let told = MeanMetricWrapper::new("told", far).direction(Direction::Up);
    let metric = |m: MeanMetricWrapper| -> cornu::config::Choice<dyn Metric> { m.into() };
    let huber = MeanMetricWrapper::named("huber", Default::default())?.name("huber");
    let args = Compile::new("sgd").loss("binary_crossentropy").metrics_of("a", ["accuracy", "mae"]);
    let args = args.metrics_of("b", [AUC::default(), AUC::default()]);
    let args = args.weighted_metrics_of("b", [metric(own), metric(told), metric(huber)]);
    model.compile(args)?;
    let data = Array::new(&[4, 1], vec![0f32, 1.0, 0.0, 1.0])?;
    model.fit(&data, [&data, &data], Fit::new().verbose(0))?;
    let known = model.metric_directions();
    let want = [
        ("a_accuracy", up),
        ("a_loss", down),
        ("a_mae", down),
        ("b_auc", up),
        ("b_auc_1", up),
        ("b_huber", down),
        ("b_loss", down),
        ("b_own", None),
        ("b_told", up),
        ("loss", down),
    ];
    let known: Vec<_> = known.iter().map(|(name, direction)| (name.as_str(), *direction)).collect();
    assert_eq!(known, want);
    let watch = |name: &str| {
        let args = Fit::new().verbose(0).validation_data(&data, [&data, &data]);
        model.fit(&data, [&data, &data], args.callback(EarlyStopping::new(name)))
    };
    watch("val_b_auc_1")?;
    let error = watch("val_b_own").unwrap_err().to_string();
    assert!(error.contains("mode(Mode::Max) or mode(Mode::Min)"), "{error}");
    Ok(())
}
