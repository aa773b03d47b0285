//! The progress of `fit`, printed.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::{Callback, Session};
use crate::models::{Logs, Verbose};
use crate::{Error, Result};

/// Prints the progress of a run as Keras does: a bar that moves on a terminal, lines elsewhere.
pub struct ProgbarLogger {
    verbose: Verbose,
    terminal: bool,
    started: Instant,
    shown: Option<Instant>,
    width: usize,
}

impl ProgbarLogger {
    /// A printer at a level.
    pub fn new(verbose: Verbose) -> Self {
        let terminal = std::io::stdout().is_terminal();
        ProgbarLogger { verbose, terminal, started: Instant::now(), shown: None, width: 0 }
    }

    fn bar(&self) -> bool {
        self.verbose == Verbose::Bar && self.terminal
    }

    /// Draws the bar over the last one.
    fn draw(&mut self, step: usize, session: &Session, logs: &Logs, end: bool) -> Result<()> {
        let steps = session.params().steps;
        let elapsed = self.started.elapsed();
        let mut line = bar_line(step, steps, elapsed, logs);
        let width = visible(&line);
        // What the last, longer line left over.
        line.push_str(&" ".repeat(self.width.saturating_sub(width)));
        self.width = width;
        print(&format!("\r{line}{}", if end { "\n" } else { "" }))
    }
}

impl Callback for ProgbarLogger {
    fn on_epoch_begin(&mut self, epoch: usize, session: &mut Session) -> Result<()> {
        (self.started, self.shown, self.width) = (Instant::now(), None, 0);
        if self.verbose == Verbose::Silent {
            return Ok(());
        }
        print(&format!("Epoch {}/{}\n", epoch + 1, session.params().epochs))
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs,
        session: &mut Session,
    ) -> Result<()> {
        let due = self.shown.is_none_or(|at| at.elapsed() > Duration::from_millis(50));
        if self.bar() && due {
            self.shown = Some(Instant::now());
            self.draw(batch + 1, session, logs, false)?;
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, logs: &Logs, session: &mut Session) -> Result<()> {
        let steps = session.params().steps;
        if self.verbose == Verbose::Silent {
            Ok(())
        } else if self.bar() {
            self.draw(steps, session, logs, true)
        } else {
            let elapsed = self.started.elapsed();
            let per_step = elapsed / steps.max(1) as u32;
            let (seconds, values) = (elapsed.as_secs_f64(), values(logs));
            print(&format!(
                "{steps}/{steps} - {seconds:.0}s - {}/step{values}\n",
                duration(per_step)
            ))
        }
    }
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|e| Error::io("standard output", e))
}

/// `12/70 ━━━━━━━━━━ 3s 52ms/step - loss: 0.1234`; the time is what is left, at the end what passed.
fn bar_line(step: usize, steps: usize, elapsed: Duration, logs: &Logs) -> String {
    const WIDTH: usize = 20;
    let done = (WIDTH * step).checked_div(steps).unwrap_or(WIDTH).min(WIDTH);
    let digits = steps.to_string().len();
    let per_step = elapsed / step.max(1) as u32;
    let time = if step < steps { per_step * (steps - step) as u32 } else { elapsed };
    format!(
        "\x1b[1m{step:>digits$}/{steps}\x1b[0m \x1b[32m{}\x1b[0m\x1b[37m{}\x1b[0m \x1b[1m{}\x1b[0m {}/step{}",
        "━".repeat(done),
        "━".repeat(WIDTH - done),
        clock(time),
        duration(per_step),
        values(logs)
    )
}

/// ` - loss: 0.1234 - mae: 1.0000e-04`.
fn values(logs: &Logs) -> String {
    let show = |(name, value): (&str, f64)| {
        if value.abs() > 1e-3 || !value.is_finite() {
            format!(" - {name}: {value:.4}")
        } else {
            format!(" - {name}: {}", scientific(value))
        }
    };
    logs.iter().map(show).collect()
}

/// As Python's `%.4e`: an exponent of two digits.
fn scientific(value: f64) -> String {
    let text = format!("{value:.4e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = match exponent.strip_prefix('-') {
                Some(digits) => ('-', digits),
                None => ('+', exponent),
            };
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}

/// `1:02:03`, `2:03` or `3s`.
fn clock(time: Duration) -> String {
    let s = time.as_secs_f64().round() as u64;
    match s {
        3600.. => format!("{}:{:02}:{:02}", s / 3600, s % 3600 / 60, s % 60),
        61.. => format!("{}:{:02}", s / 60, s % 60),
        _ => format!("{s}s"),
    }
}

/// `3s`, `52ms` or `120us`.
fn duration(time: Duration) -> String {
    let s = time.as_secs_f64();
    if s >= 1.0 {
        format!("{s:.0}s")
    } else if s >= 1e-3 {
        format!("{:.0}ms", s * 1e3)
    } else {
        format!("{:.0}us", s * 1e6)
    }
}

/// The number of characters that a terminal shows.
fn visible(line: &str) -> usize {
    let mut count = 0;
    let mut escape = false;
    for c in line.chars() {
        match (escape, c) {
            (false, '\x1b') => escape = true,
            (false, _) => count += 1,
            (true, 'm') => escape = false,
            (true, _) => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_looks_like_keras() {
        let logs: Logs =
            [("loss".to_string(), 1.351_84), ("mae".into(), 0.0001)].into_iter().collect();
        let line = bar_line(1, 3, Duration::from_millis(50), &logs);
        let (full, empty) = ("━".repeat(6), "━".repeat(14));
        assert_eq!(
            line,
            format!(
                "\x1b[1m1/3\x1b[0m \x1b[32m{full}\x1b[0m\x1b[37m{empty}\x1b[0m \x1b[1m0s\x1b[0m \
                 50ms/step - loss: 1.3518 - mae: 1.0000e-04"
            )
        );
        assert_eq!(visible(&line), 3 + 1 + 20 + 1 + 2 + 1 + 9 + 15 + 18);
    }

    #[test]
    fn times_read_well() {
        let seconds = Duration::from_secs;
        assert_eq!(
            [clock(seconds(3)), clock(seconds(125)), clock(seconds(3723))],
            ["3s", "2:05", "1:02:03"]
        );
        assert_eq!(duration(Duration::from_micros(120)), "120us");
    }
}
