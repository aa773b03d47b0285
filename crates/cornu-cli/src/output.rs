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
