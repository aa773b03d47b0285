//! The progress of `fit`, `evaluate` and `predict`, printed.

use std::io::{IsTerminal, Write};

use super::progbar::Progbar;
use super::{Callback, Session};
use crate::models::{Logs, Verbose};
use crate::{Error, Result};

/// Prints the progress of a run as Keras does: a bar that moves on a terminal, lines elsewhere.
///
/// `fit`, `evaluate` and `predict` add one by themselves; see their `verbose`.
pub struct ProgbarLogger<'a> {
    verbose: Verbose,
    moves: bool,
    out: Box<dyn Write + 'a>,
    bar: Option<Progbar>,
    /// What the last step reported.
    last: Logs,
    /// Within `fit` the validation is silent.
    fitting: bool,
}

impl ProgbarLogger<'static> {
    /// Prints to the standard output.
    pub fn new(verbose: Verbose) -> Self {
        let out = std::io::stdout();
        let moves = out.is_terminal();
        ProgbarLogger { moves, ..ProgbarLogger::to(out, verbose) }
    }
}

impl<'a> ProgbarLogger<'a> {
    /// Prints to a writer, as to a terminal: [`Verbose::Bar`] draws a bar that moves.
    pub fn to(out: impl Write + 'a, verbose: Verbose) -> Self {
        ProgbarLogger {
            verbose,
            moves: true,
            out: Box::new(out),
            bar: None,
            last: Logs::default(),
            fitting: false,
        }
    }

    fn print(&mut self, text: &str) -> Result<()> {
        let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        written.map_err(|e| Error::io("progress bar", e))
    }

    fn begin(&mut self, session: &Session) {
        self.bar = Some(Progbar::new(session.params().steps, session.position().step));
    }

    fn step(&mut self, batch: usize, logs: &Logs) -> Result<()> {
        if self.verbose != Verbose::Bar || !self.moves {
            return Ok(());
        }
        match self.bar.as_mut().and_then(|bar| bar.step(batch + 1, logs)) {
            Some(text) => self.print(&text),
            None => Ok(()),
        }
    }

    fn end(&mut self, step: usize, logs: &Logs) -> Result<()> {
        let text = match (self.verbose, self.bar.take()) {
            (Verbose::Silent, _) | (_, None) => return Ok(()),
            (Verbose::Bar, Some(mut bar)) if self.moves => bar.end(step, logs),
            (_, Some(bar)) => bar.line(step, logs),
        };
        self.print(&text)
    }
}

impl Callback for ProgbarLogger<'_> {
    fn on_train_begin(&mut self, _: &mut Session) -> Result<()> {
        self.fitting = true;
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
        self.begin(session);
        let epochs = session.params().epochs;
        if self.verbose == Verbose::Silent || epochs < 2 {
            return Ok(());
        }
        self.print(&format!("Epoch {}/{epochs}\n", epoch + 1))
    }

    fn on_train_batch_end(&mut self, batch: usize, logs: &Logs, _: &mut Session) -> Result<()> {
        self.last.clone_from(logs);
        self.step(batch, logs)
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        self.end(session.params().steps, logs)
    }

    fn on_interrupt(&mut self, session: &mut Session) -> Result<()> {
        self.fitting = false;
        let logs = std::mem::take(&mut self.last);
        self.end(session.position().step, &logs)
    }

    fn on_train_end(&mut self, _: &mut Session) -> Result<()> {
        self.fitting = false;
        Ok(())
    }

    fn on_test_begin(&mut self, session: &mut Session) -> Result<()> {
        if !self.fitting {
            self.begin(session);
        }
        Ok(())
    }

    fn on_test_batch_end(&mut self, batch: usize, logs: &Logs, _: &mut Session) -> Result<()> {
        if self.fitting { Ok(()) } else { self.step(batch, logs) }
    }

    fn on_test_end(&mut self, logs: &Logs, session: &mut Session) -> Result<()> {
        if self.fitting { Ok(()) } else { self.end(session.params().steps, logs) }
    }

    fn on_predict_begin(&mut self, session: &mut Session) -> Result<()> {
        self.begin(session);
        Ok(())
    }

    fn on_predict_batch_end(&mut self, batch: usize, _: &mut Session) -> Result<()> {
        self.step(batch, &Logs::default())
    }

    fn on_predict_end(&mut self, session: &mut Session) -> Result<()> {
        self.end(session.params().steps, &Logs::default())
    }
}
