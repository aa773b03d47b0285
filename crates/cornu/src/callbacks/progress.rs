//! The progress of `fit`, `evaluate` and `predict`, printed.

use std::io::{self, ErrorKind, IsTerminal, Write};

use super::progbar::{Progbar, Style};
use super::{Callback, Session};
use crate::models::{Logs, Verbose};
use crate::{Error, Result};

/// Prints the progress of a run as Keras does: a bar that moves on a terminal, lines elsewhere; and what callbacks say with
/// [`Session::print`].
///
/// `fit`, `evaluate` and `predict` add one by themselves; see their `verbose`. Where the output cannot be written the run
/// goes on, and ends with the error when all else is done: `fit` after its last callback. A reader that has gone away
/// (`| head`) is no error.
pub struct ProgbarLogger<'a> {
    verbose: Verbose,
    moves: bool,
    style: Style,
    out: Box<dyn Write + 'a>,
    failed: Option<io::Error>,
    bar: Option<Progbar>,
    /// What the last step reported.
    last: Logs,
    /// Within `fit` the validation is silent.
    fitting: bool,
}

impl ProgbarLogger<'static> {
    /// Prints to the standard output: in colours if it is a terminal and the variable `NO_COLOR` is empty, and in lines
    /// that fit the terminal.
    pub fn new(verbose: Verbose) -> Self {
        let out = io::stdout();
        let moves = out.is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        ProgbarLogger::to(out, verbose).moves(moves).colors(!plain)
    }
}

impl<'a> ProgbarLogger<'a> {
    /// Prints to a writer, as to a terminal: [`Verbose::Bar`] draws a bar that moves.
    pub fn to(out: impl Write + 'a, verbose: Verbose) -> Self {
        ProgbarLogger {
            verbose,
            moves: true,
            style: Style { colors: true, columns: None },
            out: Box::new(out),
            failed: None,
            bar: None,
            last: Logs::default(),
            fitting: false,
        }
    }

    /// Whether the bar is drawn again in its place. Default: whether the standard output is a terminal, true for a writer.
    #[must_use]
    pub fn moves(mut self, moves: bool) -> Self {
        self.moves = moves;
        if moves {
            self.style.columns = terminal_size::terminal_size().map(|(width, _)| width.0.into());
        }
        self
    }

    /// Whether the bar has colours. Default: see [`ProgbarLogger::new`]; true for a writer.
    #[must_use]
    pub fn colors(mut self, colors: bool) -> Self {
        self.style.colors = colors;
        self
    }

    /// The most columns of a bar that moves: one that is longer would leave a line behind at each step. Default: those of
    /// the terminal.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.style.columns = Some(columns);
        self
    }

    fn print(&mut self, text: &str) {
        if self.failed.is_none() && !text.is_empty() {
            let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
            self.failed = written.err();
        }
    }

    /// What callbacks have said.
    fn pass_on(&mut self, session: &mut Session) {
        let text = session.take_text();
        self.print(&text);
    }

    /// The error of the output, if there was one.
    fn outcome(&mut self) -> Result<()> {
        match self.failed.take() {
            Some(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::io("standard output", e)),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, session: &mut Session) {
        self.pass_on(session);
        let (steps, step) = (session.params().steps, session.position().step);
        self.bar = Some(Progbar::new(steps, step, self.style));
    }

    fn step(&mut self, batch: usize, logs: &Logs, session: &mut Session) {
        self.pass_on(session);
        if self.verbose != Verbose::Bar || !self.moves {
            return;
        }
        if let Some(text) = self.bar.as_mut().and_then(|bar| bar.step(batch + 1, logs)) {
            self.print(&text);
        }
    }

    fn end(&mut self, step: usize, logs: &Logs, session: &mut Session) {
        self.pass_on(session);
        let text = match (self.verbose, self.bar.take()) {
            (Verbose::Silent, _) | (_, None) => return,
            (Verbose::Bar, Some(mut bar)) if self.moves => bar.end(step, logs),
            (_, Some(bar)) => bar.line(step, logs),
        };
        self.print(&text);
    }
}

impl Callback for ProgbarLogger<'_> {
    fn on_train_begin(&mut self, session: &mut Session) -> Result<()> {
        self.fitting = true;
        self.pass_on(session);
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
        self.begin(session);
        let epochs = session.params().epochs;
        if self.verbose != Verbose::Silent && epochs > 1 {
            self.print(&format!("Epoch {}/{epochs}\n", epoch + 1));
        }
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        self.last.clone_from(logs);
        self.step(batch, logs, session);
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, session: &mut Session) -> Result<()> {
        self.end(session.params().steps, logs, session);
        Ok(())
    }

    fn on_interrupt(&mut self, session: &mut Session) -> Result<()> {
        self.fitting = false;
        let logs = std::mem::take(&mut self.last);
        self.end(session.position().step, &logs, session);
        self.outcome()
    }

    fn on_train_end(&mut self, session: &mut Session) -> Result<()> {
        self.fitting = false;
        self.pass_on(session);
        self.outcome()
    }

    fn on_test_begin(&mut self, session: &mut Session) -> Result<()> {
        if !self.fitting {
            self.begin(session);
        }
        Ok(())
    }

    fn on_test_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        if !self.fitting {
            self.step(batch, logs, session);
        }
        Ok(())
    }

    fn on_test_end(&mut self, logs: &Logs, session: &mut Session) -> Result<()> {
        if self.fitting {
            return Ok(());
        }
        self.end(session.params().steps, logs, session);
        self.outcome()
    }

    fn on_predict_begin(&mut self, session: &mut Session) -> Result<()> {
        self.begin(session);
        Ok(())
    }

    fn on_predict_batch_end(&mut self, batch: usize, session: &mut Session) -> Result<()> {
        self.step(batch, &Logs::default(), session);
        Ok(())
    }

    fn on_predict_end(&mut self, session: &mut Session) -> Result<()> {
        self.end(session.params().steps, &Logs::default(), session);
        self.outcome()
    }
}
