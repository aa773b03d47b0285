//! A progress bar as Keras draws it.

use std::time::{Duration, Instant};

use super::text::scientific;
use crate::models::Logs;

/// The bar's width in characters.
const WIDTH: usize = 20;

/// The least time between two drawings.
const INTERVAL: Duration = Duration::from_millis(50);

/// How a bar is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub colors: bool,
    /// How many columns a line may have that is drawn again.
    pub columns: Option<usize>,
}

/// The progress of one epoch, one evaluation, one prediction.
pub(super) struct Progbar {
    steps: usize,
    /// The steps that were done before, of an epoch that was interrupted.
    before: usize,
    started: Instant,
    /// When the first step was over: it compiles, so it says nothing about the others.
    first: Option<Instant>,
    shown: Option<Instant>,
    width: usize,
    style: Style,
}

impl Progbar {
    pub fn new(steps: usize, before: usize, style: Style) -> Self {
        let started = Instant::now();
        Progbar { steps, before, started, first: None, shown: None, width: 0, style }
    }

    /// Counts a step; the bar that takes the last one's place, unless that was drawn just now.
    pub fn step(&mut self, step: usize, logs: &Logs) -> Option<String> {
        let per_step = self.per_step(step);
        if step == self.before + 1 {
            self.first = Some(Instant::now());
        }
        let due = self.shown.is_none_or(|at| at.elapsed() >= INTERVAL);
        due.then(|| {
            self.shown = Some(Instant::now());
            let left = per_step * self.steps.saturating_sub(step) as u32;
            let line = self.bar(step, &clock(left), per_step, logs);
            let line = match self.style.columns {
                // A full last column would already begin the next line.
                Some(columns) => cut(&line, columns.saturating_sub(1)),
                None => line,
            };
            self.over_last(line)
        })
    }

    /// The bar at its end, or where it was left, with the time that passed.
    pub fn end(&mut self, step: usize, logs: &Logs) -> String {
        let seconds = format!("{:.0}s", self.started.elapsed().as_secs_f64());
        let per_step = self.per_step(step);
        let line = self.bar(step, &seconds, per_step, logs);
        self.over_last(line) + "\n"
    }

    /// The same as a plain line.
    pub fn line(&self, step: usize, logs: &Logs) -> String {
        let (steps, seconds) = (self.steps, self.started.elapsed().as_secs_f64());
        let per_step = duration(self.per_step(step));
        format!("{step}/{steps} - {seconds:.0}s - {per_step}/step{}\n", values(logs))
    }

    fn per_step(&self, step: usize) -> Duration {
        let done = step.saturating_sub(self.before);
        match self.first {
            Some(first) if done > 1 => first.elapsed() / (done - 1) as u32,
            _ => self.started.elapsed() / done.max(1) as u32,
        }
    }

    /// `12/70 ━━━━━━━━━━ 3s 52ms/step - loss: 0.1234`
    fn bar(&self, step: usize, time: &str, per_step: Duration, logs: &Logs) -> String {
        let steps = self.steps;
        let done = (WIDTH * step).checked_div(steps).unwrap_or(WIDTH).min(WIDTH);
        let digits = steps.to_string().len();
        let paint = |code: u8, text: String| match self.style.colors {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text,
        };
        let full = if done == 0 { String::new() } else { paint(32, "━".repeat(done)) };
        // Without colours, what is left is a thinner line.
        let rest = if self.style.colors { "━" } else { "─" };
        format!(
            "{} {full}{} {} {}/step{}",
            paint(1, format!("{step:>digits$}/{steps}")),
            paint(37, rest.repeat(WIDTH - done)),
            paint(1, time.into()),
            duration(per_step),
            values(logs)
        )
    }

    /// A line that hides what a longer one before it left.
    fn over_last(&mut self, line: String) -> String {
        let width = visible(&line);
        let rest = " ".repeat(self.width.saturating_sub(width));
        self.width = width;
        format!("\r{line}{rest}")
    }
}

/// ` - loss: 0.1234 - mae: 1.0000e-04`.
fn values(logs: &Logs) -> String {
    let show = |(name, value): (&str, f64)| {
        if value.is_nan() {
            format!(" - {name}: nan")
        } else if value.abs() > 1e-3 {
            format!(" - {name}: {value:.4}")
        } else {
            format!(" - {name}: {}", scientific(value))
        }
    };
    logs.iter().map(show).collect()
}

/// What is left: `1:02:03`, `2:03` or `3s`.
fn clock(time: Duration) -> String {
    let s = time.as_secs();
    match time.as_secs_f64() {
        t if t > 3600.0 => format!("{}:{:02}:{:02}", s / 3600, s % 3600 / 60, s % 60),
        t if t > 60.0 => format!("{}:{:02}", s / 60, s % 60),
        _ => format!("{s}s"),
    }
}

/// `3s`, `52ms` or `120us`.
fn duration(time: Duration) -> String {
    let s = time.as_secs_f64();
    if s >= 1.0 || s == 0.0 {
        format!("{s:.0}s")
    } else if s >= 1e-3 {
        format!("{:.0}ms", s * 1e3)
    } else {
        format!("{:.0}us", s * 1e6)
    }
}

/// What fits of a line, without the colours of what does not.
fn cut(line: &str, columns: usize) -> String {
    let (mut shown, mut escape, mut out) = (0, false, String::new());
    for c in line.chars() {
        escape |= c == '\x1b';
        if escape {
            out.push(c);
            escape = c != 'm';
        } else if shown < columns {
            out.push(c);
            shown += 1;
        }
    }
    out
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
    fn a_shorter_line_hides_the_longer_one_before() {
        let mut bar = Progbar::new(3, 0, Style { colors: true, columns: None });
        let long: Logs = [("a_long_name".to_string(), 1.0)].into_iter().collect();
        let first = bar.step(1, &long).unwrap();
        assert!(bar.step(2, &long).is_none(), "drawn again at once");
        let end = bar.end(3, &Logs::default());
        assert!(visible(&end) > visible(&first), "{end:?} after {first:?}");
    }

    #[test]
    fn a_bar_that_moves_fits_the_terminal() {
        let logs = ["val_binary_accuracy", "val_loss"].map(|name| (name.to_string(), 0.25));
        let logs: Logs = logs.into_iter().collect();
        for (columns, colors) in [(70, true), (30, true), (30, false), (1, true), (0, false)] {
            let mut bar = Progbar::new(100, 0, Style { colors, columns: Some(columns) });
            let line = bar.step(1, &logs).unwrap();
            let line = line.strip_prefix('\r').unwrap();
            assert_eq!(visible(line), columns.saturating_sub(1), "{line:?}");
            assert_eq!(line.contains('\x1b'), colors);
            assert!(bar.end(100, &logs).contains("val_loss: 0.2500"), "the last line is whole");
        }
    }

    #[test]
    fn numbers_read_as_in_python() {
        let logs = [("a", 0.0), ("b", -2.5), ("c", f64::NAN), ("d", f64::INFINITY), ("e", -1e-12)];
        let logs: Logs = logs.into_iter().map(|(n, v)| (n.to_string(), v)).collect();
        let want = " - a: 0.0000e+00 - b: -2.5000 - c: nan - d: inf - e: -1.0000e-12";
        assert_eq!(values(&logs), want);
    }

    #[test]
    fn times_read_well() {
        let seconds = Duration::from_secs;
        let clocks = [3, 60, 125, 3723].map(|s| clock(seconds(s)));
        assert_eq!(clocks, ["3s", "60s", "2:05", "1:02:03"]);
        let durations = [0, 120, 52_000, 3_000_000].map(|us| duration(Duration::from_micros(us)));
        assert_eq!(durations, ["0s", "120us", "52ms", "3s"]);
    }
}
