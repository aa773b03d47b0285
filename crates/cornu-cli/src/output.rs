//! Standard output that may be closed early, as by `| head`.

use std::io::Write;

use unicode_width::UnicodeWidthStr;

/// Prints text; a reader that has gone away ends the program quietly.
pub fn print(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_ref().as_bytes()).and_then(|()| out.flush());
    if written.is_err() {
        std::process::exit(0);
    }
}

/// Prints a line.
pub fn line(text: impl AsRef<str>) {
    print(format!("{}\n", text.as_ref()));
}

/// Says something about a command's work on standard error.
pub fn note(text: impl AsRef<str>) {
    // Nothing is lost that was asked for, if nobody reads it.
    let _ = writeln!(std::io::stderr(), "note: {}", text.as_ref());
}

/// Prints rows with their columns below each other; the first `left` columns are text, the others numbers.
pub fn table<const N: usize>(rows: &[[String; N]], left: usize) {
    aligned(rows, left).iter().for_each(line);
}

/// The lines of a table. Ideographs are two columns of a terminal wide.
fn aligned<const N: usize>(rows: &[[String; N]], left: usize) -> Vec<String> {
    let width = |c: usize| rows.iter().map(|r| r[c].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let row = |row: &[String; N]| {
        let cell = |(c, (cell, w)): (usize, (&String, &usize))| {
            let room = " ".repeat(w - cell.width());
            if c < left { format!("{cell}{room}") } else { format!("{room}{cell}") }
        };
        let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(cell).collect();
        cells.join("  ").trim_end().to_string()
    };
    rows.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_in_any_script() {
        let rows = [["class", "pictures"], ["十字", "13"], ["Größe", "7"]];
        let lines = aligned(&rows.map(|row| row.map(String::from)), 1);
        assert_eq!(lines, ["class  pictures", "十字         13", "Größe         7"]);
    }
}
