//! Standard output that may be closed early, as by `| head`.

use std::io::Write;

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

/// Prints rows with their columns below each other; the first `left` columns are text, the others numbers.
pub fn table<const N: usize>(rows: &[[String; N]], left: usize) {
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in rows {
        let cell = |(c, (cell, w)): (usize, (&String, &usize))| {
            if c < left { format!("{cell:<w$}") } else { format!("{cell:>w$}") }
        };
        let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(cell).collect();
        line(cells.join("  ").trim_end());
    }
}
