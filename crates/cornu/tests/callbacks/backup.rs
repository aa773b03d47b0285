//! A run that is interrupted and resumed gives bit for bit what an uninterrupted run gives.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cornu::callbacks::{
    BackupAndRestore, CSVLogger, Callback, EarlyStopping, Interrupt, LambdaCallback,
    LearningRateScheduler, Mode, ModelCheckpoint, Position, ReduceLROnPlateau, Session,
};
use cornu::config::Config;
use cornu::layers::{BatchNormalization, Context, Dense, Dropout, Layer, Shape, Weights};
use cornu::models::{Compile, Fit, History, Logs, Model, Sequential};
use cornu::optimizers::{Adam, schedules::ExponentialDecay};
use cornu::random::SeedGenerator;
use cornu::{Array, DType, Error, Result, Tensor, ops, random_state, set_random_seed};

use crate::folder;

/// Adds noise, in inference, too.
#[derive(Default)]
struct Noise(Option<SeedGenerator>);

impl Layer for Noise {
    fn class_name(&self) -> &str {
        "Noise"
    }
    fn config(&self) -> Result<Config> {
        Ok(Config::new())
    }
    fn build(&mut self, _: &[Shape], weights: &mut Weights) -> Result<()> {
        self.0 = Some(weights.seed_generator(None));
        Ok(())
    }
    fn call(&self, inputs: &[Tensor], cx: &mut Context) -> Result<Vec<Tensor>> {
        let key =
            self.0.as_ref().map(|seeds| seeds.next(cx)).unwrap_or_else(|| cornu::random::key(0));
        let x = &inputs[0];
        let noise = ops::random(ops::Distribution::Normal, &key, x.shape(), DType::F32);
        Ok(vec![x + noise * 0.01])
    }
}

/// Which arguments a run has.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// A schedule, early stopping with the best weights.
    Schedule,
    /// Rates that callbacks set, epochs that are parts of a pass.
    Parts,
}

/// How a run is brought to its end before its time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum End {
    None,
    /// After a step, as by a signal.
    Step(Position),
    /// After the first step of a validation, as by a signal.
    Validation(usize),
    /// After a step, with nothing more written: as by a power cut.
    Kill(Position),
    /// After a step, by a signal that the process sends to itself.
    Signal(Position, &'static str),
    /// When the log has the epoch and the state of the run has not.
    KillAfterLog(usize),
}

struct Ending(End);

/// Sends a signal to this process, and waits until it has arrived.
fn send(signal: &str) {
    let shell =
        std::process::Command::new("sh").args(["-c", &format!("kill -{signal} $PPID")]).status();
    assert!(shell.unwrap().success());
    let since = std::time::Instant::now();
    while !Interrupt::happened() {
        assert!(since.elapsed().as_secs() < 20, "SIG{signal} did not arrive");
        std::thread::yield_now();
    }
}

impl Callback for Ending {
    fn on_train_batch_end(&mut self, _: usize, _: &Logs, session: &mut Session) -> Result<()> {
        match self.0 {
            End::Step(at) if at == session.position() => session.interrupt(),
            End::Signal(at, signal) if at == session.position() => send(signal),
            End::Kill(at) if at == session.position() => {
                return Err(Error::format("test", "killed"));
            }
            _ => {}
        }
        Ok(())
    }
    fn on_test_batch_end(&mut self, _: usize, _: &Logs, session: &mut Session) -> Result<()> {
        if self.0 == End::Validation(session.position().epoch) {
            session.interrupt();
        }
        Ok(())
    }
    fn on_epoch_end(&mut self, epoch: usize, _: &mut Logs, _: &mut Session) -> Result<()> {
        if self.0 == End::KillAfterLog(epoch) {
            return Err(Error::format("test", "killed"));
        }
        Ok(())
    }
}

fn model(kind: Kind) -> Result<Model> {
    let model = Sequential::new().input([4]).add(Dense::new(8)).add(BatchNormalization::new());
    let model = model.add(Dropout::new(0.3)).add(Noise::default()).add(Dense::new(1)).model()?;
    let adam = match kind {
        Kind::Schedule => Adam::new(ExponentialDecay::new(0.05, 7.0, 0.8)),
        Kind::Parts => Adam::new(0.05),
    };
    model.compile(Compile::new(adam).loss("mse").metrics(["mae"]))?;
    Ok(model)
}

/// All that a run leaves behind.
#[derive(PartialEq, Debug)]
pub struct Left {
    pub state: BTreeMap<String, Array>,
    pub random: [u64; 2],
    pub history: History,
    pub log: String,
}

const ROWS: usize = 44;
const EPOCHS: usize = 4;

/// A run in a process that is told apart by its seed.
pub fn run(at: &Path, kind: Kind, seed: u64, freq: Option<usize>, end: End) -> Result<Left> {
    set_random_seed(seed);
    let value = |i: usize| ((i * 37 + 11) % 101) as f32 / 50.0 - 1.0;
    let x = Array::new(&[ROWS, 4], (0..ROWS * 4).map(value).collect())?;
    let y =
        Array::new(&[ROWS, 1], (0..ROWS).map(|i| value(i * 4) - 0.5 * value(i * 4 + 1)).collect())?;
    let model = model(kind)?;
    let mut backup = BackupAndRestore::new(at.join("backup")).double_checkpoint(true);
    if let Some(steps) = freq {
        backup = backup.save_freq(steps);
    }
    let mut args = Fit::new().epochs(EPOCHS).batch_size(8).validation_split(0.25).verbose(0);
    args = args.callback(backup).callback(CSVLogger::new(at.join("log.csv")));
    let best = ModelCheckpoint::new(at.join("best.weights.h5"));
    args = args.callback(best.save_weights_only(true).save_best_only(true));
    match kind {
        Kind::Schedule => {
            args = args
                .callback(EarlyStopping::new("val_loss").patience(1).restore_best_weights(true));
        }
        Kind::Parts => {
            let slower = LearningRateScheduler::new(|_, rate| rate * 0.9);
            let plateau = ReduceLROnPlateau::new("loss").patience(1).factor(0.5).min_delta(0.2);
            args = args.steps_per_epoch(3).validation_freq(2).validation_batch_size(5);
            args = args.callback(slower).callback(plateau);
        }
    }
    args = args.callback(Ending(end));
    if let End::Signal(..) = end {
        args = args.callback(Interrupt::new()?);
    }
    let history = model.fit(&x, &y, args)?;
    let log = std::fs::read_to_string(at.join("log.csv")).unwrap_or_default();
    let mut state = model.training_state()?;
    // Running means are of no use after a run.
    state.retain(|name, _| !name.starts_with("metrics/"));
    Ok(Left { state, random: random_state(), history, log })
}

pub fn place(name: &str) -> PathBuf {
    let at = folder(name);
    let _ = std::fs::remove_dir_all(&at);
    std::fs::create_dir_all(&at).unwrap();
    at
}

/// A pass has five batches: of epochs of three, every second one ends early, as in Keras.
fn steps(kind: Kind, epoch: usize) -> usize {
    match kind {
        Kind::Schedule => 5,
        Kind::Parts => 3 - epoch % 2,
    }
}

/// What an uninterrupted run leaves behind; its log is taken away.
fn whole(at: &Path, kind: Kind) -> Result<Left> {
    let whole = run(at, kind, 1, None, End::None)?;
    std::fs::remove_file(at.join("log.csv")).unwrap();
    assert!(whole.history.epochs.len() > 2, "{:?}", whole.history.epochs);
    Ok(whole)
}

#[test]
fn a_run_goes_on_after_every_step() -> Result<()> {
    for kind in [Kind::Schedule, Kind::Parts] {
        let at = place("backup-steps");
        let whole = whole(&at, kind)?;
        assert_eq!(whole.history.interrupted, None);
        assert!(!at.join("backup").exists(), "a run at its end has no backup");
        assert_eq!(BackupAndRestore::new(at.join("backup")).position()?, None);
        // Each step in a process of its own.
        let ends = whole.history.epochs.len();
        for epoch in 0..ends {
            for step in 1..=steps(kind, epoch) {
                let at_step = Position { epoch, step };
                let seed = (epoch * 10 + step) as u64;
                let part = run(&at, kind, seed, None, End::Step(at_step))?;
                assert_eq!(part.history.interrupted, Some(at_step));
                let kept = BackupAndRestore::new(at.join("backup"));
                assert_eq!(kept.position()?, Some(at_step));
                assert_eq!(part.history.epochs, (0..epoch).collect::<Vec<_>>());
                let lines = part.log.lines().count();
                assert_eq!(lines, if epoch == 0 { 0 } else { epoch + 1 }, "{kind:?} {at_step:?}");
            }
        }
        assert_eq!(run(&at, kind, 999, None, End::None)?, whole, "{kind:?}");
        std::fs::remove_dir_all(&at).unwrap();
    }
    Ok(())
}

#[test]
fn a_run_goes_on_after_an_interrupted_validation() -> Result<()> {
    for kind in [Kind::Schedule, Kind::Parts] {
        let at = place("backup-validation");
        let whole = whole(&at, kind)?;
        let part = run(&at, kind, 1, None, End::Validation(1))?;
        assert_eq!(part.history.interrupted, Some(Position { epoch: 1, step: steps(kind, 1) }));
        assert_eq!(run(&at, kind, 7, None, End::None)?, whole, "{kind:?}");
        std::fs::remove_dir_all(&at).unwrap();
    }
    Ok(())
}

#[test]
fn a_killed_run_goes_on_from_its_last_backup() -> Result<()> {
    for kind in [Kind::Schedule, Kind::Parts] {
        let at = place("backup-kill");
        let whole = whole(&at, kind)?;
        for freq in [None, Some(2)] {
            // Killed again and again, once with a line in the log that the backup does not know.
            let step = |epoch, step| End::Kill(Position { epoch, step });
            for (seed, end) in [(1, step(1, 2)), (2, End::KillAfterLog(1)), (3, step(2, 1))] {
                assert!(run(&at, kind, seed, freq, end).is_err(), "{kind:?} {freq:?} {end:?}");
                let log = std::fs::read_to_string(at.join("log.csv")).unwrap();
                let lines = if end == step(1, 2) { 2 } else { 3 };
                assert_eq!(log.lines().count(), lines, "{end:?}: {log}");
            }
            let resumed = run(&at, kind, 4, freq, End::None)?;
            assert_eq!(resumed, whole, "{kind:?} {freq:?}");
        }
        std::fs::remove_dir_all(&at).unwrap();
    }
    Ok(())
}

#[test]
fn a_damaged_backup_is_an_error_or_the_one_before_is_taken() -> Result<()> {
    let at = place("backup-damaged");
    let whole = whole(&at, Kind::Schedule)?;
    let step = |epoch, step| End::Kill(Position { epoch, step });
    assert!(run(&at, Kind::Schedule, 1, None, step(2, 3)).is_err());
    let (latest, previous) = (at.join("backup/latest.npz"), at.join("backup/previous.npz"));
    let good = std::fs::read(&latest).unwrap();
    let mut damaged = good.clone();
    // Within the first array.
    damaged[200] ^= 1;
    std::fs::write(&latest, &damaged).unwrap();
    let kept = std::fs::read(&previous).unwrap();
    assert_eq!(run(&at, Kind::Schedule, 5, None, End::None)?, whole);

    std::fs::create_dir_all(at.join("backup")).unwrap();
    std::fs::write(&latest, &good[..good.len() / 2]).unwrap();
    let error = run(&at, Kind::Schedule, 5, None, End::None).unwrap_err().to_string();
    assert!(error.contains("latest.npz"), "{error}");
    std::fs::remove_file(&latest).unwrap();
    // Killed between the two files' changes of name.
    std::fs::write(&previous, kept).unwrap();
    assert_eq!(run(&at, Kind::Schedule, 5, None, End::None)?, whole);
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}

#[test]
fn a_backup_of_another_run_is_refused() -> Result<()> {
    let at = place("backup-other");
    let stop = End::Step(Position { epoch: 1, step: 2 });
    run(&at, Kind::Schedule, 1, None, stop)?;
    let error = run(&at, Kind::Parts, 1, None, End::None).unwrap_err().to_string();
    assert!(
        error.contains("steps_per_epoch none") && error.contains("must have the same"),
        "{error}"
    );

    let x = Array::zeros(&[33, 4], DType::F32)?;
    let y = Array::zeros(&[33, 1], DType::F32)?;
    let fit = || {
        let args = Fit::new().epochs(2).batch_size(8).verbose(0);
        args.callback(BackupAndRestore::new(at.join("backup")))
    };
    let other = Sequential::new().input([4]).add(Dense::new(3)).add(Dense::new(1)).model()?;
    other.compile(Compile::new("adam").loss("mse"))?;
    let before = other.get_weights();
    let error = other.fit(&x, &y, fit()).unwrap_err().to_string();
    assert!(error.contains("latest.npz") && error.contains("do not fit the model"), "{error}");
    assert_eq!(other.get_weights(), before);

    let error = model(Kind::Schedule)?.fit(&x, &y, fit()).unwrap_err().to_string();
    assert!(error.contains("callback 1 of fit is another one"), "{error}");
    std::fs::write(at.join("backup/latest.npz"), b"no zip").unwrap();
    assert!(model(Kind::Schedule)?.fit(&x, &y, fit()).is_err());
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}

#[test]
fn a_kept_backup_lets_a_longer_run_go_on() -> Result<()> {
    let at = place("backup-longer");
    let x = Array::new(&[40, 4], (0..160).map(|i| ((i * 7) % 13) as f32 / 13.0).collect())?;
    let y = Array::new(&[40, 1], (0..40).map(|i| (i % 5) as f32).collect())?;
    let fit = |seed: u64, epochs: usize, folder: &str| -> Result<(History, Vec<Array>)> {
        set_random_seed(seed);
        let model = model(Kind::Schedule)?;
        let backup = BackupAndRestore::new(at.join(folder)).delete_checkpoint(false);
        let args = Fit::new().epochs(epochs).batch_size(8).verbose(0).callback(backup);
        Ok((model.fit(&x, &y, args)?, model.get_weights()))
    };
    let whole = fit(1, 5, "whole")?;
    fit(1, 2, "parts")?;
    assert_eq!(fit(2, 5, "parts")?, whole);
    // Nothing is left to do.
    assert_eq!(fit(3, 5, "parts")?, whole);
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}

#[test]
fn interrupted_evaluations_and_predictions_are_errors() -> Result<()> {
    use cornu::models::{Evaluate, Predict};
    struct Leave(usize);
    impl Callback for Leave {
        fn on_test_batch_end(&mut self, _: usize, _: &Logs, session: &mut Session) -> Result<()> {
            self.0 += 1;
            session.interrupt();
            Ok(())
        }
        fn on_predict_batch_end(&mut self, _: usize, session: &mut Session) -> Result<()> {
            self.0 += 1;
            session.interrupt();
            Ok(())
        }
    }
    let (model, x, y) = (
        model(Kind::Schedule)?,
        Array::zeros(&[9, 4], DType::F32)?,
        Array::zeros(&[9, 1], DType::F32)?,
    );
    let mut leave = Leave(0);
    let args = Evaluate::new().batch_size(2).verbose(0).callback(&mut leave);
    let error = model.evaluate(&x, &y, args).unwrap_err();
    assert!(matches!(error, Error::Interrupted(_)));
    assert_eq!(error.to_string(), "evaluate was interrupted");
    let args = Predict::new().batch_size(2).verbose(0).callback(&mut leave);
    assert!(matches!(model.predict(&x, args), Err(Error::Interrupted(_))));
    assert_eq!(leave.0, 2, "one step each");
    Ok(())
}

#[test]
fn a_bar_stays_where_the_epoch_was_left() -> Result<()> {
    use cornu::callbacks::ProgbarLogger;
    use cornu::models::Verbose;
    let at = place("backup-bar");
    let (x, y) = (Array::zeros(&[40, 4], DType::F32)?, Array::zeros(&[40, 1], DType::F32)?);
    let fit = |verbose, end| -> Result<String> {
        let mut out = Vec::new();
        let args = Fit::new().epochs(3).batch_size(8).verbose(0).callback(Ending(end));
        let args = args.callback(BackupAndRestore::new(at.join("backup")));
        model(Kind::Schedule)?.fit(&x, &y, args.callback(ProgbarLogger::to(&mut out, verbose)))?;
        Ok(String::from_utf8(out).expect("text"))
    };
    let stop = End::Step(Position { epoch: 1, step: 3 });
    let lines = fit(Verbose::Line, stop)?;
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!((lines[0], lines[2], lines.len()), ("Epoch 1/3", "Epoch 2/3", 4));
    assert!(lines[1].starts_with("5/5 - ") && lines[3].starts_with("3/5 - "), "{lines:?}");
    let lines = fit(Verbose::Line, End::None)?;
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!((lines[0], lines[2], lines.len()), ("Epoch 2/3", "Epoch 3/3", 4));
    assert!(lines[1].starts_with("5/5 - ") && lines[3].starts_with("5/5 - "), "{lines:?}");

    let bars = fit(Verbose::Bar, stop)?;
    let last = bars.trim_end_matches('\n').rsplit(['\r', '\n']).next().unwrap_or_default();
    assert!(bars.ends_with('\n') && last.starts_with("\x1b[1m3/5\x1b[0m"), "{bars:?}");
    let bars = fit(Verbose::Bar, End::None)?;
    assert!(bars.starts_with("Epoch 2/3\n\r\x1b[1m4/5\x1b[0m"), "{bars:?}");
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}

#[test]
fn a_log_that_is_continued_goes_on_where_the_run_goes_on() -> Result<()> {
    let at = place("backup-append");
    let x = Array::new(&[20, 4], (0..80).map(|i| ((i * 7) % 13) as f32 / 13.0).collect())?;
    let y = Array::new(&[20, 1], (0..20).map(|i| (i % 5) as f32).collect())?;
    let fit = |model: &Model, first: usize, epochs: usize, end: End| {
        let args = Fit::new().initial_epoch(first).epochs(epochs).batch_size(8).verbose(0);
        let args =
            args.callback(CSVLogger::new(at.join("log.csv")).append(true)).callback(Ending(end));
        model.fit(&x, &y, args.callback(BackupAndRestore::new(at.join("backup"))))
    };
    let log = || std::fs::read_to_string(at.join("log.csv")).unwrap();
    let model = model(Kind::Schedule)?;
    fit(&model, 0, 2, End::None)?;
    let before = log();
    assert_eq!(before.lines().count(), 3);
    fit(&model, 2, 5, End::Step(Position { epoch: 2, step: 1 }))?;
    assert_eq!(log(), before);
    // The log has an epoch that the backup does not know.
    assert!(fit(&model, 2, 5, End::KillAfterLog(2)).is_err());
    assert_eq!(log().lines().count(), 4);
    fit(&model, 2, 5, End::None)?;
    let after = log();
    assert!(after.starts_with(&before));
    let epochs: Vec<&str> = after.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(epochs, ["epoch", "0", "1", "2", "3", "4"]);
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}

#[test]
fn a_backup_that_says_nonsense_is_an_error_or_harmless() -> Result<()> {
    use cornu::io::npz;
    let at = place("backup-nonsense");
    let x = Array::new(&[20, 4], (0..80).map(|i| ((i * 7) % 13) as f32 / 13.0).collect())?;
    let y = Array::new(&[20, 1], (0..20).map(|i| (i % 5) as f32).collect())?;
    let model = model(Kind::Schedule)?;
    let fit = |end| {
        let args = Fit::new().epochs(2).steps_per_epoch(2).batch_size(8).verbose(0);
        let args = args.callback(BackupAndRestore::new(at.join("backup"))).callback(Ending(end));
        let args = args.callback(EarlyStopping::new("loss").patience(3).restore_best_weights(true));
        model.fit(&x, &y, args.callback(CSVLogger::new(at.join("log.csv"))))
    };
    fit(End::Step(Position { epoch: 1, step: 1 }))?;
    let path = at.join("backup/latest.npz");
    let good = npz::read(&path)?;
    let write = |arrays: &BTreeMap<String, Array>| {
        std::fs::create_dir_all(at.join("backup")).unwrap();
        npz::write(&path, arrays.iter().map(|(name, array)| (name.as_str(), array)))
    };
    let names = good.keys().filter(|name| !name.starts_with("model/") || name.contains("seeds"));
    let names: Vec<&String> = names.chain(good.keys().find(|n| n.contains("metrics"))).collect();
    assert!(names.len() > 20, "{names:?}");
    let mut refused = 0;
    for name in names {
        let like = |value: i64| Array::new(good[name].shape(), vec![value; good[name].len()]);
        let others = [
            None,
            Some(Array::zeros(&[0], DType::F32)?),
            Some(Array::full(&[2, 3], f64::NAN)?),
            Some(like(-1)?),
            Some(like(i64::MAX)?),
            Some(like(i64::MIN)?),
        ];
        for other in others {
            let mut arrays = good.clone();
            match other {
                Some(other) => arrays.insert(name.clone(), other),
                None => arrays.remove(name),
            };
            write(&arrays)?;
            refused += usize::from(fit(End::None).is_err());
        }
    }
    assert!(refused > 30, "{refused}");
    write(&good)?;
    assert_eq!(fit(End::None)?.epochs, [0, 1]);
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}

#[test]
fn a_terminal_that_is_gone_costs_no_state() -> Result<()> {
    use cornu::callbacks::ProgbarLogger;
    use cornu::models::Verbose;
    let gone = || crate::Full { room: 0, kind: std::io::ErrorKind::Other };
    let at = place("backup-gone");
    let x = Array::new(&[40, 4], (0..160).map(|i| ((i * 7) % 13) as f32 / 13.0).collect())?;
    let y = Array::new(&[40, 1], (0..40).map(|i| (i % 5) as f32).collect())?;
    let stop = Position { epoch: 1, step: 2 };
    let args = Fit::new().epochs(3).batch_size(8).verbose(0).callback(Ending(End::Step(stop)));
    let args = args.callback(ProgbarLogger::to(gone(), Verbose::Bar));
    let backup = || BackupAndRestore::new(at.join("backup"));
    let error = model(Kind::Schedule)?.fit(&x, &y, args.callback(backup())).unwrap_err();
    assert!(error.to_string().contains("standard output"), "{error}");
    assert_eq!(backup().position()?, Some(stop));

    // At its end, too, each callback has its turn: the best weights come back, the backup goes.
    let model = model(Kind::Schedule)?;
    let mut best =
        EarlyStopping::new("loss").mode(Mode::Max).patience(9).restore_best_weights(true);
    let mut first = Vec::new();
    let see = LambdaCallback::new().on_epoch_end(|epoch, _, session| {
        if epoch == 0 {
            first = session.model().get_weights();
        }
        Ok(())
    });
    let args = Fit::new().epochs(3).batch_size(8).verbose(0).callback(see);
    let args = args.callback(ProgbarLogger::to(gone(), Verbose::Bar)).callback(&mut best);
    let args = args.callback(BackupAndRestore::new(at.join("other")));
    assert!(model.fit(&x, &y, args).is_err());
    assert_eq!(best.best_epoch(), 0, "a loss that falls");
    assert_eq!(model.get_weights(), first);
    assert!(!at.join("other").exists());
    std::fs::remove_dir_all(&at).unwrap();
    Ok(())
}
