//! Callbacks in a run.

mod backup;

use cornu::callbacks::{
    CSVLogger, EarlyStopping, LambdaCallback, LearningRateScheduler, ModelCheckpoint,
    ReduceLROnPlateau, TensorBoard, TerminateOnNaN,
};
use cornu::layers::Dense;
use cornu::models::{Compile, Fit, Model, Sequential};
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
    let best =
        ModelCheckpoint::new(folder.join("best.keras")).save_best_only(true).monitor("loss".into());
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
    let history = model.fit(
        &x,
        &y,
        Fit::new().epochs(50).batch_size(4).callback(TerminateOnNaN).verbose(0),
    )?;
    assert!(history.epochs.len() < 50);
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
