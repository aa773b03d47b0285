//! The values of each epoch in a CSV file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use cornu_graph::Array;

use super::text::float;
use super::{Callback, Session, State};
use crate::models::Logs;
use crate::{Error, Result};

/// Writes a line per epoch: the epoch and all values, columns in alphabetical order.
///
/// A run that is resumed (see [`BackupAndRestore`](super::BackupAndRestore)) puts the file into the state that it had at
/// that point: lines of epochs that are run again do not stay.
#[derive(Debug, Clone)]
pub struct CSVLogger {
    filename: PathBuf,
    separator: u8,
    append: bool,
    columns: Option<Vec<String>>,
    /// What the file holds.
    text: Vec<u8>,
}

impl CSVLogger {
    /// Writes to a file, which is emptied when the first epoch ends. A path is taken as it is.
    pub fn new(filename: impl Into<PathBuf>) -> Self {
        let filename = filename.into();
        CSVLogger { filename, separator: b',', append: false, columns: None, text: Vec::new() }
    }

    /// The character between values. Default: a comma.
    #[must_use]
    pub fn separator(mut self, separator: u8) -> Self {
        self.separator = separator;
        self
    }

    /// Whether an existing file is continued. Default: false.
    #[must_use]
    pub fn append(mut self, append: bool) -> Self {
        self.append = append;
        self
    }

    /// A line of the file.
    fn line(&self, fields: impl IntoIterator<Item = String>) -> Result<Vec<u8>> {
        let mut writer =
            csv::WriterBuilder::new().delimiter(self.separator).from_writer(Vec::new());
        let fields: Vec<String> = fields.into_iter().collect();
        let written = writer.write_record(&fields).map_err(std::io::Error::other);
        let text = written.and_then(|()| writer.into_inner().map_err(|e| e.into_error()));
        text.map_err(|e| Error::io(&self.filename, e))
    }

    /// The names in the first line of a text, without the first.
    fn header(&self, text: &[u8]) -> Result<Option<Vec<String>>> {
        let mut reader = csv::ReaderBuilder::new().delimiter(self.separator).from_reader(text);
        let header =
            reader.headers().map_err(|e| Error::format(self.filename.display().to_string(), e))?;
        let columns = || header.iter().skip(1).map(str::to_string).collect();
        Ok((!header.is_empty()).then(columns))
    }

    /// Makes the text longer, in the file, too.
    fn extend(&mut self, text: &[u8]) -> Result<()> {
        let mut options = OpenOptions::new();
        let fresh = self.text.is_empty();
        let file =
            options.create(true).append(!fresh).write(true).truncate(fresh).open(&self.filename);
        let written = file.and_then(|mut file| file.write_all(text));
        self.text.extend_from_slice(text);
        written.map_err(|e| Error::io(&self.filename, e))
    }
}

impl Callback for CSVLogger {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        self.text = match self.append {
            true => match fs::read(&self.filename) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io(&self.filename, e));
                }
                text => text.unwrap_or_default(),
            },
            false => Vec::new(),
        };
        if self.text.last().is_some_and(|byte| *byte != b'\n') {
            self.extend(b"\n")?;
        }
        self.columns = self.header(&self.text)?;
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        if self.columns.is_none() {
            let mut names: Vec<String> = logs.iter().map(|(name, _)| name.into()).collect();
            if session.params().validation && !names.iter().any(|name| name.starts_with("val_")) {
                // Later epochs are evaluated.
                names
                    .extend(session.model().metric_directions().keys().map(|n| format!("val_{n}")));
            }
            names.sort();
            let header = self.line(std::iter::once("epoch".into()).chain(names.iter().cloned()))?;
            self.extend(&header)?;
            self.columns = Some(names);
        }
        let columns = self.columns.as_deref().unwrap_or_default();
        let value = |name: &String| logs.get(name).map_or("NA".into(), float);
        let line = std::iter::once(epoch.to_string()).chain(columns.iter().map(value));
        let line = self.line(line)?;
        self.extend(&line)
    }

    fn state(&self) -> Result<State> {
        let mut state = State::default();
        state.set_array("text", Array::from(self.text.clone()));
        Ok(state)
    }

    fn restore(&mut self, state: &State) -> Result<()> {
        let missing = || Error::format("state", "must hold an array \"text\"");
        self.text = state.array("text").ok_or_else(missing)?.to_vec();
        self.columns = self.header(&self.text)?;
        // A file that this run has not begun to write stays as it is.
        if self.text.is_empty() && !self.append {
            return Ok(());
        }
        fs::write(&self.filename, &self.text).map_err(|e| Error::io(&self.filename, e))
    }
}
