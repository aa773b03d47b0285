//! The values of each epoch in a CSV file.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use super::{Callback, Session};
use crate::models::Logs;
use crate::{Error, Result};

/// Writes a line per epoch: the epoch and all values, columns in alphabetical order.
#[derive(Debug, Clone)]
pub struct CSVLogger {
    filename: PathBuf,
    separator: u8,
    append: bool,
    columns: Option<Vec<String>>,
}

impl CSVLogger {
    /// Writes to a file, which is emptied when the run starts.
    pub fn new(filename: impl AsRef<Path>) -> Self {
        let filename = filename.as_ref().to_path_buf();
        CSVLogger { filename, separator: b',', append: false, columns: None }
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

    fn write(&self, record: &[String], create: bool) -> Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).append(!create).write(true).truncate(create);
        let file = options.open(&self.filename).map_err(|e| Error::io(&self.filename, e))?;
        let mut writer = csv::WriterBuilder::new().delimiter(self.separator).from_writer(file);
        let written = writer.write_record(record).map_err(std::io::Error::other);
        written.and_then(|()| writer.flush()).map_err(|e| Error::io(&self.filename, e))
    }
}

impl Callback for CSVLogger {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        self.columns = None;
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &Logs, _: &mut Session) -> Result<()> {
        if self.columns.is_none() {
            let existing = match self.append {
                true => csv::ReaderBuilder::new()
                    .delimiter(self.separator)
                    .from_path(&self.filename)
                    .ok(),
                false => None,
            };
            let header = existing.and_then(|mut reader| reader.headers().ok().cloned());
            let header = header.filter(|h| !h.is_empty());
            self.columns = Some(match header {
                Some(header) => header.iter().skip(1).map(str::to_string).collect(),
                None => {
                    let mut names: Vec<String> = logs.iter().map(|(name, _)| name.into()).collect();
                    names.sort();
                    let header: Vec<String> =
                        std::iter::once("epoch".into()).chain(names.iter().cloned()).collect();
                    self.write(&header, true)?;
                    names
                }
            });
        }
        let columns = self.columns.as_deref().unwrap_or_default();
        let value = |name: &String| logs.get(name).map_or("NA".into(), |v| v.to_string());
        let record: Vec<String> =
            std::iter::once(epoch.to_string()).chain(columns.iter().map(value)).collect();
        self.write(&record, false)
    }
}
