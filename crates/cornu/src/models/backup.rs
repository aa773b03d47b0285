//! The state of a run of `fit` in one file, from which the run goes on as if it had never stopped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cornu_graph::Array;

use super::rows::Pass;
use super::{History, Logs, Model};
use crate::callbacks::{Callback, Position, Session, State};
use crate::io::npz;
use crate::metrics::Direction;
use crate::{Error, Result, random_state, set_random_state};

/// What the file says of its own form.
const VERSION: i64 = 1;

/// What a run learnt and where it stands, beside the model, the callbacks and the thread's random state.
pub(super) struct Progress {
    pub pass: Pass,
    /// The running values of the epoch.
    pub logs: Logs,
    pub history: History,
    /// What the place in the data depends on.
    pub arguments: Arguments,
}

/// What must be the same where a run goes on in the middle of its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arguments {
    pub rows: usize,
    pub batch_size: usize,
    pub steps_per_epoch: Option<usize>,
}

impl Arguments {
    fn words(self) -> [i64; 3] {
        [self.rows, self.batch_size, self.steps_per_epoch.unwrap_or(0)].map(|n| n as i64)
    }
}

/// Writes the state of a run, whole or not at all.
pub(super) fn write(
    path: &Path,
    session: &Session,
    callbacks: &[Box<dyn Callback + '_>],
    progress: &Progress,
) -> Result<()> {
    let Progress { pass, logs, history, arguments } = progress;
    let Position { epoch, step } = session.position();
    let words = |words: &[i64]| Array::from(words.to_vec());
    let mut state = BTreeMap::from([
        ("run/version".to_string(), Array::scalar(VERSION)),
        ("run/position".into(), words(&[epoch as i64, step as i64])),
        ("run/stopped".into(), Array::scalar(session.stopped())),
        ("run/random".into(), words(&random_state().map(|word| word as i64))),
        ("run/arguments".into(), words(&arguments.words())),
        (
            "run/pass".into(),
            words(&[
                pass.done as i64,
                i64::from(pass.shuffle),
                i64::from(pass.seed.is_some()),
                pass.seed.unwrap_or(0) as i64,
            ]),
        ),
        (
            "history/epochs".into(),
            words(&history.epochs.iter().map(|e| *e as i64).collect::<Vec<_>>()),
        ),
    ]);
    // A run that goes on after the last step of an epoch asks for them before a step has told them.
    for (name, direction) in session.model().metric_directions() {
        let up = direction.map(|d| if d == Direction::Up { 1i64 } else { -1 });
        state.insert(format!("directions/{name}"), Array::scalar(up.unwrap_or(0)));
    }
    for (name, values) in logs.iter_values() {
        state.insert(format!("logs/{name}"), Array::from(values.to_vec()));
    }
    for (name, values) in &history.history {
        state.insert(format!("history/values/{name}"), Array::from(values.clone()));
    }
    for (name, rows) in &history.vectors {
        let shape = [rows.len(), rows.first().map_or(0, Vec::len)];
        state.insert(format!("history/vectors/{name}"), Array::new(&shape, rows.concat())?);
    }
    for (i, callback) in callbacks.iter().enumerate() {
        let arrays = callback.state()?.into_arrays().into_iter();
        state.extend(arrays.map(|(name, array)| (format!("callbacks/{i}/{name}"), array)));
    }
    let model = session.model().training_state()?.into_iter();
    state.extend(model.map(|(name, array)| (format!("model/{name}"), array)));
    npz::write(path, state.iter().map(|(name, array)| (name.as_str(), array)))
}

/// A file that `write` wrote.
pub(crate) struct Backup {
    what: String,
    state: BTreeMap<String, Array>,
}

impl Backup {
    /// Reads a file; checksums were compared.
    pub(crate) fn read(path: &Path) -> Result<Backup> {
        let backup = Backup { what: path.display().to_string(), state: npz::read(path)? };
        match backup.state.get("run/version").map(Array::item) {
            Some(Ok(version)) if version == VERSION as f64 => Ok(backup),
            Some(Ok(version)) => Err(backup.wrong(format!("has version {version}, not {VERSION}"))),
            _ => Err(backup.wrong("is not the state of a run: run/version is missing")),
        }
    }

    fn wrong(&self, reason: impl std::fmt::Display) -> Error {
        Error::format(&self.what, reason)
    }

    /// `N` whole numbers.
    fn words<const N: usize>(&self, name: &str) -> Result<[i64; N]> {
        let array = self.state.get(name).ok_or_else(|| self.wrong(format!("{name} is missing")))?;
        let words: &[i64] = array.as_slice().map_err(|e| self.wrong(format!("{name}: {e}")))?;
        words.try_into().map_err(|_| self.wrong(format!("{name} must have {N} numbers")))
    }

    fn count(&self, word: i64, name: &str) -> Result<usize> {
        usize::try_from(word).map_err(|_| self.wrong(format!("{name} holds {word}")))
    }

    /// Where the run stands.
    pub(crate) fn position(&self) -> Result<Position> {
        let name = "run/position";
        let [epoch, step] = self.words(name)?;
        Ok(Position { epoch: self.count(epoch, name)?, step: self.count(step, name)? })
    }

    /// What stands below a place, without it.
    fn below(&mut self, place: &str) -> BTreeMap<String, Array> {
        let names: Vec<String> =
            self.state.keys().filter(|name| name.starts_with(place)).cloned().collect();
        let taken =
            |name: String| Some((name[place.len()..].to_string(), self.state.remove(&name)?));
        names.into_iter().filter_map(taken).collect()
    }

    /// Sets the model, the callbacks, the thread's random state and the session; gives what else the run had.
    pub(super) fn restore(
        mut self,
        session: &mut Session,
        callbacks: &mut [Box<dyn Callback + '_>],
        mut run: Progress,
    ) -> Result<Progress> {
        let position = self.position()?;
        let stopped = self.state.get("run/stopped").is_some_and(|s| s.to_vec::<bool>() == [true]);
        let random = self.words("run/random")?.map(|word: i64| word as u64);
        let [done, shuffled, ordered, seed] = self.words("run/pass")?;
        let done = self.count(done, "run/pass")?;
        let arguments: [i64; 3] = self.words("run/arguments")?;
        let batches = run.arguments.rows.div_ceil(run.arguments.batch_size);
        // Between two passes other arguments only make other steps.
        let within =
            position.step > 0 || (run.arguments.steps_per_epoch.is_some() && done < batches);
        if within {
            let [rows, batch_size, steps] = arguments;
            let ours = (run.arguments.words(), run.pass.shuffle);
            if ours != (arguments, shuffled == 1) {
                let steps = if steps == 0 { "none".into() } else { steps.to_string() };
                return Err(self.wrong(format!(
                    "is the state of a run in the middle of its data: {rows} rows, batch_size {batch_size}, \
                     steps_per_epoch {steps}, shuffle {}; fit must have the same",
                    shuffled == 1
                )));
            }
            if done > batches || position.step > done {
                return Err(self.wrong(format!("run/pass holds {done} of {batches} batches")));
            }
            run.pass = Pass::at(run.pass.shuffle, (ordered == 1).then_some(seed as u64), done);
        }
        let all = |array: &Array| array.to_vec::<f64>();
        let epochs =
            self.state.remove("history/epochs").unwrap_or_else(|| Array::from(vec![0i64; 0]));
        run.history = History {
            epochs: epochs.to_vec::<i64>().into_iter().map(|e| e.max(0) as usize).collect(),
            history: (self.below("history/values/").iter())
                .map(|(name, array)| (name.clone(), all(array)))
                .collect(),
            vectors: (self.below("history/vectors/").iter())
                .map(|(name, array)| {
                    let width = array.shape().last().copied().unwrap_or(1).max(1);
                    (name.clone(), all(array).chunks(width).map(<[f64]>::to_vec).collect())
                })
                .collect(),
            interrupted: None,
        };
        run.logs =
            self.below("logs/").iter().map(|(name, array)| (name.clone(), all(array))).collect();
        let direction = |(name, up): (String, Array)| {
            let up = up.to_vec::<i64>().first().copied().unwrap_or(0);
            let direction = if up > 0 { Direction::Up } else { Direction::Down };
            (name, (up != 0).then_some(direction))
        };
        let directions = self.below("directions/").into_iter().map(direction).collect();
        let model = self.below("model/");
        session.model().restore_training_state(&self.what, model)?;
        session.model().set_metric_directions(directions);
        let mut states: BTreeMap<usize, BTreeMap<String, Array>> = BTreeMap::new();
        for (path, array) in self.below("callbacks/") {
            let place = path.split_once('/').and_then(|(i, name)| Some((i.parse().ok()?, name)));
            let (i, name) =
                place.ok_or_else(|| self.wrong(format!("callbacks/{path} is unknown")))?;
            states.entry(i).or_default().insert(name.to_string(), array);
        }
        for (i, state) in states {
            let known = callbacks.len();
            let callback = callbacks.get_mut(i).ok_or_else(|| {
                self.wrong(format!("holds the state of callback {i}, and fit has {known}"))
            })?;
            let fits = callback.restore(&State::from(state));
            fits.map_err(|e| self.wrong(format!("callback {i} of fit is another one: {e}")))?;
        }
        session.go_on(position, stopped);
        set_random_state(random);
        Ok(run)
    }
}

/// What a step changes beside weights, optimizer and running values: an evaluation that is interrupted gives it back.
pub(super) struct Generators(Vec<(cornu_graph::Variable, Array)>, [u64; 2]);

impl Generators {
    pub(super) fn of(model: &Model) -> Generators {
        let states = model.as_layer().seed_states().into_iter();
        Generators(states.map(|s| (s.clone(), s.value())).collect(), random_state())
    }

    pub(super) fn put_back(self) -> Result<()> {
        set_random_state(self.1);
        self.0.into_iter().try_for_each(|(state, value)| Ok(state.assign(value)?))
    }
}

/// The files that callbacks asked for since the last step.
pub(super) fn write_all(
    session: &mut Session,
    callbacks: &[Box<dyn Callback + '_>],
    progress: &Progress,
) -> Result<()> {
    let paths: Vec<PathBuf> = session.take_backups();
    paths.iter().try_for_each(|path| write(path, session, callbacks, progress))
}
