//! Standard output and standard error, which may be closed early, as by `| head`, or be full.
//!
//! Writing never ends the command: a run goes on that writes files. The first error is kept, and [`outcome`] makes it the
//! command's own; a reader that has gone away is none.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::Mutex;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a terminal would obey a character, or show what comes after it in another place.
fn obeyed(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A message in one line of at most 400 characters, whatever the names in it are.
pub fn message(text: &str) -> String {
    const MOST: usize = 400;
    let shown: String = text
        .chars()
        .flat_map(|c| match c == '\n' || c == '\t' || obeyed(c) {
            true => c.escape_default().collect::<Vec<_>>(),
            false => vec![c],
        })
        .collect();
    let count = shown.chars().count();
    if count <= MOST {
        return shown;
    }
    // The end says what was received: both ends stay.
    let tail = MOST / 3;
    let head: String = shown.chars().take(MOST - tail - 1).collect();
    head + "…" + &shown.chars().skip(count - tail).collect::<String>()
}

/// A text without what a terminal would obey: control characters, but for those of lines, and marks that turn the
/// direction of writing are shown as escapes. Names in files can hold them.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// What went wrong first, and where.
static FAILED: Mutex<Option<(&'static str, io::Error)>> = Mutex::new(None);

fn keep(stream: &'static str, written: io::Result<()>) {
    if let Err(error) = written {
        FAILED.lock().unwrap_or_else(|p| p.into_inner()).get_or_insert((stream, error));
    }
}

/// What went wrong while writing, unless a reader has gone away.
pub fn outcome() -> Option<String> {
    let failed = FAILED.lock().unwrap_or_else(|p| p.into_inner()).take();
    let (stream, error) = failed.filter(|(_, e)| e.kind() != ErrorKind::BrokenPipe)?;
    Some(format!("{stream}: {error}"))
}

/// Standard output; what comes after a failure is left out, as it would leave a gap.
pub struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if FAILED.lock().unwrap_or_else(|p| p.into_inner()).is_none() {
            let mut out = io::stdout().lock();
            keep("standard output", out.write_all(bytes).and_then(|()| out.flush()));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard error.
pub struct ErrOut;

impl Write for ErrOut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        keep("standard error", io::stderr().lock().write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether standard output can be drawn over.
pub fn moves() -> bool {
    io::stdout().is_terminal()
}

/// Whether colours are wanted.
pub fn colors() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints text.
pub fn print(text: impl AsRef<str>) {
    // Neither stream fails: what goes wrong is kept.
    let _ = Out.write_all(visible(text.as_ref()).as_bytes());
}

/// Prints a line on standard error.
pub fn say(text: impl AsRef<str>) {
    let _ = writeln!(ErrOut, "{}", text.as_ref());
}

/// Prints a line.
pub fn line(text: impl AsRef<str>) {
    print(format!("{}\n", text.as_ref()));
}

/// Says something about a command's work on standard error.
pub fn note(text: impl AsRef<str>) {
    say(format!("note: {}", message(text.as_ref())));
}

/// Says on standard error that something is not as it might be expected.
pub fn warning(text: impl AsRef<str>) {
    say(format!("warning: {}", message(text.as_ref())));
}

/// How many columns the terminal has; none where standard output goes elsewhere.
pub fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(width.0)).filter(|&width| width > 0)
}

/// Prints a text in lines that fit the terminal, of at most 100 columns.
pub fn paragraph(text: &str) {
    let width = terminal_width().unwrap_or(100).min(100);
    let mut current = String::new();
    for word in text.split_whitespace() {
        if !current.is_empty() && current.width() + 1 + word.width() > width {
            line(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    line(current);
}

/// Prints rows with their columns below each other; the first `left` columns are text, the others numbers. Text is cut
/// short where the terminal is narrower.
pub fn table<const N: usize>(rows: &[[String; N]], left: usize) {
    aligned(rows, left, terminal_width()).iter().for_each(line);
}

/// The lines of a table of at most `most` columns, as far as its texts can be cut. Ideographs are two columns wide.
fn aligned<const N: usize>(rows: &[[String; N]], left: usize, most: Option<usize>) -> Vec<String> {
    const LEAST: usize = 8;
    let width = |c: usize| rows.iter().map(|r| one_line(&r[c]).width()).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..N).map(width).collect();
    let gaps = 2 * N.saturating_sub(1);
    while most.is_some_and(|most| widths.iter().sum::<usize>() + gaps > most) {
        // The widest text gives way.
        match widths.iter_mut().take(left).max() {
            Some(widest) if *widest > LEAST => *widest -= 1,
            _ => break,
        }
    }
    let row = |row: &[String; N]| {
        let cell = |(c, (cell, w)): (usize, (&String, &usize))| {
            let cell = &cut(&one_line(cell), *w);
            let room = " ".repeat(w - cell.width());
            if c < left { format!("{cell}{room}") } else { format!("{room}{cell}") }
        };
        let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(cell).collect();
        cells.join("  ").trim_end().to_string()
    };
    rows.iter().map(row).collect()
}

/// A name as a table shows it.
fn one_line(name: &str) -> String {
    visible(name).replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

/// A text in at most so many columns, with an ellipsis where it was longer.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut room = width.saturating_sub(1);
    let fits = |c: &char| {
        let left = room.checked_sub(c.width().unwrap_or(0));
        room = left.unwrap_or(room);
        left.is_some()
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line_without_what_a_terminal_obeys() {
        assert_eq!(message("a\u{1b}[2Jb\nc\u{202e}"), "a\\u{1b}[2Jb\\nc\\u{202e}");
        let long = format!("start {} end", "名".repeat(5000));
        let short = message(&long);
        assert!(
            short.chars().count() == 400 && short.starts_with("start ") && short.ends_with(" end")
        );
    }

    #[test]
    fn columns_stand_below_each_other_in_any_script() {
        let rows = [["class", "pictures"], ["十字", "13"], ["Größe", "7"]];
        let rows = rows.map(|row| row.map(String::from));
        let lines = aligned(&rows, 1, None);
        assert_eq!(lines, ["class  pictures", "十字         13", "Größe         7"]);
        assert_eq!(aligned(&rows, 1, Some(15)), lines);
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(visible("横条\tl'été \u{5d0}\n"), "横条\tl'été \u{5d0}\n");
        assert_eq!(visible("\u{1b}[2Jx\u{202e}y\u{7f}"), "\\u{1b}[2Jx\\u{202e}y\\u{7f}");
        let rows = [["a\nb\u{7}", "1"], ["c", "2"]].map(|row| row.map(String::from));
        assert_eq!(aligned(&rows, 1, None), ["a\\nb\\u{7}  1", "c          2"]);
    }

    #[test]
    fn texts_give_way_where_the_terminal_is_narrow() {
        let rows = [["手写数字和更多的图片", "1"], ["a rather long name", "22"]];
        let rows = rows.map(|row| row.map(String::from));
        assert_eq!(aligned(&rows, 1, Some(16)), ["手写数字和…    1", "a rather lo…  22"]);
        // Numbers are whole, and eight columns of a text are left.
        assert_eq!(aligned(&rows, 1, Some(5)), ["手写数…    1", "a rathe…  22"]);
    }
}
