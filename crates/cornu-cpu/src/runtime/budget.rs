//! How much memory a step may take: an error is better than a process that the system ends.

use std::sync::OnceLock;

use cornu_graph::{Error, Result};

/// Requests up to this size are not worth a question to the system.
const ASKED: usize = 64 << 20;

/// The variable that sets the limit.
const VARIABLE: &str = "CORNU_MAX_MEMORY";

/// Refuses more bytes than `CORNU_MAX_MEMORY` allows, or than the system says are free.
///
/// # Errors
/// When they are more, or the variable is no number of bytes.
pub(crate) fn check(bytes: usize) -> Result<()> {
    static LIMIT: OnceLock<std::result::Result<Option<u64>, String>> = OnceLock::new();
    if bytes <= ASKED {
        return Ok(());
    }
    let limit = LIMIT.get_or_init(|| match std::env::var_os(VARIABLE) {
        None => Ok(None),
        Some(text) => {
            let text = text.to_string_lossy().into_owned();
            parse(&text).map(Some).ok_or(text)
        }
    });
    let (most, whose) = match limit {
        Err(text) => {
            let rule = "must be a number of bytes, as in 500M or 4G";
            return Err(Error::invalid("memory", VARIABLE, rule, format!("{text:?}")));
        }
        Ok(Some(bytes)) => (*bytes, "that CORNU_MAX_MEMORY allows"),
        Ok(None) => match free() {
            Some(bytes) => (bytes, "that are free"),
            None => return Ok(()),
        },
    };
    if bytes as u64 <= most {
        return Ok(());
    }
    let (needed, most) = (gigabytes(bytes as u64), gigabytes(most));
    Err(Error::Backend(format!(
        "a step needs {needed} of memory, more than the {most} {whose}: smaller batches need less, and {VARIABLE} sets the limit"
    )))
}

/// The error of an allocation that the system refuses.
pub(crate) fn refused(bytes: usize) -> Error {
    let needed = gigabytes(bytes as u64);
    Error::Backend(format!("the system does not give the {needed} of memory that a step needs"))
}

fn gigabytes(bytes: u64) -> String {
    match bytes {
        b if b < 1 << 30 => format!("{:.0} MB", b as f64 / 1e6),
        b => format!("{:.1} GB", b as f64 / 1e9),
    }
}

/// `"500M"`, `"4G"`, `"1000000"`: bytes, in powers of 1024.
fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, unit) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (&text[..at], 1 << 10),
        (at, 'm' | 'M') => (&text[..at], 1 << 20),
        (at, 'g' | 'G') => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// What the system says a process can still get without swapping, within the limits of its control group.
fn free() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let available = line.split_whitespace().next()?.parse::<u64>().ok()? << 10;
    let number = |name: &str| {
        let text = std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let group = number("memory.max").zip(number("memory.current"));
    let group = group.map_or(u64::MAX, |(most, used)| most.saturating_sub(used));
    Some(available.min(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let sizes = [("1000", 1000), ("3k", 3 << 10), ("500M", 500 << 20), (" 4G ", 4 << 30)];
        for (text, bytes) in sizes {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
        for wrong in ["", "G", "-1", "1.5G", "4GB", "18446744073709551615G"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_no_machine_has_is_refused_and_small_steps_are_not_asked_about() {
        assert!(check(1 << 20).is_ok());
        if cfg!(target_os = "linux") {
            let error = check(usize::MAX / 2).unwrap_err().to_string();
            assert!(error.contains("GB of memory") && error.contains(VARIABLE), "{error}");
        }
    }
}
