//! Paths that depend on the epoch and on logged values.

use std::path::PathBuf;

use super::text::float;
use crate::models::Logs;
use crate::{Error, Result};

/// A path, or a pattern as Python's `str.format` fills it in.
#[derive(Debug, Clone)]
pub(super) enum PathPattern {
    Path(PathBuf),
    Pattern(String),
}

impl PathPattern {
    /// A pattern if it has braces.
    pub fn new(path: PathBuf) -> PathPattern {
        match path.to_str() {
            Some(text) if text.contains(['{', '}']) => PathPattern::Pattern(text.into()),
            _ => PathPattern::Path(path),
        }
    }

    /// The path of an epoch (from 0), or of a batch (from 0) in it.
    pub fn fill(&self, epoch: usize, batch: Option<usize>, logs: &Logs) -> Result<PathBuf> {
        match self {
            PathPattern::Path(path) => Ok(path.clone()),
            PathPattern::Pattern(pattern) => expand(pattern, epoch, batch, logs).map(PathBuf::from),
        }
    }
}

/// Fills in `{epoch:02d}` and `{batch}`, counted from 1, and `{name:.3f}`; `{{` and `}}` are braces.
fn expand(pattern: &str, epoch: usize, batch: Option<usize>, logs: &Logs) -> Result<String> {
    let wrong =
        |rule: &str| Error::invalid("ModelCheckpoint", "filepath", rule, format!("{pattern:?}"));
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        if after.starts_with("{{") || after.starts_with("}}") {
            out.push_str(&after[..1]);
            rest = &after[2..];
            continue;
        }
        let field = after.strip_prefix('{').and_then(|after| after.split_once('}'));
        let (field, after) = field.ok_or_else(|| {
            wrong(
                "must close each '{' and open each '}'; ModelCheckpoint::to takes a path as it is",
            )
        })?;
        rest = after;
        let (name, format) = field.split_once(':').unwrap_or((field, ""));
        let number = match name {
            "epoch" => Some(epoch + 1),
            "batch" => batch.map(|batch| batch + 1),
            _ => None,
        };
        if let Some(number) = number {
            let width = format.strip_suffix('d').unwrap_or(format);
            let (zeros, digits) = (width.starts_with('0'), width);
            let width = if digits.is_empty() { Some(0) } else { digits.parse::<usize>().ok() };
            let width = width.filter(|w| *w <= 20);
            let width = width.ok_or_else(|| wrong("may format numbers as {epoch:02d}"))?;
            out.push_str(&match zeros {
                true => format!("{number:0width$}"),
                false => format!("{number:width$}"),
            });
            continue;
        }
        let value = logs.get(name).ok_or_else(|| {
            let known: Vec<&str> = logs.iter().map(|(name, _)| name).collect();
            wrong(&format!(
                "may name epoch, {}; ModelCheckpoint::to takes a path as it is",
                known.join(", ")
            ))
        })?;
        let digits = format.strip_prefix('.').and_then(|f| f.strip_suffix('f'));
        match digits.map(str::parse::<usize>) {
            Some(Ok(digits)) if digits <= 20 => out.push_str(&format!("{value:.digits$}")),
            None if format.is_empty() => out.push_str(&float(value)),
            _ => return Err(wrong("may format values as {name:.2f}")),
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_take_in_epoch_batch_and_values() {
        let logs: Logs = [("val_loss".to_string(), 0.12345)].into_iter().collect();
        // The right sides are those of Python's str.format.
        for (pattern, want) in [
            ("m-{epoch:03d}-{val_loss:.2f}.keras", "m-007-0.12.keras"),
            ("{epoch}{{x}}{val_loss}", "7{x}0.12345"),
            ("{epoch:3d}|{epoch:02}", "  7|07"),
            ("{batch:02d}", "03"),
            ("é{epoch}", "é7"),
        ] {
            assert_eq!(expand(pattern, 6, Some(2), &logs).unwrap(), want);
        }
        for (pattern, said) in [
            ("{nothing}", "val_loss"),
            ("{batch}", "may name epoch"),
            ("{epoch", "close"),
            ("a}", "open"),
            ("{epoch:x}", "{epoch:02d}"),
            ("{val_loss:.99f}", "{name:.2f}"),
        ] {
            let error = expand(pattern, 6, None, &logs).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_stay() {
        use std::os::unix::ffi::OsStringExt;
        let path = PathBuf::from(std::ffi::OsString::from_vec(b"o\xff.keras".to_vec()));
        let same = PathPattern::new(path.clone()).fill(0, None, &Logs::default()).unwrap();
        assert_eq!(same, path);
    }
}
